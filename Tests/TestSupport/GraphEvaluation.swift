public import Compute
public import NetworkGraph
import Randomness

/// A network evaluated operation by operation in double precision, as PyTorch would: nothing of it knows of a plan.
public struct GraphEvaluation {
  /// What a batch normalisation takes.
  public enum Mode: Sendable {
    case batchStatistics
    /// Mean 0 and variance 1.
    case initialRunningStatistics
  }

  private let network: Network
  private let mode: Mode
  private let images: Int
  private let seed: UInt64
  /// One for every operation, laid out [image][channel][row][column].
  private var values: [[Double]] = []

  public init(_ network: Network, images: ImageBatch, seed: UInt64, mode: Mode = .batchStatistics) {
    self.network = network
    self.mode = mode
    self.images = images.count
    self.seed = seed
    for operation in network.operations {
      switch operation.kind {
      case .input: values.append(images.values.map(Double.init))
      case .convolution(let convolution): values.append(convolve(operation, convolution))
      case .batchNormalization: values.append(normalize(operation))
      case .activation(let activation):
        // The networks that it evaluates have no other; those of files are compared with PyTorch itself.
        precondition(activation.function == .relu)
        values.append(values[operation.inputs[0].index].map { max($0, 0) })
      case .averagePool(let pooling):
        values.append(pool(operation, pooling) { $0.reduce(0, +) / Double($0.count) })
      case .maxPool(let pooling): values.append(pool(operation, pooling) { $0.max() ?? 0 })
      case .concatenation: values.append(concatenate(operation))
      case .add:
        values.append(zip(values[operation.inputs[0].index], values[operation.inputs[1].index]).map { $0 + $1 })
      case .zero: values.append(Array(repeating: 0, count: images.count * operation.shape.count))
      case .globalAveragePool:
        let source = shape(of: operation.inputs[0])
        let window = Pooling(kernel: Extent(source.height, source.width), stride: Extent(1))
        values.append(pool(operation, window) { $0.reduce(0, +) / Double($0.count) })
      case .linear(let outputs): values.append(linear(operation, outputs: outputs))
      case .function, .binary, .constant, .arrangement, .matrixProduct, .normalization, .softmax, .reduction,
        .interpolation:
        preconditionFailure("not an operation of the search spaces")
      }
    }
  }

  /// [image][class].
  public var logits: [Double] { values[network.output.index] }

  /// The signs of a ReLU's input, a bit a unit and image.
  private func code(of relu: ValueID) -> [Bool] { values[network[relu].inputs[0].index].map { $0 > 0 } }

  /// What a plan for distances counts.
  public func distances() -> [SiteCounts] {
    let batch = images / 2
    return network.sites.map { relu in
      let code = code(of: relu)
      let operation = network[relu]
      let units = operation.shape.count
      func distance(_ i: Int, _ j: Int) -> Int {
        (0..<units).count { code[i * units + $0] != code[j * units + $0] }
      }
      let partners = permutation(seed: seed, site: operation.name, count: batch)
      return SiteCounts(
        name: operation.name, units: units, d1: (0..<batch).reduce(0) { $0 + distance($1, partners[$1]) },
        d2: (0..<batch).reduce(0) { $0 + distance($1, batch + $1) })
    }
  }

  /// What a plan for agreement counts.
  public func agreement() -> [Int64] {
    var matrix = [Int64](repeating: 0, count: images * images)
    let reached = network.reachesOutput
    for relu in network.sites where reached[relu.index] {
      let code = code(of: relu)
      let units = network[relu].shape.count
      for i in 0..<images {
        for j in 0..<images {
          matrix[i * images + j] += Int64((0..<units).count { code[i * units + $0] == code[j * units + $0] })
        }
      }
    }
    return matrix
  }

  private func shape(of value: ValueID) -> TensorShape { network[value].shape }

  private func convolve(_ operation: Operation, _ convolution: Convolution) -> [Double] {
    let input = values[operation.inputs[0].index]
    let source = shape(of: operation.inputs[0])
    let kernel = convolution.kernel
    let inputs = source.channels / convolution.groups
    let fanIn = inputs * kernel.area
    let weights = convolutionWeights(
      seed: seed, name: operation.name + ".weight", count: operation.shape.channels * fanIn, fanIn: fanIn
    ).map(Double.init)
    var result: [Double] = []
    for image in 0..<images {
      for output in 0..<operation.shape.channels {
        for row in 0..<operation.shape.height {
          for column in 0..<operation.shape.width {
            let top = row * convolution.stride.height - convolution.padding.height + convolution.offset.height
            let left = column * convolution.stride.width - convolution.padding.width + convolution.offset.width
            var sum = 0.0
            let first = output / (operation.shape.channels / convolution.groups) * inputs
            for channel in 0..<inputs {
              let plane = (image * source.channels + first + channel) * source.height
              for r in 0..<kernel.height {
                let y = top + r * convolution.dilation.height
                guard y >= 0, y < source.height else { continue }
                for s in 0..<kernel.width {
                  let x = left + s * convolution.dilation.width
                  guard x >= 0, x < source.width else { continue }
                  let weight = weights[((output * inputs + channel) * kernel.height + r) * kernel.width + s]
                  sum += weight * input[(plane + y) * source.width + x]
                }
              }
            }
            result.append(sum)
          }
        }
      }
    }
    return result
  }

  private func linear(_ operation: Operation, outputs: Int) -> [Double] {
    let input = values[operation.inputs[0].index]
    let fanIn = shape(of: operation.inputs[0]).count
    let weights = convolutionWeights(seed: seed, name: operation.name + ".weight", count: outputs * fanIn, fanIn: fanIn)
    let bias = convolutionWeights(seed: seed, name: operation.name + ".bias", count: outputs, fanIn: fanIn)
    return (0..<images * outputs).map { index in
      let (image, output) = (index / outputs, index % outputs)
      return (0..<fanIn).reduce(Double(bias[output])) {
        $0 + Double(weights[output * fanIn + $1]) * input[image * fanIn + $1]
      }
    }
  }

  private func normalize(_ operation: Operation) -> [Double] {
    var result = values[operation.inputs[0].index]
    if mode == .initialRunningStatistics { return result.map { $0 / (1 + 1e-5).squareRoot() } }
    let plane = operation.shape.height * operation.shape.width
    for channel in 0..<operation.shape.channels {
      let positions = (0..<images).flatMap { image in
        let start = (image * operation.shape.channels + channel) * plane
        return start..<start + plane
      }
      let mean = positions.reduce(0) { $0 + result[$1] } / Double(positions.count)
      let variance = positions.reduce(0) { $0 + (result[$1] - mean) * (result[$1] - mean) } / Double(positions.count)
      for position in positions { result[position] = (result[position] - mean) / (variance + 1e-5).squareRoot() }
    }
    return result
  }

  private func concatenate(_ operation: Operation) -> [Double] {
    (0..<images).flatMap { image in
      operation.inputs.flatMap { input in
        let count = shape(of: input).count
        return values[input.index][image * count..<(image + 1) * count]
      }
    }
  }

  private func pool(_ operation: Operation, _ pooling: Pooling, by combine: ([Double]) -> Double) -> [Double] {
    let input = values[operation.inputs[0].index]
    let source = shape(of: operation.inputs[0])
    var result: [Double] = []
    for plane in 0..<images * source.channels {
      for row in 0..<operation.shape.height {
        for column in 0..<operation.shape.width {
          var window: [Double] = []
          for r in 0..<pooling.kernel.height {
            for s in 0..<pooling.kernel.width {
              let y = row * pooling.stride.height + r - pooling.padding.height
              let x = column * pooling.stride.width + s - pooling.padding.width
              guard y >= 0, y < source.height, x >= 0, x < source.width else { continue }
              window.append(input[(plane * source.height + y) * source.width + x])
            }
          }
          result.append(combine(window))
        }
      }
    }
    return result
  }
}
