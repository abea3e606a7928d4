/// The end of a message about an unknown name that asks whether a known one was meant; empty where none is near.
///
/// Near are names that differ by a letter in three, and those that leave letters of a known one out, such as `skip` and
/// `sep_3x3`.
package func suggestion(for name: String, among known: [String]) -> String {
  guard (3...40).contains(name.utf8.count) else { return "" }
  let letters = Array(name.lowercased().utf8)
  let distances = known.map { (name: $0, distance: editDistance(letters, Array($0.lowercased().utf8))) }
  guard let nearest = distances.min(by: { $0.distance < $1.distance }) else { return "" }
  if 3 * nearest.distance <= letters.count { return "; did you mean '\(nearest.name)'?" }
  let whole = distances.filter { isSubsequence(letters, of: Array($0.name.lowercased().utf8)) }
  return whole.min { $0.distance < $1.distance }.map { "; did you mean '\($0.name)'?" } ?? ""
}

/// How many letters have to be put in, taken out, replaced or swapped with the next one, each place changed once
/// (Damerau and Levenshtein).
private func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
  var before: [Int] = []
  var last = Array(0...other.count)
  for (position, letter) in one.enumerated() {
    var row = [position + 1]
    for (column, counterpart) in other.enumerated() {
      var distance = min(last[column] + (letter == counterpart ? 0 : 1), row[column] + 1, last[column + 1] + 1)
      if position > 0, column > 0, letter == other[column - 1], one[position - 1] == counterpart {
        distance = min(distance, before[column - 1] + 1)
      }
      row.append(distance)
    }
    (before, last) = (last, row)
  }
  return last[other.count]
}

private func isSubsequence(_ letters: [UInt8], of whole: [UInt8]) -> Bool {
  var rest = letters[...]
  for letter in whole where letter == rest.first { rest = rest.dropFirst() }
  return rest.isEmpty
}
