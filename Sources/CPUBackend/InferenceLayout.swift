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

  /// Every thread for itself where there are images for all: steps then follow each other without waiting. Else all of
  /// them together, on all images at once.
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
  /// Of the largest chunk.
  let images: Int
  /// Threads of a team.
  let roles: Int
  let placement: Plan.Placement
  let steps: [StepLayout]
  /// Images that a thread takes through a step at a time.
  let groups: [Int]
  /// Where the padded images of every step begin, from `padded` on.
  let places: [PaddedPlaces]
  let padded: Int
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
    let steps = plan.steps.map { StepLayout($0, plan: plan, instructionSet: instructionSet) }
    self.steps = steps
    // A team of several makes a value for all images, then convolves it.
    groups = plan.steps.map { roles > 1 ? images : StepLayout.group(of: $0, in: plan, atMost: images) }
    padded = aligned(placement.count * images)
    let regions = PaddedRegions(plan, steps: plan.steps.indices, steps, groups: groups)
    places = regions.places
    paddedStride = regions.count
    scratch = padded + paddedStride * roles
    winograd = aligned(steps.map(\.rowCount).max() ?? 0)
    scratchStride = winograd + aligned(steps.map(\.winogradCount).max() ?? 0)
    count = scratch + scratchStride * roles
  }
}
