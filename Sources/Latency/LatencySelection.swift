/// Which latencies are meant, where rows were measured in several settings.
public struct LatencySelection: Hashable, Sendable {
  /// A part of the device's name, or the backend's name; case does not matter.
  public var device: String?
  /// Images of a run.
  public var batch: Int?
  /// Threads of the CPU backend.
  public var threads: Int?
  /// The shape of an image, such as `3x32x32`, or the data set.
  public var input: String?

  public init(device: String? = nil, batch: Int? = nil, threads: Int? = nil, input: String? = nil) {
    self.device = device
    self.batch = batch
    self.threads = threads
    self.input = input
  }

  /// What the times of two rows must have in common to be compared.
  public struct Setting: Hashable, Sendable, CustomStringConvertible {
    public var backend: String
    public var device: String
    public var threads: Int?
    public var dataset: String
    public var input: String
    public var batch: Int

    package init(_ row: LatencyRow) {
      backend = row.backend
      device = row.device
      threads = row.threads
      dataset = row.dataset
      input = row.input
      batch = row.batch
    }

    public var description: String {
      let threads = threads.map { " with \($0) thread\($0 == 1 ? "" : "s")" } ?? ""
      return "batch \(batch) of \(dataset) (\(input)) on \(backend), \(device)\(threads)"
    }
  }

  /// The rows that are meant, and the setting that they have in common; nil for no rows at all.
  ///
  /// - Throws: where none is left or they are of several settings.
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
  /// What settings may differ in.
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

/// Why it is not clear which latencies are meant.
public struct LatencySelectionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the settings differ in that could all be meant; empty where none could.
  public var differing: [LatencySelection.Aspect]
  /// Those that could be meant, or where none could, all that there are.
  public var settings: [LatencySelection.Setting]

  public var description: String {
    differing.isEmpty
      ? "no latency was measured as asked for; there are \(listed)"
      : "latencies of several settings cannot be compared (they differ in "
        + "\(differing.map(\.rawValue).joined(separator: ", "))); there are \(listed)"
  }

  /// The first settings in words, and how many more there are.
  public var listed: String {
    let texts = settings.map(\.description).sorted()
    return texts.prefix(6).joined(separator: "; ") + (texts.count > 6 ? "; and \(texts.count - 6) more" : "")
  }
}
