internal import Compute
import NetworkGraph

/// Sizes and places of what a run keeps on the device. Sizes in bytes, places in elements of their buffer.
struct OpenCLLayout {
  /// Longs of a term in Kernels/node.cl.
  static let termLength = 16

  let arena: Int
  let weights: Int
  /// By step; 0 for nodes.
  let weightPlaces: [Int]
  let affine: Int
  /// By slot of statistics.
  let affinePlaces: [Int]
  /// Parts that the tiles of a channel are shared out to.
  let parts: Int
  let partial: Int
  let codes: Int
  let terms: Int
  let images: Int
  let permutations: Int
  /// [site][d1, d2][image], or [image][image].
  let counts: Int
  let bytes: Int

  init(_ plan: Plan, _ info: OpenCLDeviceInfo, _ variant: OpenCLBackend.Variant) {
    var weights = 0
    var weightPlaces: [Int] = []
    var terms = 0
    for step in plan.steps {
      weightPlaces.append(weights)
      switch step {
      case .convolution(let step):
        let inputs = plan.buffers[step.input.buffer].shape.channels
        weights += Plan.aligned(step.convolution.outputChannels) * inputs * step.convolution.kernel.area
      case .node(let step): terms += step.terms.count
      }
    }
    var affine = 0
    var affinePlaces: [Int] = []
    var channels = 0
    for shape in plan.statistics {
      affinePlaces.append(affine)
      affine += 2 * Plan.aligned(shape.channels)
      channels = max(channels, Plan.aligned(shape.channels))
    }
    let input = plan.buffers[plan.input].shape
    arena = plan.arenaBytes
    self.weights = weights * 4
    self.weightPlaces = weightPlaces
    self.affine = affine * 4
    self.affinePlaces = affinePlaces
    parts = variant == .tiled ? 512 : 8 * max(1, info.computeUnits)
    partial = parts * 4 * channels * 8
    codes = plan.images * ((plan.largestCode + 31) / 32) * 4
    self.terms = terms * Self.termLength * 8
    images = plan.images * input.count * 4
    switch plan.measurement {
    case .distances:
      permutations = plan.sites.count * plan.batch * 4
      counts = plan.sites.count * 2 * plan.batch * 4
    case .agreement:
      permutations = 0
      counts = plan.batch * plan.batch * 8
    }
    bytes =
      arena + self.weights + self.affine + partial + codes + self.terms + images + permutations + counts
      + plan.sites.count * 4 + 4
  }

  /// Why the device cannot hold this; nil where it can.
  func excess(of info: OpenCLDeviceInfo) -> String? {
    func megabytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
    let largest = max(arena, weights, codes, images, counts, partial)
    if largest > info.maximumAllocation {
      return """
        the run needs one buffer of \(megabytes(largest)) MiB and \(info.name) allows \
        \(megabytes(info.maximumAllocation)): take a smaller --batch
        """
    }
    if bytes > info.globalMemory {
      return """
        the run needs \(megabytes(bytes)) MiB and \(info.name) has \(megabytes(info.globalMemory)): take a smaller --batch
        """
    }
    return nil
  }
}
