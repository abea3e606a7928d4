import ArgumentParser

/// A positive whole number that may be written with a suffix: `3500000`, `3500k`, `3.5M`, `1G`.
struct Amount: ExpressibleByArgument {
  let value: Int

  init?(argument: String) {
    var digits = argument[...]
    var scale = 1
    if let factor = argument.last.flatMap({ Self.suffixes[$0] }) {
      digits.removeLast()
      scale = factor
    }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy("0123456789".contains) }),
      let whole = Int(parts[0]), !whole.multipliedReportingOverflow(by: scale).overflow
    else { return nil }
    var value = whole * scale
    for digit in parts.dropFirst().joined() {
      // More decimals than the suffix has zeros make no whole number.
      guard scale >= 10, let digit = digit.wholeNumberValue else { return nil }
      scale /= 10
      let (sum, overflow) = value.addingReportingOverflow(digit * scale)
      guard !overflow else { return nil }
      value = sum
    }
    guard value > 0 else { return nil }
    self.value = value
  }

  private static let suffixes: [Character: Int] = ["k": 1000, "K": 1000, "M": 1_000_000, "G": 1_000_000_000]
}
