/// Reads a stream word by word: for what takes a number of draws that is not known before, such as a random
/// architecture.
public struct RandomDraws: Sendable {
  private let stream: RandomStream
  private var position = 0

  /// Begins with the stream's first word.
  public init(_ stream: RandomStream) { self.stream = stream }

  /// A number below `bound`, which must be positive: floor(word * bound / 2^32).
  public mutating func index(below bound: Int) -> Int {
    defer { position += 1 }
    return stream.index(position, below: bound)
  }

  /// One of the elements, each equally likely; there must be one.
  public mutating func element<Element>(of elements: [Element]) -> Element { elements[index(below: elements.count)] }
}
