internal import Compute
internal import NetworkGraph
import OpenCL

/// Sizes and places of what a run or an inference keeps on the device, and the tables that its kernels look up. Sizes
/// in bytes, places in elements of their buffer.
struct OpenCLLayout {
  /// A step's part of it.
  struct Step {
    var termsPlace = 0
    /// Words of the code of one image, and where it begins; nil without a site.
    var code: (place: Int, words: Int)?
    /// Where the totals of the statistics of the value begin; nil without.
    var totalsPlace: Int?
    var convolutions: [Convolution] = []
    /// Where the operands of an operation begin, and by kind what follows: a box each, or samples.
    var operandsPlace = 0
    var recordPlaces: [Int] = []
    /// Slots whose statistics are finished, where they begin, and the channels of the widest.
    var finishes = Records()
  }

  struct Convolution {
    var joined: JoinedConvolution
    /// Where what it reads begins in the arena.
    var inputPlace: Int
    var tile: ConvolutionTile
    /// Where the matrix of weights begins. Before it lies a row of biases for an inference.
    var weightPlace: Int
    var blocksPlace: Int
    /// 4x4 tiles of a channel over all images.
    var tiles: Int
    /// For Winograd's algorithm: tiles whose inputs are transformed at a time.
    var slice: Int

    /// Output channels whose weights lie together: with Winograd's algorithm on a GPU those of a work-group.
    var weightChannels: Int {
      if case .winograd(_, let channels) = tile { channels } else { joined.channels }
    }

    /// Floats of the weights, whole work-groups of those that lie together.
    var weightCount: Int {
      guard case .winograd(_, let channels) = tile else { return joined.weightCount }
      return joined.weightCount / joined.channels * channels * tile.channelGroups(joined.channels)
    }
  }

  /// Records of a kind in the tables, and work-items for all of them.
  struct Records {
    var place = 0
    var count = 0
    var items = 0
  }

  private(set) var steps: [Step] = []
  private(set) var tables = Tables()
  private(set) var directBranches = Records()
  private(set) var winogradBranches = Records()
  /// Columns of distances, or codes for agreement.
  private(set) var counted = Records()
  /// In the order of the columns of distances.
  private(set) var sites: [Int32] = []
  let placement: Plan.Placement

  let arena: Int
  /// Where what functions other than ReLU make lies for the convolutions of a step.
  let activatedPlace: Int
  private(set) var weights = 0
  /// Numbers that come with the network, and those that the host makes: weights, biases, gamma, beta, constants.
  private(set) var stored = StoredNumbers()
  private(set) var affine = 0
  /// Of the statistics of all slots, [slot][fine s, coarse s, fine q, coarse q][channel].
  private(set) var totals = 0
  private(set) var codes = 0
  private(set) var transformed = 0
  let images: Int
  let permutations: Int
  /// [site][d1, d2][image], or [image][image].
  let counts: Int

  private let plan: Plan
  private let variant: OpenCLBackend.Variant
  private var affinePlaces: [Int] = []
  private var totalsPlaces: [Int] = []

  init(_ plan: Plan, _ info: OpenCLDeviceInfo, _ variant: OpenCLBackend.Variant) {
    self.plan = plan
    self.variant = variant
    placement = plan.placement(.stepwise)
    let activated = plan.steps.filter { !$0.activation.isRectifier }.map { Plan.alignedCount($0.shape) }.max() ?? 0
    activatedPlace = placement.count * plan.images
    arena = (placement.count + activated) * plan.images * 4
    images = plan.images * plan.buffers[plan.input].count * 4
    switch plan.measurement {
    case .distances:
      permutations = plan.sites.count * plan.batch * 4
      counts = plan.sites.count * 2 * plan.batch * 4
    case .agreement:
      permutations = 0
      counts = plan.batch * plan.batch * 8
    case .logits: (permutations, counts) = (0, 0)
    }
    for shape in plan.statistics.map(\.shape) {
      affinePlaces.append(affine / 4)
      affine += 2 * Plan.aligned(shape.channels) * 4
      totalsPlaces.append(totals / 8)
      totals += 4 * Plan.aligned(shape.channels) * 8
    }
    for step in plan.steps { append(step) }
    directBranches = appendWeights(.direct)
    appendBiases()
    winogradBranches = appendWeights(.winograd)
    appendCounted()
  }

  var purpose: OpenCLPrograms.Purpose { plan.measurement == .logits ? .inference : .scoring }

  /// The buffers that are taken.
  var roles: [BufferRole] { purpose == .inference ? BufferRole.inference : BufferRole.scoring }

  /// Bytes of all of them.
  var bytes: Int { roles.reduce(0) { $0 + bytes(of: $1) } }

  /// Scales and shifts of the slots of statistics, from running ones.
  func runningAffines() throws(BackendError) -> [Float] {
    var values: [Float] = []
    for slot in plan.statistics {
      let affines = try plan.running(slot.normalization, channels: slot.shape.channels)
      let padding = [Float](repeating: 0, count: Plan.aligned(slot.shape.channels) - affines.count)
      values += affines.map(\.scale) + padding + affines.map(\.shift) + padding
    }
    return values
  }

  /// Bytes of a buffer: there are none of 0.
  func bytes(of role: BufferRole) -> Int {
    let bytes =
      switch role {
      case .arena: arena
      case .weights: weights
      case .stored: stored.count * 4
      case .affine: affine
      case .totals: totals
      case .codes: codes
      case .transformed: transformed
      case .tables: tables.end * 8
      case .integers: sites.count * 4 + permutations
      case .counts: counts
      case .flag: 4
      case .images: images
      }
    return max(4, bytes)
  }

  /// Where a buffer begins in the arena.
  func place(of buffer: Int) -> Int { (placement.offsets[buffer] ?? 0) * plan.images }

  private func tiles(_ shape: TensorShape) -> Int { BatchStatistics.tiles(shape: shape, images: plan.images) }
}

// MARK: - Steps

extension OpenCLLayout {
  private mutating func append(_ step: Plan.Step) {
    var result = Step()
    result.termsPlace = tables.end
    for term in step.terms {
      tables.append(
        term, shape: plan.buffers[term.buffer], place: place(of: term.buffer), affinePlace: { affinePlaces[$0] })
    }
    if let operation = step.operation { appendOperation(operation, step, &result) }
    if !step.sites.isEmpty {
      let words = (Plan.alignedCount(step.shape) + 31) / 32
      result.code = (place: codes / 4, words: words)
      codes += words * plan.images * 4
    }
    result.totalsPlace = step.statistics.map { totalsPlaces[$0] }
    appendActivation(of: step, &result)
    for joined in JoinedConvolution.all(of: step, in: plan) {
      result.convolutions.append(convolution(joined, of: step))
    }
    result.finishes = appendFinishes(of: step)
    steps.append(result)
  }

  private mutating func convolution(_ joined: JoinedConvolution, of step: Plan.Step) -> Convolution {
    let shape = TensorShape(channels: joined.channels, height: joined.height, width: joined.width)
    if joined.isBiased { weights += joined.channels * 4 }
    let isActivated = !joined.source.activation.isRectifier
    var result = Convolution(
      joined: joined, inputPlace: isActivated ? activatedPlace : place(of: joined.source.buffer),
      tile: ConvolutionTile(joined, variant), weightPlace: weights / 4, blocksPlace: tables.end,
      tiles: tiles(shape), slice: 0)
    weights += result.weightCount * 4
    for member in joined.members {
      tables.appendBlocks(
        of: member.branch, place: place(of: member.branch.output),
        totalsPlace: member.branch.statistics.map { totalsPlaces[$0] })
    }
    if joined.algorithm == .winograd {
      let tileBytes = 36 * Plan.aligned(joined.input.channels) * 4
      let unit = result.tile.sliceUnit
      let fitting = max(1, result.tile.sliceBytes / tileBytes / unit) * unit
      result.slice = min(fitting, (result.tiles + unit - 1) / unit * unit)
      transformed = max(transformed, result.slice * tileBytes)
    }
    return result
  }

  private mutating func appendOperation(_ operation: Plan.Operation, _ step: Plan.Step, _ result: inout Step) {
    result.operandsPlace = tables.end
    for operand in operation.operands {
      let place =
        switch operand.place {
        case .buffer(let buffer): self.place(of: buffer)
        case .constant(let constant):
          stored.append(.constant(plan.constants[constant]), count: Plan.alignedCount(plan.constants[constant].shape))
        }
      tables.append(operand, shape: plan.shape(of: operand), place: place)
    }
    switch operation.kind {
    case .arrangement(let arrangement):
      for part in arrangement.parts {
        result.recordPlaces.append(tables.end)
        tables.append(part, from: plan.shape(of: operation.operands[part.input]), to: step.shape)
      }
    case .interpolation(let interpolation):
      result.recordPlaces.append(tables.end)
      tables.append(interpolation.rows + interpolation.columns)
    case .copy, .binary, .matrixProduct, .normalization, .softmax, .reduction: break
    }
  }

  /// A function of a step's value, for the convolutions that read it.
  private mutating func appendActivation(of step: Plan.Step, _ result: inout Step) {
    guard !step.activation.isRectifier else { return }
    result.operandsPlace = tables.end
    let source = step.source
    let operand = Plan.Operand(place: .buffer(source.buffer), activation: source.activation)
    tables.append(operand, shape: step.shape, place: place(of: source.buffer))
  }

  private mutating func appendFinishes(of step: Plan.Step) -> Records {
    var records = Records(place: tables.end)
    for slot in [step.statistics] + step.branches.map(\.statistics) {
      guard let slot else { continue }
      let statistics = plan.statistics[slot]
      let gamma = statistics.normalization.scale.map { stored.append(.tensor($0), count: $0.count) }
      let beta = statistics.normalization.shift.map { stored.append(.tensor($0), count: $0.count) }
      tables.appendFinish(
        totalsPlace: totalsPlaces[slot], statistics, affinePlace: affinePlaces[slot],
        values: plan.images * statistics.shape.positions, stored: (gamma, beta))
      records.count += 1
      records.items = max(records.items, Plan.aligned(statistics.shape.channels))
    }
    return records
  }
}

// MARK: - Before and after the steps

extension OpenCLLayout {
  private mutating func appendWeights(_ algorithm: Plan.Branch.Algorithm) -> Records {
    var records = Records(place: tables.end)
    for convolution in steps.flatMap(\.convolutions) where convolution.joined.algorithm == algorithm {
      let joined = convolution.joined
      for member in joined.members {
        let count = joined.fanIn * member.branch.convolution.outputChannels
        let isMade = member.branch.folded != nil || member.branch.weights.isStored
        tables.appendWeights(
          of: member, joined, place: convolution.weightPlace, firstItem: records.items,
          groupChannels: convolution.weightChannels,
          stored: isMade ? stored.append(.weights(member.branch, joined.step), count: count) : nil)
        records.count += 1
        // A work-item a weight, or a filter.
        let positions = algorithm == .direct ? joined.geometry.kernel.area : 1
        records.items +=
          positions * joined.chainChannels * Plan.aligned(member.branch.convolution.outputChannels)
      }
    }
    return records
  }

  /// The rows of biases, made together with the weights of direct convolutions.
  private mutating func appendBiases() {
    for convolution in steps.flatMap(\.convolutions) where convolution.joined.isBiased {
      let joined = convolution.joined
      for member in joined.members {
        let branch = member.branch
        let isMade = branch.folded != nil || branch.bias?.isStored ?? false
        tables.appendBiases(
          of: member, joined, place: convolution.weightPlace - joined.channels, firstItem: directBranches.items,
          stored: isMade ? stored.append(.bias(branch, joined.step), count: branch.convolution.outputChannels) : nil)
        directBranches.count += 1
        directBranches.items += Plan.aligned(member.branch.convolution.outputChannels)
      }
    }
  }

  private mutating func appendCounted() {
    counted.place = tables.end
    for (step, layout) in zip(plan.steps, steps) {
      guard let code = layout.code else { continue }
      switch plan.measurement {
      case .distances:
        // The noisy copy, then the partner under the permutation of each site.
        for site in [nil] + step.sites.map(Optional.some) {
          tables.appendColumn(
            codePlace: code.place, words: code.words, permutedSite: site, firstSite: sites.count,
            sites: step.sites.count)
          counted.count += 1
        }
      case .agreement:
        tables.appendAgreement(
          codePlace: code.place, words: code.words, units: step.shape.count, sites: step.sites.count)
        counted.count += 1
      case .logits: break
      }
      sites += step.sites.map(Int32.init)
    }
  }

  /// Why the device cannot hold this; nil where it can.
  func excess(of info: OpenCLDeviceInfo) -> String? {
    func megabytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
    let name = purpose == .inference ? "the inference" : "the run"
    let largest = roles.reduce(images) { max($0, bytes(of: $1)) }
    // Runs share their images.
    let total = purpose == .inference ? bytes : bytes + images
    if largest > info.maximumAllocation {
      return """
        \(name) needs one buffer of \(megabytes(largest)) MiB and \(info.name) allows \
        \(megabytes(info.maximumAllocation))
        """
    }
    if total > info.globalMemory {
      return "\(name) needs \(megabytes(total)) MiB and \(info.name) has \(megabytes(info.globalMemory))"
    }
    return nil
  }
}
