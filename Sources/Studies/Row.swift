public import ArchitectureLists
import Compute
public import Files
public import Scoring
import SearchSpaces

/// The scores of one architecture with one seed. A file has one row a line, in JSON; Docs/Guide.md lists the keys.
public struct Row: Codable, Sendable {
  /// The architecture's text; of an entry that could not be read the text that stood there.
  public var arch: String
  /// What the list, or the text itself, calls the architecture; nil where nothing does.
  public var name: String?
  /// The line of the list at which the entry begins; nil where there is no list.
  public var line: Int?
  /// What the other columns of the list say; nil where there are none.
  public var input: [String: InputValue]?
  /// Trained accuracies in percent, by data set or column; nil where they were not asked for.
  public var truth: [String: Double]?
  /// What a request called itself; nil where there was none.
  public var id: InputValue?
  /// The architecture's index in its space; nil where the space has no indices.
  public var index: Int?
  /// The name of the search space.
  public var space: String
  /// The macro architecture, such as `width 16, depth 8`; nil for a space that has only one.
  public var macro: String?
  /// A digest of a file's network, 16 hexadecimal digits; nil for an architecture of a space.
  public var graph: String?
  /// Which activations of a file's network are sites: `all` or `relu`; nil for an architecture of a space.
  public var activations: String?
  /// Where parameters of a file's network get their values: `default` or `file`; nil for an architecture of a space.
  public var initialization: String?
  /// The name of the data set, which decides on image size, classes and normalisation.
  public var dataset: String
  /// Where the images come from.
  public var images: ImageOrigin
  /// The number of images before their noisy copies are added.
  public var batch: Int
  /// The standard deviation of the noise, in units of the normalised images.
  public var sigma: Double
  /// The seed of weights, noise and permutations.
  public var seed: UInt64
  /// Whether there are scores.
  public var status: Score.Status
  /// Why the row failed; nil where it did not.
  public var error: String?
  /// ln of the sum over ReLU sites of d1 times d2; nil where it was not asked for, or the row failed.
  public var epads: Double?
  /// The sum of d1 over ReLU sites; nil without `epads`.
  public var snaswot: Int?
  /// The sum of d2 over ReLU sites; nil without `epads`.
  public var perturbation: Int?
  /// NASWOT's log determinant; nil where it was not asked for, or the row failed.
  public var naswot: Double?
  /// The number of ReLUs that are carried out in a forward pass; nil where there is no network.
  public var reluSites: Int?
  /// The number of values of an image that pass a ReLU, over all sites; nil where there is no network.
  public var reluUnits: Int?
  /// The number of trainable parameters; nil where there is no network.
  public var params: Int?
  /// Multiply-accumulates of an image, of convolutions and linear layers; nil where there is no network.
  public var flops: Int?
  /// How long the row took, in milliseconds.
  public var ms: Score.Milliseconds
  /// The name of the backend, such as `cpu`.
  public var backend: String
  /// The name of the device, as its driver or the system gives it.
  public var device: String
  /// The version of the numerics contract that the scores were made by.
  public var numerics: Int
  /// The version of the program that scored.
  public var version: String
  /// The counts of every ReLU site in the order of execution; nil where they were not asked for.
  public var layers: [Layer]?

  /// The counts of one ReLU site; Docs/Numerics.md defines them.
  public struct Layer: Codable, Sendable, Hashable {
    /// The module's name in the reference model.
    public var name: String
    /// Values of an image at this site, which are the bits of its code.
    public var units: Int
    /// The sum of Hamming distances between the codes of images and of a permutation of them.
    public var d1: Int
    /// The sum of Hamming distances between the codes of images and of their noisy copies.
    public var d2: Int
    /// The activation function, such as `relu` or `silu`; nil for an architecture of a space, where all are ReLUs.
    public var function: String?
  }

  enum CodingKeys: String, CodingKey {
    case arch, name, line, input, truth, id, index, space, macro, graph, activations,
      dataset, images, batch, sigma, seed, status, error,
      epads, snaswot, perturbation,
      naswot
    case initialization = "init"
    case reluSites = "relu_sites"
    case reluUnits = "relu_units"
    case params, flops, ms, backend, device, numerics, version, layers
  }
}

extension Row {
  /// - Parameter functions: the activation function of each site; nil where all are ReLUs.
  init(
    _ score: Score, of listed: ListedArchitecture, seed: UInt64, settings: RunSettings, layers: Bool,
    functions: [String]?
  ) {
    self.init(listed, seed: seed, settings: settings, status: score.status, error: score.error, device: score.device)
    (epads, naswot) = (score.epads, score.naswot)
    (snaswot, perturbation) = (score.snaswot, score.perturbation)
    (reluSites, reluUnits) = (score.reluSites, score.reluUnits)
    (params, flops) = (score.parameters, score.multiplyAccumulates)
    ms = score.milliseconds
    guard layers else { return }
    self.layers = score.layers.enumerated().map { index, site in
      Layer(
        name: site.name, units: site.units, d1: site.d1, d2: site.d2,
        function: functions.flatMap { $0.indices.contains(index) ? $0[index] : nil })
    }
  }

  /// The row of an entry that has no network.
  init(
    failed listed: ListedArchitecture, _ reason: String, seed: UInt64, settings: RunSettings, device: Device
  ) {
    self.init(listed, seed: seed, settings: settings, status: .failed, error: reason, device: device)
  }

  private init(
    _ listed: ListedArchitecture, seed: UInt64, settings: RunSettings, status: Score.Status, error: String?,
    device: Device
  ) {
    self.init(
      arch: listed.key.text, name: listed.name, line: listed.line, input: listed.input.isEmpty ? nil : listed.input,
      index: listed.key.index, space: settings.space, macro: settings.macro, graph: listed.parsed?.graph,
      activations: settings.activations, initialization: settings.initialization, dataset: settings.dataSet,
      images: settings.images, batch: settings.batch, sigma: settings.sigma, seed: seed, status: status, error: error,
      ms: Score.Milliseconds(prepare: 0, forward: 0, total: 0), backend: device.backend, device: device.name,
      numerics: settings.numerics, version: programVersion)
  }

  /// Whether the row has everything that scoring with these proxies would compute. A failed row has.
  public func covers(_ proxies: Set<Proxy>) -> Bool {
    // Scoring again would fail again: the inputs are the same.
    status == .failed || proxies.allSatisfy { Metric.of($0).value(of: self) != nil }
  }
}

extension Row: StoredRow {
  /// What messages call rows of this kind.
  public static var contents: String { "scores" }
}
