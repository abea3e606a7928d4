internal import Compute
internal import NetworkGraph

/// Joined branches of a step, carried out by one kernel: their output channels, those of each branch padded to a
/// multiple of 8, follow each other.
struct JoinedConvolution {
  struct Member {
    let branch: Plan.Branch
    /// The first of its channels among the joined ones.
    let firstChannel: Int
  }

  let algorithm: Plan.Branch.Algorithm
  /// The geometry that the members share; its output channels are those of the first.
  let geometry: Convolution
  /// Of what is read.
  let input: TensorShape
  let source: Plan.Source
  /// That they are branches of.
  let step: Plan.Step
  let members: [Member]
  /// All of them joined.
  let channels: Int
  /// Of each output.
  let height: Int
  let width: Int

  var isGrouped: Bool { geometry.groups > 1 }

  /// Input channels that an output is made from, padded for kernels that read them several at a time.
  var chainChannels: Int { isGrouped ? input.channels / geometry.groups : Plan.aligned(input.channels) }

  /// Weights of an output channel.
  var fanIn: Int { input.channels / geometry.groups * geometry.kernel.area }

  var isBiased: Bool { members.contains { $0.branch.bias != nil || $0.branch.folded != nil } }

  var hasStatistics: Bool { members.contains { $0.branch.statistics != nil } }

  /// Floats of the joined matrix of weights.
  var weightCount: Int {
    algorithm.positions(kernelArea: geometry.kernel.area) * chainChannels * channels
  }

  /// - Parameter positions: of branches that the plan joins.
  private init(_ positions: [Int], of step: Plan.Step, in plan: Plan) {
    let first = step.branches[positions[0]]
    algorithm = first.algorithm
    geometry = first.convolution
    input = plan.inputShape(of: first, in: step)
    source = step.source(of: first)
    self.step = step
    height = plan.buffers[first.output].height
    width = plan.buffers[first.output].width
    var (members, channels) = ([Member](), 0)
    for branch in positions.map({ step.branches[$0] }) {
      members.append(Member(branch: branch, firstChannel: channels))
      channels += Plan.aligned(branch.convolution.outputChannels)
    }
    self.members = members
    self.channels = channels
  }

  /// The branches of a step, joined; what others read comes before them.
  static func all(of step: Plan.Step, in plan: Plan) -> [JoinedConvolution] {
    step.joinedBranches.map { JoinedConvolution($0, of: step, in: plan) }
  }
}

/// How the outputs of a convolution are shared out: compiled into its kernel.
enum ConvolutionTile: Hashable {
  /// Positions and channels of a work-group.
  case direct(pixels: Int, channels: Int)
  /// 4x4 tiles and channels of a work-group.
  case winograd(tiles: Int, channels: Int)
  /// For all: a channel, or 8 of them, of so many tiles a work-item.
  case grouped(tiles: Int, isTiled: Bool)
  /// For processors: 8 channels of a row of tiles.
  case directVector
  /// For processors: 8 channels of 8 tiles.
  case winogradVector

  init(_ convolution: JoinedConvolution, _ variant: OpenCLBackend.Variant) {
    let channels = convolution.channels
    guard !convolution.isGrouped else {
      self = .grouped(tiles: 8, isTiled: variant == .tiled)
      return
    }
    switch (convolution.algorithm, variant) {
    case (.direct, .vector): self = .directVector
    case (.winograd, .vector): self = .winogradVector
    case (.winograd, .tiled): self = .winograd(tiles: 16, channels: 16)
    case (.direct, .tiled):
      // Wide where there are channels for it: a window is read once for each tile of channels.
      self =
        switch channels {
        case ...16: .direct(pixels: 256, channels: 16)
        case ...32: .direct(pixels: 256, channels: 32)
        case 33...48, 65...96: .direct(pixels: 128, channels: 48)
        default: .direct(pixels: 128, channels: 64)
        }
    }
  }

  /// 4x4 tiles of a work-group, or of a work-item where there are none.
  var tiles: Int {
    switch self {
    case .direct(let pixels, _): pixels / 16
    case .winograd(let tiles, _), .grouped(let tiles, _): tiles
    case .directVector: 1
    case .winogradVector: 8
    }
  }

  var groupChannels: Int {
    switch self {
    case .direct(_, let channels), .winograd(_, let channels): channels
    case .grouped(_, let isTiled): isTiled ? 1 : 8
    case .directVector, .winogradVector: 8
    }
  }

  /// Work-groups for so many tiles.
  func tileGroups(_ count: Int) -> Int { (count + tiles - 1) / tiles }

  /// Work-groups for so many channels.
  func channelGroups(_ count: Int) -> Int { (count + groupChannels - 1) / groupChannels }

  /// Work-items of a work-group.
  var groupSize: Int {
    switch self {
    case .direct(let pixels, let channels): pixels / 4 * (channels / 8)
    case .winograd(let tiles, let channels): 36 * (tiles / 8) * (channels / 8)
    case .grouped, .directVector, .winogradVector: 1
    }
  }

  /// Tiles that a slice of a Winograd convolution has a multiple of: whole work-groups of both of its kernels.
  var sliceUnit: Int {
    switch self {
    case .winograd(let tiles, _): max(32, tiles)
    case .direct, .grouped, .directVector, .winogradVector: 8
    }
  }

  /// Bytes of a slice's transformed inputs, so that they stay in the last cache.
  var sliceBytes: Int {
    switch self {
    case .winograd: 48 << 20
    case .direct, .grouped, .directVector, .winogradVector: 16 << 20
    }
  }

  var options: String {
    switch self {
    case .direct(let pixels, let channels): "-DTILED -DTILE_PIXELS=\(pixels) -DTILE_CHANNELS=\(channels)"
    case .winograd(let tiles, let channels): "-DTILED -DTILES=\(tiles) -DOUTPUTS=\(channels)"
    case .grouped(let tiles, let isTiled): "\(isTiled ? "-DTILED " : "")-DGROUPED_TILES=\(tiles)"
    case .directVector, .winogradVector: ""
    }
  }
}

extension ConvolutionTile: CustomStringConvertible {
  var description: String {
    switch self {
    case .direct(let pixels, let channels): "\(pixels)x\(channels)"
    case .winograd(let tiles, let channels): "\(tiles) tiles x\(channels)"
    case .grouped(let tiles, _): "\(tiles) tiles"
    case .directVector, .winogradVector: "vector"
    }
  }
}
