internal import CPUKernels
internal import Compute
import NetworkGraph

/// Threads that carry out an inference together: their memory, and every step as tasks on it.
///
/// A team of one takes a few images after the other through a step, value and convolutions, while they are in the cache. A team
/// of several shares out the rows of a value, waits, then the rows and channels of its convolutions.
final class InferenceTeam: StepMemory, @unchecked Sendable {
  let plan: Plan
  private let layout: InferenceLayout
  private let width: Int
  private let memory: UnsafeMutablePointer<Float>
  private let constants: InferenceConstants
  private let descriptions = Descriptions()
  /// By the number of images of a chunk.
  private var regions: [Int: [TaskRegion]] = [:]

  /// - Parameters:
  ///   - sizes: the numbers of images that chunks have.
  ///   - memory: `layout.count` floats.
  init(
    _ plan: Plan, layout: InferenceLayout, width: Int, sizes: [Int], memory: UnsafeMutablePointer<Float>,
    constants: InferenceConstants
  ) {
    self.plan = plan
    self.layout = layout
    self.width = width
    self.memory = memory
    self.constants = constants
    // What lies around padded images stays zero from here on; the rest is written before it is read.
    memory.initialize(repeating: 0, count: layout.count)
    for size in sizes { regions[size] = width > 1 ? sharedRegions(images: size) : ownRegions(images: size) }
  }

  func activations(_ buffer: Int) -> UnsafeMutablePointer<Float> {
    memory + (layout.placement.offsets[buffer] ?? 0) * layout.images
  }

  func scales(_ slot: Int) -> UnsafeMutablePointer<Float> { constants.scales }

  func shifts(_ slot: Int) -> UnsafeMutablePointer<Float> { constants.shifts }

  // MARK: Running

  /// Carries out every step on the chunk of images that lies in the input.
  ///
  /// - Parameters:
  ///   - pool: what a team of several runs on.
  ///   - each: told when a part of a step is done.
  func run(images: Int, on pool: ThreadPool, each: (_ step: Int) -> Void) {
    for region in regions[images] ?? [] {
      if width == 1 {
        for task in region.values { task.carryOut(rows: rows(worker: 0)) }
        for task in region.convolutions { task.carryOut(winograd: winograd(worker: 0)) }
      } else {
        nonisolated(unsafe) let region = region
        // One of the two is empty.
        pool.run(region.values.count) { worker, item in region.values[item].carryOut(rows: rows(worker: worker)) }
        pool.run(region.convolutions.count) { worker, item in
          region.convolutions[item].carryOut(winograd: winograd(worker: worker))
        }
      }
      each(region.step)
    }
  }

  private func rows(worker: Int) -> UnsafeMutablePointer<Float> {
    memory + layout.scratch + worker * layout.scratchStride
  }

  private func winograd(worker: Int) -> UnsafeMutablePointer<Float> { rows(worker: worker) + layout.winograd }
}

// MARK: - Tasks

extension InferenceTeam {
  /// For a thread alone: of every step a few images after the other.
  private func ownRegions(images: Int) -> [TaskRegion] {
    plan.steps.indices.flatMap { position in
      let description = StepDescription(self, position)
      let group = layout.steps[position].group
      return stride(from: 0, to: images, by: group).map { first in
        let images = first..<min(images, first + group)
        return TaskRegion(
          step: position,
          values: images.map { description.value(image: $0, place: $0 - first, rows: nil) },
          convolutions: description.joined.indices.map { description.convolution($0, images: images, part: nil) })
      }
    }
  }

  /// For several threads: of every step the rows of its value, then level by level the parts of its convolutions.
  private func sharedRegions(images: Int) -> [TaskRegion] {
    plan.steps.indices.flatMap { position in
      let description = StepDescription(self, position)
      let bands = description.bands(workers: width, images: images)
      var regions = [
        TaskRegion(
          step: position,
          values: (0..<images).flatMap { image in
            bands.map { description.value(image: image, place: image, rows: $0) }
          })
      ]
      for level in 0...(description.levels.max() ?? 0) {
        var region = TaskRegion(step: position)
        for joined in description.joined.indices where description.levels[joined] == level {
          for part in description.parts(of: joined, workers: width, images: images) {
            region.convolutions += (0..<images).map {
              description.convolution(joined, images: $0..<$0 + 1, part: part)
            }
          }
        }
        if !region.convolutions.isEmpty { regions.append(region) }
      }
      return regions
    }
  }

  /// A part of joined convolutions: rows of 4x4 tiles, and vectors of output channels.
  fileprivate struct Part {
    var tileRows: Range<Int>
    var vectors: Range<Int>
  }

  /// A step as the loops take it.
  fileprivate struct StepDescription {
    let team: InferenceTeam
    let step: Plan.Step
    let layout: StepLayout
    let value: epads_value
    let terms: [epads_term]
    /// Floats from a term's image to the next.
    let termSteps: [Int]
    /// Vectors of output channels of image 0.
    let outputs: [[epads_output]]
    /// Where the padded images begin that joined convolutions read.
    let inputs: [UnsafeMutablePointer<Float>]
    /// How many other branches come before.
    let levels: [Int]

    var joined: [StepLayout.Joined] { layout.joined }
  }
}

extension InferenceTeam.StepDescription {
  init(_ team: InferenceTeam, _ position: Int) {
    self.team = team
    let plan = team.plan
    let step = plan.steps[position]
    let layout = team.layout.steps[position]
    let descriptions = team.descriptions
    self.step = step
    self.layout = layout
    let partScales = descriptions.keep([Float](repeating: 0, count: layout.partScaleCount))
    team.writePartScales(of: step, layout, to: partScales)
    terms = team.terms(of: step, layout, partScales: partScales)
    termSteps = layout.summands.flatMap(\.terms).map { team.count(step.terms[$0].buffer) }
    let inputLanes = descriptions.keep([Int](repeating: 0, count: layout.laneCount))
    team.writeLanes(of: step, to: inputLanes)
    let shape = step.shape
    value = epads_value(
      terms: descriptions.keep(terms), count: terms.count, height: shape.height, width: shape.width,
      channels: Plan.aligned(shape.channels), first_row: 0, last_row: shape.height,
      shift: descriptions.keep(team.summedShifts(step)), ones: team.constants.ones, rows: team.rows(worker: 0),
      output: nil, code: nil, padded: nil, padded_row: layout.value.row, padded_channels: layout.value.channels,
      rectified: step.rectified ? 1 : 0, ahead: nil)

    let parents = team.layout.parents[position]
    outputs = layout.joined.map { joined in
      joined.branches.flatMap { branch in
        let output = step.branches[branch].output
        let target =
          if let padded = layout.parents[branch] {
            OutputTarget(
              data: team.memory + (parents[branch] ?? 0) + padded.origin, row: padded.row, image: padded.image)
          } else {
            OutputTarget(
              data: team.activations(output),
              row: plan.buffers[output].width * Plan.aligned(plan.buffers[output].channels), image: team.count(output))
          }
        return team.outputs(
          step, branch, to: target, weights: UnsafePointer(team.constants.weights[position][branch].start),
          bias: team.constants.biases[position][branch], lanes: joined.kernels.lanes,
          inputLanes: UnsafePointer(inputLanes))
      }
    }
    inputs = layout.joined.map { joined in
      let parent = step.branches[joined.branches[0]].parent
      return team.memory + (parent.flatMap { parents[$0] } ?? team.layout.values[position])
    }
    var levels: [Int] = []
    for branch in step.branches { levels.append(branch.parent.map { levels[$0] + 1 } ?? 0) }
    self.levels = layout.joined.map { levels[$0.branches[0]] }
  }

  /// - Parameters:
  ///   - place: of the padded image.
  ///   - rows: nil for all.
  func value(image: Int, place: Int, rows: Range<Int>?) -> ValueTask {
    var value = value
    if image > 0 {
      var terms = terms
      for index in terms.indices { terms[index].data += image * termSteps[index] }
      value.terms = UnsafePointer(team.descriptions.keep(terms))
    }
    if let rows { (value.first_row, value.last_row) = (rows.lowerBound, rows.upperBound) }
    if step.isKept { value.output = step.output.map { team.activations($0) + image * team.count($0) } }
    if let input = zip(inputs, levels).first(where: { $0.1 == 0 })?.0 {
      value.padded = input + place * layout.value.image + layout.value.origin
    }
    return ValueTask(kernels: layout.kernels, value: value)
  }

  /// Joined convolutions of neighbouring images, of which the first is at the beginning of the padded ones where no part is
  /// given; else of one image, padded at its own place.
  func convolution(_ number: Int, images: Range<Int>, part: InferenceTeam.Part?) -> ConvolutionTask {
    let joined = joined[number]
    let (shape, input, first) = (joined.outputShape, joined.input, images.lowerBound)
    let rows =
      part.map { $0.tileRows.lowerBound * 4..<min(shape.height, $0.tileRows.upperBound * 4) } ?? 0..<shape.height
    var outputs = outputs[number]
    if let part { outputs = Array(outputs[part.vectors]) }
    for index in outputs.indices { outputs[index].data += rows.lowerBound * outputs[index].row }
    let stride = joined.convolution.stride
    let place = part == nil ? 0 : first
    let padded =
      inputs[number] + place * input.image + joined.origin + rows.lowerBound * stride.height * input.row
    let geometry: ConvolutionTask.Geometry =
      switch joined.algorithm {
      case .direct:
        .direct(
          epads_convolution(
            runs: joined.runOffsets.count, run_offsets: team.descriptions.keep(joined.runOffsets),
            run_length: joined.runLength, row_step: input.row * stride.height,
            column_step: input.channels * stride.width, output_height: rows.count, output_width: shape.width,
            inputs: joined.inputs))
      case .winograd:
        .winograd(
          epads_winograd(
            images: images.count, padded_image: input.image, padded_row: input.row, channels: input.channels,
            input_channels: joined.inputChannels, output_height: rows.count, output_width: shape.width,
            tiles: StepLayout.tiles, vectors: StepLayout.productChannels / joined.kernels.lanes,
            scratch: team.winograd(worker: 0)))
      }
    return ConvolutionTask(
      kernels: joined.kernels, geometry: geometry, padded: padded, outputs: team.descriptions.keep(outputs),
      count: outputs.count, images: images.count, paddedImage: input.image,
      // Padded images that other branches read are those of the group.
      image: joined.isParent ? place : first)
  }

  /// Rows of a value for each of so many threads; all in one where they are not worth a thread.
  func bands(workers: Int, images: Int) -> [Range<Int>] {
    let height = step.shape.height
    let parts = images >= workers || value.channels * step.shape.width * height < 4096 ? 1 : min(workers, height)
    return (0..<parts).map { $0 * height / parts..<($0 + 1) * height / parts }
  }

  /// Joined convolutions of an image in as many parts as there are threads, where they are worth it.
  ///
  /// Rows where an image is larger than the weights, which every part of the rows reads; else output channels.
  func parts(of number: Int, workers: Int, images: Int) -> [InferenceTeam.Part] {
    let joined = joined[number]
    let tileRows = (joined.outputShape.height + 3) / 4
    let vectors = outputs[number].count
    let branch = step.branches[joined.branches[0]]
    let weights = joined.inputChannels / branch.convolution.groups * branch.packedArea * vectors * joined.kernels.lanes
    let products =
      weights * tileRows * ((joined.outputShape.width + 3) / 4)
      * (joined.algorithm == .winograd ? 1 : 16)
    let wanted = products < 60_000 ? 1 : max(1, (workers + images - 1) / images)
    let byRows = min(wanted, tileRows), byVectors = min(wanted, vectors)
    let rowParts = weights < joined.input.image ? byRows : min(tileRows, (wanted + byVectors - 1) / byVectors)
    let vectorParts = weights < joined.input.image ? min(vectors, (wanted + byRows - 1) / byRows) : byVectors
    return (0..<rowParts).flatMap { row in
      (0..<vectorParts).map { vector in
        InferenceTeam.Part(
          tileRows: row * tileRows / rowParts..<(row + 1) * tileRows / rowParts,
          vectors: vector * vectors / vectorParts..<(vector + 1) * vectors / vectorParts)
      }
    }
  }
}
