public import NetworkGraph

/// What a run is for.
public enum Measurement: Hashable, Sendable {
  /// d1 and d2 at every ReLU site, from a batch and its perturbed copy (ePADS).
  case distances
  /// Units on which each pair of images agrees, over the sites that the output depends on (NASWOT).
  case agreement
  /// The network's output in evaluation mode: batch normalisation with its running statistics, which at initialisation
  /// are mean 0 and variance 1, folded into the convolutions where it follows one. Nothing is counted. What is carried
  /// out is what the network would take with trained statistics.
  case logits
}

/// What a backend runs: a network lowered to a flat list of fused steps.
///
/// A step makes one value for every image, a sum of terms, takes its signs, and carries out the convolutions that read
/// it. What outlives its step is a buffer: a value that later steps add up, or the output of a convolution. How a
/// backend lays out a buffer is its own affair; `placement` puts those that are alive at the same time apart in one
/// arena. Batch statistics are slots: a step fills them, a later one reads them.
public struct Plan: Sendable {
  /// Channels are padded to a multiple of this with zeros, which no code and no distance sees.
  public static let channelAlignment = 8

  /// The smallest multiple of `channelAlignment` that holds `channels`.
  public static func aligned(_ channels: Int) -> Int {
    (channels + channelAlignment - 1) / channelAlignment * channelAlignment
  }

  /// Floats of one image of this shape, padded channels included.
  public static func alignedCount(_ shape: TensorShape) -> Int { aligned(shape.channels) * shape.height * shape.width }

  /// A buffer as a term reads it.
  public struct Source: Hashable, Sendable {
    /// A position in `Plan.buffers`.
    public var buffer: Int
    /// What is done to each value as it is read; keeps zero.
    public var activation = Function.identity
  }

  /// What an operation reads.
  public struct Operand: Hashable, Sendable {
    public enum Place: Hashable, Sendable {
      /// A position in `Plan.buffers`.
      case buffer(Int)
      /// A position in `Plan.constants`: the same for every image.
      case constant(Int)
    }

    public var place: Place
    /// What is done to each value as it is read; the identity but in a copy and in a function of two values.
    public var activation: Function

    public init(place: Place, activation: Function = .identity) {
      self.place = place
      self.activation = activation
    }
  }

  /// How a step makes its value that is no sum of terms: an operation on whole values of one image.
  public struct Operation: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// The operand as it is read.
      case copy
      case binary(BinaryFunction)
      case arrangement(Arrangement)
      case matrixProduct(MatrixProduct)
      case normalization(GroupNormalization)
      case softmax
      case reduction(Reduction)
      case interpolation(Interpolation)

      /// What it is, in words.
      public var title: String {
        switch self {
        case .copy: "function"
        case .binary(let function): function.rawValue
        case .arrangement: "copy"
        case .matrixProduct: "matrix product"
        case .normalization: "normalization"
        case .softmax: "softmax"
        case .reduction(let reduction): reduction.function.rawValue
        case .interpolation: "interpolation"
        }
      }
    }

    public var kind: Kind
    public var operands: [Operand]
  }

  /// Numbers that are the same for every image, [channel][row][column].
  public struct Constant: Hashable, Sendable {
    public var shape: TensorShape
    public var values: StoredTensor
  }

  /// What a slot of batch statistics is of, and the normalisation that reads it.
  public struct Statistics: Hashable, Sendable {
    public var shape: TensorShape
    public var normalization: BatchNormalization
  }

  /// One summand of a step's value.
  public struct Term: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// The buffer, batch normalised with a slot of statistics.
      case normalized(buffer: Int, statistics: Int)
      case identity(Source)
      /// The source's function is the identity or a ReLU.
      case averagePool(Source, Pooling)
      case maxPool(Source, Pooling)
    }

    public var kind: Kind
    /// The first channel of the value that it adds to: it adds to as many as its buffer has. A concatenation is a sum
    /// of terms that lie side by side.
    public var firstChannel = 0
  }

  /// A convolution that reads a step's value, or the output of another of its branches.
  public struct Branch: Hashable, Sendable {
    /// How the products are summed; a part of the numerics contract.
    public enum Algorithm: Hashable, Sendable {
      case direct
      /// F(4x4, 3x3).
      case winograd
    }

    /// The branch whose output it reads as it stands, by its position, which comes before its own; nil for the value.
    /// Nothing but such convolutions reads the output of a branch that has any.
    public var parent: Int?
    /// Its weights and, where it has one, its bias: added to each sum when the sum is complete.
    public var weights: Parameter
    public var bias: Parameter?
    /// The batch normalisation with running statistics that was folded into weights and bias; for `.logits` alone.
    public var folded: BatchNormalization?
    public var convolution: Convolution
    public var algorithm: Algorithm
    /// The buffer of its output.
    public var output: Int
    /// The slot for the statistics of its output, where a batch normalisation follows.
    public var statistics: Int?
  }

  /// A sum of terms, what a node of a cell is, and the convolutions that leave it; or an operation.
  public struct Step: Hashable, Sendable {
    public var terms: [Term]
    /// Makes the value in the place of terms. Such a step has an output, and neither sites nor statistics nor branches.
    public var operation: Operation?
    /// Of the value, for one image.
    public var shape: TensorShape
    /// Positions in `Plan.sites`: the signs of the value are the code of each.
    public var sites: [Int]
    /// The buffer of the value; nil where only its signs are wanted, or where it is a term's buffer as it stands.
    public var output: Int?
    /// Whether a later step reads the output. A backend that carries out a step at once can do without it otherwise.
    public var isKept: Bool
    /// The slot for the statistics of the value.
    public var statistics: Int?
    /// What the branches without a parent do to each value as they read it.
    public var activation: Function
    /// In the order of the network.
    public var branches: [Branch]

    /// What the branches without a parent read, for a backend that keeps every output.
    public var source: Source {
      if let output { return Source(buffer: output, activation: activation) }
      // A promise of the lowering, which the tests audit: no network can break it.
      guard case .identity(let source) = terms.first?.kind else {
        preconditionFailure("a step that is read has an output")
      }
      return Source(buffer: source.buffer, activation: source.activation == .identity ? activation : source.activation)
    }

    /// The buffers that it reads, but for those of its own branches; one twice where it is read twice.
    public var readBuffers: [Int] {
      terms.map(\.buffer)
        + (operation?.operands ?? []).compactMap { operand in
          if case .buffer(let buffer) = operand.place { buffer } else { nil }
        }
    }

    /// What a branch reads, for a backend that keeps every output.
    public func source(of branch: Branch) -> Source {
      branch.parent.map { Source(buffer: branches[$0].output) } ?? source
    }

    /// The branches by position, those together that differ in output channels alone: convolutions of one algorithm and
    /// geometry that read the same are one convolution whose output channels follow each other. In the order of the
    /// first of each, so that what others read comes before them.
    public var joinedBranches: [[Int]] {
      var joined: [[Int]] = []
      for (position, branch) in branches.enumerated() {
        if let index = joined.firstIndex(where: { branches[$0[0]].differsInOutputsAlone(from: branch) }) {
          joined[index].append(position)
        } else {
          joined.append([position])
        }
      }
      return joined
    }

    /// Whether branches read the output of this one.
    public func isParent(_ position: Int) -> Bool { branches.contains { $0.parent == position } }
  }

  /// The shape that a branch of a step reads.
  public func inputShape(of branch: Branch, in step: Step) -> TensorShape {
    branch.parent.map { buffers[step.branches[$0].output] } ?? step.shape
  }

  /// The shape of what an operation reads.
  public func shape(of operand: Operand) -> TensorShape {
    switch operand.place {
    case .buffer(let buffer): buffers[buffer]
    case .constant(let constant): constants[constant].shape
    }
  }

  /// An activation that is counted.
  public struct Site: Hashable, Sendable {
    /// The module's name in the reference model; the stream of its permutation.
    public var name: String
    /// Units of one image.
    public var units: Int
  }

  public let measurement: Measurement
  /// Of weights and permutations.
  public let seed: UInt64
  /// Images of one run: both halves for `.distances`.
  public let images: Int
  /// The buffer that holds the images before the first step.
  public let input: Int
  /// The shape of every buffer.
  public let buffers: [TensorShape]
  /// In the order in which they are carried out.
  public let steps: [Step]
  /// In execution order. A site that no step counts has an input that is zero by construction: its counts are 0, and
  /// every pair of images agrees on all of its units.
  public let sites: [Site]
  /// The slots of batch statistics. For `.logits` no step fills a slot: all hold running statistics.
  public let statistics: [Statistics]
  public let constants: [Constant]
  /// The buffer of the network's output; nil unless the plan is for `.logits`.
  public let output: Int?

  /// Units of an image at the sites that no step counts: every pair of images agrees on all of them.
  public var uncountedUnits: Int {
    let counted = Set(steps.flatMap(\.sites))
    return sites.indices.reduce(0) { counted.contains($1) ? $0 : $0 + sites[$1].units }
  }

  /// Images of the clean half.
  public var batch: Int { measurement == .distances ? images / 2 : images }

  /// Multiply-accumulates of an image in the convolutions and linear layers that are carried out, as a direct
  /// convolution has them: those of the network less what the output does not depend on, and in a plan that counts what
  /// is zero.
  public var multiplyAccumulates: Int {
    steps.reduce(0) { total, step in
      step.branches.reduce(total) { total, branch in
        let convolution = branch.convolution
        let chain = inputShape(of: branch, in: step).channels / convolution.groups * convolution.kernel.area
        return total + buffers[branch.output].count * chain
      }
    }
  }

  /// Units of one image of the largest code, padded channels included.
  public var largestCode: Int {
    steps.filter { !$0.sites.isEmpty }.map { Plan.alignedCount($0.shape) }.max() ?? 0
  }
}

extension Plan.Branch {
  /// Whether two branches of a step are the same convolution of the same source, but for the number of their outputs.
  fileprivate func differsInOutputsAlone(from other: Self) -> Bool {
    var convolution = convolution
    convolution.outputChannels = other.convolution.outputChannels
    // What a branch reads is known by its parent: those without one read the value.
    return algorithm == other.algorithm && convolution == other.convolution && parent == other.parent
  }
}

extension Plan.Branch.Algorithm {
  /// Weights that it takes for each pair of an output and an input channel, of a kernel of this area.
  public func positions(kernelArea: Int) -> Int { self == .winograd ? 36 : kernelArea }

  /// The algorithm of a convolution: Winograd's where it is dense, 3x3, with stride and dilation 1, has at least 8
  /// input channels to spread over vectors, and no window that lies in the padding alone, whose sum would be what
  /// rounding leaves of 0.
  public static func canonical(for convolution: Convolution, inputChannels: Int) -> Self {
    convolution.kernel == Extent(3) && convolution.stride == Extent(1) && convolution.dilation == Extent(1)
      && max(convolution.padding.height, convolution.padding.width) <= 2
      && max(convolution.trailingPadding?.height ?? 0, convolution.trailingPadding?.width ?? 0) <= 2
      && convolution.groups == 1
      && convolution.offset == Extent(0) && inputChannels >= 8
      ? .winograd : .direct
  }
}
