/// What an ONNX file says, as it says it: nothing is computed or looked up. Numbers of tensors stay in the file.
package struct ONNXModel: Sendable {
  /// The file, from which numbers of tensors are read.
  package let file: MappedFile
  /// The version of the format.
  package var irVersion = 0
  /// The program that wrote the file; empty where it does not say.
  package var producerName = ""
  package var producerVersion = ""
  /// The version of the operators by domain. ONNX's own domain is the empty text, however it is spelt in the file.
  package var operatorSets: [String: Int] = [:]
  package var metadataProperties: [String: String] = [:]
  package var graph = ONNXGraph()
  /// Operators that the file defines by others.
  package var functions: [ONNXFunction] = []

  /// - Throws: where the file is no ONNX model, was cut, contradicts the format, or has more than is read.
  package init(_ file: MappedFile) throws(NetworkFileError) {
    self.file = file
    var parser = ONNXParser()
    do {
      try file.withBytes { bytes throws(NetworkFileError) in try parser.read(bytes, into: &self) }
    } catch {
      throw OtherFormat.error(error, for: file, looksLikeONNX: irVersion > 0)
    }
  }
}

package struct ONNXGraph: Sendable {
  package var name = ""
  /// In the order of the file, which the format wants to be an order of execution.
  package var nodes: [ONNXNode] = []
  package var initializers: [String: ONNXTensor] = [:]
  /// The keys of `initializers` in the order of the file.
  package var initializerNames: [String] = []
  /// The names of sparse initializers, which are not read.
  package var sparseInitializers: [String] = []
  /// Old files list initializers here too.
  package var inputs: [ONNXValue] = []
  package var outputs: [ONNXValue] = []
  /// What the file says about other values, by name.
  package var values: [String: ONNXValue] = [:]
}

package struct ONNXNode: Sendable {
  /// Often empty; need not be unique.
  package var name = ""
  /// The operator, such as `Conv`.
  package var operation = ""
  /// Of the operator; ONNX's own is the empty text, however it is spelt in the file.
  package var domain = ""
  /// Tells functions of one name apart; mostly empty.
  package var overload = ""
  /// Names of values. An empty one stands for an input that is left out.
  package var inputs: [String] = []
  package var outputs: [String] = []
  package var attributes: [String: ONNXAttribute] = [:]
}

package struct ONNXFunction: Sendable {
  package var name = ""
  package var domain = ""
  package var overload = ""
  package var inputs: [String] = []
  package var outputs: [String] = []
  /// The names of attributes that a call must give.
  package var attributeNames: [String] = []
  /// The attributes that a call may give, with their values where it does not.
  package var attributeDefaults: [String: ONNXAttribute] = [:]
  package var nodes: [ONNXNode] = []
  /// As the model's.
  package var operatorSets: [String: Int] = [:]
  package var values: [String: ONNXValue] = [:]
}

/// The value of a node's attribute.
package enum ONNXAttribute: Sendable {
  case float(Float)
  case int(Int)
  case string(String)
  case tensor(ONNXTensor)
  indirect case graph(ONNXGraph)
  case floats([Float])
  case ints([Int])
  case strings([String])
  /// In a function: the value of the call's attribute of this name.
  case reference(String)
  /// Not read; with what it is, such as `a sparse tensor`.
  case unsupported(String)
}

/// What a file says about the type of a value.
package struct ONNXValue: Sendable {
  package var name = ""
  /// Nil where the file does not say, and for what is no tensor.
  package var elementType: ONNXElementType?
  /// Outermost first; nil where the file does not even say how many there are.
  package var dimensions: [ONNXDimension]?
}

package enum ONNXDimension: Hashable, Sendable {
  case fixed(Int)
  /// A size that is known by a name alone, such as `batch`.
  case symbolic(String)
  case unknown
}
