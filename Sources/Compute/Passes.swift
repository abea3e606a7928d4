extension Plan {
  /// The steps in passes: steps that follow each other, none of which needs anything of all images that an earlier one of the
  /// pass makes, which is statistics.
  ///
  /// A backend can take an image through all steps of a pass before the next one, so that what they read of each other stays
  /// in the cache. Together the passes are all steps.
  public var passes: [Range<Int>] {
    var passes: [Range<Int>] = []
    var filled: Set<Int> = []
    var first = 0
    for (position, step) in steps.enumerated() {
      if !filled.isDisjoint(with: step.readStatistics) {
        passes.append(first..<position)
        first = position
        filled = []
      }
      filled.formUnion([step.statistics].compactMap(\.self) + step.branches.compactMap(\.statistics))
    }
    if first < steps.count { passes.append(first..<steps.count) }
    return passes
  }

  /// The values that steps of a pass read and no other step does.
  func localValues(of pass: Range<Int>) -> [Int] {
    let lastReads = lastReads
    return pass.compactMap { position in
      guard let output = steps[position].output, steps[position].isKept, let last = lastReads[output] else {
        return nil
      }
      return last < pass.upperBound ? output : nil
    }
  }

  /// Where the values lie that only steps of a pass read, in the scratch of a thread: in floats an image, by buffer.
  public func localPlacement(of pass: Range<Int>) -> Placement {
    let locals = Set(localValues(of: pass))
    let lastReads = lastReads
    var arena = Arena(buffers)
    for position in pass {
      if let output = steps[position].output, locals.contains(output) { arena.place(output) }
      for buffer in locals where lastReads[buffer] == position { arena.free(buffer) }
    }
    return Placement(offsets: arena.offsets, count: arena.count)
  }

  /// The last step that reads each buffer; one behind the last for the network's output.
  var lastReads: [Int: Int] {
    var lastReads: [Int: Int] = [:]
    for (position, step) in steps.enumerated() {
      for term in step.terms { lastReads[term.buffer] = position }
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
