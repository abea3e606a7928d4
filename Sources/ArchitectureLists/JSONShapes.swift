import Files
import SearchSpaces

/// The shapes in which people write architectures as JSON.
struct JSONShapes {
  let space: any SearchSpace

  /// The records of a value: one for an object with columns, one for each element of a list, and one for each member of
  /// an object whose keys are architectures.
  func records(_ value: JSONValue, line: Int) -> [ListRecord] {
    switch value {
    case .array(let elements): return elements.flatMap { element($0, line: line) }
    case .object(let members): return object(members, line: line)
    case .string, .number, .boolean, .null: return element(value, line: line)
    }
  }

  /// The records of an element of a list.
  func element(_ value: JSONValue, line: Int) -> [ListRecord] {
    switch value {
    case .object(let members): return object(members, line: line)
    case .string(let text), .number(let text): return [ListRecord(line: line, architecture: text)]
    case .array:
      let text = value.text
      guard isArchitecture(text) else {
        return [
          ListRecord(
            line: line, broken: text, "a list inside a list: each element is one architecture's object or text")
        ]
      }
      return [ListRecord(line: line, architecture: text)]
    case .boolean, .null:
      return [ListRecord(line: line, broken: value.text, "\(value.kind) where an architecture is expected")]
    }
  }

  private func object(_ members: [JSONValue.Member], line: Int) -> [ListRecord] {
    let names = members.map(\.name)
    func broken(_ reason: String) -> [ListRecord] {
      [ListRecord(line: line, broken: JSONValue.object(members).text, reason)]
    }
    // A genotype is an object by itself.
    if members.contains(where: { $0.name.hasPrefix("normal") }) {
      let whole = JSONValue.object(members).text
      if isArchitecture(whole) { return [ListRecord(line: line, architecture: whole)] }
    }
    if let shape = columnShape(members) { return broken(shape) }
    if ListColumns.position(of: ListColumns.architectureNames + ListColumns.indexNames, in: names) != nil {
      return [ListRecord(line: line, members)]
    }
    if let first = members.first, isArchitecture(first.name) { return members.map { keyed($0, line: line) } }
    if names.contains("net") || names.contains("top") || names.contains("mid") {
      return broken("an entry as NDS has them: give the file with --nds")
    }
    let lists = members.filter { if case .array = $0.value { true } else { false } }
    if lists.count == 1, members.count == 1 || holdsArchitectures(lists[0].value) {
      return records(lists[0].value, line: line)
    }
    // Rows by their numbers, as pandas writes them with orient="index".
    let rows = members.map(\.value)
    if members.allSatisfy({ Int($0.name) != nil }), rows.allSatisfy({ if case .object = $0 { true } else { false } }) {
      return rows.flatMap { element($0, line: line) }
    }
    return [ListRecord(line: line, members)]
  }

  /// Whether a list has objects, or texts that are architectures.
  private func holdsArchitectures(_ value: JSONValue) -> Bool {
    guard case .array(let elements) = value, let first = elements.first else { return false }
    switch first {
    case .object: return true
    case .string(let text): return isArchitecture(text)
    case .array, .number, .boolean, .null: return false
    }
  }

  /// What tables are called that do not have an object for each architecture; nil where this is none.
  private func columnShape(_ members: [JSONValue.Member]) -> String? {
    let advice = "write an object for each architecture (in pandas: to_json(orient=\"records\", lines=True))"
    let isByRow = members.allSatisfy { member in
      guard case .object(let rows) = member.value, !rows.isEmpty else { return false }
      return rows.allSatisfy { Int($0.name) != nil }
    }
    guard let first = members.first else { return nil }
    if isByRow {
      return "'\(first.name.prefix(40))' is an object of values by row number, a table by columns: \(advice)"
    }
    let isByColumn = members.count > 1 && members.allSatisfy { if case .array = $0.value { true } else { false } }
    let isSplit = Set(members.map(\.name)).isSuperset(of: ["columns", "data"])
    if isByColumn || isSplit { return "a table by columns, \(ListColumns.listed(members.map(\.name))): \(advice)" }
    return nil
  }

  /// An architecture with its accuracy, or with an object of columns.
  private func keyed(_ member: JSONValue.Member, line: Int) -> ListRecord {
    let architecture = JSONValue.Member(ListColumns.architectureNames[0], .string(member.name))
    switch member.value {
    case .object(let members): return ListRecord(line: line, [architecture] + members)
    case .array, .null: return ListRecord(line: line, [architecture])
    case .string, .number, .boolean:
      return ListRecord(line: line, [architecture, JSONValue.Member("accuracy", member.value)])
    }
  }

  /// Whether a text is an architecture of the space, and no index.
  func isArchitecture(_ text: String) -> Bool {
    Int(text) == nil && (try? space.blueprint(text: text)) != nil
  }
}
