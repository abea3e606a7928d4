package import ArchitectureLists
package import Files
package import SearchSpaces
import Synchronization

/// One architecture to score with one seed.
package struct Request {
  /// What the request calls itself.
  package var id: InputValue?
  package var listed: ListedArchitecture
  package var seed: UInt64
}

/// Reads requests from standard input, a line each. What is no request is one for an unreadable architecture.
package final class RequestReader: Sendable {
  private let lines: Mutex<ByteStream>
  private let isStopped: StopFlag
  private let space: any SearchSpace
  /// The seed of requests that have none.
  private let seed: UInt64

  package init(space: any SearchSpace, seed: UInt64) throws(FileError) {
    let isStopped = StopFlag()
    self.isStopped = isStopped
    self.space = space
    self.seed = seed
    lines = Mutex(
      try ByteStream(path: "-") { isStopped.isSet })
  }

  /// Waits for no more requests.
  package func stop() { isStopped.set() }

  /// The next request, when it has come; nil at the end. Blank lines are passed over.
  package func next() throws(FileError) -> Request? {
    while true {
      let line = try lines.withLock { lines throws(FileError) in try lines.nextLine(maximumBytes: Self.maximumBytes) }
      guard let (bytes, isWhole) = line else { return nil }
      // A byte order mark is no part of the first request.
      let text = String(decoding: bytes.withoutByteOrderMark, as: UTF8.self)
      if text.allSatisfy(\.isWhitespace) { continue }
      guard isWhole else { return bad(text, "a request has at most \(Self.maximumBytes >> 10) KiB") }
      guard String(validating: bytes, as: UTF8.self) != nil else { return bad(text, "the line is no UTF-8 text") }
      return request(text)
    }
  }

  private static let maximumBytes = 1 << 20

  private func bad(_ text: String, _ reason: String, id: InputValue? = nil) -> Request {
    Request(id: id, listed: ListedArchitecture(unreadable: text, reason: "bad request: \(reason)"), seed: seed)
  }

  private func request(_ text: String) -> Request {
    let plain = ListedArchitecture(text: text, of: space)
    // A genotype may be a dictionary.
    guard text.drop(while: \.isWhitespace).hasPrefix("{"), plain.parsed == nil else {
      return Request(id: nil, listed: Advice.completing(plain, of: space), seed: seed)
    }
    do throws(FileError) {
      var reader = JSONReader(ByteStream(Array(text.utf8)), name: "the request")
      guard case .object(let members) = try reader.value() else { return bad(text, "no JSON object") }
      guard try reader.next() == nil else { throw reader.failure("text after the object") }
      return request(members, text)
    } catch {
      return bad(text, error.reason)
    }
  }

  private func request(_ members: [JSONValue.Member], _ text: String) -> Request {
    let id = members.first { $0.name == "id" }.flatMap { InputValue($0.value) }
    var request = bad(text, "no \"arch\", \"index\" or \"file\"", id: id)
    var sources = 0
    for member in members {
      let (key, value) = (member.name, member.value)
      switch (key, value) {
      case ("id", .number(let digits)) where InputValue(value) == .text(digits):
        return bad(text, "'id' has more digits than a number keeps: send it as a text")
      case ("id", .string), ("id", .number), ("id", .boolean), (_, .null): break
      case ("arch", .string(let text)), ("arch", .number(let text)):
        sources += 1
        request.listed = Advice.completing(ListedArchitecture(text: text, of: space), of: space)
      case ("index", .number(let digits)), ("index", .string(let digits)):
        guard let index = Int(digits) else { return bad(text, "'\(digits.prefix(40))' is no index", id: id) }
        sources += 1
        request.listed = ListedArchitecture(index: index, of: space)
      case ("file", .string(let path)):
        sources += 1
        request.listed = Self.only(of: path, space)
      case ("seed", .number(let digits)):
        guard let seed = UInt64(digits) else { return bad(text, "'\(digits.prefix(40))' is no seed", id: id) }
        request.seed = seed
      case ("name", .string): break
      case ("id", _), ("arch", _), ("index", _), ("file", _), ("seed", _), ("name", _):
        return bad(text, "'\(key)' is \(value.kind)", id: id)
      default:
        let known = "a request has \"id\", \"name\", \"arch\", \"index\", \"file\" and \"seed\""
        return bad(text, "unknown member '\(key.prefix(40))'; \(known), settings are options of epads serve", id: id)
      }
    }
    if sources > 1 { return bad(text, "more than one of \"arch\", \"index\" and \"file\"", id: id) }
    if case .string(let name)? = JSONValue.object(members)["name"] { request.listed.name = name }
    return request
  }

  /// The only architecture of a file, by the file's name where nothing else names it.
  private static func only(of path: String, _ space: any SearchSpace) -> ListedArchitecture {
    func unreadable(_ reason: String) -> ListedArchitecture { ListedArchitecture(unreadable: path, reason: reason) }
    // Standard input has the requests.
    guard path != "-", FileStatus(path: path)?.kind != .special else { return unreadable("'\(path)' is no file") }
    do throws(FileError) {
      let list = try ArchitectureList(path: path, of: space)
      if let nothing = list.nothingReadable { return unreadable(nothing.reason) }
      guard list.entries.count == 1 else {
        return unreadable("'\(path)' has \(list.entries.count) architectures: a request is for one")
      }
      var entry = list.entries[0]
      let file = path.split(separator: "/").last.map(String.init) ?? path
      entry.name = entry.name ?? file
      return entry
    } catch {
      return unreadable(error.reason)
    }
  }
}
