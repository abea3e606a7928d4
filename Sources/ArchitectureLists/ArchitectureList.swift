public import Files
public import SearchSpaces

/// A list of architectures that is held whole.
public struct ArchitectureList: Sendable {
  /// What messages call the list.
  public let name: String
  /// In the order of the list, unreadable ones among them.
  public let entries: [ListedArchitecture]
  /// The names of the other columns, in the order in which the list has them.
  public let columns: [String]
  /// What the user should know about how the list was read.
  public let remarks: [String]
  /// What stands between the fields of a table.
  package let separator: UInt8

  static let maximumEntries = 10_000_000

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - space: what the architectures are of.
  ///   - column: the column that holds them; nil to find it.
  /// - Throws: where the file cannot be read, is no list, or has no entry that names an architecture of the space, with
  ///   the reason of the first one.
  public init(path: String, of space: any SearchSpace, column: String? = nil) throws(FileError) {
    try self.init(ByteStream(path: path), name: ByteStream.name(ofFile: path), of: space, column: column)
  }

  init(
    _ bytes: consuming ByteStream, name: String, of space: any SearchSpace, column: String? = nil
  ) throws(FileError) {
    var reader = try ArchitectureListReader(bytes, name: name, space: space, column: column)
    var entries: [ListedArchitecture] = []
    while let entry = try reader.next() {
      guard entries.count < Self.maximumEntries else {
        throw FileError(.unreadable, "\(name) has more than \(Self.maximumEntries) entries")
      }
      entries.append(entry)
    }
    guard !entries.isEmpty else { throw FileError(.malformed, "no architecture in \(name)") }
    if let error = reader.rowNumbersInsteadOfIndices { throw error }
    self.name = name
    self.entries = entries
    columns = reader.inputColumns(of: entries)
    remarks = reader.remarks
    separator = reader.separator
  }

  /// The error of a list in which no entry names an architecture; nil where one does.
  public var nothingReadable: (reason: String, first: ListedArchitecture)? {
    guard !entries.contains(where: { $0.parsed != nil }), let first = entries.first, let failure = first.failure else {
      return nil
    }
    return (failure, first)
  }

  /// The numbers of a column, nil where a cell is empty, in the order of the entries.
  ///
  /// - Throws: where there is no such column or a cell is no number, with the line.
  public func numbers(_ columnName: String) throws(FileError) -> [Double?] {
    guard let column = column(columnName) else {
      throw FileError(
        .malformed,
        "\(name) has no column '\(columnName.prefix(40))'; there are \(ListColumns.listed(columns))")
    }
    var numbers: [Double?] = []
    for entry in entries {
      guard let cell = entry.input[column]?.cell else {
        numbers.append(nil)
        continue
      }
      guard let number = Double(cell: cell, separator: separator) else {
        throw FileError(
          .malformed,
          "\(name), line \(entry.line ?? 0): '\(cell.prefix(40))' in column '\(columnName)' is no number")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// The name of a column as the list has it, whatever the case; nil where there is none.
  public func column(_ name: String) -> String? {
    columns.first { $0 == name } ?? columns.first { $0.lowercased() == name.lowercased() }
  }
}
