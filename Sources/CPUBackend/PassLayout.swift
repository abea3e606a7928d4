internal import Compute

/// How a pass is carried out: what its steps have apart in the scratch of a thread, and in what all threads share.
struct PassLayout {
  /// Positions in `Plan.steps`.
  let steps: Range<Int>
  /// Images that a thread takes through the pass at a time.
  let group: Int
  /// Where the values lie that only the pass reads, in floats an image of a group.
  let local: Plan.Placement
  /// The padded images of every step.
  let padded: PaddedRegions
  /// For every step, what the ones before it take: integers of statistics, first input channels of grouped
  /// convolutions' lanes, scales of summands in parts, codes. The last ones are what all of them take.
  let sums: [Int]
  let laneInputs: [Int]
  let partScales: [Int]
  let codes: [Int]

  init(_ plan: Plan, _ pass: Plan.Pass, _ layouts: [StepLayout], threads: Int) {
    let steps = pass.steps
    self.steps = steps
    let limit = plan.images / (2 * threads)
    let group = plan.steps[steps].map { StepLayout.group(of: $0, in: plan, atMost: limit) }.max() ?? 1
    self.group = group
    local = pass.local
    padded = PaddedRegions(plan, steps: steps, layouts, groups: steps.map { _ in group })
    func before(_ count: (Int) -> Int) -> [Int] { steps.reduce(into: [0]) { $0.append($0[$0.count - 1] + count($1)) } }
    sums = before { layouts[$0].sumCount }
    laneInputs = before { layouts[$0].laneInputCount }
    partScales = before { layouts[$0].partScaleCount }
    codes = before { plan.steps[$0].sites.isEmpty ? 0 : 1 }
  }

  var localCount: Int { local.count * group }

  /// What the steps take in all.
  var sumCount: Int { sums[steps.count] }
  var laneInputCount: Int { laneInputs[steps.count] }
  var partScaleCount: Int { partScales[steps.count] }
  var codeCount: Int { codes[steps.count] }
}
