/// Weights of a convolution at PyTorch's default initialisation: uniform in [-b, b), b = 1 / sqrt(fan-in).
///
/// - Parameters:
///   - name: the parameter's name in the reference model's `state_dict`, such as `cells.3.layers.2.op.1.weight`.
///   - count: number of weights, row-major (output channel, input channel, kernel row, kernel column).
///   - fanIn: input channels times kernel area.
public func convolutionWeights(seed: UInt64, name: String, count: Int, fanIn: Int) -> [Float] {
  guard count > 0 else { return [] }
  let stream = RandomStream(seed: seed, domain: .weights, name: name)
  let bound = Float(1 / Double(fanIn).squareRoot())
  // 24 bits are exact in Float, so the only rounding is that of the last product.
  func weights(_ words: SIMD8<UInt32>) -> SIMD8<Float> {
    (SIMD8<Float>(SIMD8<Int32>(truncatingIfNeeded: words &>> 8)) * (2 * 0x1p-24) - 1) * bound
  }
  return [Float](unsafeUninitializedCapacity: count) { values, initialized in
    for start in stride(from: 0, to: count, by: 32) {
      let words = stream.blocks(start / 4)
      let vectors = (weights(words.0), weights(words.1), weights(words.2), weights(words.3))
      if start + 32 <= count {
        for block in 0..<8 {
          values[start + 4 * block] = vectors.0[block]
          values[start + 4 * block + 1] = vectors.1[block]
          values[start + 4 * block + 2] = vectors.2[block]
          values[start + 4 * block + 3] = vectors.3[block]
        }
      } else {
        let all = [vectors.0, vectors.1, vectors.2, vectors.3]
        for position in 0..<count - start { values[start + position] = all[position % 4][position / 4] }
      }
    }
    initialized = count
  }
}

/// A permutation of `0 ..< count` by Fisher and Yates from the top, one word a step.
///
/// - Parameter site: the ReLU's module name, such as `cells.3.layers.2.op.0`.
public func permutation(seed: UInt64, site: String, count: Int) -> [Int] {
  var result = Array(0..<count)
  let stream = RandomStream(seed: seed, domain: .permutations, name: site)
  for (step, top) in stride(from: count - 1, to: 0, by: -1).enumerated() {
    result.swapAt(top, stream.index(step, below: top + 1))
  }
  return result
}

/// `count` distinct positions below `population`, in random order: the first steps of a Fisher-Yates shuffle.
public func sampleWithoutReplacement(_ count: Int, of population: Int, stream: RandomStream) -> [Int] {
  var pool = Array(0..<population)
  let taken = min(count, population)
  for step in 0..<taken {
    pool.swapAt(step, step + stream.index(step, below: population - step))
  }
  return Array(pool[..<taken])
}

/// Standard normal values of the stream `noise`: Box and Muller on words (0, 1) and (2, 3) of each block.
///
/// Logarithm, sine and cosine are the fdlibm polynomials written out in additions, multiplications and divisions, not
/// the C library's: those differ in the last bit from one library to the next, and a score must not.
public func standardNormals(seed: UInt64, count: Int) -> [Double] {
  guard count > 0 else { return [] }
  let stream = RandomStream(seed: seed, domain: .noise, name: "noise")
  return [Double](unsafeUninitializedCapacity: count) { values, initialized in
    for start in stride(from: 0, to: count, by: 4) {
      let words = stream.block(start / 4)
      for pair in 0..<2 {
        let radius = (-2 * logarithm((Double(words[2 * pair]) + 1) * 0x1p-32)).squareRoot()
        let (cosine, sine) = cosineAndSine(turns: words[2 * pair + 1])
        let position = start + 2 * pair
        if position < count { values[position] = radius * cosine }
        if position + 1 < count { values[position + 1] = radius * sine }
      }
    }
    initialized = count
  }
}
