import NetworkGraph

extension Plan {
  /// How a backend carries out a step.
  public enum Execution: Sendable {
    /// At once, image by image: the value of an image is complete before its branches write anything, and what no later
    /// step reads has no place.
    case fused
    /// As `fused`, but pass by pass: an image goes through all steps of a pass before the next one does, and values
    /// that only the pass reads have no place here but one in `Pass.local`.
    case passes
    /// As `fused`, but threads share out the rows of an image: one may write outputs while another still reads terms.
    case shared
    /// The value for all images, then each branch: every output has a place.
    case stepwise
  }

  /// Where buffers lie in one arena: those alive at the same time do not overlap.
  public struct Placement: Hashable, Sendable {
    /// In floats an image: multiply by the number of images for the place in an arena of all of them. Nil for a buffer
    /// that needs no place.
    public var offsets: [Int?]
    /// Floats of the arena for one image.
    public var count: Int
  }

  /// Places the buffers by their lifetimes, first fit. An output takes the place of a term that dies with it where the
  /// two are of one size.
  public func placement(_ execution: Execution) -> Placement {
    var arena = Arena(buffers)
    let lastReads = lastReads
    arena.place(input)
    for pass in execution == .passes ? passRanges : steps.indices.map({ $0..<$0 + 1 }) {
      // What has been read for the last time. Another image may still want it until the pass is over.
      var dying: [Int] = []
      for position in pass {
        let step = steps[position]
        let terms = step.readBuffers
        for buffer in terms where lastReads[buffer] == position && arena.isAlive(buffer) && !dying.contains(buffer) {
          dying.append(buffer)
        }
        func isLocal(_ buffer: Int) -> Bool {
          execution == .passes && lastReads[buffer].map { $0 < pass.upperBound } ?? false
        }
        if let output = step.output, step.isKept || execution == .stepwise, !isLocal(output) {
          // Other terms are not read unit by unit.
          let others =
            step.operation == nil
            ? step.terms.filter { $0.isPooled || buffers[$0.buffer] != step.shape }.map(\.buffer) : terms
          let heir = (terms + dying).first {
            execution != .shared && dying.contains($0) && !others.contains($0) && arena.fits(output, $0)
          }
          arena.place(output, insteadOf: heir)
          dying.removeAll { $0 == heir }
        }
        if execution == .stepwise {
          // Branches may read a term's buffer as it stands.
          let read = step.branches.isEmpty ? nil : step.source.buffer
          for buffer in dying where buffer != read { arena.free(buffer) }
          dying.removeAll { $0 != read }
        }
        for (position, branch) in step.branches.enumerated() {
          if execution != .stepwise, step.isParent(position) { continue }
          if isLocal(branch.output) { continue }
          let heir = (terms + dying).first { buffer in
            (execution == .fused || execution == .passes) && dying.contains(buffer) && arena.fits(branch.output, buffer)
          }
          arena.place(branch.output, insteadOf: heir)
          dying.removeAll { $0 == heir }
        }
        for (position, branch) in step.branches.enumerated() where step.isParent(position) { arena.free(branch.output) }
        if let output = step.output, !step.isKept, execution == .stepwise { arena.free(output) }
      }
      dying.forEach { arena.free($0) }
    }
    return Placement(offsets: arena.offsets, count: arena.count)
  }
}

/// Places buffers, first fit.
struct Arena {
  let sizes: [Int]
  private(set) var offsets: [Int?]
  private(set) var count = 0
  private var alive: Set<Int> = []

  init(_ buffers: [TensorShape]) {
    sizes = buffers.map(Plan.alignedCount)
    offsets = Array(repeating: nil, count: buffers.count)
  }

  func isAlive(_ buffer: Int) -> Bool { alive.contains(buffer) }

  func fits(_ buffer: Int, _ other: Int) -> Bool { sizes[buffer] == sizes[other] }

  mutating func free(_ buffer: Int) { alive.remove(buffer) }

  mutating func place(_ buffer: Int, insteadOf heir: Int? = nil) {
    if let heir {
      offsets[buffer] = offsets[heir]
      alive.remove(heir)
    } else {
      offsets[buffer] = firstFit(sizes[buffer])
    }
    alive.insert(buffer)
    count = max(count, (offsets[buffer] ?? 0) + sizes[buffer])
  }

  /// The lowest offset at which `size` floats fit between buffers that are in use.
  private func firstFit(_ size: Int) -> Int {
    var offset = 0
    for (start, end) in alive.map({ (offsets[$0] ?? 0, (offsets[$0] ?? 0) + sizes[$0]) }).sorted(by: { $0.0 < $1.0 }) {
      if offset + size <= start { return offset }
      offset = max(offset, end)
    }
    return offset
  }
}

extension Plan.Term {
  /// The buffer that this term reads.
  public var buffer: Int {
    switch kind {
    case .normalized(let buffer, _): buffer
    case .identity(let source), .averagePool(let source, _), .maxPool(let source, _): source.buffer
    }
  }

  var isPooled: Bool {
    switch kind {
    case .averagePool, .maxPool: true
    case .normalized, .identity: false
    }
  }
}
