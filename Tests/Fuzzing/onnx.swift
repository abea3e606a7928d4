import NetworkFiles

/// Any bytes are a model or an error that names the file and a place in it. Every tensor of a model has as many numbers
/// as it says, or an error; as integers and as floating-point numbers they are the same.
///
/// A trap is how a finding is reported.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let file = MappedFile(Array(UnsafeBufferPointer(start: bytes, count: count)), name: "input")
  do throws(NetworkFileError) {
    let model = try ONNXModel(file)
    check(model.graph, of: model)
    for function in model.functions {
      check(function.nodes, of: model)
      for attribute in function.attributeDefaults.values { check(attribute, of: model) }
    }
  } catch {
    check(error, file)
  }
  return 0
}

private func check(_ error: NetworkFileError, _ file: MappedFile) {
  precondition(error.reason.hasPrefix("input"))
  precondition(error.reason.utf8.count < 2000)
  precondition(error.code != .unreadable || error.reason.contains("another file"))
  if let position = error.position { precondition((0...file.count).contains(position)) }
}

private func check(_ graph: ONNXGraph, of model: ONNXModel) {
  precondition(Set(graph.initializerNames) == Set(graph.initializers.keys))
  for tensor in graph.initializers.values { check(tensor, of: model) }
  check(graph.nodes, of: model)
}

private func check(_ nodes: [ONNXNode], of model: ONNXModel) {
  for node in nodes {
    for attribute in node.attributes.values { check(attribute, of: model) }
  }
}

private func check(_ attribute: ONNXAttribute, of model: ONNXModel) {
  switch attribute {
  case .tensor(let tensor): check(tensor, of: model)
  case .graph(let graph): check(graph, of: model)
  case _: break
  }
}

private func check(_ tensor: ONNXTensor, of model: ONNXModel) {
  do throws(NetworkFileError) {
    let floats = try model.floats(of: tensor)
    precondition(floats.count == tensor.count)
    guard tensor.elementType.isInteger else { return }
    let integers = try model.integers(of: tensor)
    precondition(integers.count == tensor.count)
    for (integer, float) in zip(integers, floats) { precondition(Float(integer) == float) }
  } catch {
    check(error, model.file)
  }
}
