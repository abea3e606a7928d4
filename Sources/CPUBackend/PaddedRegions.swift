internal import Compute
import NetworkGraph

/// Where the padded images of a step begin, in floats from those of the first step.
struct PaddedPlaces {
  var value: Int
  /// Of the outputs that other branches read, by the branch that makes them.
  var parents: [Int: Int]

  func input(of joined: StepLayout.Joined) -> Int { joined.parent.flatMap { parents[$0] } ?? value }
}

/// Where the padded images of steps lie that follow each other: those of one geometry use a place in turn, for what
/// lies around the images stays zero.
struct PaddedRegions {
  private struct Region: Hashable {
    var images: PaddedImages
    /// Without padding.
    var size: Extent
    /// Regions of one geometry that a step needs at once.
    var number: Int
  }

  /// Of every step.
  let places: [PaddedPlaces]
  /// Floats of all of them.
  let count: Int

  /// - Parameter groups: for each of the steps, the images that a thread takes at a time.
  init(_ plan: Plan, steps: Range<Int>, _ layouts: [StepLayout], groups: [Int]) {
    var counts: [Region: Int] = [:]
    // In the order of their first use, so that the places are the same every time.
    var order: [Region] = []
    var used: [[Region]] = []
    for (position, group) in zip(steps, groups) {
      let (step, layout) = (plan.steps[position], layouts[position])
      var regionsOfStep: [Region] = []
      let padded =
        [(layout.value, step.shape)]
        + layout.parents.sorted { $0.key < $1.key }.map { ($0.value, plan.buffers[step.branches[$0.key].output]) }
      for (padded, shape) in padded {
        var region = Region(images: padded, size: Extent(shape.height, shape.width), number: 0)
        while regionsOfStep.contains(region) { region.number += 1 }
        regionsOfStep.append(region)
        if counts[region] == nil { order.append(region) }
        counts[region] = max(counts[region] ?? 0, padded.image * group)
      }
      used.append(regionsOfStep)
    }
    var starts: [Region: Int] = [:]
    var end = 0
    for region in order {
      starts[region] = end
      end += ((counts[region] ?? 0) + 15) / 16 * 16
    }
    count = end
    places = zip(steps, used).map { position, used in
      let starts = used.map { starts[$0] ?? 0 }
      return PaddedPlaces(
        value: starts[0],
        parents: Dictionary(uniqueKeysWithValues: zip(layouts[position].parents.keys.sorted(), starts.dropFirst())))
    }
  }
}
