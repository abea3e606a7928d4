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
    case inference
  }

  private enum ProgramName: Hashable {
    case convolution(ConvolutionTile, Purpose, isBiased: Bool)
    case values(Purpose, hasFunctions: Bool)
    case operations
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
    case .sumTerms(let hasFunctions):
      return purpose == .inference || hasFunctions
        ? try program(.values(purpose, hasFunctions: hasFunctions)) : common
    case .multiplyAccumulate: return try program(.peak)
    case .convolve(let tile, let isBiased):
      return try program(.convolution(tile, purpose, isBiased: isBiased))
    case .transformInputs(let tile, let isBiased):
      return try program(.convolution(tile, purpose, isBiased: isBiased))
    case .operate: return try program(.operations)
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
        case .convolution(let tile, let purpose, let isBiased):
          (tile.source, (isBiased ? "-DBIASED " : "") + (purpose == .inference ? "-DINFERENCE " : "") + tile.options)
        case .values(let purpose, let hasFunctions):
          (
            epads_value_source(),
            (hasFunctions ? "-DFUNCTIONS " : "") + (purpose == .inference ? "-DINFERENCE " : "")
              + (isTiled ? "-DTILED" : "")
          )
        case .operations: (epads_operation_source(), isTiled ? "-DTILED" : "")
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
  case placeImages, makeWeights, makeFilters, addTiles, finishStatistics, countDistances, countAgreement
  /// Whether terms have functions other than ReLU.
  case sumTerms(hasFunctions: Bool)
  case convolve(ConvolutionTile, isBiased: Bool)
  /// A kernel of Kernels/operations.cl, by its name.
  case operate(String)
  case transformInputs(ConvolutionTile, isBiased: Bool)
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
    case .convolve(.direct, _), .convolve(.directVector, _): "convolve"
    case .convolve(.winograd, _), .convolve(.winogradVector, _): "convolve_winograd"
    case .convolve(.grouped, _): "convolve_grouped"
    case .operate(let function): function
    case .transformInputs: "transform_inputs"
    case .multiplyAccumulate: "multiply_accumulate"
    }
  }

  /// The tile that its program is compiled for; nil for all but convolutions.
  var tile: ConvolutionTile? {
    switch self {
    case .convolve(let tile, _), .transformInputs(let tile, _): tile
    case .placeImages, .makeWeights, .makeFilters, .addTiles, .finishStatistics, .sumTerms, .countDistances,
      .countAgreement, .multiplyAccumulate, .operate:
      nil
    }
  }
}

extension KernelName: CustomStringConvertible {
  var description: String { [function, tile?.description].compactMap(\.self).joined(separator: " ") }
}
