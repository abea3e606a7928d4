/// A function of each value by itself. Docs/Numerics.md writes down how each is computed.
public enum Function: Hashable, Sendable {
  case identity
  /// max(x, 0); what is not a number becomes 0.
  case relu
  /// min(max(x, 0), 6); what is not a number becomes 0.
  case relu6
  /// x where it is positive, else `slope` x.
  case leakyReLU(slope: Float)
  /// x sigmoid(x).
  case silu
  /// x Phi(x), Phi being the distribution function of the standard normal distribution.
  case gelu
  /// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
  case geluTanh
  /// x min(max(x + 3, 0), 6) / 6.
  case hardSwish
  /// `positive` x where x is positive, else `negative` (exp(`rate` x) - 1).
  case elu(positive: Float, negative: Float, rate: Float)
  /// x tanh(ln(1 + exp(x))).
  case mish
  /// 1 / (1 + exp(-x)).
  case sigmoid
  /// min(max(`slope` x + `offset`, 0), 1).
  case hardSigmoid(slope: Float, offset: Float)
  case tanh
  /// min(max(x, `lower`), `upper`).
  case clip(lower: Float, upper: Float)
  case exponential
  case errorFunction
  case squareRoot
  /// 1 / x.
  case reciprocal
  case absolute
  case negative
  case square

  /// Whether 0 stays 0, as it has to where padded channels are to stay 0.
  public var keepsZero: Bool {
    switch self {
    case .identity, .relu, .relu6, .leakyReLU, .silu, .gelu, .geluTanh, .hardSwish, .elu, .mish, .tanh, .errorFunction,
      .squareRoot, .absolute, .negative, .square:
      true
    case .clip(let lower, let upper): lower <= 0 && upper >= 0
    case .sigmoid, .hardSigmoid, .exponential, .reciprocal: false
    }
  }

  /// Whether it takes a few instructions: less than writing a value down and reading it again.
  public var isCheap: Bool {
    switch self {
    case .identity, .relu, .relu6, .leakyReLU, .hardSwish, .hardSigmoid, .clip, .absolute, .negative, .square: true
    case .silu, .gelu, .geluTanh, .elu, .mish, .sigmoid, .tanh, .exponential, .errorFunction, .squareRoot,
      .reciprocal:
      false
    }
  }
}

/// A call of an activation function: a site, whose input signs are the code.
public struct Activation: Hashable, Sendable {
  /// What is called, as rows and `epads show` write it.
  public enum Name: String, Hashable, Sendable, CaseIterable {
    case relu
    case relu6
    case leakyReLU = "leaky_relu"
    case prelu
    case rrelu
    case silu
    case gelu
    case hardswish
    case elu
    case celu
    case selu
    case mish

    /// Whether the function is one of those that the papers count: names with ReLU in them.
    public var isRectifier: Bool {
      switch self {
      case .relu, .relu6, .leakyReLU, .prelu, .rrelu: true
      case .silu, .gelu, .hardswish, .elu, .celu, .selu, .mish: false
      }
    }
  }

  public var name: Name
  public var function: Function

  public init(_ name: Name, _ function: Function) {
    self.name = name
    self.function = function
  }

  public static let relu = Activation(.relu, .relu)
  public static let relu6 = Activation(.relu6, .relu6)
  public static let silu = Activation(.silu, .silu)
  public static let gelu = Activation(.gelu, .gelu)
  public static let hardSwish = Activation(.hardswish, .hardSwish)
  public static let mish = Activation(.mish, .mish)

  /// x where it is positive, else `slope` x.
  public static func leakyReLU(slope: Float = 0.01) -> Activation {
    Activation(.leakyReLU, .leakyReLU(slope: slope))
  }

  /// A PReLU with one slope for all channels; 0.25 at PyTorch's default initialisation.
  public static func prelu(slope: Float = 0.25) -> Activation { Activation(.prelu, .leakyReLU(slope: slope)) }

  /// x where it is positive, else `alpha` (exp(x) - 1).
  public static func elu(alpha: Float = 1) -> Activation {
    Activation(.elu, .elu(positive: 1, negative: alpha, rate: 1))
  }

  /// x where it is positive, else `alpha` (exp(x / alpha) - 1).
  public static func celu(alpha: Float = 1) -> Activation {
    Activation(.celu, .elu(positive: 1, negative: alpha, rate: 1 / alpha))
  }

  /// `gamma` x where x is positive, else `gamma` `alpha` (exp(x) - 1).
  public static func selu(alpha: Float = 1.673_263_2, gamma: Float = 1.050_701) -> Activation {
    Activation(.selu, .elu(positive: gamma, negative: gamma * alpha, rate: 1))
  }
}

/// A function of two values.
public enum BinaryFunction: String, Hashable, Sendable {
  case add
  case subtract
  case multiply
  case divide
  case minimum
  case maximum
}
