/// Which columns of a table are accuracies, by their names.
///
/// A name is taken apart into words, so that `MACCs` is no accuracy and `testAcc` is one; what describes an accuracy,
/// such as its deviation or its rank, is none.
enum AccuracyColumns {
  private static let accuracy: Set<String> = ["acc", "accs", "accuracy", "accuracies"]
  private static let descriptions: Set<String> = [
    "std", "stdev", "stddev", "sd", "dev", "deviation", "var", "variance", "sem", "stderr", "err", "error", "loss",
    "diff", "delta", "gap", "rank", "time", "epoch", "epochs", "seed", "seeds", "count", "n", "flops", "macs", "params",
    "low", "high", "lower", "upper", "ci", "interval", "min", "worst",
  ]

  static func isAccuracy(_ name: String) -> Bool {
    let words = Set(words(of: name))
    return !words.isDisjoint(with: accuracy) && words.isDisjoint(with: descriptions)
  }

  /// The words in lower case: letters between other characters, and a capital after a small letter begins a new one.
  static func words(of name: String) -> [String] {
    var words: [String] = [""]
    var before: Character = " "
    for character in name {
      if !character.isLetter || character.isUppercase && before.isLowercase { words.append("") }
      if character.isLetter { words[words.count - 1] += character.lowercased() }
      before = character
    }
    return words.filter { !$0.isEmpty }
  }
}
