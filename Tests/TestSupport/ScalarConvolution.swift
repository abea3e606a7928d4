import NetworkGraph

// The two algorithms of Docs/Numerics.md for convolutions. Weights are [output][input of its group][row][column].

/// One chain of fused multiply-adds an output, over kernel row, kernel column and input channel.
func convolveDirectly(
  _ input: Activation, _ weights: [Float], _ convolution: Convolution, images: Int, into output: inout Activation
) {
  let kernel = convolution.kernel
  let stride = convolution.stride
  let dilation = convolution.dilation
  let shape = output.shape
  // Of a group.
  let channels = input.shape.channels / convolution.groups
  let outputs = shape.channels / convolution.groups
  let plane = shape.height * shape.width
  for image in 0..<images {
    let padded = PaddedImage(
      input, image: image,
      padding: Extent(
        convolution.padding.height - convolution.offset.height, convolution.padding.width - convolution.offset.width),
      height: (shape.height - 1) * stride.height + (kernel.height - 1) * dilation.height + 1,
      width: (shape.width - 1) * stride.width + (kernel.width - 1) * dilation.width + 1)
    padded.values.withUnsafeBufferPointer { from in
      weights.withUnsafeBufferPointer { weights in
        output.values.withUnsafeMutableBufferPointer { sums in
          for channel in 0..<shape.channels {
            let first = (image * shape.channels + channel) * plane
            for r in 0..<kernel.height {
              for s in 0..<kernel.width {
                for c in 0..<channels {
                  let weight = weights[((channel * channels + c) * kernel.height + r) * kernel.width + s]
                  let source = channel / outputs * channels + c
                  for row in 0..<shape.height {
                    let y = row * stride.height + r * dilation.height
                    let start = (source * padded.height + y) * padded.width + s * dilation.width
                    for column in 0..<shape.width {
                      let index = first + row * shape.width + column
                      sums[index] = sums[index].addingProduct(from[start + column * stride.width], weight)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/// F(4x4, 3x3).
func convolveByWinograd(
  _ input: Activation, _ weights: [Float], padding: Extent, images: Int, into output: inout Activation
) {
  let shape = output.shape
  let channels = input.shape.channels
  let rows = (shape.height + 3) / 4
  let columns = (shape.width + 3) / 4
  let filters = transformedFilters(weights, count: shape.channels * channels)
  // [channel][position], of one tile.
  var inputs = [Float](repeating: 0, count: channels * 36)
  for image in 0..<images {
    let padded = PaddedImage(input, image: image, padding: padding, height: 4 * rows + 2, width: 4 * columns + 2)
    for tile in 0..<rows * columns {
      let top = tile / columns * 4
      let left = tile % columns * 4
      for channel in 0..<channels {
        for position in 0..<36 {
          inputs[channel * 36 + position] =
            padded.values[(channel * padded.height + top + position / 6) * padded.width + left + position % 6]
        }
        inputs.withUnsafeMutableBufferPointer { transformInput($0, at: channel * 36) }
      }
      for channel in 0..<shape.channels {
        let tile = outputTile(inputs, filters, channels: channels, output: channel)
        for y in 0..<min(4, shape.height - top) {
          for x in 0..<min(4, shape.width - left) {
            let row = (image * shape.channels + channel) * shape.height + top + y
            output.values[row * shape.width + left + x] = tile[y * 6 + x]
          }
        }
      }
    }
  }
}

/// One image in zeros; less than no padding leaves its first rows or columns out.
private struct PaddedImage {
  let height: Int
  let width: Int
  /// [channel][row][column].
  var values: [Float]

  init(_ input: Activation, image: Int, padding: Extent, height: Int, width: Int) {
    let shape = input.shape
    self.height = height
    self.width = width
    values = Array(repeating: 0, count: shape.channels * height * width)
    for channel in 0..<shape.channels {
      for y in 0..<shape.height where (0..<height).contains(y + padding.height) {
        let from = ((image * shape.channels + channel) * shape.height + y) * shape.width
        let to = (channel * height + y + padding.height) * width + padding.width
        for x in 0..<shape.width where (0..<width).contains(x + padding.width) {
          values[to + x] = input.values[from + x]
        }
      }
    }
  }
}

// MARK: - Transforms

/// [output][input][row][column] of 3x3 to [output][input][6][6].
private func transformedFilters(_ weights: [Float], count: Int) -> [Float] {
  func transform(_ g0: Double, _ g1: Double, _ g2: Double) -> [Double] {
    let a = g0 + g2
    let b = g0 + 4 * g2
    return [g0 / 4, -(a + g1) / 6, (g1 - a) / 6, (b + 2 * g1) / 24, (b - 2 * g1) / 24, g2]
  }
  var filters: [Float] = []
  filters.reserveCapacity(count * 36)
  for filter in 0..<count {
    let g = weights[filter * 9..<filter * 9 + 9].map(Double.init)
    let columns = (0..<3).map { transform(g[$0], g[3 + $0], g[6 + $0]) }
    for row in 0..<6 { filters += transform(columns[0][row], columns[1][row], columns[2][row]).map { Float($0) } }
  }
  return filters
}

/// The 36 values from `start` on, in place: columns, then rows.
private func transformInput(_ values: UnsafeMutableBufferPointer<Float>, at start: Int) {
  func transform(_ first: Int, _ step: Int) {
    func place(_ index: Int) -> Int { start + first + index * step }
    let d0 = values[place(0)]
    let d1 = values[place(1)]
    let d2 = values[place(2)]
    let d3 = values[place(3)]
    let d4 = values[place(4)]
    let d5 = values[place(5)]
    let a = d4.addingProduct(-4, d2)
    let b = d3.addingProduct(-4, d1)
    let c = d4 - d2
    let e = d3 - d1
    values[place(0)] = d4.addingProduct(-5, d2).addingProduct(4, d0)
    values[place(1)] = a + b
    values[place(2)] = a - b
    values[place(3)] = c.addingProduct(2, e)
    values[place(4)] = c.addingProduct(-2, e)
    values[place(5)] = d5.addingProduct(-5, d3).addingProduct(4, d1)
  }
  for column in 0..<6 { transform(column, 6) }
  for row in 0..<6 { transform(row * 6, 1) }
}

/// The 4x4 outputs of a channel, in rows of 6.
private func outputTile(_ inputs: [Float], _ filters: [Float], channels: Int, output: Int) -> [Float] {
  var m = [Float](repeating: 0, count: 36)
  for position in 0..<36 {
    for channel in 0..<channels {
      let filter = filters[(output * channels + channel) * 36 + position]
      m[position] = m[position].addingProduct(inputs[channel * 36 + position], filter)
    }
  }
  func transform(_ first: Int, _ step: Int) {
    func place(_ index: Int) -> Int { first + index * step }
    let m0 = m[place(0)]
    let m5 = m[place(5)]
    let s = m[place(1)] + m[place(2)]
    let d = m[place(1)] - m[place(2)]
    let largeS = m[place(3)] + m[place(4)]
    let largeD = m[place(3)] - m[place(4)]
    m[place(0)] = (m0 + s) + largeS
    m[place(1)] = d.addingProduct(2, largeD)
    m[place(2)] = s.addingProduct(4, largeS)
    m[place(3)] = d.addingProduct(8, largeD) + m5
  }
  for column in 0..<6 { transform(column, 6) }
  for row in 0..<4 { transform(row * 6, 1) }
  return m
}
