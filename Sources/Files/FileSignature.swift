package import Foundation

/// What a file is whose first bytes show that it is no text, or no text of this program.
package struct FileSignature: Hashable, Sendable {
  /// With an article, such as `a zip archive`.
  package let name: String
  /// What to do to have architectures or numbers of it read.
  package let advice: String
  /// What to do to have images of it read.
  package let imageAdvice: String

  /// Whether it is a network that commands take as a file.
  package var isONNX: Bool { name == Self.onnxName }

  private static let onnxName = "an ONNX file"

  private init(_ name: String, _ advice: String, images: String? = nil) {
    self.name = name
    self.advice = advice
    imageAdvice = images ?? "images come as records of a label and the planes red, green and blue, one byte a value"
  }

  /// The bytes of a file's beginning that tell all that is told.
  package static let length = 1 << 12

  package func error(for name: String) -> FileError { FileError(.malformed, "\(name) is \(self.name): \(advice)") }

  /// - Parameter prefix: the beginning of a file, `length` bytes where it has them.
  /// - Returns: nil where nothing is recognised, as of every text in UTF-8.
  package static func recognized(_ prefix: [UInt8]) -> FileSignature? {
    let found = zip(prefix) ?? riff(prefix) ?? pickle(prefix) ?? bitmap(prefix) ?? weights(prefix)
    if let found { return found }
    for (signature, offset, bytes) in table where prefix.dropFirst(offset).starts(with: bytes) { return signature }
    return nil
  }

  // MARK: - Kinds

  private static func packed(_ name: String) -> FileSignature {
    FileSignature(name, "unpack it and name the file inside", images: "unpack it and name the file of records inside")
  }

  private static func picture(_ name: String) -> FileSignature {
    FileSignature(
      name, "it is a picture and holds no text",
      images: "one picture is no batch: write records of a label and the planes red, green and blue, one byte a value")
  }

  private static func table(_ name: String) -> FileSignature { FileSignature(name, "save it as CSV") }

  private static func text(_ encoding: String) -> FileSignature {
    FileSignature("a text in \(encoding)", "save it as UTF-8")
  }

  private static let pyTorch = FileSignature(
    "a PyTorch file",
    "it holds weights and Python objects, no text: write the architectures as text, one a line",
    images: "write records of a label and the planes red, green and blue, one byte a value")

  private static let numPyImages =
    "write records of a label and the planes red, green and blue as bytes with array.tofile"

  private static let table: [(FileSignature, offset: Int, bytes: [UInt8])] = [
    (
      FileSignature("a NumPy file", "save it as text or CSV, as with numpy.savetxt", images: numPyImages), 0,
      [0x93] + Array("NUMPY".utf8)
    ),
    (packed("a gzip archive"), 0, [0x1F, 0x8B, 0x08]),
    (packed("a bzip2 archive"), 4, Array("1AY&SY".utf8)),
    (packed("an xz archive"), 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
    (packed("a zstd archive"), 0, [0x28, 0xB5, 0x2F, 0xFD]),
    (packed("an LZ4 archive"), 0, [0x04, 0x22, 0x4D, 0x18]),
    (packed("a 7z archive"), 0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    (packed("a RAR archive"), 0, Array("Rar!".utf8) + [0x1A, 0x07]),
    (packed("a tar archive"), 257, Array("ustar".utf8)),
    (picture("a PNG picture"), 0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    (picture("a JPEG picture"), 0, [0xFF, 0xD8, 0xFF]),
    (picture("a GIF picture"), 0, Array("GIF87a".utf8)), (picture("a GIF picture"), 0, Array("GIF89a".utf8)),
    (picture("a TIFF picture"), 0, Array("II".utf8) + [0x2A, 0x00]),
    (picture("a TIFF picture"), 0, Array("MM".utf8) + [0x00, 0x2A]),
    (FileSignature("a PDF document", "copy the text out of it"), 0, Array("%PDF-".utf8)),
    (table("an HDF5 file"), 0, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
    (table("a MATLAB file"), 0, Array("MATLAB 5.0 MAT-file".utf8)),
    (
      FileSignature("an SQLite database", "export the table as CSV"), 0,
      Array("SQLite format 3".utf8) + [0]
    ),
    (table("a Parquet file"), 0, Array("PAR1".utf8)),
    (table("an Arrow file"), 0, Array("ARROW1".utf8)), (table("a Feather file"), 0, Array("FEA1".utf8)),
    (table("an old Excel or other Office file"), 0, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]),
    (FileSignature("a program", "name a text"), 0, [0x7F] + Array("ELF".utf8)),
    (text("UTF-32"), 0, [0xFF, 0xFE, 0x00, 0x00]), (text("UTF-32"), 0, [0x00, 0x00, 0xFE, 0xFF]),
    (text("UTF-16"), 0, [0xFF, 0xFE]), (text("UTF-16"), 0, [0xFE, 0xFF]),
  ]

  // MARK: - Kinds that take a second look

  /// A zip archive; which program's, the names of its files tell.
  private static func zip(_ prefix: [UInt8]) -> FileSignature? {
    let ends: [[UInt8]] = [[0x03, 0x04], [0x05, 0x06], [0x07, 0x08]]
    guard prefix.starts(with: "PK".utf8), ends.contains(where: { prefix.dropFirst(2).starts(with: $0) }) else {
      return nil
    }
    func holds(_ name: String) -> Bool { prefix.firstRange(of: Array(name.utf8)) != nil }
    if holds("/data.pkl") || holds("/byteorder") { return pyTorch }
    if holds("mimetypeapplication/vnd.oasis.") { return table("an OpenDocument file") }
    if holds("[Content_Types].xml") || holds("xl/workbook.xml") { return table("an Excel or other Office file") }
    // The first file's name stands at byte 30, its length at 26.
    if prefix.count > 30 {
      let length = Int(prefix[26]) | Int(prefix[27]) << 8
      if prefix[30...].prefix(length).suffix(4).elementsEqual(".npy".utf8) {
        return FileSignature(
          "a NumPy archive (.npz)", "save its arrays as text or CSV, as with numpy.savetxt", images: numPyImages)
      }
    }
    return packed("a zip archive")
  }

  private static func riff(_ prefix: [UInt8]) -> FileSignature? {
    guard prefix.starts(with: "RIFF".utf8), prefix.dropFirst(8).starts(with: "WEBP".utf8) else { return nil }
    return picture("a WebP picture")
  }

  /// Python's pickle of protocol 2 and up: what follows its two bytes is asked as well, since they can be a label.
  private static func pickle(_ prefix: [UInt8]) -> FileSignature? {
    guard prefix.count > 3, prefix[0] == 0x80, (2...5).contains(prefix[1]) else { return nil }
    // A long integer, PyTorch's mark before there were archives.
    if prefix[2] == 0x8A, prefix[3] == 0x0A { return pyTorch }
    let begins =
      switch prefix[2] {
      // A frame, whose length has eight bytes, the last ones zero.
      case 0x95: prefix.dropFirst(7).prefix(4).allSatisfy { $0 == 0 }
      // A dictionary, list, tuple or set, and its place in the memo or a mark.
      case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "("), 0x8F:
        prefix[3] == UInt8(ascii: "q") || prefix[3] == UInt8(ascii: "(") || prefix[3] == UInt8(ascii: ".")
          || prefix[3] == UInt8(ascii: "X") || prefix[3] == UInt8(ascii: "K")
      // The name of a module.
      case UInt8(ascii: "c"): prefix.dropFirst(3).prefix(4).allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }
      // A text, whose length has four bytes.
      case UInt8(ascii: "X"): prefix.dropFirst(5).prefix(2).allSatisfy { $0 == 0 }
      default: false
      }
    guard begins else { return nil }
    return FileSignature(
      "a Python pickle", "write what it holds as text, CSV or JSON",
      images: "CIFAR's binary version has the records that are read; its Python version does not")
  }

  /// Networks and weights in the formats of others: lengths, then what a text begins with.
  private static func weights(_ prefix: [UInt8]) -> FileSignature? {
    guard prefix.count > 10 else { return nil }
    let advice = "no text: write the architectures as text, one a line"
    // ONNX: the version of the format, then the name of the program that wrote it.
    if prefix[0] == 0x08, (1...20).contains(prefix[1]), prefix[2] == 0x12, (4...32).contains(prefix[3]),
      prefix[4..<8].allSatisfy({ (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) })
    {
      return FileSignature(onnxName, "it holds a network as a graph, \(advice)")
    }
    // Safetensors: eight bytes of a length, then JSON.
    if prefix[4..<8].allSatisfy({ $0 == 0 }), prefix[8...].starts(with: "{\"".utf8) {
      return FileSignature("a safetensors file", "it holds weights, \(advice)")
    }
    return nil
  }

  /// A Windows bitmap: two letters, and two fields that a text does not have.
  private static func bitmap(_ prefix: [UInt8]) -> FileSignature? {
    guard prefix.count > 18, prefix.starts(with: "BM".utf8), prefix[6..<10].allSatisfy({ $0 == 0 }),
      [12, 40, 52, 56, 64, 108, 124].contains(prefix[14]), prefix[15..<18].allSatisfy({ $0 == 0 })
    else { return nil }
    return picture("a BMP picture")
  }
}

extension RangeReplaceableCollection<UInt8> {
  /// The bytes without a mark of UTF-8's byte order before them, which is no part of a text.
  package var withoutByteOrderMark: Self { starts(with: byteOrderMark) ? Self(dropFirst(byteOrderMark.count)) : self }
}

private let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// Reads a whole file of text.
///
/// - Throws: where the file cannot be read, is longer, or is something else than text.
package func readText(_ path: String, maximumBytes: Int) throws(FileError) -> Data {
  let contents = try readFile(path, maximumBytes: maximumBytes)
  if let signature = FileSignature.recognized(Array(contents.prefix(FileSignature.length))) {
    throw signature.error(for: ByteStream.name(ofFile: path))
  }
  return contents.withoutByteOrderMark
}

extension ByteStream {
  /// - Throws: where the file is something else than text. A mark of UTF-8's byte order is passed over.
  package mutating func requireText(name: String) throws(FileError) {
    // Of a pipe what came together: more than the first letters of any format.
    let prefix = Array(try atHand().prefix(FileSignature.length))
    if let signature = FileSignature.recognized(prefix) { throw signature.error(for: name) }
    if prefix.starts(with: byteOrderMark) { skip(byteOrderMark.count) }
  }
}
