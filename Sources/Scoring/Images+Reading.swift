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
  /// Reads the first `count` records of a file, in their order, and no byte beyond them.
  ///
  /// The file is a sequence of records of one length; its size tells the two layouts of CIFAR-100 apart (see
  /// `DataSet.layout(ofFileWithBytes:)`). Labels are skipped.
  public init(file path: String, dataSet: DataSet, count: Int) throws(ImageError) {
    try Self.check(count: count)
    let layout = try Self.layout(of: path, dataSet: dataSet, count: count)
    guard let file = FileDescriptor.reading(path) else {
      throw ImageError(.notReadable, "cannot read \(path): \(systemReason())")
    }
    self.init(
      dataSet: dataSet, bytes: try Self.pixels(of: file, path: path, layout: layout, count: count),
      source: Self.name(of: path))
  }

  /// The layout of the file's records, once it is known that it has enough of them.
  private static func layout(
    of path: String, dataSet: DataSet, count: Int
  ) throws(ImageError) -> DataSet.RecordLayout {
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
    guard let layout = dataSet.layout(ofFileWithBytes: status.size) else {
      throw ImageError(.unsuitableSize, misfit(path: path, size: status.size, dataSet: dataSet))
    }
    let available = status.size / layout.length
    guard available >= count else {
      throw ImageError(
        .tooFewImages,
        "\(path) has \(available) \(dataSet.rawValue) image\(available == 1 ? "" : "s"), fewer than the \(count) wanted"
      )
    }
    return layout
  }

  private static func misfit(path: String, size: Int, dataSet: DataSet) -> String {
    let lengths = dataSet.layouts.map { String($0.length) }.joined(separator: " or ")
    let others = DataSet.allCases.compactMap { other in
      other == dataSet
        ? nil
        : other.layout(ofFileWithBytes: size).map {
          "\(size / $0.length) records of \(other.rawValue) (\($0.length) bytes each)"
        }
    }
    let hint = others.isEmpty ? "" : "; it would be \(others.joined(separator: " or "))"
    return "\(path) has \(size) bytes, no whole number of \(dataSet.rawValue) records of \(lengths) bytes\(hint)"
  }

  private static func pixels(
    of file: borrowing FileDescriptor, path: String, layout: DataSet.RecordLayout, count: Int
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
