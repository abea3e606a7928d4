internal import NetworkGraph

extension Images {
  /// The images as records in the data set's first layout, every label byte 0, so that `init(file:dataSet:count:)` and
  /// other readers of the format give the same pixels back.
  public var records: [UInt8] {
    let layout = dataSet.layouts[0]
    let label = [UInt8](repeating: 0, count: layout.labelBytes)
    var records: [UInt8] = []
    records.reserveCapacity(count * layout.length)
    for start in stride(from: 0, to: bytes.count, by: layout.pixelBytes) {
      records += label
      records += bytes[start..<start + layout.pixelBytes]
    }
    return records
  }

  /// The most images that a preview shows where nothing else is asked for.
  public static let previewedImages = 256

  /// A PNG picture of the images side by side, enlarged so that single pixels show.
  ///
  /// - Parameter maximum: of more images than this only the first ones are shown.
  public func preview(maximum: Int = previewedImages) -> [UInt8] { contactSheet(of: min(count, max(1, maximum))).png }

  /// An upper bound of the bytes that making images and their records takes, known before there are any.
  public static func memoryBound(ofWriting count: Int, dataSet: DataSet, withPreview: Bool) -> Int {
    let making = memoryBound(ofMaking: count, dataSet: dataSet)
    let records = count * dataSet.layouts[0].length
    guard withPreview else { return making + records }
    let (_, _, width, height) = sheetLayout(of: min(count, previewedImages), dataSet)
    // The picture, its rows with their filters, and the same again in blocks, chunks and the file.
    return making + max(records, 6 * (3 * width + 1) * height)
  }

  /// The first images in rows on white, each pixel enlarged to 2x2 (images of 32x32) or 3x3 (16x16); larger images are
  /// as they are.
  private func contactSheet(of shown: Int) -> Picture {
    let shape = dataSet.shape
    let (scale, columns, width, height) = Self.sheetLayout(of: shown, dataSet)
    let gap = Self.sheetGap
    var sheet = Picture(width: width, height: height)
    let plane = shape.height * shape.width
    for image in 0..<shown {
      let left = gap + image % columns * (shape.width * scale + gap)
      let top = gap + image / columns * (shape.height * scale + gap)
      for y in 0..<shape.height * scale {
        for x in 0..<shape.width * scale {
          let pixel = image * shape.count + y / scale * shape.width + x / scale
          sheet.set(x: left + x, y: top + y, (bytes[pixel], bytes[pixel + plane], bytes[pixel + 2 * plane]))
        }
      }
    }
    return sheet
  }

  /// Pixels between images.
  private static let sheetGap = 2

  /// How often pixels are repeated along an axis, images in a row, and the sheet's size in pixels.
  private static func sheetLayout(
    of shown: Int, _ dataSet: DataSet
  ) -> (scale: Int, columns: Int, width: Int, height: Int) {
    let shape = dataSet.shape
    let scale = shape.width > 32 ? 1 : shape.width > 16 ? 2 : 3
    var columns = 1
    while columns * columns < shown { columns += 1 }
    let rows = (shown + columns - 1) / columns
    return (
      scale, columns, columns * (shape.width * scale + sheetGap) + sheetGap,
      rows * (shape.height * scale + sheetGap) + sheetGap
    )
  }
}
