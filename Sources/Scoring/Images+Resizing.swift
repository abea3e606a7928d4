public import NetworkGraph

extension Images {
  /// Throws where a network of this input cannot take the images at any size.
  public func check(for shape: TensorShape) throws(ImageError) {
    guard shape.channels == self.shape.channels else {
      throw ImageError(
        .unsuitableSize,
        "the network takes images of \(shape.channels) channel\(shape.channels == 1 ? "" : "s"), and those of "
          + "\(dataSet.rawValue) have \(self.shape.channels)")
    }
  }

  /// Normalised images brought to another size: a whole multiple by repeating pixels, any other by interpolating
  /// between the centres of pixels, those at an edge standing for what is beyond.
  ///
  /// - Parameter values: [image][channel][row][column] of the images' own shape.
  func resized(_ values: [Float], to shape: TensorShape) -> [Float] {
    let own = self.shape
    guard shape != own else { return values }
    let isWhole = shape.height.isMultiple(of: own.height) && shape.width.isMultiple(of: own.width)
    let rows = Self.samples(own.height, shape.height, isWhole: isWhole)
    let columns = Self.samples(own.width, shape.width, isWhole: isWhole)
    let planes = count * own.channels
    return [Float](unsafeUninitializedCapacity: planes * shape.positions) { result, initialized in
      for plane in 0..<planes {
        let from = plane * own.positions
        var to = plane * shape.positions
        for row in rows {
          for column in columns {
            func between(_ row: Int) -> Float {
              let left = values[from + row * own.width + column.first]
              return left.addingProduct(column.weight, values[from + row * own.width + column.second] - left)
            }
            let upper = between(row.first)
            result[to] = row.weight == 0 ? upper : upper.addingProduct(row.weight, between(row.second) - upper)
            to += 1
          }
        }
      }
      initialized = planes * shape.positions
    }
  }

  /// For each index of the new size, the two old ones that it lies between and the weight of the second.
  private static func samples(
    _ own: Int, _ target: Int, isWhole: Bool
  ) -> [(first: Int, second: Int, weight: Float)] {
    (0..<target).map { index in
      if isWhole { return (index / (target / own), index / (target / own), 0) }
      let place = (Double(index) + 0.5) * Double(own) / Double(target) - 0.5
      let inside = min(max(place, 0), Double(own - 1))
      let first = Int(inside)
      return (first, min(first + 1, own - 1), Float(inside - Double(first)))
    }
  }
}
