import NetworkFiles
import Testing

@Suite struct OtherFormatTests {
  private static func reason(_ bytes: [UInt8]) -> String {
    do throws(NetworkFileError) {
      _ = try ONNXModel(MappedFile(bytes, name: "'x'"))
      return ""
    } catch {
      #expect(error.code == .notONNX)
      return error.reason
    }
  }

  private static func padded(_ bytes: [UInt8], _ text: String = "") -> [UInt8] {
    bytes + Array(text.utf8) + [UInt8](repeating: 0, count: 600)
  }

  @Test(arguments: [
    (padded([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 26), "archive/data.pkl"), "a PyTorch file", "export"),
    (padded([0x80, 2, 0x7D, 0x71]), "a Python pickle", "export"),
    (padded([0x80, 2, 0x8A, 0x0A, 0x6C]), "a PyTorch file", "export"),
    (padded([8, 5, 0, 0, 0, 0, 0, 0], "{\"a"), "a safetensors file", "export"),
    (padded([0x89], "HDF\r\n\u{1A}\n"), "an HDF5 file", "export"),
    (padded([0x50, 0x4B, 3, 4]), "a zip archive", "unpack"), (padded([0x1F, 0x8B, 8]), "a gzip archive", "unpack"),
    (padded([0x89], "PNG\r\n\u{1A}\n"), "a PNG picture", "name"),
    (padded([28, 0, 0, 0], "TFL3"), "a TensorFlow Lite file", "export"),
    (padded([28, 0, 0, 0], "ORTM"), "a file in ONNX Runtime's own format", "name"),
    (padded([], "GGUF"), "a GGUF file", "export"),
    (
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".utf8), "a pointer of Git LFS",
      "fetch"
    ), (Array("\n<!DOCTYPE html>\n<html>".utf8), "a web page", "download"),
    (Array("Genotype(normal=[])\n".utf8), "a text", "name"), (Array("{\"a\": 1}".utf8), "a text", "name"),
  ])
  func knownFormatsAreNamed(_ bytes: [UInt8], _ name: String, _ advice: String) {
    let reason = Self.reason(bytes)
    #expect(reason.hasPrefix("'x' is \(name), not an ONNX file: \(advice)"))
  }

  @Test(arguments: [
    [], [0], [0xFF], [8], [0x3A, 0xFF], [0x0A, 4, 1, 2, 3, 4], [UInt8](repeating: 0, count: 1000), [0x12, 0x80],
  ])
  func otherBytesAreNoONNX(_ bytes: [UInt8]) { #expect(Self.reason(bytes) == "'x' is not an ONNX file") }
}
