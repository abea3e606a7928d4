import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileSignatureTests {
  private static func padded(_ bytes: [UInt8], _ text: String = "", offset: Int = 0) -> [UInt8] {
    [UInt8](repeating: 0, count: offset) + bytes + Array(text.utf8) + [UInt8](repeating: 0, count: 600)
  }

  /// The local header of an archive's first file.
  private static func zip(_ name: String) -> [UInt8] {
    padded([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0], name)
  }

  @Test(arguments: [
    (padded([0x93], "NUMPY"), "a NumPy file"), (zip("data/x.json"), "a zip archive"),
    (zip("arr_0.npy"), "a NumPy archive (.npz)"),
    (zip("archive/data.pkl"), "a PyTorch file"), (zip("[Content_Types].xml"), "an Excel or other Office file"),
    (padded([0x50, 0x4B, 5, 6]), "a zip archive"), (padded([0x1F, 0x8B, 8]), "a gzip archive"),
    (padded([], "BZh91AY&SY"), "a bzip2 archive"), (padded([0xFD], "7zXZ\0"), "an xz archive"),
    (padded([0x28, 0xB5, 0x2F, 0xFD]), "a zstd archive"),
    (padded([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]), "a 7z archive"),
    (padded([], "ustar", offset: 257), "a tar archive"), (padded([0x80, 2, 0x7D, 0x71]), "a Python pickle"),
    (padded([0x80, 3, 0x5D, 0x71]), "a Python pickle"), (padded([0x80, 4, 0x95, 30]), "a Python pickle"),
    (padded([0x80, 5, 0x95, 30, 1]), "a Python pickle"), (padded([0x80, 2], "cnumpy.core"), "a Python pickle"),
    (padded([0x80, 2, 0x8A, 0x0A, 0x6C]), "a PyTorch file"), (padded([0x89], "PNG\r\n\u{1A}\n"), "a PNG picture"),
    (padded([0xFF, 0xD8, 0xFF, 0xE0]), "a JPEG picture"), (padded([], "GIF89a"), "a GIF picture"),
    (padded([], "II*\0"), "a TIFF picture"), (padded([], "MM\0*"), "a TIFF picture"),
    (padded([], "BM1234\0\0\0\0\u{36}\0\0\0\u{28}"), "a BMP picture"), (padded([], "RIFF1234WEBP"), "a WebP picture"),
    (padded([8, 7, 0x12, 7], "pytorch"), "an ONNX file"),
    (padded([64, 1, 0, 0, 0, 0, 0, 0], "{\"a"), "a safetensors file"),
    (padded([], "%PDF-1.7"), "a PDF document"), (padded([0x89], "HDF\r\n\u{1A}\n"), "an HDF5 file"),
    (padded([], "SQLite format 3\0"), "an SQLite database"), (padded([], "PAR1"), "a Parquet file"),
    (padded([], "ARROW1"), "an Arrow file"), (padded([], "FEA1"), "a Feather file"),
    (padded([0x7F], "ELF"), "a program"),
    (padded([0xFF, 0xFE, 0x5B, 0]), "a text in UTF-16"), (padded([0xFE, 0xFF, 0, 0x5B]), "a text in UTF-16"),
    (padded([0xFF, 0xFE, 0, 0]), "a text in UTF-32"), (padded([0, 0, 0xFE, 0xFF]), "a text in UTF-32"),
  ])
  func firstBytesTellWhatAFileIs(_ bytes: [UInt8], _ name: String) {
    let signature = FileSignature.recognized(bytes)
    #expect(signature?.name == name)
    #expect(signature?.error(for: "'x'").description == "'x' is \(name): \(signature?.advice ?? "")")
    #expect(signature.map { !$0.advice.isEmpty && !$0.imageAdvice.isEmpty } == true)
    // A file that was cut is none, or no other.
    for length in 0..<40 {
      let cut = FileSignature.recognized(Array(bytes.prefix(length)))
      #expect(cut == nil || length >= 2)
    }
  }

  @Test(arguments: [
    "", "P", "PK", "BM\n", "index,acc\n0,1\n", "[{\"net\": {}}]", "\u{FEFF}arch\n", "MM\n", "II,acc\n", "GIF\n",
    "BZh9\n", "|none~0|",
    "Genotype(normal=[])", "\u{E9}\n", "RIFF", "PAR\n", "# ustar\n", "BMI,accuracy,parameters,latency\n1,2,3,4\n",
  ])
  func textIsText(_ text: String) { #expect(FileSignature.recognized(Array(text.utf8)) == nil) }

  /// Records of images begin with a label: none is taken for something else.
  @Test func recordsOfImagesAreNothingElse() {
    var draws = RepeatableGenerator(seed: 5)
    for _ in 0..<2000 {
      let label = draws.index(below: 1001)
      let record = [UInt8(label & 0xFF), UInt8(label >> 8)] + (0..<400).map { _ in UInt8(draws.index(below: 256)) }
      #expect(FileSignature.recognized(record) == nil)
      #expect(FileSignature.recognized(Array(record.dropFirst())) == nil || record[1] > 99)
    }
  }
}
