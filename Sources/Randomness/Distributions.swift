/// Weights of a convolution at PyTorch's default initialisation: uniform in [-b, b), b = 1 / sqrt(fan-in).
///
/// - Parameters:
///   - name: the parameter's name in the reference model's `state_dict`, such as `cells.3.layers.2.op.1.weight`.
///   - count: number of weights, row-major (output channel, input channel, kernel row, kernel column).
///   - fanIn: input channels times kernel area.
public func convolutionWeights(seed: UInt64, name: String, count: Int, fanIn: Int) -> [Float] {
  let stream = RandomStream(seed: seed, domain: .weights, name: name)
  let bound = Float(1 / Double(fanIn).squareRoot())
  return [Float](unsafeUninitializedCapacity: count) { weights, initialized in
    for start in stride(from: 0, to: count, by: 4) {
      // 24 bits are exact in Float, so the only rounding is that of the last product.
      let unit = SIMD4<Float>(stream.block(start / 4) &>> 8) * 0x1p-24
      let scaled = (unit * 2 - 1) * bound
      for lane in 0..<min(4, count - start) { weights[start + lane] = scaled[lane] }
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

/// Natural logarithm of a normal positive number, within one unit in the last place (fdlibm, e_log.c).
func logarithm(_ x: Double) -> Double {
  var exponent = Double(x.exponent)
  var mantissa = x.significand
  if mantissa > 1.414_213_562_373_095_1 {
    mantissa *= 0.5
    exponent += 1
  }
  let f = mantissa - 1
  let s = f / (2 + f)
  let z = s * s
  let w = z * z
  let even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
  let odd =
    z
    * (6.666666666666735130e-01
      + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
  let half = 0.5 * f * f
  let low = s * (half + (even + odd)) + exponent * 1.90821492927058770002e-10
  return exponent * 6.93147180369123816490e-01 - ((half - low) - f)
}

/// Cosine and sine of 2 pi `turns` / 2^32 (fdlibm, k_cos.c and k_sin.c, after an exact reduction to an eighth turn).
func cosineAndSine(turns: UInt32) -> (Double, Double) {
  let quarter = (turns &+ 0x2000_0000) >> 30
  let rest = Int32(bitPattern: turns &- (quarter << 30))
  let x = Double(rest) * 1.462918079267159600e-09  // 2 pi / 2^32
  let z = x * x
  let sinePolynomial =
    8.33333333332248946124e-03
    + z
    * (-1.98412698298579493134e-04
      + z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))
  let sine = x + z * x * (-1.66666666666666324348e-01 + z * sinePolynomial)
  let cosinePolynomial =
    z
    * (4.16666666666666019037e-02
      + z
      * (-1.38888888888741095749e-03
        + z
        * (2.48015872894767294178e-05
          + z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))))
  let half = 0.5 * z
  let lead = 1 - half
  let cosine = lead + (((1 - lead) - half) + z * cosinePolynomial)
  switch quarter {
  case 0: return (cosine, sine)
  case 1: return (-sine, cosine)
  case 2: return (-cosine, -sine)
  default: return (sine, -cosine)
  }
}
