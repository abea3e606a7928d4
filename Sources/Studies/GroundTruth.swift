internal import EmbeddedTables

/// Accuracies of trained architectures, by the architecture's index in its search space.
public struct GroundTruth: Sendable {
  public enum Split: String, CaseIterable, Sendable {
    case test
    case valid
  }

  /// One accuracy an architecture.
  public struct Column: Hashable, Sendable {
    /// The name on the command line, such as `imagenet16-120`.
    public var dataSet: String
    public var split: Split

    public init(dataSet: String, split: Split) {
      self.dataSet = dataSet
      self.split = split
    }
  }

  /// The search space's name.
  public let space: String
  /// Where the accuracies come from, in one line.
  public let source: String
  /// The architectures that have every accuracy, `0 ..< count`.
  public let count: Int
  private let columns: [Column: [Double]]

  /// - Parameter columns: accuracies in percent, in the order of the indices.
  public init(space: String, source: String, columns: [Column: [Double]]) {
    self.space = space
    self.source = source
    self.columns = columns
    self.count = columns.values.map(\.count).min() ?? 0
  }

  /// The names of the data sets, in alphabetical order.
  public var dataSets: [String] { Set(columns.keys.map(\.dataSet)).sorted() }

  /// The accuracy in percent; nil where there is none for this index, data set and split.
  public func accuracy(index: Int, dataSet: String, split: Split = .test) -> Double? {
    guard (0..<count).contains(index) else { return nil }
    return columns[Column(dataSet: dataSet, split: split)]?[index]
  }

  /// All accuracies of a data set in percent, in the order of the indices; nil where the data set is not known.
  public func accuracies(dataSet: String, split: Split = .test) -> [Double]? {
    columns[Column(dataSet: dataSet, split: split)].map { Array($0.prefix(count)) }
  }
}

extension GroundTruth {
  /// NAS-Bench-201 on CIFAR-10, CIFAR-100 and ImageNet16-120.
  ///
  /// `valid` is of one training seed; on CIFAR-10 it is measured by the model trained on half of the training data.
  public static let nasbench201 = GroundTruth(
    space: "nasbench201",
    source: "NATS-Bench topology search space (Dong, Liu, Musial and Gabrys, TPAMI 2021), 200 epochs, "
      + "test: mean over training seeds, valid: one seed, MIT licence",
    columns: embeddedNASBench201())

  private static func embeddedNASBench201() -> [Column: [Double]] {
    let order = ["cifar10", "cifar100", "imagenet16-120"].flatMap { dataSet in
      Split.allCases.map { Column(dataSet: dataSet, split: $0) }
    }
    let count = Int(EPADS_NASBENCH201_COUNT)
    let width = 3 * Int(EPADS_NASBENCH201_COLUMNS)
    let bytes = UnsafeBufferPointer(start: epads_nasbench201_accuracy(), count: count * width)
    var columns: [Column: [Double]] = [:]
    for (position, column) in order.enumerated() {
      columns[column] = (0..<count).map { index in
        let start = index * width + 3 * position
        let units = Int(bytes[start]) | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2]) << 16
        return Double(units) / 10000
      }
    }
    return columns
  }
}
