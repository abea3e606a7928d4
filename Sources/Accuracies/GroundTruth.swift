internal import EmbeddedTables
public import SearchSpaces

/// Accuracies of trained architectures: of a whole space by index, or of the architectures of a file.
public struct GroundTruth: Sendable {
  /// The images that an accuracy was measured on.
  public enum Split: String, CaseIterable, Sendable {
    case test
    case valid
  }

  /// One accuracy an architecture.
  public struct Column: Hashable, Sendable {
    /// The name on the command line, such as `imagenet16-120`, or of a file's column.
    public var dataSet: String
    public var split: Split

    public init(dataSet: String, split: Split = .test) {
      self.dataSet = dataSet
      self.split = split
    }
  }

  /// The search space's name.
  public let space: String
  /// Where the accuracies come from, in one line.
  public let source: String
  /// The architectures that have every accuracy.
  public let count: Int
  /// The names of the data sets.
  public let dataSets: [String]
  /// Names of numbers that were published along with the accuracies, such as other proxies.
  public let published: [String]
  private let columns: [Column: [Double]]
  private let publishedColumns: [String: [Double]]
  /// Where an architecture stands in the columns, by its text; nil where that is its index.
  private let positions: [String: Int]?

  /// Accuracies in percent, in the order of the indices of the space: `0 ..< count`.
  public init(space: String, source: String, columns: [Column: [Double]]) {
    self.space = space
    self.source = source
    self.columns = columns
    count = columns.values.map(\.count).min() ?? 0
    dataSets = Set(columns.keys.map(\.dataSet)).sorted()
    published = []
    publishedColumns = [:]
    positions = nil
  }

  /// The accuracies of some architectures, and other numbers that were published of them.
  ///
  /// Both are columns with their names, in the order of the architectures. Of architectures with one text the first
  /// counts.
  public init(
    space: String, source: String, architectures: [Architecture], accuracies: [(name: String, values: [Double])],
    published: [(name: String, values: [Double])] = []
  ) {
    self.space = space
    self.source = source
    count = (accuracies + published).map(\.values.count).reduce(architectures.count, min)
    dataSets = accuracies.map(\.name)
    columns = Dictionary(accuracies.map { (Column(dataSet: $0.name), $0.values) }) { first, _ in first }
    self.published = published.map(\.name)
    publishedColumns = Dictionary(published.map { ($0.name, $0.values) }) { first, _ in first }
    positions = Dictionary(architectures.enumerated().map { ($1.text, $0) }) { first, _ in first }
  }

  /// What a data set's accuracies are called in tables.
  public func title(of dataSet: String) -> String { positions == nil ? "\(dataSet) test" : dataSet }

  /// What stands at the axis of a plot.
  public func label(of dataSet: String) -> String { positions == nil ? "test accuracy, %" : dataSet }

  /// The accuracy of an architecture; nil where there is none for this data set and split.
  public func accuracy(of architecture: Architecture, dataSet: String, split: Split = .test) -> Double? {
    position(of: architecture).flatMap { columns[Column(dataSet: dataSet, split: split)]?[$0] }
  }

  /// The accuracies of an architecture in percent, by data set; empty where none is known.
  public func accuracies(of architecture: Architecture) -> [String: Double] {
    dataSets.reduce(into: [:]) { $0[$1] = accuracy(of: architecture, dataSet: $1) }
  }

  /// The accuracy at an index of the space; nil where there is none, or where the accuracies are a file's.
  public func accuracy(index: Int, dataSet: String, split: Split = .test) -> Double? {
    accuracy(of: Architecture(text: "", index: index), dataSet: dataSet, split: split)
  }

  /// A number that was published of an architecture; nil where there is none of this name.
  public func published(_ name: String, of architecture: Architecture) -> Double? {
    position(of: architecture).flatMap { publishedColumns[name]?[$0] }
  }

  /// All accuracies of a data set, in the order of the indices or of the file; nil where the data set is not known.
  public func accuracies(dataSet: String, split: Split = .test) -> [Double]? {
    columns[Column(dataSet: dataSet, split: split)].map { Array($0.prefix(count)) }
  }

  private func position(of architecture: Architecture) -> Int? {
    let position = positions.map { $0[architecture.text] } ?? architecture.index
    return position.flatMap { (0..<count).contains($0) ? $0 : nil }
  }
}

extension GroundTruth {
  /// The accuracies that are compiled in of a space; nil where there are none.
  public static func builtIn(space name: String) -> GroundTruth? { tables[name]?() }

  /// By the name of the space. Each is read when it is first asked for.
  private static let tables: [String: @Sendable () -> GroundTruth] = [NASBench201().name: { nasbench201 }]

  /// NAS-Bench-201 on CIFAR-10, CIFAR-100 and ImageNet16-120.
  ///
  /// `valid` is of one training seed; on CIFAR-10 it is measured by the model trained on half of the training data.
  public static let nasbench201 = GroundTruth(
    space: NASBench201().name,
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
