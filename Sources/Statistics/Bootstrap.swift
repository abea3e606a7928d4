internal import Dispatch
internal import Randomness

/// Percentile intervals of rank correlations from resampled observations (Efron and Tibshirani, An Introduction to the
/// Bootstrap, 1993, chapter 13).
///
/// Resample r of n observations draws the words from 4 ceil(n / 4) r on, of the stream `name` in the domain
/// `resampling`. So results are the same on every machine and for any number of threads, and everything computed under
/// one name over the same observations sees the same resamples: differences between proxies are paired.
public struct Bootstrap: Hashable, Sendable {
  /// The key of the random stream that resamples are drawn from.
  public var seed: UInt64
  /// How often the observations are resampled; with none there are no intervals.
  public var resamples: Int
  /// The share of the resampled values that lie in an interval, between 0 and 1.
  public var confidence: Double

  /// A bootstrap with 95 % intervals from 1,000 resamples, where nothing else is asked for.
  public init(seed: UInt64 = 1, resamples: Int = 1000, confidence: Double = 0.95) {
    self.seed = seed
    self.resamples = resamples
    self.confidence = confidence
  }

  /// How often each of `count` observations is drawn in one resample.
  public func multiplicities(resample: Int, count: Int, name: String) -> [Int] {
    var drawn: [Int] = []
    draw(&drawn, resample: resample, count: count, stream: stream(name))
    return drawn
  }

  /// The coefficients in every resample, one array per correlation; nil where a resample leaves them undefined.
  ///
  /// Correlations of one count share their resamples. The difference of two of them, value by value, is what
  /// `interval(of:)` turns into the interval of a paired comparison.
  ///
  /// - Parameters:
  ///   - name: the random stream's name, such as the data set that the observations share.
  ///   - threads: how many threads work at most; nil leaves that to the system. The result does not depend on it.
  public func replicates(
    of correlations: [RankCorrelation], name: String, threads: Int? = nil
  ) -> [[RankCorrelation.Coefficients?]] {
    let resamples = max(resamples, 0)
    guard !correlations.isEmpty, resamples > 0 else { return correlations.map { _ in [] } }
    let stream = stream(name)
    var results = [[RankCorrelation.Coefficients?]](repeating: [], count: resamples)
    // With many more parts than cores, a fast core takes more of them than a slow one.
    let parts = min(max(threads ?? 64, 1), resamples)
    results.withUnsafeMutableBufferPointer { buffer in
      // This is safe because no two parts write the same element.
      nonisolated(unsafe) let results = buffer
      DispatchQueue.concurrentPerform(iterations: parts) { part in
        var workspace = RankCorrelation.Workspace()
        var drawn: [Int] = []
        for resample in part * resamples / parts..<(part + 1) * resamples / parts {
          drawn.removeAll(keepingCapacity: true)
          results[resample] = correlations.map { correlation in
            if drawn.count != correlation.count {
              draw(&drawn, resample: resample, count: correlation.count, stream: stream)
            }
            return correlation.coefficients(multiplicities: drawn, workspace: &workspace)
          }
        }
      }
    }
    return correlations.indices.map { position in results.map { $0[position] } }
  }

  /// Each correlation with its intervals; nil where it is undefined.
  public func estimates(
    of correlations: [RankCorrelation], name: String, threads: Int? = nil
  ) -> [CorrelationEstimate?] {
    zip(correlations, replicates(of: correlations, name: name, threads: threads)).map { correlation, replicates in
      guard let value = correlation.coefficients() else { return nil }
      return CorrelationEstimate(
        count: correlation.count,
        kendallTauB: Estimate(value: value.kendallTauB, interval: interval(of: replicates.map { $0?.kendallTauB })),
        spearmanRho: Estimate(value: value.spearmanRho, interval: interval(of: replicates.map { $0?.spearmanRho })))
    }
  }

  /// The central interval that holds `confidence` of the values, undefined ones and NaN left out.
  ///
  /// Quantiles are interpolated linearly between order statistics (Hyndman and Fan, The American Statistician 50, 1996,
  /// type 7, as in NumPy). Nil where no value is left or `confidence` is not between 0 and 1.
  public func interval(of values: [Double?]) -> ClosedRange<Double>? {
    let sorted = values.compactMap { $0 }.filter { !$0.isNaN }.sorted()
    guard !sorted.isEmpty, (0...1).contains(confidence) else { return nil }
    let lower = sorted.quantile((1 - confidence) / 2)
    return lower...max(lower, sorted.quantile((1 + confidence) / 2))
  }

  private func stream(_ name: String) -> RandomStream { RandomStream(seed: seed, domain: .resampling, name: name) }

  /// Replaces `drawn` by the multiplicities of one resample.
  private func draw(_ drawn: inout [Int], resample: Int, count: Int, stream: RandomStream) {
    drawn.removeAll(keepingCapacity: true)
    drawn.append(contentsOf: repeatElement(0, count: count))
    let blocks = (count + 3) / 4
    for block in 0..<blocks {
      let words = stream.block(resample * blocks + block)
      for word in 0..<min(4, count - 4 * block) {
        drawn[Int((UInt64(words[word]) &* UInt64(count)) >> 32)] += 1
      }
    }
  }
}

/// A statistic with its confidence interval.
public struct Estimate: Hashable, Sendable {
  /// The statistic of all observations.
  public var value: Double
  /// The central interval of the resampled values; nil where no resample defines the statistic.
  public var interval: ClosedRange<Double>?

  /// An estimate that was computed elsewhere.
  public init(value: Double, interval: ClosedRange<Double>? = nil) {
    self.value = value
    self.interval = interval
  }
}

/// Both rank correlations of two variables, with their confidence intervals.
public struct CorrelationEstimate: Hashable, Sendable {
  /// How many observations were compared.
  public var count: Int
  /// tau-b; see `RankCorrelation.Coefficients`.
  public var kendallTauB: Estimate
  /// The correlation of mid-ranks; see `RankCorrelation.Coefficients`.
  public var spearmanRho: Estimate

  /// An estimate that was computed elsewhere.
  public init(count: Int, kendallTauB: Estimate, spearmanRho: Estimate) {
    self.count = count
    self.kendallTauB = kendallTauB
    self.spearmanRho = spearmanRho
  }
}
