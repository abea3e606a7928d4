/// A setting in which rows differ, so that they cannot stand side by side.
public struct SettingDifference: Hashable, Sendable {
  /// What it is, with its article, such as `the batch`.
  public var setting: String
  /// Its value on either side, in the order of the question.
  public var first: String
  public var second: String

  /// Nil where both values are equal.
  public init?<Value: Equatable>(_ setting: String, _ first: Value, _ second: Value) {
    guard first != second else { return nil }
    self.setting = setting
    self.first = "\(first)"
    self.second = "\(second)"
  }
}

extension FileError {
  /// The rows of a file that a run was to continue are of another run.
  ///
  /// - Parameter difference: of a row of the file from the run.
  package static func ofAnotherRun(_ difference: SettingDifference) -> FileError {
    FileError(
      .otherRun,
      "the rows in the file are of another run: \(difference.setting) is \(difference.first) there and "
        + "\(difference.second) here; take the same settings or another file")
  }
}
