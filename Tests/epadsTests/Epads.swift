import Foundation
import TestSupport
import Testing

/// Runs the program.
func epads(
  _ arguments: String..., input: String = "", directory: String? = nil, environment: [String: String] = [:]
) async throws -> Program.Outcome {
  try await Program("epads", arguments, input: input, directory: directory, environment: environment).outcome()
}

/// Runs the program with a line of arguments that has no quotes.
func epads(line: String, input: String = "", directory: String? = nil) async throws -> Program.Outcome {
  let arguments = line.split(separator: " ").map(String.init)
  return try await Program("epads", arguments, input: input, directory: directory).outcome()
}

/// Runs a shell script, in which `epads` is the program.
func shell(
  _ script: String, directory: String? = nil, environment: [String: String] = [:]
) async throws -> Program.Outcome {
  try await Program(script: script, directory: directory, environment: environment).outcome()
}

extension Program.Outcome {
  /// One sentence of error, and nothing on standard output.
  func expectError(
    _ status: Int32, _ parts: String..., output: String? = "", at location: SourceLocation = #_sourceLocation
  ) {
    #expect(self.status == status, "\(errors)", sourceLocation: location)
    if let output { #expect(self.output == output, sourceLocation: location) }
    #expect(errorLines.count { $0.hasPrefix("Error: ") } == 1, "\(errors)", sourceLocation: location)
    for part in parts { #expect(errors.contains(part), "\(errors)", sourceLocation: location) }
  }
}

/// A row as a program that reads the files would declare it: apart from the product's own type.
struct OutputRow: Decodable, Hashable {
  struct Layer: Decodable, Hashable {
    var name: String
    var units: Int
    var d1: Int
    var d2: Int
  }

  var arch: String
  var index: Int?
  var space: String
  var dataset: String
  var images: String
  var batch: Int
  var sigma: Double
  var seed: UInt64
  var status: String
  var error: String?
  var epads: Double?
  var snaswot: Int?
  var perturbation: Int?
  var naswot: Double?
  var reluSites: Int
  var reluUnits: Int
  var params: Int
  var flops: Int
  var backend: String
  var device: String
  var numerics: Int
  var version: String
  var layers: [Layer]?
}

/// The rows of JSON lines, without their times.
func rows(_ text: String) throws -> [OutputRow] {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try text.split(separator: "\n").map { try decoder.decode(OutputRow.self, from: Data($0.utf8)) }
}

/// What JSON lines say, member by member: a row of an entry that names no network lacks most of them.
func records(_ text: String) throws -> [[String: Any]] {
  try text.split(separator: "\n").map {
    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
  }
}

extension [[String: Any]] {
  /// One member of each.
  func values<Value>(_ key: String, as type: Value.Type = Value.self) -> [Value?] { map { $0[key] as? Value } }
}

/// JSON lines without the times in them, which are the only numbers that another run has otherwise.
func timeless(_ text: String) -> [String] {
  text.split(separator: "\n").map { String($0).replacing(/"ms":\{[^}]*\},/, with: "") }
}

/// Fields by column, read as RFC 4180 says.
func table(csv text: String) -> [[String: String]] {
  var records: [[String]] = [[]]
  var field = ""
  var isQuoted = false
  var characters = Array(text)[...]
  while let character = characters.popFirst() {
    switch character {
    case "\"" where isQuoted && characters.first == "\"":
      field.append("\"")
      characters.removeFirst()
    case "\"": isQuoted.toggle()
    case "," where !isQuoted:
      records[records.count - 1].append(field)
      field = ""
    case "\n" where !isQuoted:
      records[records.count - 1].append(field)
      field = ""
      records.append([])
    default: field.append(character)
    }
  }
  let header = records[0]
  return records.dropFirst().filter { !$0.isEmpty }.map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
}

/// The lines of a file of rows with a change to each, as a file of another time or machine would have them.
func changed(_ text: String, _ change: (_ number: Int, _ row: inout [String: Any]) -> Void) throws -> String {
  try text.split(separator: "\n").enumerated().map { number, line in
    var row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    change(number, &row)
    let data = try JSONSerialization.data(withJSONObject: row, options: [.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }.joined()
}
