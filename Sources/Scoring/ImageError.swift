/// Why images cannot be read, made, perturbed or written.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// No file has this name.
    case notFound
    /// The name is that of a folder.
    case isDirectory
    /// The system refused to open or to read the file, or it is a pipe or a device.
    case notReadable
    /// The file has no bytes.
    case empty
    /// The file's first bytes show that it is something else.
    case otherKind
    /// A record has a label that the data set lacks.
    case unsuitableLabel
    /// The file's size is not a whole number of the data set's records.
    case unsuitableSize
    /// The file, or what was asked for, has fewer images than are wanted.
    case tooFewImages
    /// A number of images that cannot be: below one, or more than memory could hold.
    case unsuitableCount
    /// A standard deviation of the noise that is negative or not finite.
    case unsuitableSigma
    /// The system refused to make, to write or to rename a file.
    case notWritable
  }

  public var code: Code
  public var reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  public var description: String { reason }
}
