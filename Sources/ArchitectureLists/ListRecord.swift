import Files

/// What a list says of one architecture, before anybody knows which.
struct ListRecord {
  /// Where it begins, from 1.
  var line: Int
  /// The columns that have something, in the order of the list. A cell of a table is a text.
  var members: [JSONValue.Member]
  /// Why the record cannot be read; its first member is then what stands there.
  var failure: String?

  init(line: Int, _ members: [JSONValue.Member]) {
    self.line = line
    self.members = members
  }

  /// A text that is the architecture itself.
  init(line: Int, architecture: String) {
    self.init(line: line, [JSONValue.Member(ListColumns.architectureNames[0], .string(architecture))])
  }

  /// A text that is no record.
  init(line: Int, broken text: String, _ reason: String) {
    self.init(line: line, architecture: text)
    failure = reason
  }
}
