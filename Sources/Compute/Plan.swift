public import NetworkGraph

/// What a run counts.
public enum Measurement: Hashable, Sendable {
  /// d1 and d2 at every ReLU site, from a batch and its perturbed copy (ePADS).
  case distances
  /// Units on which each pair of images agrees, over the sites that the output depends on (NASWOT).
  case agreement
}

/// What a backend runs: a network lowered to a flat list of fused steps whose buffers are already assigned.
///
/// A buffer holds one value for every image of the batch. How a backend lays out a value is its own affair; the plan
/// counts `alignedChannels * height * width` floats an image, and places buffers that are alive at the same time apart
/// in one arena. Batch statistics are slots too: a step fills them, a later one reads them.
public struct Plan: Sendable {
  /// Channels are padded to a multiple of this with zeros, which no code and no distance sees.
  public static let channelAlignment = 8

  /// The smallest multiple of `channelAlignment` that holds `channels`.
  public static func aligned(_ channels: Int) -> Int {
    (channels + channelAlignment - 1) / channelAlignment * channelAlignment
  }

  /// A place in the arena.
  public struct Buffer: Hashable, Sendable {
    public var shape: TensorShape
    /// In floats an image: multiply by the number of images for the place in an arena of all of them.
    public var offset: Int

    /// Floats an image, padded channels included.
    public var count: Int { Plan.aligned(shape.channels) * shape.height * shape.width }
  }

  /// A buffer as a step reads it.
  public struct Source: Hashable, Sendable {
    public var buffer: Int
    /// Whether negative values read as zero.
    public var rectified: Bool
  }

  /// A convolution of one buffer into another.
  public struct ConvolutionStep: Hashable, Sendable {
    /// The stream of its weights.
    public var weights: String
    public var convolution: Convolution
    public var input: Source
    public var output: Int
    /// The slot for the statistics of its output, where a batch normalisation follows.
    public var statistics: Int?
  }

  /// One summand of a node.
  public enum Term: Hashable, Sendable {
    /// The buffer, batch normalised with a slot of statistics.
    case normalized(buffer: Int, statistics: Int)
    case identity(Source)
    case averagePool(Source, Pooling)
  }

  /// A sum of terms: what a node of a cell is. Its signs are the code of every site listed.
  public struct NodeStep: Hashable, Sendable {
    public var terms: [Term]
    public var shape: TensorShape
    /// Where the sum goes; nil where only its signs are wanted. May be the buffer of a term that is not pooled.
    public var output: Int?
    public var statistics: Int?
    /// Positions in `Plan.sites`; they share one code.
    public var sites: [Int]
  }

  public enum Step: Hashable, Sendable {
    case convolution(ConvolutionStep)
    case node(NodeStep)
  }

  /// A ReLU that is counted.
  public struct Site: Hashable, Sendable {
    /// The module's name in the reference model; the stream of its permutation.
    public var name: String
    /// Units of one image.
    public var units: Int
  }

  public let measurement: Measurement
  public let seed: UInt64
  /// Images of one run: both halves for `.distances`.
  public let images: Int
  /// The buffer that holds the images before the first step.
  public let input: Int
  public let buffers: [Buffer]
  public let steps: [Step]
  /// In execution order. A site that no step counts has an input that is zero by construction: its counts are 0, and
  /// every pair of images agrees on all of its units.
  public let sites: [Site]
  /// The shape behind each slot of batch statistics.
  public let statistics: [TensorShape]
  /// Floats of the arena for one image.
  public let arenaCount: Int

  /// Images of the clean half.
  public var batch: Int { measurement == .distances ? images / 2 : images }

  /// Bytes of the arena for all images.
  public var arenaBytes: Int { arenaCount * images * MemoryLayout<Float>.stride }

  /// Units of one image of the largest code, padded channels included.
  public var largestCode: Int {
    steps.reduce(0) { largest, step in
      guard case .node(let node) = step, !node.sites.isEmpty else { return largest }
      return max(largest, Plan.aligned(node.shape.channels) * node.shape.height * node.shape.width)
    }
  }
}
