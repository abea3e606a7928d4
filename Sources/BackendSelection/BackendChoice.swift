import Compute

/// A backend as people ask for it: `auto`, or the name of a provider.
public struct BackendChoice: RawRepresentable, CaseIterable, Hashable, Sendable {
  public let rawValue: String

  /// The first usable GPU, else the processor.
  public static let auto = BackendChoice(known: "auto")

  /// `auto`, then the names of all providers in their alphabetical order.
  public static let allCases = [auto] + backendProviders.map { $0.name }.sorted().map(BackendChoice.init(known:))

  private init(known name: String) { rawValue = name }

  /// Nil for a name that no provider has.
  public init?(rawValue: String) {
    guard Self.allCases.contains(where: { $0.rawValue == rawValue }) else { return nil }
    self.init(known: rawValue)
  }
}
