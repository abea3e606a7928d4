public import NetworkGraph

// Functions of Docs/Numerics.md, one value at a time: every operation is one of float32, rounded.

func powerOfE(_ value: Float) -> Float {
  var x = value
  if x > 89 { x = 89 }
  if x < -104 { x = -104 }
  let (n, _, small) = reduced(x)
  let y = small + 1
  // NaN keeps being one, whatever n is.
  guard n.isFinite else { return y }
  let whole = Int(n)
  let half = whole >> 1
  return y * power(half) * power(whole - half)
}

func powerOfELessOne(_ value: Float) -> Float {
  let x = value < -104 ? -104 : value
  let (n, _, small) = reduced(x)
  return n == 0 ? small : powerOfE(x) - 1
}

/// The nearest whole number to x / ln 2, what is left of x, and exp of that less 1.
private func reduced(_ x: Float) -> (n: Float, rest: Float, small: Float) {
  let shifter: Float = 0x1.8p23
  let n = shifter.addingProduct(x, 0x1.715476p0) - shifter
  let first = x.addingProduct(n, -0.693359375)
  let rest = first.addingProduct(n, 2.12194440e-4)
  var p: Float = 1.9875691500e-4
  for coefficient: Float in [1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1] {
    p = coefficient.addingProduct(p, rest)
  }
  return (n, rest, rest.addingProduct(p, rest * rest))
}

private func power(_ exponent: Int) -> Float { Float(sign: .plus, exponent: exponent, significand: 1) }

func hyperbolicTangent(_ x: Float) -> Float {
  let square = x * x
  if abs(x) < 0.625 {
    var p: Float = -5.70498872745e-3
    for coefficient: Float in [2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1] {
      p = coefficient.addingProduct(p, square)
    }
    return x.addingProduct(p * square, x)
  }
  let large = 1 - 2 / (powerOfE(abs(x) + abs(x)) + 1)
  return x.sign == .minus ? -large : large
}

func gaussError(_ x: Float) -> Float {
  let size = abs(x)
  let square = x * x
  if size > 0.927734375 {
    let q = Float(0x1.8d6342p-6).addingProduct(-0x1.fd1438p-9, size)
    var p = Float(0x1.91cfb2p-12).addingProduct(-0x1.22p-16, size)
    p = q.addingProduct(p, square)
    for coefficient: Float in [-0x1.b55cb8p-4, -0x1.450aa0p-1, -0x1.079d0cp-3] {
      p = coefficient.addingProduct(p, size)
    }
    p = (-size).addingProduct(p, size)
    let large = 1 - powerOfE(p)
    return x.sign == .minus ? -large : large
  }
  var r: Float = -0x1.38ep-11
  for coefficient: Float in [
    0x1.471a58p-8, -0x1.b691b2p-6, 0x1.ce1c44p-4, -0x1.8127p-2, 0x1.06eba8p-3,
  ] {
    r = coefficient.addingProduct(r, square)
  }
  return x.addingProduct(r, x)
}

func scalarSmaller(_ left: Float, _ right: Float) -> Float { left < right ? left : right }
func scalarLarger(_ left: Float, _ right: Float) -> Float { left > right ? left : right }

extension Function {
  func callAsFunction(_ x: Float) -> Float {
    switch self {
    case .identity: return x
    case .relu: return x > 0 ? x : 0
    case .relu6: return scalarSmaller(x > 0 ? x : 0, 6)
    case .leakyReLU(let slope): return x > 0 ? x : x * slope
    case .silu: return x / (1 + powerOfE(-x))
    case .gelu: return (0.5 * x) * (1 + gaussError(x * 0x1.6a09e6p-1))
    case .geluTanh:
      let inner = (0x1.988454p-1 * x) * Float(1).addingProduct(0.044715, x * x)
      return (0.5 * x) * (1 + hyperbolicTangent(inner))
    case .hardSwish: return (x * scalarSmaller(scalarLarger(x + 3, 0), 6)) * (Float(1) / 6)
    case .elu(let positive, let negative, let rate):
      return x > 0 ? x * positive : negative * powerOfELessOne(scalarSmaller(x * rate, 0))
    case .mish:
      let e = powerOfE(scalarSmaller(x, 20))
      let n = (e + e).addingProduct(e, e)
      return x * (n / (n + 2))
    case .sigmoid: return 1 / (1 + powerOfE(-x))
    case .hardSigmoid(let slope, let offset):
      return scalarSmaller(scalarLarger(offset.addingProduct(x, slope), 0), 1)
    case .tanh: return hyperbolicTangent(x)
    case .clip(let lower, let upper): return scalarSmaller(scalarLarger(x, lower), upper)
    case .exponential: return powerOfE(x)
    case .errorFunction: return gaussError(x)
    case .squareRoot: return x.squareRoot()
    case .reciprocal: return 1 / x
    case .absolute: return abs(x)
    case .negative: return -x
    case .square: return x * x
    }
  }
}

/// Eight sums of every eighth value, added in pairs: how values of a position are summed.
func sumOfEight(_ values: [Float]) -> Float { sumOfEight(values) { $0 + $1 } }

func sumOfEight(_ values: [Float], _ add: (Float, Float) -> Float) -> Float {
  var sums = [Float](repeating: 0, count: 8)
  for (index, value) in values.enumerated() { sums[index % 8] = add(sums[index % 8], value) }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
}

extension ScalarBackend {
  /// A function of one value, as the reference computes it.
  public static func value(of function: Function, at x: Float) -> Float { function(x) }
}
