public import Compute
import NetworkGraph
import Randomness

/// Docs/Numerics.md carried out to the letter, one value at a time: what every other backend has to equal.
///
/// It shares no code with them, ignores the plan's arena (each buffer is an array of its own) and is slow.
public struct ScalarBackend: Backend {
  public init() {}

  public var device: Device { Device(backend: "scalar", name: "scalar reference", kind: .cpu) }

  public func memoryBound(of plan: Plan) -> Int {
    let floats = plan.buffers.reduce(0) { $0 + $1.shape.count * plan.images }
    return floats * MemoryLayout<Float>.stride + plan.largestCode * plan.images
  }

  public func run(_ plan: Plan, images: ImageBatch) throws(BackendError) -> Counts {
    try check(images, for: plan)
    var run = ScalarRun(plan, images)
    for step in plan.steps {
      switch step {
      case .convolution(let step): try run.convolve(step)
      case .node(let step): try run.add(step)
      }
    }
    run.agreeOnUncountedSites()
    return run.counts
  }
}

/// The values of one buffer, laid out [image][channel][row][column].
private struct Activation {
  let shape: TensorShape
  var values: [Float]

  init(shape: TensorShape, images: Int) {
    self.shape = shape
    self.values = Array(repeating: 0, count: images * shape.count)
  }

  func position(_ image: Int, _ channel: Int, _ row: Int, _ column: Int) -> Int {
    ((image * shape.channels + channel) * shape.height + row) * shape.width + column
  }

  subscript(image: Int, channel: Int, row: Int, column: Int) -> Float {
    get { values[position(image, channel, row, column)] }
    set { values[position(image, channel, row, column)] = newValue }
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

  init(_ plan: Plan, _ images: ImageBatch) {
    self.plan = plan
    activations = plan.buffers.map { Activation(shape: $0.shape, images: 0) }
    activations[plan.input].values = images.values
    affines = Array(repeating: [], count: plan.statistics.count)
    counted = Array(repeating: false, count: plan.sites.count)
    switch plan.measurement {
    case .distances:
      counts = Counts(sites: plan.sites.map { SiteCounts(name: $0.name, units: $0.units) })
    case .agreement:
      counts = Counts(agreement: Array(repeating: 0, count: plan.images * plan.images))
    }
  }

  /// The buffer's values, with negative ones as zero where the source is rectified.
  func read(_ source: Plan.Source) -> Activation {
    var result = activations[source.buffer]
    if source.rectified { result.values = result.values.map { $0 > 0 ? $0 : 0 } }
    return result
  }
}

// MARK: - Convolution

extension ScalarRun {
  mutating func convolve(_ step: Plan.ConvolutionStep) throws(BackendError) {
    let input = read(step.input)
    let convolution = step.convolution
    let kernel = convolution.kernel
    let fanIn = input.shape.channels * kernel.area
    let weights = convolutionWeights(
      seed: plan.seed, name: step.weights, count: convolution.outputChannels * fanIn, fanIn: fanIn)
    var output = Activation(shape: plan.buffers[step.output].shape, images: plan.images)
    input.values.withUnsafeBufferPointer { inputValues in
      weights.withUnsafeBufferPointer { weights in
        for image in 0..<plan.images {
          for channel in 0..<output.shape.channels {
            for row in 0..<output.shape.height {
              for column in 0..<output.shape.width {
                output[image, channel, row, column] = chain(
                  convolution, input.shape, image: image, channel: channel, row: row, column: column,
                  inputValues, weights)
              }
            }
          }
        }
      }
    }
    try finish(step.output, output, statistics: step.statistics)
  }

  /// One output: a chain of fused multiply-adds over kernel row, kernel column and input channel.
  private func chain(
    _ convolution: Convolution, _ shape: TensorShape, image: Int, channel: Int, row: Int, column: Int,
    _ input: UnsafeBufferPointer<Float>, _ weights: UnsafeBufferPointer<Float>
  ) -> Float {
    let kernel = convolution.kernel
    var sum: Float = 0
    for r in 0..<kernel.height {
      for s in 0..<kernel.width {
        let y = row * convolution.stride.height + r * convolution.dilation.height - convolution.padding.height
        let x = column * convolution.stride.width + s * convolution.dilation.width - convolution.padding.width
        let isInside = (0..<shape.height).contains(y) && (0..<shape.width).contains(x)
        for c in 0..<shape.channels {
          let value = isInside ? input[((image * shape.channels + c) * shape.height + y) * shape.width + x] : 0
          let weight = weights[((channel * shape.channels + c) * kernel.height + r) * kernel.width + s]
          sum = sum.addingProduct(value, weight)
        }
      }
    }
    return sum
  }

  /// Stores what a step made and fills its slot of statistics.
  mutating func finish(_ buffer: Int, _ output: Activation, statistics: Int?) throws(BackendError) {
    activations[buffer] = output
    guard let statistics else { return }
    var affines: [Affine] = []
    for channel in 0..<output.shape.channels {
      affines.append(try affine(of: channel, of: output))
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

  private func affine(of channel: Int, of activation: Activation) throws(BackendError) -> Affine {
    let shape = activation.shape
    let tileRows = (shape.height + 3) / 4
    let tileColumns = (shape.width + 3) / 4
    let largest = largestTileSum(tiles: plan.images * tileRows * tileColumns)
    var sums = Parts()
    var squares = Parts()
    for image in 0..<plan.images {
      for tileRow in 0..<tileRows {
        for tileColumn in 0..<tileColumns {
          let (s, q) = tile(activation, image, channel, row: 4 * tileRow, column: 4 * tileColumn)
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
    let variance = max(0, squares.sum / count - mean * mean)
    let scale = 1 / (variance + 1e-5).squareRoot()
    return Affine(scale: Float(scale), shift: Float(-(mean * scale)))
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
    _ activation: Activation, _ image: Int, _ channel: Int, row: Int, column: Int
  ) -> (sum: Float, squares: Float) {
    var rowSums: [Float] = []
    var rowSquares: [Float] = []
    for y in row..<row + 4 {
      let x = (column..<column + 4).map { x in
        y < activation.shape.height && x < activation.shape.width ? activation[image, channel, y, x] : 0
      }
      rowSums.append((x[0] + x[1]) + (x[2] + x[3]))
      var squares = x[0] * x[0]
      squares = squares.addingProduct(x[1], x[1])
      squares = squares.addingProduct(x[2], x[2])
      squares = squares.addingProduct(x[3], x[3])
      rowSquares.append(squares)
    }
    return (
      ((rowSums[0] + rowSums[1]) + rowSums[2]) + rowSums[3],
      ((rowSquares[0] + rowSquares[1]) + rowSquares[2]) + rowSquares[3]
    )
  }
}

// MARK: - Node

extension ScalarRun {
  mutating func add(_ step: Plan.NodeStep) throws(BackendError) {
    let shape = step.shape
    var sum = Activation(shape: shape, images: plan.images)
    for channel in 0..<shape.channels {
      let start = shift(step.terms, channel)
      for image in 0..<plan.images {
        for row in 0..<shape.height {
          for column in 0..<shape.width { sum[image, channel, row, column] = start }
        }
      }
    }
    for term in step.terms {
      let input = summand(term)
      for image in 0..<plan.images {
        for channel in 0..<shape.channels {
          for row in 0..<shape.height {
            for column in 0..<shape.width {
              let value = sum[image, channel, row, column]
              sum[image, channel, row, column] =
                switch term {
                case .normalized(_, let statistics):
                  value.addingProduct(input[image, channel, row, column], affines[statistics][channel].scale)
                case .identity: value + input[image, channel, row, column]
                case .averagePool(_, let pooling): value + pooled(input, pooling, image, channel, row, column)
                }
            }
          }
        }
      }
    }
    if !step.sites.isEmpty { count(sum.values.map { $0 > 0 }, units: shape.count, sites: step.sites) }
    if let output = step.output { try finish(output, sum, statistics: step.statistics) }
  }

  /// The sum of the shifts of the normalised terms, left to right.
  private func shift(_ terms: [Plan.Term], _ channel: Int) -> Float {
    var sum: Float?
    for case .normalized(_, let statistics) in terms {
      let shift = affines[statistics][channel].shift
      sum = if let previous = sum { previous + shift } else { shift }
    }
    return sum ?? 0
  }

  private func summand(_ term: Plan.Term) -> Activation {
    switch term {
    case .normalized(let buffer, _): activations[buffer]
    case .identity(let source), .averagePool(let source, _): read(source)
    }
  }

  private func pooled(
    _ input: Activation, _ pooling: Pooling, _ image: Int, _ channel: Int, _ row: Int, _ column: Int
  ) -> Float {
    let top = row * pooling.stride.height - pooling.padding.height
    let left = column * pooling.stride.width - pooling.padding.width
    let rows = (top..<top + pooling.kernel.height).filter((0..<input.shape.height).contains)
    let columns = (left..<left + pooling.kernel.width).filter((0..<input.shape.width).contains)
    let columnSums = columns.map { x in sum(rows.map { y in input[image, channel, y, x] }) }
    return sum(columnSums) * (1 / Float(rows.count * columns.count))
  }

  /// Left to right, from the first element.
  private func sum(_ values: [Float]) -> Float {
    guard var sum = values.first else { return 0 }
    for value in values.dropFirst() { sum += value }
    return sum
  }
}

// MARK: - Counts

extension ScalarRun {
  /// - Parameter code: for every image, a bit a unit.
  private mutating func count(_ code: [Bool], units: Int, sites: [Int]) {
    func distance(_ i: Int, _ j: Int) -> Int {
      (0..<units).reduce(0) { $0 + (code[i * units + $1] != code[j * units + $1] ? 1 : 0) }
    }
    for site in sites {
      counted[site] = true
      switch plan.measurement {
      case .distances:
        let batch = plan.images / 2
        let partners = permutation(seed: plan.seed, site: plan.sites[site].name, count: batch)
        for image in 0..<batch {
          counts.sites[site].d1 += distance(image, partners[image])
          counts.sites[site].d2 += distance(image, batch + image)
        }
      case .agreement:
        for i in 0..<plan.images {
          for j in 0..<plan.images { counts.agreement[i * plan.images + j] += Int64(units - distance(i, j)) }
        }
      }
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
