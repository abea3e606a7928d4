public import Compute
import NetworkGraph
import Randomness

/// Docs/Numerics.md carried out to the letter, one value at a time: what every other backend has to equal.
///
/// It shares no code with them, ignores the plan's arena (each buffer is an array of its own) and is slow.
public struct ScalarBackend: Backend {
  public init() {}

  public var device: Device { Device(backend: "scalar", name: "scalar reference", kind: .cpu) }

  public var concurrentRuns: Int { 1 }

  public func memoryBound(of plan: Plan) -> Int {
    let floats = plan.buffers.reduce(0) { $0 + $1.count * plan.images }
    return floats * MemoryLayout<Float>.stride + plan.largestCode * plan.images
  }

  public func prepare(_ plan: Plan) throws(BackendError) {}

  public func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> RunResult {
    try check(images, for: plan)
    var run = try ScalarRun(plan, images)
    for step in plan.steps { try run.carryOut(step) }
    run.agreeOnUncountedSites()
    return RunResult(counts: run.counts, device: device)
  }

  public func inference(of plan: Plan) throws(BackendError) -> any Inference { ScalarInference(plan) }

  public func peakMultiplyAccumulates() throws(BackendError) -> Double { 1e6 }
}

private final class ScalarInference: Inference {
  let plan: Plan
  var bytes: Int { ScalarBackend().memoryBound(of: plan) }

  init(_ plan: Plan) { self.plan = plan }

  func logits(of images: ImageBatch) throws(BackendError) -> [Float] {
    try plan.check(images)
    var run = try ScalarRun(plan, images)
    for step in plan.steps { try run.carryOut(step) }
    return plan.output.map { run.activations[$0].values } ?? []
  }

  func timed(_ images: ImageBatch) throws(BackendError) -> InferenceTimes {
    InferenceTimes(device: nil, steps: plan.steps.map { _ in 0 })
  }
}

/// The values of one buffer, laid out [image][channel][row][column].
struct Activation {
  let shape: TensorShape
  var values: [Float]

  init(shape: TensorShape, images: Int) {
    self.shape = shape
    self.values = Array(repeating: 0, count: images * shape.count)
  }

  /// As branches read them.
  func read(by function: Function) -> Activation {
    var result = self
    for index in result.values.indices { result.values[index] = function(result.values[index]) }
    return result
  }
}

private struct Affine {
  var scale: Float
  var shift: Float
}

private struct ScalarRun {
  let plan: Plan
  /// One a buffer; empty until a step makes it.
  var activations: [Activation]
  /// For each slot of statistics, one a channel.
  var affines: [[Affine]]
  var counted: [Bool]
  var counts: Counts

  init(_ plan: Plan, _ images: ImageBatch) throws(BackendError) {
    self.plan = plan
    activations = plan.buffers.map { Activation(shape: $0, images: 0) }
    activations[plan.input].values = images.values
    // An inference never fills them.
    affines = []
    for slot in plan.statistics {
      affines.append(
        try plan.running(slot.normalization, channels: slot.shape.channels).map {
          Affine(scale: $0.scale, shift: $0.shift)
        })
    }
    counted = Array(repeating: false, count: plan.sites.count)
    switch plan.measurement {
    case .distances:
      counts = Counts(sites: plan.sites.map { SiteCounts(name: $0.name, units: $0.units) })
    case .agreement:
      counts = Counts(agreement: Array(repeating: 0, count: plan.images * plan.images))
    case .logits: counts = Counts()
    }
  }

  /// The value, its code, then the convolutions that read it.
  mutating func carryOut(_ step: Plan.Step) throws(BackendError) {
    let value =
      try step.operation.map { (operation) throws(BackendError) in try made(by: operation, step.shape) }
      ?? value(of: step)
    if !step.sites.isEmpty { count(value, sites: step.sites) }
    if let output = step.output { try finish(output, value, statistics: step.statistics) }
    guard !step.branches.isEmpty else { return }
    let read = value.read(by: step.activation)
    for branch in step.branches {
      let input = branch.parent.map { activations[step.branches[$0].output] } ?? read
      let fanIn = input.shape.channels / branch.convolution.groups * branch.convolution.kernel.area
      let weights = try weights(branch, step, fanIn: fanIn)
      var output = Activation(shape: plan.buffers[branch.output], images: plan.images)
      switch branch.algorithm {
      case .direct: convolveDirectly(input, weights, branch.convolution, images: plan.images, into: &output)
      case .winograd:
        convolveByWinograd(input, weights, padding: branch.convolution.padding, images: plan.images, into: &output)
      }
      if let bias = try bias(branch, step, fanIn: fanIn) { add(bias, to: &output) }
      try finish(branch.output, output, statistics: branch.statistics)
    }
  }

  /// Drawn here; what is stored or folded is the plan's to read.
  private func weights(_ branch: Plan.Branch, _ step: Plan.Step, fanIn: Int) throws(BackendError) -> [Float] {
    guard case .drawn(let name) = branch.weights, branch.folded == nil else {
      return try plan.weights(of: branch, in: step)
    }
    return convolutionWeights(
      seed: plan.seed, name: name, count: branch.convolution.outputChannels * fanIn, fanIn: fanIn)
  }

  private func bias(_ branch: Plan.Branch, _ step: Plan.Step, fanIn: Int) throws(BackendError) -> [Float]? {
    guard case .drawn(let name) = branch.bias, branch.folded == nil else {
      return try plan.bias(of: branch, in: step)
    }
    return convolutionWeights(seed: plan.seed, name: name, count: branch.convolution.outputChannels, fanIn: fanIn)
  }

  private func add(_ bias: [Float], to output: inout Activation) {
    let channels = output.shape.channels
    let plane = output.shape.height * output.shape.width
    for index in output.values.indices { output.values[index] += bias[index / plane % channels] }
  }

  /// Stores what was made and fills its slot of statistics.
  private mutating func finish(_ buffer: Int, _ output: Activation, statistics: Int?) throws(BackendError) {
    activations[buffer] = output
    guard let statistics else { return }
    var affines: [Affine] = []
    let own = try plan.scaleAndShift(of: statistics)
    let epsilon = plan.statistics[statistics].normalization.epsilon
    for channel in 0..<output.shape.channels {
      let (mean, variance) = try moments(of: channel, of: output)
      let scale = Double(own.scale?[channel] ?? 1) * (1 / (variance + epsilon).squareRoot())
      affines.append(
        Affine(scale: Float(scale), shift: Float(Double(own.shift?[channel] ?? 0) - mean * scale)))
    }
    self.affines[statistics] = affines
  }
}

// MARK: - Batch statistics

extension ScalarRun {
  /// A sum of tiles as two integers.
  private struct Parts {
    var coarse: Int64 = 0
    var fine: Int64 = 0

    mutating func add(_ value: Float) {
      // Every operation is exact in double precision but the two roundings.
      let high = (Double(value) * 0x1p-16).rounded(.toNearestOrEven)
      coarse += Int64(high)
      fine += Int64(((Double(value) - high * 0x1p16) * 0x1p24).rounded(.toNearestOrEven))
    }

    var sum: Double { Double(coarse) * 0x1p16 + Double(fine) * 0x1p-24 }
  }

  private func moments(
    of channel: Int, of activation: Activation
  ) throws(BackendError) -> (mean: Double, variance: Double) {
    let shape = activation.shape
    let tileRows = (shape.height + 3) / 4
    let tileColumns = (shape.width + 3) / 4
    let largest = largestTileSum(tiles: plan.images * tileRows * tileColumns)
    var sums = Parts()
    var squares = Parts()
    for image in 0..<plan.images {
      let plane = (image * shape.channels + channel) * shape.height * shape.width
      for tileRow in 0..<tileRows {
        for tileColumn in 0..<tileColumns {
          let (s, q) = tile(activation, plane: plane, row: 4 * tileRow, column: 4 * tileColumn)
          // Written so that NaN fails.
          guard abs(s) <= largest, q <= largest else {
            throw BackendError(.valueOutOfRange, "a sum of 16 activations, or of their squares, exceeds \(largest)")
          }
          sums.add(s)
          squares.add(q)
        }
      }
    }
    let count = Double(plan.images * shape.height * shape.width)
    let mean = sums.sum / count
    return (mean, max(0, squares.sum / count - mean * mean))
  }

  private func largestTileSum(tiles: Int) -> Float {
    var bits = 0
    while (tiles - 1) >> bits != 0 { bits += 1 }
    var power: Float = 1
    for _ in 0..<(16 + min(50, 62 - bits)) { power *= 2 }
    return power
  }

  /// The sum and the sum of squares of the 4x4 tile whose upper left corner is given.
  private func tile(
    _ activation: Activation, plane: Int, row: Int, column: Int
  ) -> (sum: Float, squares: Float) {
    let shape = activation.shape
    func at(_ y: Int, _ x: Int) -> Float {
      y < shape.height && x < shape.width ? activation.values[plane + y * shape.width + x] : 0
    }
    var sum: Float = 0
    var squares: Float = 0
    for y in row..<row + 4 {
      let (x0, x1, x2, x3) = (at(y, column), at(y, column + 1), at(y, column + 2), at(y, column + 3))
      let rowSum = (x0 + x1) + (x2 + x3)
      let rowSquares = (x0 * x0).addingProduct(x1, x1).addingProduct(x2, x2).addingProduct(x3, x3)
      sum = y == row ? rowSum : sum + rowSum
      squares = y == row ? rowSquares : squares + rowSquares
    }
    return (sum, squares)
  }
}

// MARK: - Operations

extension ScalarRun {
  private func made(by operation: Plan.Operation, _ shape: TensorShape) throws(BackendError) -> Activation {
    var result = Activation(shape: shape, images: 0)
    var constants: [[Float]] = []
    for constant in plan.constants { constants.append(try plan.values(of: constant)) }
    for image in 0..<plan.images {
      let inputs = operation.operands.map { operand in
        let shape = plan.shape(of: operand)
        let values =
          switch operand.place {
          case .buffer(let buffer):
            Array(activations[buffer].values[image * shape.count..<(image + 1) * shape.count])
          case .constant(let constant): constants[constant]
          }
        return ImageValue(shape, values.map { operand.activation($0) })
      }
      result.values += operation.kind.carryOut(inputs, shape).values
    }
    return result
  }
}

// MARK: - Value

extension ScalarRun {
  private func value(of step: Plan.Step) -> Activation {
    let shape = step.shape
    let plane = shape.height * shape.width
    var sum = Activation(shape: shape, images: plan.images)
    for channel in 0..<shape.channels {
      let start = shift(step.terms, channel)
      for image in 0..<plan.images {
        let first = (image * shape.channels + channel) * plane
        for index in first..<first + plane { sum.values[index] = start }
      }
    }
    for term in step.terms {
      for image in 0..<plan.images {
        // The term's channels, and where they go.
        for channel in 0..<plan.buffers[term.buffer].channels {
          let source = image * plan.buffers[term.buffer].channels + channel
          let target = (image * shape.channels + term.firstChannel + channel) * plane
          switch term.kind {
          case .normalized(let buffer, let statistics):
            let scale = affines[statistics][channel].scale
            for index in 0..<plane {
              sum.values[target + index].addProduct(activations[buffer].values[source * plane + index], scale)
            }
          case .identity(let from):
            for index in 0..<plane {
              sum.values[target + index] += read(from, activations[from.buffer].values[source * plane + index])
            }
          case .averagePool(let from, let pooling):
            for index in 0..<plane {
              let (count, total) = pooled(from, pooling, source, index / shape.width, index % shape.width, by: +)
              sum.values[target + index] += total * (1 / Float(count))
            }
          case .maxPool(let from, let pooling):
            for index in 0..<plane {
              let (_, largest) = pooled(from, pooling, source, index / shape.width, index % shape.width) {
                $0 > $1 ? $0 : $1
              }
              sum.values[target + index] += largest
            }
          }
        }
      }
    }
    return sum
  }

  private func read(_ source: Plan.Source, _ value: Float) -> Float { source.activation(value) }

  /// The sum of the shifts of the normalised terms, left to right.
  private func shift(_ terms: [Plan.Term], _ channel: Int) -> Float {
    var sum: Float?
    for term in terms {
      guard case .normalized(_, let statistics) = term.kind,
        affines[statistics].indices.contains(channel - term.firstChannel)
      else { continue }
      let shift = affines[statistics][channel - term.firstChannel].shift
      sum = if let previous = sum { previous + shift } else { shift }
    }
    return sum ?? 0
  }

  /// How many positions a window has, and what they come to: columns from the top down, then those from left to right.
  ///
  /// - Parameter plane: of the source, one an image and channel.
  private func pooled(
    _ source: Plan.Source, _ pooling: Pooling, _ plane: Int, _ row: Int, _ column: Int,
    by combine: (Float, Float) -> Float
  ) -> (count: Int, value: Float) {
    let input = activations[source.buffer]
    let top = row * pooling.stride.height - pooling.padding.height
    let left = column * pooling.stride.width - pooling.padding.width
    let rows = max(top, 0)..<min(top + pooling.kernel.height, input.shape.height)
    let columns = max(left, 0)..<min(left + pooling.kernel.width, input.shape.width)
    var total: Float?
    for x in columns {
      var ofColumn: Float?
      for y in rows {
        let value = read(source, input.values[(plane * input.shape.height + y) * input.shape.width + x])
        ofColumn = if let previous = ofColumn { combine(previous, value) } else { value }
      }
      total = if let previous = total { combine(previous, ofColumn ?? 0) } else { ofColumn }
    }
    return (rows.count * columns.count, total ?? 0)
  }
}

// MARK: - Counts

extension ScalarRun {
  private mutating func count(_ value: Activation, sites: [Int]) {
    let units = value.shape.count
    let signs = value.values.map { $0 > 0 }
    func distance(_ i: Int, _ j: Int) -> Int {
      signs.withUnsafeBufferPointer { signs in
        var distance = 0
        for unit in 0..<units where signs[i * units + unit] != signs[j * units + unit] { distance += 1 }
        return distance
      }
    }
    for site in sites { counted[site] = true }
    switch plan.measurement {
    case .distances:
      let batch = plan.images / 2
      let noise = (0..<batch).reduce(0) { $0 + distance($1, batch + $1) }
      for site in sites {
        let partners = permutation(seed: plan.seed, site: plan.sites[site].name, count: batch)
        for image in 0..<batch { counts.sites[site].d1 += distance(image, partners[image]) }
        counts.sites[site].d2 += noise
      }
    case .agreement:
      for i in 0..<plan.images {
        for j in 0...i {
          let agreeing = Int64((units - distance(i, j)) * sites.count)
          counts.agreement[i * plan.images + j] += agreeing
          if i != j { counts.agreement[j * plan.images + i] += agreeing }
        }
      }
    case .logits: break
    }
  }

  /// The input of a site that no step counts is zero: every pair of images agrees on all of its units.
  mutating func agreeOnUncountedSites() {
    guard plan.measurement == .agreement else { return }
    for (site, isCounted) in zip(plan.sites, counted) where !isCounted {
      for pair in counts.agreement.indices { counts.agreement[pair] += Int64(site.units) }
    }
  }
}
