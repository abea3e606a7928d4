internal import Compute
internal import NetworkGraph

/// What a plan's steps launch, and what comes before them, for scoring and for inference.
struct PlanLaunches {
  /// What scoring takes besides.
  struct Scored {
    let partial: DeviceBuffer
    let codes: DeviceBuffer
    let flag: DeviceBuffer
  }

  let plan: Plan
  let layout: OpenCLLayout
  let isTiled: Bool
  let arena: DeviceBuffer
  private let weights: DeviceBuffer
  private let affine: DeviceBuffer
  private let transformed: DeviceBuffer
  private let tables: DeviceBuffer
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
    affine = try buffer(.affine)
    transformed = try buffer(.transformed)
    tables = try buffer(.tables)
    scored =
      switch layout.purpose {
      case .inference: nil
      case .scoring: Scored(partial: try buffer(.partial), codes: try buffer(.codes), flag: try buffer(.flag))
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
      ], items: [aligned * positions, plan.images], groups: [64, 1])
  }

  /// Of all steps.
  var makingWeights: [Launch] {
    [(KernelName.makeWeights, layout.directBranches), (.makeFilters, layout.winogradBranches)].compactMap {
      (kernel, records) in
      guard records.items > 0 else { return nil }
      return Launch(
        kernel,
        [
          .buffer(weights), .buffer(tables), .long(records.place), .int(records.count), .int(records.items),
          .word(plan.seed),
        ], items: [records.items], groups: [64])
    }
  }
}

// MARK: - Steps

extension PlanLaunches {
  /// The value of a step; nil where convolutions read a buffer as it stands.
  func value(of step: Plan.Step, _ places: OpenCLLayout.Step) -> Launch? {
    guard step.output != nil || places.code != nil else { return nil }
    let aligned = Plan.aligned(step.shape.channels)
    let units = aligned * step.shape.height * step.shape.width
    let arguments: [Launch.Argument] = [
      .buffer(arena), .buffer(affine), .buffer(tables), .long(places.termsPlace), .int(step.terms.count),
      .int(step.shape.width), .int(aligned), .int(units), .long(step.output.map(layout.place) ?? 0),
    ]
    guard let scored else {
      return Launch(
        .sumTerms, arguments, items: [isTiled ? units / 4 : units / 8, plan.images],
        groups: isTiled ? [64, 1] : [32, 1])
    }
    let words = (units + 31) / 32
    return Launch(
      .sumTerms,
      arguments + [
        .int(step.output == nil ? 0 : 1), .int(places.code == nil ? 0 : 1), .buffer(scored.codes),
        .long(places.code?.place ?? 0), .int(words),
      ], items: [isTiled ? units / 4 : words, plan.images], groups: isTiled ? [256, 1] : [8, 1])
  }

  func convolving(_ convolution: OpenCLLayout.Convolution) -> [Launch] {
    switch convolution.tile {
    case .winogradVector: slices(of: convolution)
    default: [wholeConvolution(convolution)]
    }
  }

  private func wholeConvolution(_ convolution: OpenCLLayout.Convolution) -> Launch {
    let joined = convolution.joined
    let tile = convolution.tile
    let tileGroups = (convolution.tiles + tile.tiles - 1) / tile.tiles
    let (items, groups) =
      switch tile {
      case .directVector: ([joined.channels / 8, (joined.height + 3) / 4, plan.images], [1, 1, 1])
      case .grouped: ([joined.channels / tile.groupChannels, tileGroups], isTiled ? [8, 8] : [1, 1])
      default:
        (
          [tileGroups * tile.groupSize, (joined.channels + tile.groupChannels - 1) / tile.groupChannels],
          [tile.groupSize, 1]
        )
      }
    return Launch(
      .convolve(tile),
      [.buffer(arena), .long(layout.place(of: joined.source.buffer))] + outputArguments(of: convolution),
      items: items, groups: groups)
  }

  /// For processors: inputs are transformed a slice at a time.
  private func slices(of convolution: OpenCLLayout.Convolution) -> [Launch] {
    let joined = convolution.joined
    return stride(from: 0, to: convolution.tiles, by: convolution.slice).flatMap { first in
      let last = min(first + convolution.slice, convolution.tiles)
      return [
        Launch(
          .transformInputs,
          [
            .buffer(arena), .long(layout.place(of: joined.source.buffer)), .buffer(transformed), .int(first),
            .integers(shape(of: convolution)),
          ], items: [Plan.aligned(joined.input.channels) / 8, last - first], groups: [1, 1]),
        Launch(
          .convolve(convolution.tile),
          [.buffer(arena), .buffer(transformed), .int(first), .int(last)] + outputArguments(of: convolution),
          items: [joined.channels / 8, (last - first + 7) / 8], groups: [1, 1]),
      ]
    }
  }

  /// What kernels for convolutions take after their input.
  private func outputArguments(of convolution: OpenCLLayout.Convolution) -> [Launch.Argument] {
    let statistics: [Launch.Argument] =
      if let scored {
        [
          .buffer(scored.partial), .long(convolution.partialPlace), .buffer(scored.flag),
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
      geometry.dilation.width, joined.source.rectified ? 1 : 0,
      joined.isGrouped ? joined.chainChannels : 0, (joined.height + 3) / 4, (joined.width + 3) / 4,
      convolution.tiles,
    ].map(Int32.init)
  }
}
