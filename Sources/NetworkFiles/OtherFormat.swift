internal import Files

/// What a file is that cannot be read as ONNX.
enum OtherFormat {
  /// What a user should be told who names such a file.
  ///
  /// - Parameters:
  ///   - error: what its reader met.
  ///   - looksLikeONNX: whether the beginning was ONNX's; what comes after is then the trouble.
  static func error(_ error: NetworkFileError, for file: MappedFile, looksLikeONNX: Bool) -> NetworkFileError {
    let prefix = file.prefix(FileSignature.length)
    if let (name, advice) = recognized(prefix) {
      return NetworkFileError(.notONNX, "\(file.name) is \(name), not an ONNX file: \(advice)")
    }
    guard looksLikeONNX else { return NetworkFileError(.notONNX, "\(file.name) is not an ONNX file") }
    return error.named(file.name)
  }

  private static let export = "export the network as ONNX, as with torch.onnx.export"

  private static func recognized(_ prefix: [UInt8]) -> (name: String, advice: String)? {
    if prefix.starts(with: "version https://git-lfs.github.com/".utf8) {
      return ("a pointer of Git LFS", "fetch the file itself with 'git lfs pull'")
    }
    let four = prefix.dropFirst(4)
    if four.starts(with: "TFL3".utf8) { return ("a TensorFlow Lite file", export) }
    if four.starts(with: "ORTM".utf8) {
      return ("a file in ONNX Runtime's own format", "name the ONNX file it is from")
    }
    if prefix.starts(with: "GGUF".utf8) { return ("a GGUF file", export) }
    if let signature = FileSignature.recognized(prefix), signature.name != "an ONNX file" {
      switch signature.name {
      case "a PyTorch file", "a Python pickle", "a safetensors file", "an HDF5 file", "a NumPy file",
        "a NumPy archive (.npz)":
        return (signature.name, export)
      case let name where name.hasSuffix("archive"): return (name, "unpack it and name the ONNX file inside")
      case let name: return (name, "name a file that ends in .onnx")
      }
    }
    return text(prefix)
  }

  /// A text begins with letters and marks, and has no control characters but those of lines; ONNX begins with one.
  private static func text(_ prefix: [UInt8]) -> (name: String, advice: String)? {
    let isText =
      !prefix.isEmpty && prefix.prefix(16).allSatisfy { $0 < 0x7F }
      && prefix.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
    guard isText else { return nil }
    let beginning = String(decoding: prefix.prefix(200), as: UTF8.self).lowercased()
    if beginning.contains("<html") || beginning.contains("<!doctype html") {
      return ("a web page", "download the file itself, which a link to a raw file gives")
    }
    return ("a text", "name a file that ends in .onnx")
  }
}
