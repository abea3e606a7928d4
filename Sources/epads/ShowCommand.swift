import ArgumentParser
import Files
import Foundation
import NetworkFiles
import NetworkGraph
import Runs
import Scoring
import SearchSpaces
import Terminal

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows what is understood of a network: layers, shapes, parameters, FLOPs, activations.",
    discussion: """
      The network is an ONNX file or an architecture of a space. What is not understood of a file is named.

        epads show --space darts DARTS_V2
        epads show --layers mine.onnx
      """)

  @Argument(help: ArgumentHelp("An ONNX file, or an architecture of the space.", valueName: "network"))
  var text: String

  @OptionGroup var space: SpaceOptions

  @Flag(help: "List every operation.")
  var layers = false

  @OptionGroup var messages: MessageOptions

  mutating func run() throws {
    _ = try space.findFiles(texts: [text], list: nil)
    let network: Network
    var lines: [String] = []
    do {
      if space.isOfFiles {
        let file = try space.network.space.file(text)
        lines.append("file: \(file.path), \(file.origin)")
        let operators = file.operators.map { "\($0.count) \($0.name)" }
        lines.append(contentsOf: wrapped("operators: " + operators.joined(separator: ", ")))
        // Said before the network is built, which may fail.
        try print(&lines)
        let imported = try file.network(input: space.network.input?.shape, rule: space.network.activations ?? .all)
        lines.append("graph: \(imported.digest)")
        for sentence in imported.notes { note(sentence) }
        network = imported.network
      } else {
        try space.network.refuseUnlessForFiles()
        let searchSpace = space.space
        let architecture = try searchSpace.architecture(text: text)
        let dataSet = space.dataSet
        lines.append("architecture: \(architecture.text)")
        network = try searchSpace.network(of: architecture, input: dataSet.shape, classes: dataSet.classes)
      }
    } catch let error as Failure {
      throw error
    } catch {
      throw Failure("\(error)", status: 2)
    }
    lines.append("input: \(network.inputShape)")
    lines.append("output: \(network[network.output].shape)")
    lines.append("parameters: \(network.parameterCount)")
    lines.append("FLOPs: \(network.multiplyAccumulates) multiply-accumulates of convolutions and linear layers")
    var kinds: [String: (count: Int, units: Int)] = [:]
    var order: [String] = []
    for (site, function) in zip(network.sites, network.siteFunctions) {
      if kinds[function] == nil { order.append(function) }
      kinds[function, default: (0, 0)].count += 1
      kinds[function, default: (0, 0)].units += network[site].shape.count
    }
    let sites = order.map { "\(kinds[$0]?.count ?? 0) \($0)" }.joined(separator: ", ")
    lines.append("activations: \(network.sites.count)\(sites.isEmpty ? "" : " (\(sites))"), \(network.siteUnits) units")
    if layers { lines += listed(network) }
    try print(&lines)
  }

  private func print(_ lines: inout [String]) throws {
    let output = LineWriter()
    for line in lines { try output.append(printable(line)) }
    lines = []
  }

  private func wrapped(_ text: String) -> [String] {
    Terminal.wrapped(
      text, to: outputWidth(isStandardOutput: true), indentation: "", continuation: "  ")
  }

  /// Every operation: its number, what it is, its shape, what it reads, its name.
  private func listed(_ network: Network) -> [String] {
    var rows: [[String]] = []
    for (index, operation) in network.operations.enumerated() {
      let reads = operation.inputs.map { "\($0.index)" }.joined(separator: " ")
      rows.append(["\(index)", operation.kind.title, "\(operation.shape)", reads, operation.name])
    }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return [""]
      + rows.map { row in
        let cells = (0..<4).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }
        return (cells + [row[4]]).joined(separator: "  ").replacing(/\s+$/, with: "")
      }
  }
}

extension NetworkGraph.Operation.Kind {
  /// What an operation is, in a few words.
  fileprivate var title: String {
    switch self {
    case .input: "images"
    case .convolution(let convolution):
      "\(convolution.kernel.height)x\(convolution.kernel.width) convolution"
        + (convolution.stride == Extent(1) ? "" : " by \(convolution.stride.height)")
        + (convolution.groups == 1 ? "" : ", \(convolution.groups) groups")
    case .batchNormalization: "batch normalization"
    case .activation(let activation): activation.name.rawValue
    case .function(let function): "\(function)".split(separator: "(").first.map(String.init) ?? "function"
    case .averagePool(let pooling): "\(pooling.kernel.height)x\(pooling.kernel.width) average pool"
    case .maxPool(let pooling): "\(pooling.kernel.height)x\(pooling.kernel.width) max pool"
    case .add: "add"
    case .binary(let function): function.rawValue
    case .concatenation: "concatenation"
    case .zero: "zero"
    case .globalAveragePool: "global average pool"
    case .linear: "linear"
    case .constant: "constant"
    case .arrangement: "copy"
    case .matrixProduct: "matrix product"
    case .normalization(let normalization):
      normalization.group == .position ? "layer normalization" : "group normalization"
    case .softmax: "softmax"
    case .reduction(let reduction): "\(reduction.function.rawValue) of \(reduction.axis.rawValue)"
    case .interpolation: "interpolation"
    }
  }
}
