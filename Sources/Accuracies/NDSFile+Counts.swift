public import NetworkGraph
public import SearchSpaces

extension NDSFile {
  /// How many networks have other counts here than in the file.
  public struct CountDifferences: Hashable, Sendable {
    /// Networks of which the file has both counts.
    public var compared: Int
    /// Those whose parameters differ by more than 1 %.
    public var parameters: Int
    /// Those whose FLOPs differ by more than 5 %.
    public var flops: Int

    public init(_ compared: Int = 0, parameters: Int = 0, flops: Int = 0) {
      self.compared = compared
      self.parameters = parameters
      self.flops = flops
    }
  }

  /// Compares counts, to tell whether the networks are those that were trained.
  ///
  /// Parameters are the same. NDS's FLOPs are multiply-accumulates and five operations for every value that a batch
  /// normalisation makes, exactly so in the vanilla network, the ResNet and the ResNeXt that NNI's documentation shows;
  /// of its cell network they are 1.4 % less.
  ///
  /// - Parameters:
  ///   - input: the shape of one image.
  ///   - classes: the number of logits.
  public func countDifferences(
    of architectures: [ParsedArchitecture], in space: NDSSpace, input: TensorShape, classes: Int
  ) -> CountDifferences {
    let networks = entries.compactMap { entry in (try? entry.architecture.get()).map { ($0, entry) } }
    let published = Dictionary(networks) { first, _ in first }
    var differences = CountDifferences()
    for architecture in architectures {
      // What makes no network for such images has a failed row, which says why.
      guard let entry = published[architecture], let parameters = entry.parameters, let flops = entry.flops,
        let network = try? space.network(of: architecture, input: input, classes: classes)
      else { continue }
      differences.compared += 1
      if !Self.isClose(network.parameterCount, parameters, 0.01) { differences.parameters += 1 }
      let normalized = network.operations.filter { $0.kind == .batchNormalization(BatchNormalization()) }.reduce(0) {
        $0 + $1.shape.count
      }
      if !Self.isClose(network.multiplyAccumulates + 5 * normalized, flops, 0.05) { differences.flops += 1 }
    }
    return differences
  }

  private static func isClose(_ value: Int, _ published: Double, _ share: Double) -> Bool {
    abs(Double(value) - published) <= share * published
  }
}
