internal import Compute
internal import NetworkGraph
import OpenCL

/// What a plan's steps launch, and what comes before them, for scoring and for inference.
struct PlanLaunches {
  /// What scoring takes besides.
  struct Scored {
    let totals: DeviceBuffer
    let codes: DeviceBuffer
    let flag: DeviceBuffer
  }

  let plan: Plan
  let layout: OpenCLLayout
  let isTiled: Bool
  let arena: DeviceBuffer
  private let weights: DeviceBuffer
  let stored: DeviceBuffer
  private let affine: DeviceBuffer
  private let transformed: DeviceBuffer
  let tables: DeviceBuffer
  /// Nil for an inference.
  private let scored: Scored?

  init(
    _ plan: Plan, layout: OpenCLLayout, isTiled: Bool, buffer: (BufferRole) throws(OpenCLError) -> DeviceBuffer
  ) throws(OpenCLError) {
    self.plan = plan
    self.layout = layout
    self.isTiled = isTiled
    arena = try buffer(.arena)
    weights = try buffer(.weights)
    stored = try buffer(.stored)
    affine = try buffer(.affine)
    transformed = try buffer(.transformed)
    tables = try buffer(.tables)
    scored =
      switch layout.purpose {
      case .inference: nil
      case .scoring: Scored(totals: try buffer(.totals), codes: try buffer(.codes), flag: try buffer(.flag))
      }
  }
}

// MARK: - Before the first step

extension PlanLaunches {
  func placing(_ images: DeviceBuffer) -> Launch {
    let shape = plan.buffers[plan.input]
    let aligned = Plan.aligned(shape.channels)
    let positions = shape.height * shape.width
    return Launch(
      .placeImages,
      [
        .buffer(images), .buffer(arena), .long(layout.place(of: plan.input)), .int(shape.channels), .int(aligned),
        .int(positions),
      ], items: [positions, plan.images], groups: [64, 1])
  }

  /// Of all steps.
  var makingWeights: [Launch] {
    [(KernelName.makeWeights, layout.directBranches), (.makeFilters, layout.winogradBranches)].compactMap {
      (kernel, records) in
      guard records.items > 0 else { return nil }
      return Launch(
        kernel,
        [
          .buffer(weights), .buffer(stored), .buffer(tables), .long(records.place), .int(records.count),
          .int(records.items),
          .word(plan.seed),
        ], items: [records.items], groups: [64])
    }
  }
}

// MARK: - Steps

extension PlanLaunches {
  /// The value of a step; nil where convolutions read a buffer as it stands.
  func value(of step: Plan.Step, _ places: OpenCLLayout.Step) -> Launch? {
    guard step.operation == nil, step.output != nil || places.code != nil else { return nil }
    let aligned = Plan.aligned(step.shape.channels)
    let units = aligned * step.shape.height * step.shape.width
    let arguments: [Launch.Argument] = [
      .buffer(arena), .buffer(affine), .buffer(tables), .long(places.termsPlace), .int(step.terms.count),
      .int(step.shape.width), .int(aligned), .int(units), .long(step.output.map(layout.place) ?? 0),
    ]
    // A work-item makes 4 vectors of 4 units, or of 8.
    let words = (units + 31) / 32
    let items = [isTiled ? (units + 15) / 16 : words, plan.images]
    let groups = isTiled ? [256, 1] : [8, 1]
    guard let scored else {
      return Launch(
        .sumTerms(hasFunctions: step.hasFunctions), arguments, items: items, groups: groups)
    }
    return Launch(
      .sumTerms(hasFunctions: step.hasFunctions),
      arguments + [
        .int(step.output == nil ? 0 : 1), .int(places.code == nil ? 0 : 1), .buffer(scored.codes),
        .long(places.code?.place ?? 0), .int(words),
      ], items: items, groups: groups,
      work: Launch.Work(bytes: bytes(of: step, places)))
  }

  /// Terms that are read, the sum and the code that are written.
  private func bytes(of step: Plan.Step, _ places: OpenCLLayout.Step) -> Int {
    let read = step.terms.reduce(0) { $0 + Plan.alignedCount(plan.buffers[$1.buffer]) }
    let written = step.output == nil ? 0 : Plan.alignedCount(step.shape)
    return 4 * plan.images * (read + written + (places.code?.words ?? 0))
  }

  func convolving(_ convolution: OpenCLLayout.Convolution) -> [Launch] {
    convolution.joined.algorithm == .winograd ? slices(of: convolution) : [wholeConvolution(convolution)]
  }

  private func wholeConvolution(_ convolution: OpenCLLayout.Convolution) -> Launch {
    let joined = convolution.joined
    let tile = convolution.tile
    let (items, groups) =
      switch tile {
      case .directVector: ([joined.channels / 8, (joined.height + 3) / 4, plan.images], [1, 1, 1])
      case .grouped:
        ([joined.channels / tile.groupChannels, tile.tileGroups(convolution.tiles)], isTiled ? [8, 8] : [1, 1])
      case .direct, .winograd, .winogradVector:
        ([items(of: convolution, tiles: convolution.tiles)], [tile.groupSize])
      }
    return Launch(
      .convolve(tile, isBiased: joined.isBiased),
      [.buffer(arena), .long(convolution.inputPlace)] + outputArguments(of: convolution),
      items: items, groups: groups, work: work(of: convolution, tiles: convolution.tiles))
  }

  /// Work-items, where a work-group has some of the tiles and some of the channels. In one dimension, because drivers
  /// limit the others.
  private func items(of convolution: OpenCLLayout.Convolution, tiles: Int) -> Int {
    let tile = convolution.tile
    return tile.tileGroups(tiles) * tile.channelGroups(convolution.joined.channels) * tile.groupSize
  }

  /// Winograd's algorithm: inputs are transformed a slice at a time.
  private func slices(of convolution: OpenCLLayout.Convolution) -> [Launch] {
    let joined = convolution.joined
    let channels = Plan.aligned(joined.input.channels)
    return stride(from: 0, to: convolution.tiles, by: convolution.slice).flatMap { first in
      let last = min(first + convolution.slice, convolution.tiles)
      // In whole work-groups of the second kernel.
      let tiles = convolution.tile.tileGroups(last - first) * convolution.tile.tiles
      let inputs = 4 * channels * (last - first) * 16
      return [
        Launch(
          .transformInputs(convolution.tile, isBiased: joined.isBiased),
          [
            .buffer(arena), .long(convolution.inputPlace), .buffer(transformed), .int(first),
            .integers(shape(of: convolution)),
          ], items: isTiled ? [channels / 4, tiles] : [channels / 8, last - first],
          groups: isTiled ? [2, 32] : [1, 1],
          work: Launch.Work(bytes: inputs + 36 * inputs / 16)),
        Launch(
          .convolve(convolution.tile, isBiased: joined.isBiased),
          [.buffer(arena), .buffer(transformed), .int(first), .int(last)] + outputArguments(of: convolution),
          items: isTiled
            ? [items(of: convolution, tiles: last - first)] : [joined.channels / 8, (last - first + 7) / 8],
          groups: isTiled ? [convolution.tile.groupSize] : [1, 1],
          work: work(of: convolution, tiles: last - first)),
      ]
    }
  }

  private func work(of convolution: OpenCLLayout.Convolution, tiles: Int) -> Launch.Work {
    let joined = convolution.joined
    let channels = Plan.aligned(joined.input.channels)
    let outputs = plan.images * joined.height * joined.width * joined.channels
    guard joined.algorithm == .winograd else {
      return Launch.Work(
        multiplyAccumulates: outputs * joined.chainChannels * joined.geometry.kernel.area,
        bytes: 4 * (plan.images * Plan.alignedCount(joined.input) + outputs + joined.weightCount))
    }
    return Launch.Work(
      multiplyAccumulates: tiles * joined.weightCount,
      bytes: 4 * (tiles * 36 * channels + outputs * tiles / convolution.tiles + joined.weightCount))
  }

  /// What kernels for convolutions take after their input.
  private func outputArguments(of convolution: OpenCLLayout.Convolution) -> [Launch.Argument] {
    let statistics: [Launch.Argument] =
      if let scored {
        [
          .buffer(scored.totals), .buffer(scored.flag),
          .float(BatchStatistics.limit(tiles: convolution.tiles)),
        ]
      } else {
        []
      }
    return [.buffer(weights), .long(convolution.weightPlace), .buffer(tables), .long(convolution.blocksPlace)]
      + statistics + [.integers(shape(of: convolution))]
  }

  /// `convolution_shape` in Kernels/branches.cl.
  private func shape(of convolution: OpenCLLayout.Convolution) -> [Int32] {
    let joined = convolution.joined
    let geometry = joined.geometry
    let origin = Extent(
      geometry.padding.height - geometry.offset.height, geometry.padding.width - geometry.offset.width)
    return [
      plan.images, joined.input.height, joined.input.width, Plan.aligned(joined.input.channels), joined.height,
      joined.width, joined.channels, geometry.kernel.height, geometry.kernel.width, geometry.stride.height,
      geometry.stride.width, origin.height, origin.width, geometry.dilation.height,
      geometry.dilation.width, joined.source.activation == .relu ? 1 : 0,
      joined.isGrouped ? joined.chainChannels : 0, (joined.height + 3) / 4, (joined.width + 3) / 4,
      convolution.tiles,
    ].map(Int32.init)
  }
}
