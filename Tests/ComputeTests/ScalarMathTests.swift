import Foundation
import NetworkGraph
import TestSupport
import Testing

/// The reference's functions against the C library's in double precision.
@Suite struct ScalarMathTests {
  private func worst(_ function: Function, _ range: ClosedRange<Float>, _ exact: (Double) -> Double) -> Double {
    var worst = 0.0
    for step in 0...200_000 {
      let x = range.lowerBound + (range.upperBound - range.lowerBound) * Float(step) / 200_000
      let expected = exact(Double(x))
      let unit = Double(Float(expected).ulp)
      worst = max(worst, abs(Double(ScalarBackend.value(of: function, at: x)) - expected) / unit)
    }
    return worst
  }

  @Test func areWithinTwoUnits() {
    #expect(worst(.exponential, -86...88) { exp($0) } <= 2)
    #expect(worst(.exponential, -1...1) { exp($0) } <= 2)
    #expect(worst(.tanh, -12...12) { tanh($0) } <= 2)
    #expect(worst(.tanh, -0.7...0.7) { tanh($0) } <= 2)
    #expect(worst(.errorFunction, -5...5) { erf($0) } <= 2)
    #expect(worst(.errorFunction, -1...1) { erf($0) } <= 2)
  }

  @Test func atTheEnds() {
    func value(_ function: Function, _ x: Float) -> Float { ScalarBackend.value(of: function, at: x) }
    #expect(value(.exponential, 0) == 1 && value(.exponential, -200) == 0 && value(.exponential, 200) == .infinity)
    #expect(value(.exponential, -.infinity) == 0 && value(.exponential, .infinity) == .infinity)
    #expect(value(.exponential, .nan).isNaN && value(.errorFunction, .nan).isNaN && value(.tanh, .nan).isNaN)
    #expect(value(.tanh, .infinity) == 1 && value(.tanh, -.infinity) == -1)
    #expect(value(.errorFunction, 40) == 1 && value(.errorFunction, -40) == -1)
    #expect(value(.silu, -100) == 0 && value(.silu, 100) == 100)
    #expect(value(.gelu, 10) == 10 && value(.mish, 30) == 30)
  }
}
