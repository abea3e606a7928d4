package import Files
package import SearchSpaces

/// Reads the entries of a list one after the other, as its bytes come.
///
/// What the list is shows in its first lines:
/// - text with an architecture or an index a line, a genotype perhaps on several; JSON objects a line;
/// - a table with a line that names its columns, separated by commas, semicolons or tabs;
/// - two fields a line, an architecture and an accuracy;
/// - a JSON document: a list of objects or texts, or an object whose keys are architectures.
///
/// Lines that begin with # are comments in text, and before a table.
package struct ArchitectureListReader: ~Copyable {
  /// What messages call the list.
  package let name: String
  private var records: ListRecordReader
  private let space: any SearchSpace
  /// The column of architectures that the user has named.
  private let column: String?
  /// The column of a table without a known name whose first cell is an architecture.
  private var foundColumn: String?
  private var hasLooked = false
  /// Entries whose index is not that of their architecture.
  private var disagreements = 0
  /// Entries whose index is their place in the list, from 0, and all entries with an index.
  private var rowNumbers = (matching: 0, all: 0)
  /// The texts of columns beside indices in which no text has come twice so far.
  private var textColumns: [String: Set<String>] = [:]
  /// The columns of the last record that are its architecture and its name.
  private var ownColumns: Set<String> = []
  /// Of the last record: those of a table are all alike.
  private var layout = ListColumns([])

  private var columns: [String] { records.columns }

  /// The names of the columns that are neither the architecture nor its name: a table's in their order, then those that
  /// entries alone have.
  package func inputColumns(of entries: [ListedArchitecture]) -> [String] {
    var known = Set<String>()
    for entry in entries { known.formUnion(entry.input.keys) }
    // Of rows of this program only what their own list had said is a column.
    let isOwn = ListColumns.areOwn(columns)
    let listed = columns.filter { !ownColumns.contains($0) }.map { $0.isEmpty ? "unnamed" : $0 }
      .filter { !isOwn || known.contains($0) }
    return listed + known.subtracting(listed).sorted()
  }

  /// What stands between the fields of a table.
  package var separator: UInt8 { records.separator }

  /// - Parameters:
  ///   - name: what messages call the list.
  ///   - space: what the architectures are of.
  ///   - column: the column that holds them; nil to find it by its name or its contents.
  /// - Throws: where the bytes cannot be read, or are no list at all.
  package init(
    _ bytes: consuming ByteStream, name: String, space: any SearchSpace, column: String? = nil
  ) throws(FileError) {
    let records = try ListRecordReader(bytes, name: name, space: space)
    let columns = records.columns
    if let column, !columns.isEmpty, !columns.contains(where: { ListColumns.plain($0) == ListColumns.plain(column) }) {
      throw FileError(
        .malformed, "\(name) has no column '\(column.prefix(40))'; there are \(ListColumns.listed(columns))")
    }
    self.records = records
    self.name = name
    self.space = space
    self.column = column
  }

  /// The next entry; nil at the end.
  ///
  /// - Throws: where the bytes cannot be read any more, or no column of a table has architectures.
  package mutating func next() throws(FileError) -> ListedArchitecture? {
    guard let record = try records.next() else { return nil }
    var listed = try entry(record)
    listed.line = record.line
    return listed
  }

  /// What the user should know about how the list was read.
  package var remarks: [String] {
    var remarks: [String] = []
    if let foundColumn { remarks.append("architectures of \(name) are taken from its column '\(foundColumn)'") }
    if rowNumbers.all > 2, rowNumbers.matching == rowNumbers.all, !textColumns.isEmpty {
      remarks.append(
        "the indices of \(name) count its rows from 0: where they are row numbers, name the column of architectures "
          + "with --column")
    }
    if disagreements > 0 {
      remarks.append(
        "index and architecture differ in \(disagreements) \(disagreements == 1 ? "row" : "rows") of \(name): the "
          + "architectures are taken")
    }
    return remarks
  }

  /// The error of a table whose column of indices has nothing but row numbers, beside a column of other texts.
  package var rowNumbersInsteadOfIndices: FileError? {
    let names = layout.name.map { layout.names[$0] }
    let columns = textColumns.keys.filter { $0 != names }.sorted()
    guard rowNumbers.all > 2, rowNumbers.matching == rowNumbers.all, !columns.isEmpty else { return nil }
    return FileError(
      .malformed,
      "the column of indices of \(name) counts its rows, and \(ListColumns.listed(columns)) has texts that name no "
        + "architecture of \(space.name): name the column of architectures with --column")
  }

  // MARK: - Entries

  private mutating func entry(_ record: ListRecord) throws(FileError) -> ListedArchitecture {
    let place = "\(name), line \(record.line)"
    func unreadable(_ reason: String) -> ListedArchitecture {
      ListedArchitecture(unreadable: record.members.first?.value.scalar ?? "", reason: reason, place: place)
    }
    if let failure = record.failure { return unreadable(failure) }
    let members = record.members
    let names = members.map(\.name)
    if layout.names != names { layout = ListColumns(names) }
    guard let position = try architecture(members) else {
      let known = column.map { "'\($0.prefix(40))'" } ?? "arch, architecture, genotype or index"
      return ListedArchitecture(
        unreadable: JSONValue.object(members).text,
        reason: "no member \(known); there are \(ListColumns.listed(names))",
        place: place)
    }
    var listed: ListedArchitecture
    switch members[position].value {
    case .object, .array:
      listed = ListedArchitecture(
        unreadable: members[position].value.text,
        reason: "'\(names[position])' is \(members[position].value.kind), not a text", place: place)
    case .null, .boolean: listed = unreadable("no architecture in '\(names[position])'")
    case .string(let text), .number(let text):
      listed =
        text.trimmed.isEmpty
        ? unreadable("no architecture in '\(names[position])'")
        : ListedArchitecture(text: text, of: space, place: place)
    }
    compare(listed, members, position)
    describe(&listed, members, position)
    return listed
  }

  /// The position of the column that holds the architecture; nil where an object has none.
  private mutating func architecture(_ members: [JSONValue.Member]) throws(FileError) -> Int? {
    let names = layout.names
    if let column { return names.firstIndex { ListColumns.plain($0) == ListColumns.plain(column) } }
    func isFilled(_ position: Int) -> Bool { if case .null = members[position].value { false } else { true } }
    if let known = layout.architecture, isFilled(known) { return known }
    if !hasLooked || records.columns.isEmpty {
      hasLooked = true
      let found = members.indices.filter { position in
        guard case .string(let text) = members[position].value, Int(text.trimmed) == nil else { return false }
        return (try? space.blueprint(text: text.trimmed)) != nil
      }
      foundColumn = found.first.map { names[$0] }
    }
    if let foundColumn, let position = names.firstIndex(of: foundColumn) { return position }
    if let index = layout.index, isFilled(index) { return index }
    guard records.columns.isEmpty else {
      throw FileError(
        .malformed,
        "no column of \(name) is called arch, architecture, genotype or index, and none has architectures of "
          + "\(space.name); there are \(ListColumns.listed(names)): name one with --column")
    }
    return nil
  }

  /// Counts indices that are not those of the architectures beside them, and those that are only row numbers.
  private mutating func compare(
    _ listed: ListedArchitecture, _ members: [JSONValue.Member], _ position: Int
  ) {
    guard let indexColumn = layout.index, let cell = members[indexColumn].value.scalar, let index = Int(cell.trimmed)
    else { return }
    if indexColumn != position {
      if let own = listed.parsed?.index, own != index { disagreements += 1 }
      return
    }
    if index == rowNumbers.all { rowNumbers.matching += 1 }
    rowNumbers.all += 1
    guard !records.columns.isEmpty, rowNumbers.matching == rowNumbers.all else { return }
    // What names each row by a text of its own may be the architecture that nobody could read.
    for (number, member) in members.enumerated() where number != position {
      guard rowNumbers.all == 1 || textColumns[member.name] != nil else { continue }
      let text = member.value.scalar?.trimmed ?? ""
      let isText = !text.isEmpty && Double(cell: text, separator: separator) == nil
      if !isText || !textColumns[member.name, default: []].insert(text).inserted { textColumns[member.name] = nil }
    }
  }

  /// Takes the name and the other columns over. Of a row of this program only what its own list had said counts.
  private mutating func describe(_ listed: inout ListedArchitecture, _ members: [JSONValue.Member], _ position: Int) {
    let names = layout.names
    var others = members
    let isRow = ListColumns.areOwn(names)
    let nameColumn = layout.name
    if let nameColumn, nameColumn != position, let name = members[nameColumn].value.scalar?.trimmed, !name.isEmpty {
      listed.name = name
    }
    if isRow {
      others = []
      if case .object(let input)? = JSONValue.object(members)["input"] { others = input }
      if case .object(let truth)? = JSONValue.object(members)["truth"] {
        // Accuracies of the program: those of a list are among its columns.
        others += truth.filter { member in !others.contains { $0.name == member.name } }
          .map { JSONValue.Member("\($0.name) accuracy", $0.value) }
      }
      let prefix = "input."
      others += members.filter { $0.name.hasPrefix(prefix) }.map {
        JSONValue.Member(String($0.name.dropFirst(prefix.count)), $0.value)
      }
    }
    ownColumns = Set([names[position]] + (nameColumn.map { [names[$0]] } ?? []))
    for member in others where isRow || !ownColumns.contains(member.name) {
      let key = member.name.isEmpty ? "unnamed" : member.name
      if case .string(let cell) = member.value, !records.columns.isEmpty {
        listed.input[key] = InputValue(cell: cell.trimmed)
      } else {
        listed.input[key] = InputValue(member.value)
      }
    }
  }
}
