/// Chooses one setting, where rows of latency were measured in several. What is nil does not matter to the choice.
public struct LatencySelection: Hashable, Sendable {
  /// A part of the device's name, or the backend's name, in lower or upper case.
  public var device: String?
  /// The images of a run.
  public var batch: Int?
  /// Threads of the CPU backend.
  public var threads: Int?
  /// The shape of an image, such as `3x32x32`, or the name of the data set.
  public var input: String?

  /// A choice by what is not nil.
  public init(device: String? = nil, batch: Int? = nil, threads: Int? = nil, input: String? = nil) {
    self.device = device
    self.batch = batch
    self.threads = threads
    self.input = input
  }

  /// How a latency was measured: two of them can be compared where the settings are equal.
  public struct Setting: Hashable, Sendable, CustomStringConvertible {
    /// See `LatencyRow.backend`.
    public var backend: String
    /// See `LatencyRow.device`.
    public var device: String
    /// See `LatencyRow.threads`.
    public var threads: Int?
    /// See `LatencyRow.dataset`.
    public var dataset: String
    /// See `LatencyRow.input`.
    public var input: String
    /// The images of a run.
    public var batch: Int

    /// The setting that a row was measured in.
    package init(_ row: LatencyRow) {
      backend = row.backend
      device = row.device
      threads = row.threads
      dataset = row.dataset
      input = row.input
      batch = row.batch
    }

    /// Such as `batch 1 of cifar10 (3x32x32) on cpu, NAME with 2 threads`.
    public var description: String {
      let threads = threads.map { " with \($0) thread\($0 == 1 ? "" : "s")" } ?? ""
      return "batch \(batch) of \(dataset) (\(input)) on \(backend), \(device)\(threads)"
    }
  }

  /// The rows of the chosen setting, and that setting; no setting where there are no rows at all.
  ///
  /// - Throws: an error where no row is left, or those that are left have several settings.
  package func select(
    _ rows: [LatencyRow]
  ) throws(LatencySelectionError) -> (rows: [LatencyRow], setting: Setting?) {
    guard !rows.isEmpty else { return ([], nil) }
    let groups = Dictionary(grouping: rows, by: Setting.init)
    var settings = Array(groups.keys)
    if let device {
      let name = device.lowercased()
      let exact = settings.filter { $0.device.lowercased() == name || $0.backend == name }
      settings = exact.isEmpty ? settings.filter { $0.device.lowercased().contains(name) } : exact
    }
    settings.removeAll { setting in
      batch.map { setting.batch != $0 } ?? false || threads.map { setting.threads != $0 } ?? false
        || input.map { setting.input != $0 && setting.dataset != $0 } ?? false
    }
    guard let setting = settings.first else { throw LatencySelectionError(differing: [], settings: Array(groups.keys)) }
    guard settings.count == 1 else {
      let differing = Aspect.allCases.filter { aspect in Set(settings.map { $0[aspect] }).count > 1 }
      throw LatencySelectionError(differing: differing, settings: settings)
    }
    return (groups[setting] ?? [], setting)
  }
}

extension LatencySelection {
  /// An aspect that settings may differ in, and that a selection can choose by.
  public enum Aspect: String, CaseIterable, Sendable {
    case device, batch, threads, input
  }
}

extension LatencySelection.Setting {
  fileprivate subscript(aspect: LatencySelection.Aspect) -> [String] {
    switch aspect {
    case .device: [backend, device]
    case .batch: ["\(batch)"]
    case .threads: [threads.map(String.init) ?? ""]
    case .input: [dataset, input]
    }
  }
}

/// A selection of latencies that leaves no setting, or several.
public struct LatencySelectionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The aspects in which the settings that are left differ; empty where no setting is left.
  public var differing: [LatencySelection.Aspect]
  /// The settings that are left or, where none is, all that the rows have.
  public var settings: [LatencySelection.Setting]

  /// What is wrong, and which settings there are.
  public var description: String {
    differing.isEmpty
      ? "no latency was measured as asked for; there are \(listed)"
      : "latencies of several settings cannot be compared (they differ in "
        + "\(differing.map(\.rawValue).joined(separator: ", "))); there are \(listed)"
  }

  /// The first six settings in words, and how many more there are.
  public var listed: String {
    let texts = settings.map(\.description).sorted()
    return texts.prefix(6).joined(separator: "; ") + (texts.count > 6 ? "; and \(texts.count - 6) more" : "")
  }
}
