public import Files
internal import NetworkGraph

extension Images {
  /// Writes the images as records in the data set's first layout, every label byte 0, so that `init(file:dataSet:count:)`
  /// and other readers of the format give the same pixels back.
  public func write(to path: String) throws(FileError) {
    let layout = dataSet.layouts[0]
    let label = [UInt8](repeating: 0, count: layout.labelBytes)
    var records: [UInt8] = []
    records.reserveCapacity(count * layout.length)
    for start in stride(from: 0, to: bytes.count, by: layout.pixelBytes) {
      records += label
      records += bytes[start..<start + layout.pixelBytes]
    }
    try writeFile(records, to: path)
  }

  /// Writes a PNG picture of the images side by side, enlarged so that single pixels show.
  ///
  /// - Parameters:
  ///   - path: the file to write.
  ///   - maximum: the most images that are shown; of more than these only the first ones are.
  public func writePreview(to path: String, maximum: Int = 256) throws(FileError) {
    try writeFile(contactSheet(of: min(count, max(1, maximum))).png, to: path)
  }

  /// The first images in rows on white, each pixel enlarged to 2x2 (images of 32x32) or 3x3 (16x16); larger images are
  /// as they are.
  private func contactSheet(of shown: Int) -> Picture {
    let shape = dataSet.shape
    let scale = shape.width > 32 ? 1 : shape.width > 16 ? 2 : 3
    let gap = 2
    var columns = 1
    while columns * columns < shown { columns += 1 }
    let rows = (shown + columns - 1) / columns
    var sheet = Picture(
      width: columns * (shape.width * scale + gap) + gap, height: rows * (shape.height * scale + gap) + gap)
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
}
