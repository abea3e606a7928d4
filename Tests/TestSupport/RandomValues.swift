import Randomness

/// Rows of words below `bound`, repeatable and different for every name.
public func randomIntegers(_ count: Int, below bound: Int, name: String) -> [Int] {
  let stream = RandomStream(seed: 7, domain: .resampling, name: "tests/\(name)")
  return (0..<count).map { stream.index($0, below: bound) }
}

public func randomValues(_ count: Int, below bound: Int, name: String) -> [Double] {
  randomIntegers(count, below: bound, name: name).map(Double.init)
}
