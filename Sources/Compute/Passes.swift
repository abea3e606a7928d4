extension Plan {
  /// Steps that follow each other, none of which needs anything of all images that an earlier one of them makes, which
  /// is statistics. A backend can take an image through all of them before the next one, so that what they read of each
  /// other stays in the cache.
  public struct Pass: Hashable, Sendable {
    /// Positions in `Plan.steps`.
    public var steps: Range<Int>
    /// Where the values lie that no other steps read, in the scratch of a thread: in floats an image, by buffer.
    public var local: Placement
  }

  /// All steps, in passes that are as long as they can be.
  public var passes: [Pass] {
    let lastReads = lastReads
    return passRanges.map { Pass(steps: $0, local: localPlacement(of: $0, lastReads)) }
  }

  var passRanges: [Range<Int>] {
    var ranges: [Range<Int>] = []
    var filled: Set<Int> = []
    var first = 0
    for (position, step) in steps.enumerated() {
      if !filled.isDisjoint(with: step.readStatistics) {
        ranges.append(first..<position)
        first = position
        filled = []
      }
      filled.formUnion([step.statistics].compactMap(\.self) + step.branches.compactMap(\.statistics))
    }
    if first < steps.count { ranges.append(first..<steps.count) }
    return ranges
  }

  private func localPlacement(of pass: Range<Int>, _ lastReads: [Int?]) -> Placement {
    var arena = Arena(buffers)
    for position in pass {
      let step = steps[position]
      for output in [step.output].compactMap(\.self) + step.branches.map(\.output) {
        if let last = lastReads[output], last < pass.upperBound { arena.place(output) }
      }
      for buffer in step.readBuffers where lastReads[buffer] == position { arena.free(buffer) }
    }
    return Placement(offsets: arena.offsets, count: arena.count)
  }

  /// By buffer, the last step that reads it; one behind the last for the network's output, nil where none does.
  var lastReads: [Int?] {
    var lastReads = [Int?](repeating: nil, count: buffers.count)
    for (position, step) in steps.enumerated() {
      for buffer in step.readBuffers { lastReads[buffer] = position }
    }
    if let output { lastReads[output] = steps.count }
    return lastReads
  }
}

extension Plan.Step {
  /// The slots that its terms are normalised with.
  fileprivate var readStatistics: [Int] {
    terms.compactMap { term in
      guard case .normalized(_, let slot) = term.kind else { return nil }
      return slot
    }
  }
}
