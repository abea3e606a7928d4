internal import CPUKernels
internal import Compute
import NetworkGraph

/// How an inference shares its images out among threads.
struct InferencePartition {
  /// Threads that carry out a step together, on images that they share.
  let teamWidth: Int
  /// Teams side by side, each on chunks of its own.
  let teams: Int
  /// The images of every chunk.
  let chunks: [Range<Int>]

  /// Images of a chunk: so many that reading the weights counts little.
  private static let mostImages = 16
  /// Bytes of activations of a chunk where images are large.
  private static let chunkBytes = 32 << 20

  /// Threads of a team at most: more would wait for each other longer than they compute.
  private static let mostRoles = 16

  /// Every thread for itself where there are images for all: steps then follow each other without waiting. Else all of them
  /// together, on all images at once.
  ///
  /// - Parameter bytes: of the activations of one image.
  init(images: Int, bytes: Int, threads: Int) {
    guard threads == 1 || images.isMultiple(of: threads) || images >= 4 * threads else {
      (teamWidth, teams) = (min(threads, Self.mostRoles), 1)
      chunks = [0..<images]
      return
    }
    teamWidth = 1
    teams = threads
    let wanted = max(1, min(Self.mostImages, Self.chunkBytes / max(1, bytes)))
    let rounds = (images + wanted * threads - 1) / (wanted * threads)
    let count = min(images, rounds * threads)
    chunks = (0..<count).map { $0 * images / count..<($0 + 1) * images / count }
  }

  /// The numbers of images that chunks have: at most two.
  var sizes: [Int] { Set(chunks.map(\.count)).sorted() }
}

/// Where everything of a team lies in one block of memory. Sizes and offsets in floats, every part aligned to 16.
struct InferenceLayout {
  /// A place for padded images that steps of one geometry use in turn: what lies around the images stays zero.
  private struct Region: Hashable {
    var channels: Int
    var row: Int
    var image: Int
    var origin: Int
    var height: Int
    var width: Int
    /// Regions of one geometry that a step needs at once.
    var number: Int
  }

  /// Of the largest chunk.
  let images: Int
  /// Threads of a team.
  let roles: Int
  let placement: Plan.Placement
  let steps: [StepLayout]
  /// For every step, where the padded images of the value begin, and those of branches that others follow.
  let values: [Int]
  let parents: [[Int: Int]]
  /// The padded images of the first role; those of the others follow, so far apart.
  let paddedStride: Int
  /// Scratch of the first role; those of the others follow, `scratchStride` apart.
  let scratch: Int
  let scratchStride: Int
  let winograd: Int
  let count: Int

  /// - Parameter images: of the largest chunk.
  init(_ plan: Plan, images: Int, roles: Int, instructionSet: InstructionSet) {
    func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    self.images = images
    self.roles = roles
    placement = plan.placement(roles > 1 ? .shared : .fused)
    steps = plan.steps.map { step in
      // A team of several makes a value for all images, then convolves it.
      let group = roles > 1 ? images : StepLayout.group(of: step, in: plan, atMost: images)
      return StepLayout(step, plan: plan, group: group, instructionSet: instructionSet)
    }
    var end = aligned(placement.count * images)
    var regions: [Region: (place: Int, count: Int)] = [:]
    var used: [[Region]] = []
    for (step, layout) in zip(plan.steps, steps) {
      var regionsOfStep: [Region] = []
      let padded =
        [(layout.value, step.shape)]
        + layout.parents.sorted { $0.key < $1.key }.map { ($0.value, plan.buffers[step.branches[$0.key].output]) }
      for (padded, shape) in padded {
        var region = Region(
          channels: padded.channels, row: padded.row, image: padded.image, origin: padded.origin,
          height: shape.height, width: shape.width, number: 0)
        while regionsOfStep.contains(region) { region.number += 1 }
        regionsOfStep.append(region)
        regions[region] = (0, max(regions[region]?.count ?? 0, padded.image * layout.group))
      }
      used.append(regionsOfStep)
    }
    let paddedStart = end
    // In the order of their first use, so that the layout is the same every time.
    var placed: Set<Region> = []
    for region in used.joined() where placed.insert(region).inserted {
      let count = regions[region]?.count ?? 0
      regions[region] = (end, count)
      end += aligned(count)
    }
    values = used.map { regions[$0[0]]?.place ?? 0 }
    parents = zip(used, steps).map { used, layout in
      Dictionary(
        uniqueKeysWithValues: zip(layout.parents.keys.sorted(), used.dropFirst().map { regions[$0]?.place ?? 0 }))
    }
    paddedStride = end - paddedStart
    end += paddedStride * (roles - 1)
    scratch = end
    winograd = aligned(steps.map(\.rowCount).max() ?? 0)
    scratchStride = winograd + aligned(steps.map(\.winogradCount).max() ?? 0)
    count = end + scratchStride * roles
  }
}
