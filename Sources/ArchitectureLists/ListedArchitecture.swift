import Randomness
public import SearchSpaces

/// An entry of somebody's list: the architecture that it names, or why it names none, and what the list says besides.
public struct ListedArchitecture: Sendable {
  /// What was read; nil for an entry that names no architecture.
  public let parsed: ParsedArchitecture?
  /// What rows call the entry: of an unreadable one the text that stands there, a long one shortened.
  public let key: Architecture
  /// Why the entry names no architecture; nil where it names one. Without a text it is the whole reason.
  public private(set) var error: ArchitectureError?
  /// The file and the line; nil for an argument.
  private let place: String?
  /// What the list, or the text itself, calls the architecture.
  public var name: String?
  /// The line of the list at which the entry begins, from 1; nil where there is no list.
  public var line: Int?
  /// The other columns of the list.
  public var input: [String: InputValue]

  /// An architecture that no list has.
  public init(_ parsed: ParsedArchitecture, name: String? = nil) {
    self.parsed = parsed
    key = parsed.key
    error = nil
    place = nil
    self.name = name
    line = nil
    input = [:]
  }

  /// An entry that names no architecture.
  ///
  /// - Parameters:
  ///   - text: what stands there.
  ///   - reason: why it is none.
  ///   - place: the file and the line; nil for an argument.
  public init(unreadable text: String, reason: String, place: String? = nil) {
    self.init(unreadable: text, ArchitectureError(text: "", reason: reason), place: place)
  }

  private init(unreadable text: String, _ error: ArchitectureError, place: String?) {
    parsed = nil
    let shown = text.prefix(Self.maximumTextLength)
    key = Architecture(text: shown.endIndex == text.endIndex ? text : shown + "…")
    self.error = error
    self.place = place
    name = nil
    line = nil
    input = [:]
  }

  /// Reads a text of a space, or the decimal digits of an index.
  public init(text: String, of space: any SearchSpace, place: String? = nil) {
    let text = text.trimmed
    do throws(ArchitectureError) {
      let parsed =
        if let index = Int(text) { try space.architecture(index: index) } else { try space.architecture(text: text) }
      self.init(parsed, name: space.name(in: text))
    } catch {
      self.init(unreadable: text, error, place: place)
    }
  }

  /// The architecture of an index.
  public init(index: Int, of space: any SearchSpace, place: String? = nil) {
    do throws(ArchitectureError) {
      self.init(try space.architecture(index: index))
    } catch {
      self.init(unreadable: "\(index)", error, place: place)
    }
  }

  /// Why the entry names no architecture, with its place, in one line; nil where it names one.
  public var failure: String? {
    error.map { error in place.map { "\($0): \(error.sentence)" } ?? error.sentence }
  }

  /// The same entry; an unreadable one says what to do about it.
  public func advising(_ advice: String) -> ListedArchitecture {
    var entry = self
    entry.error?.advice = advice
    return entry
  }

  /// The most characters of an unreadable text that rows keep.
  private static let maximumTextLength = 1000
}

extension ArchitectureError {
  /// What is wrong in one line, for a row.
  public var sentence: String {
    let shown = text.prefix(100)
    let excerpt = "'\(shown)\(shown.endIndex == text.endIndex ? "" : "…")'"
    let end = advice.map { "; \($0)" } ?? ""
    guard !text.isEmpty else { return reason + end }
    return (position.map { "character \($0 + 1) of \(excerpt): \(reason)" } ?? "\(reason): \(excerpt)") + end
  }
}

extension [ListedArchitecture] {
  /// The entries that name an architecture.
  public var readable: [ParsedArchitecture] { compactMap(\.parsed) }
}

extension StringProtocol {
  /// The text without blanks of any kind, and byte order marks, around it.
  var trimmed: String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || scalar == "\u{FEFF}" || scalar == "\u{200B}"
    }
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !isBlank($0) }), let last = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(self[first...last])
  }
}

extension [ListedArchitecture] {
  /// So many of them at random, at most all, in random order. More with the same seed begin with fewer.
  public func sample(_ count: Int, seed: UInt64, space: any SearchSpace) -> [ListedArchitecture] {
    let stream = RandomStream(seed: seed, domain: .architectures, name: space.name)
    return sampleWithoutReplacement(Swift.min(count, self.count), of: self.count, stream: stream).map { self[$0] }
  }
}
