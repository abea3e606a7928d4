import Foundation

/// The lines of a file of rows with a change to each, as a file of another time or machine would have them.
func changed(_ text: String, _ change: (_ number: Int, _ row: inout [String: Any]) -> Void) throws -> String {
  try text.split(separator: "\n").enumerated().map { number, line in
    var row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    change(number, &row)
    let data = try JSONSerialization.data(withJSONObject: row, options: [.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }.joined()
}
