import NetworkGraph

/// Places buffers in one arena so that those alive at the same time do not overlap.
enum Arena {
  /// - Returns: the buffers with their offsets, and the floats that the arena takes for one image.
  static func placed(
    _ shapes: [TensorShape], steps: [Plan.Step], input: Int
  ) -> (buffers: [Plan.Buffer], count: Int) {
    var buffers = shapes.map { Plan.Buffer(shape: $0, offset: 0) }
    var lastRead = [Int: Int]()
    for (position, step) in steps.enumerated() {
      for buffer in step.reads { lastRead[buffer] = position }
    }
    var alive: [Int] = []
    var count = 0
    func place(_ buffer: Int) {
      buffers[buffer].offset = firstFit(buffers[buffer].count, among: alive.map { buffers[$0] })
      alive.append(buffer)
      count = max(count, buffers[buffer].offset + buffers[buffer].count)
    }
    place(input)
    for (position, step) in steps.enumerated() {
      if let output = step.output {
        let dying = step.overwritable.first { buffer in
          lastRead[buffer] == position && alive.contains(buffer) && buffers[buffer].count == buffers[output].count
        }
        if let dying {
          buffers[output].offset = buffers[dying].offset
          alive.removeAll { $0 == dying }
          alive.append(output)
        } else {
          place(output)
        }
      }
      alive.removeAll { (lastRead[$0] ?? -1) <= position }
    }
    return (buffers, count)
  }

  /// The lowest offset at which `count` floats fit between buffers that are in use.
  private static func firstFit(_ count: Int, among used: [Plan.Buffer]) -> Int {
    var offset = 0
    for buffer in used.sorted(by: { $0.offset < $1.offset }) {
      if offset + count <= buffer.offset { return offset }
      offset = max(offset, buffer.offset + buffer.count)
    }
    return offset
  }
}

extension Plan.Step {
  /// The buffer that this step fills.
  var output: Int? {
    switch self {
    case .convolution(let step): step.output
    case .node(let step): step.output
    }
  }

  /// The buffers that this step reads.
  var reads: [Int] {
    switch self {
    case .convolution(let step): [step.input.buffer]
    case .node(let step): step.terms.map(\.buffer)
    }
  }

  /// The buffers that the output may take the place of: read unit by unit, each just before it is written.
  var overwritable: [Int] {
    guard case .node(let step) = self else { return [] }
    let pooled = step.terms.filter(\.isPooled).map(\.buffer)
    return step.terms.map(\.buffer).filter { !pooled.contains($0) }
  }
}

extension Plan.Term {
  /// The buffer that this term reads.
  public var buffer: Int {
    switch self {
    case .normalized(let buffer, _): buffer
    case .identity(let source), .averagePool(let source, _): source.buffer
    }
  }

  var isPooled: Bool {
    if case .averagePool = self { true } else { false }
  }
}
