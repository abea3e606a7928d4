internal import Compute
internal import Kernels
import OpenCL
internal import Synchronization

/// What all runs on a device share: its context, compiled kernels, and the images that are there.
final class OpenCLPrograms: Sendable {
  /// What kernels are compiled for.
  enum Purpose {
    /// Taking statistics and signs.
    case scoring
    /// Adding biases.
    case inference
  }

  private enum ProgramName: Hashable {
    case convolution(ConvolutionTile, Purpose)
    /// Values without signs.
    case values
    case peak
  }

  let context: Context
  let isTiled: Bool
  private let cache: ProgramCache?
  /// Everything but convolutions, as scoring takes it.
  private let common: Program
  private let built = Mutex<[ProgramName: Program]>([:])
  /// Image batches, the latest last.
  private let residents = Mutex<[(batch: ImageBatch, buffer: DeviceBuffer)]>([])
  /// Batches that are kept.
  let residentLimit: Int

  init(
    _ info: OpenCLDeviceInfo, variant: OpenCLBackend.Variant, cache: ProgramCache?, residentLimit: Int
  ) throws(OpenCLError) {
    context = try Context(device: info)
    isTiled = variant == .tiled
    self.cache = cache
    self.residentLimit = residentLimit
    common = try context.program(
      sources: [String(cString: epads_kernel_source())], options: Self.options(isTiled ? "-DTILED" : ""), cache: cache)
  }

  private static func options(_ defines: String) -> String { "-cl-std=CL1.2 " + defines }

  func program(of kernel: KernelName, for purpose: Purpose) throws(OpenCLError) -> Program {
    switch kernel {
    case .sumTerms: return purpose == .inference ? try program(.values) : common
    case .multiplyAccumulate: return try program(.peak)
    case .convolve(let tile), .transformInputs(let tile): return try program(.convolution(tile, purpose))
    case .placeImages, .makeWeights, .makeFilters, .addTiles, .finishStatistics, .countDistances, .countAgreement:
      return common
    }
  }

  /// Built when it is asked for first.
  private func program(_ name: ProgramName) throws(OpenCLError) -> Program {
    try built.withLock { built throws(OpenCLError) in
      if let program = built[name] { return program }
      let (source, defines) =
        switch name {
        case .convolution(let tile, let purpose):
          (tile.source, purpose == .inference ? "-DINFERENCE " + tile.options : tile.options)
        case .values: (epads_value_source(), isTiled ? "-DINFERENCE -DTILED" : "-DINFERENCE")
        case .peak: (epads_peak_source(), isTiled ? "-DTILED " + OpenCLPeak.options : OpenCLPeak.options)
        }
      let program = try context.program(
        sources: [String(cString: source)], options: Self.options(defines), cache: cache)
      built[name] = program
      return program
    }
  }

  /// The images on the device: uploaded once, and kept for as many batches as are in turn.
  func resident(_ images: ImageBatch, queue: CommandQueue) throws(OpenCLError) -> DeviceBuffer {
    try residents.withLock { residents throws(OpenCLError) in
      if let found = residents.first(where: { $0.batch === images }) { return found.buffer }
      // Kernels hold on to their arguments.
      if residents.count == residentLimit { residents.removeFirst() }
      let buffer = try context.buffer(bytes: images.values.count * 4)
      try queue.write(images.values, to: buffer)
      residents.append((images, buffer))
      return buffer
    }
  }
}

extension ConvolutionTile {
  fileprivate var source: UnsafePointer<CChar> {
    switch self {
    case .direct, .directVector: epads_convolution_source()
    case .winograd, .winogradVector: epads_winograd_source()
    case .grouped: epads_grouped_source()
    }
  }
}

/// The kernels of Kernels/.
enum KernelName: Hashable {
  case placeImages, makeWeights, makeFilters, addTiles, finishStatistics, sumTerms, countDistances, countAgreement
  case convolve(ConvolutionTile)
  case transformInputs(ConvolutionTile)
  case multiplyAccumulate

  var function: String {
    switch self {
    case .placeImages: "place_images"
    case .makeWeights: "make_weights"
    case .makeFilters: "make_filters"
    case .addTiles: "add_tiles"
    case .finishStatistics: "finish_statistics"
    case .sumTerms: "sum_terms"
    case .countDistances: "count_distances"
    case .countAgreement: "count_agreement"
    case .convolve(.direct), .convolve(.directVector): "convolve"
    case .convolve(.winograd), .convolve(.winogradVector): "convolve_winograd"
    case .convolve(.grouped): "convolve_grouped"
    case .transformInputs: "transform_inputs"
    case .multiplyAccumulate: "multiply_accumulate"
    }
  }

  /// The tile that its program is compiled for; nil for all but convolutions.
  var tile: ConvolutionTile? {
    switch self {
    case .convolve(let tile), .transformInputs(let tile): tile
    case .placeImages, .makeWeights, .makeFilters, .addTiles, .finishStatistics, .sumTerms, .countDistances,
      .countAgreement, .multiplyAccumulate:
      nil
    }
  }
}

extension KernelName: CustomStringConvertible {
  var description: String { [function, tile?.description].compactMap(\.self).joined(separator: " ") }
}
