import Compute
public import Files
public import Scoring
public import SearchSpaces

/// What scores depend on beside the architecture and the seed. Scores of different settings cannot be compared.
public struct RunSettings: Hashable, Sendable {
  /// The name of the search space.
  public var space: String
  /// See `Row.macro`.
  public var macro: String?
  /// See `Row.activations` and `Row.initialization`.
  public var activations: String?
  public var initialization: String?
  /// The data set's name.
  public var dataSet: String
  /// Where the images come from.
  public var images: ImageOrigin
  /// The number of images before their noisy copies are added.
  public var batch: Int
  /// The standard deviation of the noise, in units of the normalised images.
  public var sigma: Double
  /// The version of the numerics contract.
  public var numerics: Int

  /// The settings that a row was scored with.
  public init(_ row: Row) {
    space = row.space
    macro = row.macro
    (activations, initialization) = (row.activations, row.initialization)
    dataSet = row.dataset
    images = row.images
    batch = row.batch
    sigma = row.sigma
    numerics = row.numerics
  }

  /// The settings of a run of this program.
  public init(space: any SearchSpace, images: Images, sigma: Double) {
    self.space = space.name
    macro = space.macro
    (activations, initialization) = (space.activations, space.initialization)
    dataSet = images.dataSet.rawValue
    self.images = ImageOrigin(source: images.source, digest: images.digest)
    batch = images.count
    self.sigma = sigma
    numerics = numericsVersion
  }

  /// The first setting in which these differ from `other`; nil where scores can be compared.
  public func difference(from other: RunSettings) -> SettingDifference? {
    func difference<Value: Equatable>(_ setting: String, _ value: (RunSettings) -> Value) -> SettingDifference? {
      SettingDifference(setting, value(self), value(other))
    }
    return difference("the space", \.space) ?? difference("the macro architecture", { $0.macro ?? "fixed" })
      ?? difference("the counted activations", { $0.activations ?? "relu" })
      ?? difference("the initialization", { $0.initialization ?? "default" })
      ?? difference("the data set", \.dataSet) ?? difference("the batch", \.batch) ?? difference("sigma", \.sigma)
      // Images are compared by their pixels, because the same images may lie in files of different names.
      ?? (images.digest == other.images.digest ? nil : difference("the image set", \.images))
      // Version 3 added to 2 what networks of files need and changed nothing that stood there.
      ?? difference("the numerics version") { $0.numerics == 2 ? 3 : $0.numerics }
  }

  /// The first difference between the settings of rows; nil where all can be compared.
  public static func difference(among rows: some Sequence<Row>) -> SettingDifference? {
    var first: RunSettings?
    for row in rows {
      let settings = RunSettings(row)
      if let difference = first?.difference(from: settings) { return difference }
      first = first ?? settings
    }
    return nil
  }
}

/// Where images come from: a name, and a digest of the pixels. In a row both are one text with a blank between them.
public struct ImageOrigin: Hashable, Sendable, CustomStringConvertible {
  /// The name of the file, without its folder, or `dead-leaves`.
  public var source: String
  /// FNV-1a 64 of the pixels, 16 hexadecimal digits.
  public var digest: String

  /// An origin that is known already.
  public init(source: String, digest: String) {
    self.source = source
    self.digest = digest
  }

  /// The text in rows.
  public var description: String { "\(source) \(digest)" }
}

extension ImageOrigin: Codable {
  /// Reads the text of a row: its last word is the digest, because the name may have blanks and the digest has none.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    self.init(source: parts.dropLast().joined(separator: " "), digest: String(parts.last ?? ""))
  }

  /// Writes the text of a row.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
