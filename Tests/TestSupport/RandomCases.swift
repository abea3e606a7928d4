public import Compute
public import NetworkGraph
public import Randomness
public import SearchSpaces

/// Test cases that depend on their seed alone.
public enum RandomCases {
  /// The six operations of a NAS-Bench-201 cell.
  public static func nasBench201Edges(seed: UInt64) -> [NASBench201.EdgeOperation] {
    var choices = RandomChoices(seed: seed, name: "nasbench201")
    return (0..<6).map { _ in choices.element(of: NASBench201.EdgeOperation.allCases) }
  }

  /// The text of a NAS-Bench-201 architecture.
  public static func nasBench201Text(seed: UInt64) -> String { NASBench201.text(of: nasBench201Edges(seed: seed)) }

  /// Draws of architectures.
  public static func draws(seed: UInt64) -> RandomDraws {
    RandomDraws(RandomStream(seed: seed, domain: .architectures, name: "sample"))
  }

  /// Images with values like those of normalised bytes: 256 levels from about -2 to 2.5, whose means over a few
  /// positions are never zero. Otherwise the sign of a pooled value would hang on rounding.
  public static func images(shape: TensorShape, count: Int, seed: UInt64) -> ImageBatch {
    let stream = RandomStream(seed: seed, domain: .images, name: "random cases")
    let values = stream.words(count * shape.count).map { Float($0 >> 24) / 255 * 4.5 - 1.98765 }
    return ImageBatch(shape: shape, count: count, values: values)
  }

  /// Images that a plan takes: where it has two halves, the second is a perturbed copy of the first.
  public static func images(for plan: Plan, seed: UInt64) -> ImageBatch {
    let shape = plan.buffers[plan.input]
    let clean = images(shape: shape, count: plan.batch, seed: seed)
    guard plan.measurement == .distances else { return clean }
    let noise = standardNormals(seed: seed, count: clean.values.count)
    let perturbed = zip(clean.values, noise).map { $0 + Float(0.5 * $1) }
    return ImageBatch(shape: shape, count: plan.images, values: clean.values + perturbed)
  }

  /// A small network of 4 to 14 random parts with odd sizes: every operation before the classifier, in combinations
  /// that a search space would not think of. It has at least one ReLU.
  public static func network(seed: UInt64) throws(NetworkError) -> Network {
    var sketch = NetworkSketch(seed: seed)
    try sketch.addParts()
    return try sketch.network()
  }
}
