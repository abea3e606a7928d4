internal import CPUKernels
internal import Compute
import NetworkGraph

/// A step of an inference as the tasks of its team.
struct StepTasks {
  private let team: InferenceTeam
  private let position: Int
  private let step: Plan.Step
  private let layout: StepLayout
  /// For all rows of image 0, without what it writes.
  private let value: epads_value
  private let terms: [epads_term]
  /// Floats from a term's image to the next.
  private let termSteps: [Int]
  private let laneInputs: UnsafePointer<Int>

  init(_ team: InferenceTeam, step position: Int) {
    self.team = team
    self.position = position
    let step = team.plan.steps[position]
    self.step = step
    layout = team.layout.steps[position]
    let descriptions = team.descriptions
    let partScales = descriptions.keep([Float](repeating: 0, count: layout.partScaleCount))
    team.writePartScales(of: step, layout, to: partScales)
    terms = team.terms(of: step, layout, partScales: partScales)
    termSteps = layout.summands.flatMap(\.terms).map { team.count(step.terms[$0].buffer) }
    let laneInputs = descriptions.keep([Int](repeating: 0, count: layout.laneInputCount))
    team.writeLaneInputs(of: step, to: laneInputs)
    self.laneInputs = UnsafePointer(laneInputs)
    value = team.value(
      of: step, layout, terms: descriptions.keep(terms), shift: descriptions.keep(team.summedShifts(step)),
      ones: team.constants.ones, rows: team.rows(role: 0))
  }

  /// What the roles of the team do, phase by phase.
  func phases(images: Int) -> [InferenceTeam.Phase] {
    func phase(_ roles: [[InferenceTask]]) -> InferenceTeam.Phase {
      InferenceTeam.Phase(step: position, roles: roles)
    }
    let roles = 0..<team.width
    if let operation = step.operation { return [phase(roles.map { operated(operation, role: $0, images) })] }
    if team.width == 1 { return [phase([alone(images)])] }
    if isByRows { return [phase(roles.map { rows(role: $0, images) })] }
    let levels = (0..<step.branches.count).map(level)
    return [phase(roles.map { bands(role: $0, images) })]
      + Set(levels).sorted().map { level in phase(channels(level: level, images)) }
  }

  // MARK: Operations

  /// A role's positions of every image.
  private func operated(_ operation: Plan.Operation, role: Int, _ images: Int) -> [InferenceTask] {
    guard let output = step.output else { return [] }
    let task = OperationTask(operation, step, layout, team.plan, constants: team.constants, team.descriptions)
    let count = step.shape.positions
    let positions = role * count / team.width..<(role + 1) * count / team.width
    // What needs all positions at once is made with the first of them.
    return (0..<images).filter { _ in !positions.isEmpty }.map {
      .operation(task, image: $0, positions: positions, output: output)
    }
  }

  // MARK: One thread

  /// A few images after the other: the value of each, then the convolutions of all of them.
  private func alone(_ images: Int) -> [InferenceTask] {
    stride(from: 0, to: images, by: team.layout.groups[position]).flatMap { first in
      let group = first..<min(images, first + team.layout.groups[position])
      let values = group.map { valueTask(image: $0, Place(role: 0, image: $0 - first), rows: 0..<step.shape.height) }
      let convolutions = layout.joined.indices.map { number in
        convolutionTask(
          number, images: group, Place(role: 0, image: 0), rows: 0..<layout.joined[number].outputShape.height)
      }
      return values + convolutions
    }
  }

  // MARK: Rows

  /// Whether roles share out the rows: where there are enough, and an image is larger than the weights, which all roles
  /// read.
  private var isByRows: Bool {
    let tileRows = layout.joined.filter { !$0.isParent }.map { ($0.outputShape.height + 3) / 4 }
    let weights = layout.joined.map { weightCount($0) / $0.branches.count }
    return tileRows.allSatisfy { $0 >= team.width } && weights.allSatisfy { $0 <= layout.value.image }
  }

  /// The rows of every output that are a role's, with all that they are made from: rows that two roles need are made
  /// twice.
  private func rows(role: Int, _ images: Int) -> [InferenceTask] {
    var rows = layout.joined.map { joined -> Range<Int> in
      let (height, tileRows) = (joined.outputShape.height, (joined.outputShape.height + 3) / 4)
      return joined.isParent
        ? 0..<0 : role * tileRows / team.width * 4..<min(height, (role + 1) * tileRows / team.width * 4)
    }
    // Convolutions come after those that they follow.
    var valueRows: Range<Int>?
    for number in layout.joined.indices.reversed() {
      let read = inputRows(layout.joined[number], rows[number])
      if let parent = parent(of: number) {
        rows[parent] = rows[parent].isEmpty ? read : rows[parent].union(read)
      } else {
        valueRows = valueRows?.union(read) ?? read
      }
    }
    let own = role * step.shape.height / team.width..<(role + 1) * step.shape.height / team.width
    return (0..<images).flatMap { image in
      let place = Place(role: role, image: 0)
      let values = pieces(of: valueRows ?? 0..<0, and: step.isKept ? own : 0..<0).map { piece in
        valueTask(
          image: image, place, rows: piece, isPadded: valueRows?.contains(piece.lowerBound) ?? false,
          isKept: own.contains(piece.lowerBound))
      }
      return values
        + layout.joined.indices.filter { !rows[$0].isEmpty }.map {
          convolutionTask($0, images: image..<image + 1, place, rows: rows[$0])
        }
    }
  }

  /// The rows that a convolution reads for some of its output, without padding.
  private func inputRows(_ joined: StepLayout.Joined, _ rows: Range<Int>) -> Range<Int> {
    guard !rows.isEmpty else { return 0..<0 }
    let convolution = joined.convolution
    // Tiles are made whole.
    let count = joined.algorithm == .winograd ? (rows.count + 3) / 4 * 4 : rows.count
    let first = rows.lowerBound * convolution.stride.height - convolution.padding.height + convolution.offset.height
    let end =
      first + (count - 1) * convolution.stride.height + (convolution.kernel.height - 1) * convolution.dilation.height
      + 1
    let height = joined.inputHeight
    let start = min(max(first, 0), height)
    return start..<max(start, min(end, height))
  }

  /// Two ranges cut where either begins or ends.
  private func pieces(of one: Range<Int>, and other: Range<Int>) -> [Range<Int>] {
    let cuts = Set([one, other].filter { !$0.isEmpty }.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
    return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
      .filter { one.contains($0.lowerBound) || other.contains($0.lowerBound) }
  }

  // MARK: Output channels

  /// A role's rows of the value, into padded images that all roles read; all rows in one role where they are few.
  private func bands(role: Int, _ images: Int) -> [InferenceTask] {
    let height = step.shape.height
    let isSmall = value.channels * step.shape.width * height < 4096
    let rows =
      isSmall ? (role == 0 ? 0..<height : 0..<0) : role * height / team.width..<(role + 1) * height / team.width
    guard !rows.isEmpty else { return [] }
    return (0..<images).map { valueTask(image: $0, Place(role: 0, image: $0), rows: rows) }
  }

  /// The convolutions that follow so many others, in parts.
  private func channels(level wanted: Int, _ images: Int) -> [[InferenceTask]] {
    var roles = [[InferenceTask]](repeating: [], count: team.width)
    for (number, joined) in layout.joined.enumerated() where level(joined.branches[0]) == wanted {
      for (index, part) in parts(of: joined).enumerated() {
        for image in 0..<images {
          roles[index % team.width].append(
            convolutionTask(
              number, images: image..<image + 1, Place(role: 0, image: image), rows: part.rows, vectors: part.vectors))
        }
      }
    }
    return roles
  }

  /// Joined convolutions of an image in as many parts as there are roles, where they are worth it: output channels, and
  /// rows where there are not enough of them.
  private func parts(of joined: StepLayout.Joined) -> [(rows: Range<Int>, vectors: Range<Int>)] {
    let height = joined.outputShape.height
    let tileRows = (height + 3) / 4
    let vectors = vectorCount(joined)
    let tiles = tileRows * ((joined.outputShape.width + 3) / 4)
    let products = weightCount(joined) * tiles * (joined.algorithm == .winograd ? 1 : 16)
    let wanted = products < 60_000 ? 1 : team.width
    let byVectors = min(wanted, vectors)
    let byRows = min(tileRows, (wanted + byVectors - 1) / byVectors)
    return (0..<byRows).flatMap { row in
      (0..<byVectors).map { vector in
        (
          row * tileRows / byRows * 4..<min(height, (row + 1) * tileRows / byRows * 4),
          vector * vectors / byVectors..<(vector + 1) * vectors / byVectors
        )
      }
    }
  }

  private func vectorCount(_ joined: StepLayout.Joined) -> Int {
    joined.branches.reduce(0) { total, branch in
      total + Plan.aligned(step.branches[branch].convolution.outputChannels) / joined.kernels.lanes
    }
  }

  private func weightCount(_ joined: StepLayout.Joined) -> Int {
    let branch = step.branches[joined.branches[0]]
    return joined.inputChannels / branch.convolution.groups * branch.packedArea * vectorCount(joined)
      * joined.kernels.lanes
  }

  // MARK: Tasks

  /// Padded images that a task reads and writes: those of a role, and which of them.
  private struct Place {
    var role: Int
    var image: Int
  }

  /// How many other branches come before one.
  private func level(_ branch: Int) -> Int { step.branches[branch].parent.map { level($0) + 1 } ?? 0 }

  /// The joined convolutions that others follow.
  private func parent(of number: Int) -> Int? {
    step.branches[layout.joined[number].branches[0]].parent.flatMap { parent in
      layout.joined.firstIndex { $0.branches.contains(parent) }
    }
  }

  private func valueTask(
    image: Int, _ place: Place, rows: Range<Int>, isPadded: Bool = true, isKept: Bool = true
  ) -> InferenceTask {
    var value = value
    if image > 0 {
      var terms = terms
      for index in terms.indices { terms[index].data += image * termSteps[index] }
      value.terms = UnsafePointer(team.descriptions.keep(terms))
    }
    (value.first_row, value.last_row) = (rows.lowerBound, rows.upperBound)
    if isKept, step.isKept { value.output = step.output.map { team.activations($0) + image * team.count($0) } }
    if isPadded, !step.branches.isEmpty {
      value.padded =
        team.padded(team.layout.places[position].value, role: place.role) + place.image * layout.value.image
        + layout.value.origin
    }
    return .value(ValueTask(kernels: layout.kernels, value: value))
  }

  /// - Parameters:
  ///   - place: of the first of the images.
  ///   - vectors: of output channels; nil for all.
  private func convolutionTask(
    _ number: Int, images: Range<Int>, _ place: Place, rows: Range<Int>, vectors: Range<Int>? = nil
  ) -> InferenceTask {
    let joined = layout.joined[number]
    var outputs = outputs(of: joined, role: place.role)
    if let vectors { outputs = Array(outputs[vectors]) }
    for index in outputs.indices { outputs[index].data += rows.lowerBound * outputs[index].row }
    let inputPlace = team.layout.places[position].input(of: joined)
    let padded =
      team.padded(inputPlace, role: place.role) + joined.origin
      + rows.lowerBound * joined.convolution.stride.height * joined.input.row
    return .convolution(
      ConvolutionTask(joined, rows: rows, padded: padded, outputs: outputs, team.descriptions), images: images,
      first: place.image)
  }

  /// Vectors of output channels of image 0.
  private func outputs(of joined: StepLayout.Joined, role: Int) -> [epads_output] {
    joined.branches.flatMap { branch in
      let output = step.branches[branch].output
      let shape = team.plan.buffers[output]
      let target =
        if let padded = layout.parents[branch], let place = team.layout.places[position].parents[branch] {
          OutputTarget(data: team.padded(place, role: role) + padded.origin, row: padded.row, image: padded.image)
        } else {
          OutputTarget(
            data: team.activations(output), row: shape.width * Plan.aligned(shape.channels), image: team.count(output))
        }
      return team.outputs(
        step, branch, to: target, weights: UnsafePointer(team.constants.weights[position][branch].start),
        bias: team.constants.biases[position][branch], lanes: joined.kernels.lanes, laneInputs: laneInputs)
    }
  }
}

extension Range<Int> {
  /// The shortest range that holds both; an empty one counts for nothing.
  fileprivate func union(_ other: Range<Int>) -> Range<Int> {
    if isEmpty { return other }
    return other.isEmpty
      ? self : Swift.min(lowerBound, other.lowerBound)..<Swift.max(upperBound, other.upperBound)
  }
}
