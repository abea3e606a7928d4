#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
import Files
internal import NetworkGraph

extension Images {
  /// Reads the first `count` records of a file, in their order.
  ///
  /// The file is a sequence of records of one length; its size tells the two layouts of CIFAR-100 apart (see
  /// `DataSet.layout(ofFileWithBytes:)`). Labels show only whether the records are the data set's.
  public init(file path: String, dataSet: DataSet, count: Int) throws(ImageError) {
    try Self.check(count: count)
    let size = try Self.size(of: path)
    if let signature = try Self.signature(of: path) {
      throw ImageError(.otherKind, "\(path) is \(signature.name): \(signature.imageAdvice)")
    }
    let layout = try Self.layout(of: path, size: size, dataSet: dataSet, count: count)
    guard let file = FileDescriptor.reading(path) else {
      throw ImageError(.notReadable, "cannot read \(path): \(systemReason())")
    }
    self.init(
      dataSet: dataSet,
      bytes: try Self.pixels(of: file, path: path, layout: layout, count: count) { (record, label) in
        let most = layout.maximumLabels.map(String.init).joined(separator: " and ")
        return ImageError(
          .unsuitableLabel,
          "record \(record) of \(path) has the label \(label), and those of \(dataSet.rawValue) are at most \(most): "
            + "this is no file of its records" + Self.others(size: size, dataSet: dataSet))
      },
      source: Self.name(of: path))
  }

  /// The bytes of a regular file that has any.
  private static func size(of path: String) throws(ImageError) -> Int {
    guard let status = FileStatus(path: path) else {
      guard errno == ENOENT || errno == ENOTDIR else {
        throw ImageError(.notReadable, "cannot read \(path): \(systemReason())")
      }
      throw ImageError(.notFound, "there is no file \(path)")
    }
    switch status.kind {
    case .regular: break
    case .directory: throw ImageError(.isDirectory, "\(path) is a folder, not a file of images")
    case .special:
      // Without a size nothing tells whether the records are the data set's.
      throw ImageError(.notReadable, "cannot read \(path): images come from a regular file, not a pipe or a device")
    }
    guard status.size > 0 else { throw ImageError(.empty, "\(path) is empty") }
    return status.size
  }

  /// What else a file is, where its beginning shows it: its size may fit all the same.
  private static func signature(of path: String) throws(ImageError) -> FileSignature? {
    guard let file = FileDescriptor.reading(path) else {
      throw ImageError(.notReadable, "cannot read \(path): \(systemReason())")
    }
    var prefix = [UInt8](repeating: 0, count: FileSignature.length)
    guard let amount = prefix.withUnsafeMutableBytes({ file.read(into: $0) }) else {
      throw ImageError(.notReadable, "cannot read \(path): \(systemReason())")
    }
    return FileSignature.recognized(Array(prefix.prefix(amount)))
  }

  /// The layout of the file's records, once it is known that it has enough of them.
  private static func layout(
    of path: String, size: Int, dataSet: DataSet, count: Int
  ) throws(ImageError) -> DataSet.RecordLayout {
    guard let layout = dataSet.layout(ofFileWithBytes: size) else {
      let lengths = dataSet.layouts.map { String($0.length) }.joined(separator: " or ")
      throw ImageError(
        .unsuitableSize,
        "\(path) has \(size) bytes, no whole number of \(dataSet.rawValue) records of \(lengths) bytes"
          + others(size: size, dataSet: dataSet))
    }
    let available = size / layout.length
    guard available >= count else {
      throw ImageError(
        .tooFewImages,
        "\(path) has \(available) \(dataSet.rawValue) image\(available == 1 ? "" : "s"), fewer than the \(count) wanted"
      )
    }
    return layout
  }

  /// The end of a message that says of which data sets a file of this size could be; empty where of none.
  private static func others(size: Int, dataSet: DataSet) -> String {
    let others = DataSet.allCases.compactMap { other in
      other == dataSet
        ? nil
        : other.layout(ofFileWithBytes: size).map {
          "\(size / $0.length) records of \(other.rawValue) (\($0.length) bytes each)"
        }
    }
    return others.isEmpty ? "" : "; it would be \(others.joined(separator: " or "))"
  }

  /// - Parameter misfit: why a record, counted from 1, cannot have a label.
  private static func pixels(
    of file: borrowing FileDescriptor, path: String, layout: DataSet.RecordLayout, count: Int,
    misfit: (_ record: Int, _ label: Int) -> ImageError
  ) throws(ImageError) -> [UInt8] {
    let recordsAtOnce = min(count, max(1, (1 << 18) / layout.length))
    var block = [UInt8](repeating: 0, count: recordsAtOnce * layout.length)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count * layout.pixelBytes)
    for start in stride(from: 0, to: count, by: recordsAtOnce) {
      let records = min(recordsAtOnce, count - start)
      let wanted = records * layout.length
      guard let amount = block.withUnsafeMutableBytes({ file.read(into: .init(rebasing: $0[..<wanted])) }) else {
        throw ImageError(.notReadable, "cannot read \(path): \(systemReason())")
      }
      guard amount == wanted else {
        throw ImageError(.notReadable, "cannot read \(path): it became shorter while it was read")
      }
      for record in 0..<records {
        if let label = DataSet.misfit(block[(record * layout.length)...], layout: layout) {
          throw misfit(start + record + 1, label)
        }
        pixels += block[record * layout.length + layout.labelBytes..<(record + 1) * layout.length]
      }
    }
    return pixels
  }

  /// The last component of a path: where a file lies does not matter to a score.
  private static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
