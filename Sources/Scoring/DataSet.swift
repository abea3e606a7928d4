public import NetworkGraph

/// A data set whose images a network is scored on. The raw value is its name on the command line and in rows.
public enum DataSet: String, CaseIterable, Hashable, Sendable, Codable {
  case cifar10
  case cifar100
  case imagenet16 = "imagenet16-120"
  /// ImageNet's thousand classes at 224x224.
  case imagenet

  /// The shape of one image.
  public var shape: TensorShape {
    switch self {
    case .cifar10, .cifar100: TensorShape(channels: 3, height: 32, width: 32)
    case .imagenet16: TensorShape(channels: 3, height: 16, width: 16)
    case .imagenet: TensorShape(channels: 3, height: 224, width: 224)
    }
  }

  /// The number of logits of a network for it.
  public var classes: Int {
    switch self {
    case .cifar10: 10
    case .cifar100: 100
    case .imagenet16: 120
    case .imagenet: 1000
    }
  }

  /// How a file of fixed-length records holds one image: the label, then the planes red, green and blue, row-major.
  public struct RecordLayout: Hashable, Sendable {
    /// Bytes before the pixels. They are zero when written.
    public let labelBytes: Int
    /// The largest number that may stand in them, of each byte or of both as a little-endian number.
    public let maximumLabels: [Int]
    /// Bytes of the three planes.
    public let pixelBytes: Int
    /// Bytes of a record.
    public var length: Int { labelBytes + pixelBytes }
  }

  /// The record layouts that a file may have, the one preferred and written first.
  ///
  /// CIFAR-10: one label byte. CIFAR-100: two label bytes (coarse and fine) as published, or the fine label alone.
  /// ImageNet16-120 and ImageNet: two label bytes (little-endian), from 0 or 1; ImageNet16's files have all of the
  /// thousand classes.
  public var layouts: [RecordLayout] {
    let labels: [(bytes: Int, maxima: [Int])] =
      switch self {
      case .cifar10: [(1, [9])]
      case .cifar100: [(2, [19, 99]), (1, [99])]
      case .imagenet16, .imagenet: [(2, [1000])]
      }
    return labels.map { RecordLayout(labelBytes: $0.bytes, maximumLabels: $0.maxima, pixelBytes: shape.count) }
  }

  /// The first label of a record that the layout does not allow; nil where all are.
  static func misfit(_ record: ArraySlice<UInt8>, layout: RecordLayout) -> Int? {
    let bytes = record.prefix(layout.labelBytes).map(Int.init)
    let labels = layout.maximumLabels.count == bytes.count ? bytes : [bytes.reversed().reduce(0) { $0 << 8 | $1 }]
    return zip(labels, layout.maximumLabels).first { $0 > $1 }?.0
  }

  /// The layout of a file of this size: the first one whose length divides it; nil where none does.
  ///
  /// Both layouts of CIFAR-100 divide only multiples of 9446402 bytes (3073 * 3074), which no published file has; such
  /// a file is read as the published form.
  public func layout(ofFileWithBytes size: Int) -> RecordLayout? {
    size > 0 ? layouts.first { size.isMultiple(of: $0.length) } : nil
  }

  /// Mean of each channel on the scale 0 ... 255, as DARTS, NAS-Bench-201 and the reference normalise.
  public var means: [Double] {
    switch self {
    case .cifar10: [125.3, 123.0, 113.9]
    case .cifar100: [129.3, 124.1, 112.4]
    case .imagenet16: [122.68, 116.66, 104.01]
    case .imagenet: [123.675, 116.28, 103.53]
    }
  }

  /// Standard deviation of each channel on the scale 0 ... 255.
  public var deviations: [Double] {
    switch self {
    case .cifar10: [63.0, 62.1, 66.7]
    case .cifar100: [68.2, 65.4, 70.4]
    case .imagenet16: [63.22, 61.26, 65.09]
    case .imagenet: [58.395, 57.12, 57.375]
    }
  }
}
