import Foundation
import NetworkFiles
import TestSupport
import Testing

@Suite struct ExternalFileTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    let manager = FileManager.default
    try manager.createDirectory(atPath: folder.file("model/sub"), withIntermediateDirectories: true)
    try folder.write(Data((0..<4).flatMap { little(Float($0).bitPattern) }), "model/weights.bin")
    try folder.write(Data(repeating: 0, count: 16), "model/sub/weights.bin")
    try folder.write(Data(repeating: 0, count: 16), "secret")
    try manager.createSymbolicLink(atPath: folder.file("model/inside"), withDestinationPath: "weights.bin")
    try manager.createSymbolicLink(atPath: folder.file("model/outside"), withDestinationPath: "../secret")
    try manager.createSymbolicLink(atPath: folder.file("model/up"), withDestinationPath: "..")
    try manager.createDirectory(atPath: folder.file("model-2"), withIntermediateDirectories: true)
    try folder.write(Data(repeating: 0, count: 16), "model-2/weights.bin")
    try manager.createSymbolicLink(atPath: folder.file("model/beside"), withDestinationPath: "../model-2/weights.bin")
    #expect(mkfifo(folder.file("model/pipe"), 0o600) == 0)
  }

  private func floats(
    _ place: [String: String], count: Int = 2, in path: String? = "model"
  ) throws -> [Float] {
    let bytes = Message.tensorModel(dimensions: [count], type: 1) { tensor in
      tensor.int(14, 1)
      for (key, value) in place {
        tensor.message(13) {
          $0.text(1, key)
          $0.text(2, value)
        }
      }
    }
    let model = try ONNXModel(MappedFile(bytes, name: "'m.onnx'"))
    return try model.floats(
      of: try #require(model.graph.initializers["w"]), externalFolder: path.map { folder.file($0) })
  }

  private func reason(_ place: [String: String], count: Int = 2, in path: String? = "model") -> String {
    do {
      _ = try floats(place, count: count, in: path)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func numbersComeFromBesideTheModel() throws {
    #expect(try floats(["location": "weights.bin"]) == [0, 1])
    #expect(try floats(["location": "weights.bin", "offset": "8", "length": "8"]) == [2, 3])
    #expect(try floats(["location": "./inside", "offset": "4"]) == [1, 2])
    #expect(try floats(["location": "sub/weights.bin"]) == [0, 0])
    #expect(try floats(["location": "sub//weights.bin", "offset": "", "checksum": "x"]) == [0, 0])
    #expect(try floats(["location": "nothing"], count: 0) == [])
  }

  @Test func theFolderOfAModelIsKnown() throws {
    #expect(try MappedFile(path: folder.file("model/weights.bin")).folder == folder.file("model"))
    #expect(MappedFile([]).folder == nil)
  }

  @Test(arguments: [
    "../secret", "sub/../../secret", "/etc/passwd", "outside", "up/secret", "beside", "..", "sub", "pipe", ".",
    "nothing",
    "weights.bin\0x", "weights.bin/", "//etc/passwd",
  ])
  func nothingElseIsRead(_ location: String) {
    let reason = reason(["location": location])
    #expect(reason.hasPrefix("'m.onnx': the tensor 'w' has its numbers in another file, '\(location)',"))
  }

  @Test func withoutAFolderNothingIsRead() {
    #expect(
      reason(["location": "weights.bin"], in: nil)
        == "'m.onnx': the tensor 'w' has its numbers in another file, 'weights.bin', which is not read here")
    #expect(reason(["location": "weights.bin"], in: "none").contains("but the folder"))
  }

  @Test func placesAreChecked() {
    #expect(reason([:]).contains("does not say which"))
    #expect(reason(["location": "weights.bin", "offset": "-4"]).contains("at the offset '-4'"))
    #expect(reason(["location": "weights.bin", "length": "x"]).contains("at the length 'x'"))
    #expect(reason(["location": "weights.bin", "length": "4"]).contains("its dimensions need 8"))
    #expect(reason(["location": "weights.bin", "offset": "9"]).contains("which has only 16: is it whole?"))
    #expect(reason(["location": "weights.bin", "offset": "\(Int.max)"]).contains("is it whole?"))
    #expect(reason(["location": "weights.bin"], count: 1 << 31).contains("is it whole?"))
  }
}
