/// Natural logarithm of a normal positive number, within one unit in the last place (fdlibm, e_log.c).
///
/// The same on every machine, unlike the C library's: see `standardNormals`.
public func logarithm(_ x: Double) -> Double {
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
