public import Compute
public import NetworkGraph
import Randomness

/// What a proxy of a network cannot be computed from.
public enum ScoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No activation is a site under this rule.
  case noReLU(SiteRule)
  case zeroDistances
  case overflow
  case singularKernel

  public var description: String {
    switch self {
    case .noReLU(.all): "the network has no ReLU"
    case .noReLU(.relu): "the network has no ReLU: --activations all counts its other activations"
    case .zeroDistances: "every product of distances is zero: no ReLU sees images differ and react to the noise"
    case .overflow: "the sum of products of distances exceeds 128 bits"
    case .singularKernel: "the NASWOT kernel is singular: some images have the same code"
    }
  }
}

/// ePADS: ln of the sum over ReLU sites of d1 * d2 (Huang et al. 2025). Integers until the logarithm.
///
/// - Parameters:
///   - sites: what was counted at each.
///   - rule: which activations the sites are, for the error where there is none.
public func epads(_ sites: [SiteCounts], rule: SiteRule = .all) throws(ScoreError) -> Double {
  guard !sites.isEmpty else { throw .noReLU(rule) }
  var total: UInt128 = 0
  for site in sites {
    let (product, tooLarge) = UInt128(site.d1).multipliedReportingOverflow(by: UInt128(site.d2))
    let (sum, carried) = total.addingReportingOverflow(product)
    guard !tooLarge, !carried else { throw .overflow }
    total = sum
  }
  guard total > 0 else { throw .zeroDistances }
  return logarithm(Double(total))
}

/// NASWOT: ln |det K|, K[i, j] = units on which images i and j agree (Mellor et al., ICML 2021), by LU decomposition
/// with partial pivoting.
///
/// - Parameters:
///   - agreement: the matrix K, row-major.
///   - batch: the number of images, which is the number of rows of K.
public func naswot(agreement: [Int64], batch: Int) throws(ScoreError) -> Double {
  var matrix = agreement.map(Double.init)
  var total = 0.0
  var negative = false
  let determined = matrix.withUnsafeMutableBufferPointer { matrix -> Bool in
    for column in 0..<batch {
      var pivot = column
      for row in column + 1..<max(batch, column + 1)
      where abs(matrix[row * batch + column]) > abs(matrix[pivot * batch + column]) { pivot = row }
      let value = matrix[pivot * batch + column]
      guard value != 0 else { return false }
      if pivot != column {
        for index in 0..<batch { matrix.swapAt(pivot * batch + index, column * batch + index) }
        negative.toggle()
      }
      if value < 0 { negative.toggle() }
      total += logarithm(abs(value))
      for row in column + 1..<max(batch, column + 1) {
        let factor = matrix[row * batch + column] / value
        guard factor != 0 else { continue }
        for index in column + 1..<batch { matrix[row * batch + index] -= factor * matrix[column * batch + index] }
      }
    }
    return true
  }
  // A kernel of agreements is positive semidefinite, so a negative determinant is the rounding of a zero.
  guard determined, !negative else { throw .singularKernel }
  return total
}
