import Foundation
import TestSupport
import Testing

/// Docs/rows.schema.json holds for what the program prints.
@Suite struct SchemaTests {
  static let schema = Result { try JSONDecoder().decode(JSON.self, from: text(of: "Docs/rows.schema.json")) }

  /// Every file that the script makes, with the rows that belong into it.
  private static let files = [
    ("rank.jsonl", "rank"), ("ranked-rows.jsonl", "score"), ("score.jsonl", "score"),
    ("correlate.jsonl", "correlation"),
    ("correlated-rows.jsonl", "score"), ("search.jsonl", "score"), ("searched-rows.jsonl", "score"),
    ("repeated.jsonl", "repeated_search"), ("serve.jsonl", "score"), ("latency.jsonl", "latency"),
    ("member.jsonl", "front_member"), ("worth.jsonl", "front_worth"), ("benchmark.jsonl", "benchmark"),
  ]

  /// One network of every kind: named, with columns, and one that cannot be read.
  private static let script = """
    cat > list.csv <<'END'
    name,arch,author,year,accuracy
    small,|skip_connect~0|+|none~0|nor_conv_1x1~1|+|none~0|skip_connect~1|nor_conv_1x1~2|,Ana,2025,81.5
    large,|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|none~0|nor_conv_3x3~1|nor_conv_3x3~2|,Ben,2026,91.5
    mixed,|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|nor_conv_3x3~1|nor_conv_3x3~2|,Ben,2026,90.5
    wrong,|nor_conv_5x5~0|,Eve,2026,80.5
    END
    rank="epads rank --from list.csv --batch 2"
    $rank --repeats 2 --proxies epads,naswot --format jsonl --output ranked-rows.jsonl > rank.jsonl
    $rank --format jsonl >> rank.jsonl
    epads score --from list.csv --batch 2 --layers --output score.jsonl
    epads correlate --from list.csv --also year --batch 2 --format jsonl \\
      --output correlated-rows.jsonl > correlate.jsonl
    epads correlate --sample 4 --batch 2 --format jsonl >> correlate.jsonl
    epads search --samples 4 --best 2 --batch 2 --format jsonl --output searched-rows.jsonl > search.jsonl
    epads search --samples 2 --runs 2 --scores searched-rows.jsonl --format jsonl > repeated.jsonl
    printf '{"id": 7, "index": 1462, "name": "n"}\\n{"id": "x", "arch": "?"}\\n0\\n' \\
      | epads serve --batch 2 --layers > serve.jsonl
    epads latency --from list.csv --seconds 0.02 --per-layer --output latency.jsonl
    epads latency --space darts --depth 2 --threads 1 --seconds 0.02 --format jsonl DARTS_V2 >> latency.jsonl
    epads pareto --scores ranked-rows.jsonl --latency latency.jsonl --format jsonl > front.jsonl
    grep member front.jsonl > member.jsonl
    grep worth front.jsonl > worth.jsonl
    epads benchmark --batch 2 --json > benchmark.jsonl
    """

  @Test func everyRowFits() async throws {
    let schema = try Self.schema.get()
    let folder = try ScratchFolder()
    let outcome = try await shell(Self.script, directory: folder.path)
    let checker = SchemaChecker(schema)
    var seen: Set<String> = []
    for (file, kind) in Self.files {
      let rows = try Self.rows(folder.text(file))
      #expect(!rows.isEmpty, "\(file): \(outcome.errors)")
      for row in rows {
        #expect(checker.problems(of: row, as: kind) == [], "\(file)")
        #expect(checker.problems(of: row) == [], "\(file)")
        Self.expectRefusals(of: row, kind, checker)
      }
      seen.insert(kind)
    }
    #expect(seen == Set(checker.kinds).subtracting(["value"]), "kinds that no file has")
    for file in ["rank.jsonl", "score.jsonl", "serve.jsonl", "latency.jsonl"] {
      #expect(folder.text(file).contains(#""status":"failed""#), "\(file)")
    }
  }

  /// A row that is changed in one place is no row any more.
  private static func expectRefusals(of row: JSON, _ kind: String, _ checker: SchemaChecker) {
    guard case .object(let members) = row else { return }
    func expectRefusal(_ changed: [String: JSON], _ what: String) {
      #expect(checker.problems(of: .object(changed), as: kind) != [], "\(kind) \(what)")
      #expect(checker.problems(of: .object(changed)) != [], "\(kind) \(what)")
    }
    expectRefusal(members.merging(["unknown_key": .number(1)]) { $1 }, "with another key")
    for key in checker.required(kind) {
      var less = members
      less[key] = nil
      expectRefusal(less, "without \(key)")
    }
    for key in members.keys where key != "id" {
      expectRefusal(members.merging([key: .null]) { $1 }, "where \(key) is null")
      expectRefusal(members.merging([key: .array([.object([:])])]) { $1 }, "where \(key) is a list")
    }
  }

  @Test func constraintsAreHeld() throws {
    let checker = SchemaChecker(try Self.schema.get())
    let row = #"{"workload":"w","backend":"cpu","device":"d","batch":2,"ms":1,"busy_ms":1,"build_ms":1,"first_ms":1,"#
    let whole = try Self.rows(row + #""runs":1,"gflops":1,"ratio":1}"#)[0]
    #expect(checker.problems(of: whole, as: "benchmark") == [])
    for wrong in [#""runs":0,"gflops":1,"ratio":1}"#, #""runs":1.5,"gflops":1,"ratio":1}"#] {
      #expect(checker.problems(of: try Self.rows(row + wrong)[0], as: "benchmark") != [], "\(wrong)")
    }
    let correlation = #"{"dataset":"d","predictor":"p","n":3,"failures":0,"source":"s","tau_b_interval":"#
    for (interval, isRight) in [("[0,1]", true), ("[0]", false), ("[0,1,2]", false), (#"[0,"1"]"#, false)] {
      let row = try Self.rows(correlation + interval + "}")[0]
      #expect(checker.problems(of: row, as: "correlation").isEmpty == isRight, "\(interval)")
    }
  }

  @Test func theGuideNamesEveryKey() throws {
    let guide = String(decoding: try Self.text(of: "Docs/Guide.md"), as: UTF8.self)
    for key in SchemaChecker(try Self.schema.get()).keys.sorted() {
      #expect(guide.contains("`\(key)`"), "\(key)")
    }
  }

  private static func rows(_ text: String) throws -> [JSON] {
    try text.split(separator: "\n").map { try JSONDecoder().decode(JSON.self, from: Data($0.utf8)) }
  }

  private static func text(of path: String) throws -> Data {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try Data(contentsOf: package.appending(path: path))
  }
}

/// A value of JSON.
enum JSON: Decodable, Hashable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  subscript(key: String) -> JSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  var elements: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
  var members: [String: JSON]? { if case .object(let members) = self { members } else { nil } }
  var string: String? { if case .string(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }

  func isOf(type: String) -> Bool {
    switch (type, self) {
    case ("null", .null), ("boolean", .boolean), ("number", .number), ("string", .string), ("array", .array),
      ("object", .object):
      true
    case ("integer", .number(let value)): value == value.rounded()
    default: false
    }
  }
}

/// As much of JSON Schema (draft 2020-12) as Docs/rows.schema.json needs; a keyword that it does not know is a problem.
struct SchemaChecker {
  private let root: JSON

  init(_ root: JSON) { self.root = root }

  private var definitions: [String: JSON] { root["$defs"]?.members ?? [:] }

  /// The kinds of rows.
  var kinds: [String] { Array(definitions.keys) }

  /// The keys that every row of a kind has.
  func required(_ kind: String) -> [String] { Self.texts(definitions[kind]?["required"]) }

  /// The keys of all rows and of what is nested in them.
  var keys: Set<String> {
    func keys(_ schema: JSON) -> Set<String> {
      let own = schema["properties"]?.members ?? [:]
      let nested = Array(own.values) + [schema["items"]].compactMap(\.self)
      return nested.reduce(into: Set(own.keys)) { $0.formUnion(keys($1)) }
    }
    return definitions.values.reduce(into: []) { $0.formUnion(keys($1)) }
  }

  /// What is wrong with a row; nothing where it fits.
  func problems(of row: JSON) -> [String] { problems(row, root, at: "row") }

  func problems(of row: JSON, as kind: String) -> [String] {
    definitions[kind].map { problems(row, $0, at: "row") } ?? ["no kind \(kind)"]
  }

  private func problems(_ value: JSON, _ schema: JSON, at place: String) -> [String] {
    guard let keywords = schema.members else { return ["\(place): the schema is no object"] }
    return keywords.flatMap { keyword, argument in
      problems(value, keyword, argument, of: schema, at: place)
    }
  }

  private func problems(
    _ value: JSON, _ keyword: String, _ argument: JSON, of schema: JSON, at place: String
  ) -> [String] {
    switch keyword {
    case "$schema", "$defs", "title", "description", "then", "else": return []
    case "$ref":
      guard let name = argument.string?.split(separator: "/").last, let target = definitions[String(name)] else {
        return ["\(place): no definition \(argument)"]
      }
      return problems(value, target, at: place)
    case "type":
      let types = argument.string.map { [$0] } ?? Self.texts(argument)
      return types.contains(where: value.isOf) ? [] : ["\(place): \(value) is no \(types)"]
    case "enum": return argument.elements?.contains(value) == true ? [] : ["\(place): \(value) is none of \(argument)"]
    case "minimum": return value.number ?? .infinity >= argument.number ?? .infinity ? [] : ["\(place): too small"]
    case "maximum": return value.number ?? 0 <= argument.number ?? -.infinity ? [] : ["\(place): too large"]
    case "minItems": return value.elements?.count ?? .max >= Int(argument.number ?? 0) ? [] : ["\(place): too few"]
    case "maxItems": return value.elements?.count ?? 0 <= Int(argument.number ?? 0) ? [] : ["\(place): too many"]
    case "items": return (value.elements ?? []).flatMap { problems($0, argument, at: "\(place)[]") }
    case "required":
      guard let members = value.members else { return [] }
      return Self.texts(argument).filter { members[$0] == nil }.map { "\(place): no \($0)" }
    case "properties":
      return (argument.members ?? [:]).flatMap { key, schema in
        (value.members?[key]).map { problems($0, schema, at: "\(place).\(key)") } ?? []
      }
    case "additionalProperties":
      let known = schema["properties"]?.members ?? [:]
      let others = (value.members ?? [:]).filter { known[$0.key] == nil }
      guard argument != .boolean(false) else { return others.keys.map { "\(place): unknown key \($0)" } }
      return others.flatMap { problems($0.value, argument, at: "\(place).\($0.key)") }
    case "oneOf":
      let fitting = (argument.elements ?? []).count { problems(value, $0, at: place).isEmpty }
      return fitting == 1 ? [] : ["\(place): of \(fitting) kinds"]
    case "if":
      let branch = problems(value, argument, at: place).isEmpty ? schema["then"] : schema["else"]
      return branch.map { problems(value, $0, at: place) } ?? []
    default: return ["\(place): unknown keyword \(keyword)"]
    }
  }

  private static func texts(_ value: JSON?) -> [String] { (value?.elements ?? []).compactMap(\.string) }
}
