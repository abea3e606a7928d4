import Randomness

/// A repeatable sequence of choices: each takes the next word of a stream.
public struct RandomChoices {
  private let stream: RandomStream
  private var position = 0

  public init(seed: UInt64, name: String) {
    stream = RandomStream(seed: seed, domain: .architectures, name: name)
  }

  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    defer { position += 1 }
    return range.lowerBound + stream.index(position, below: range.count)
  }

  /// - Precondition: there is an element.
  public mutating func element<Element>(of elements: [Element]) -> Element {
    elements[integer(in: 0...elements.count - 1)]
  }

  public mutating func happens(_ probability: Double) -> Bool {
    Double(integer(in: 0...999)) < probability * 1000
  }
}
