internal import Compute
internal import Kernels
import NetworkGraph

/// What a backend keeps on its device from run to run. Used by one thread at a time.
final class OpenCLWorkspace {
  /// The kernels of Kernels/.
  enum KernelName: Hashable {
    case placeImages, makeWeights, addTiles, finishStatistics, sumNode, countDistances, countAgreement
    case convolve(Tile)

    var function: String {
      switch self {
      case .placeImages: "place_images"
      case .makeWeights: "make_weights"
      case .addTiles: "add_tiles"
      case .finishStatistics: "finish_statistics"
      case .sumNode: "sum_node"
      case .countDistances: "count_distances"
      case .countAgreement: "count_agreement"
      case .convolve: "convolve"
      }
    }
  }

  /// The outputs that a work-group of the convolution makes, and those of a work-item; see Kernels/convolution.cl.
  struct Tile: Hashable {
    var tilePixels = 0
    var tileChannels = 0
    var pixels: Int
    var channels = 8
    var depth = 0

    var isTiled: Bool { tilePixels > 0 }
    var groupSize: Int { isTiled ? tilePixels / pixels * (tileChannels / channels) : 1 }

    var options: String {
      guard isTiled else { return "-DPIXELS=\(pixels)" }
      return """
        -DTILED -DTILE_PIXELS=\(tilePixels) -DTILE_CHANNELS=\(tileChannels) -DPIXELS=\(pixels) \
        -DCHANNELS=\(channels) -DDEPTH=\(depth)
        """
    }
  }

  enum Role: Hashable {
    case arena, weights, affine, partial, codes, terms, sites, permutations, counts, flag
  }

  enum Argument {
    case buffer(DeviceBuffer)
    case int(Int)
    case long(Int)
    case word(UInt64)
    case float(Float)
    case double(Double)
    /// A structure of ints.
    case integers([Int32])
  }

  let queue: CommandQueue
  let isTiled: Bool
  private let context: Context
  private let cache: ProgramCache?
  private let common: Program
  private var convolutions: [Tile: Program] = [:]
  private var kernels: [KernelName: Kernel] = [:]
  private var buffers: [Role: DeviceBuffer] = [:]
  /// Image batches that are on the device, the latest last.
  private var residents: [(batch: ImageBatch, buffer: DeviceBuffer)] = []

  init(
    _ info: OpenCLDeviceInfo, variant: OpenCLBackend.Variant, cache: ProgramCache?
  ) throws(OpenCLError) {
    context = try Context(device: info)
    queue = try context.queue()
    isTiled = variant == .tiled
    self.cache = cache
    common = try context.program(
      sources: [String(cString: epads_kernel_source())], options: Self.options(isTiled ? "-DTILED" : ""), cache: cache)
  }

  private static func options(_ defines: String) -> String { "-cl-std=CL1.2 " + defines }

  /// A buffer of at least so many bytes; its contents are those of its last use.
  func buffer(_ role: Role, bytes: Int) throws(OpenCLError) -> DeviceBuffer {
    if let buffer = buffers[role], buffer.bytes >= bytes { return buffer }
    // Freed before the larger one is made; kernels hold on to their arguments.
    buffers[role] = nil
    kernels = [:]
    let buffer = try context.buffer(bytes: max(4, bytes))
    buffers[role] = buffer
    return buffer
  }

  /// The images on the device: uploaded once, and kept for as many batches as a score takes.
  func resident(_ images: ImageBatch) throws(OpenCLError) -> DeviceBuffer {
    if let found = residents.first(where: { $0.batch === images }) { return found.buffer }
    if residents.count == 2 { residents.removeFirst() }
    let buffer = try context.buffer(bytes: images.values.count * 4)
    try queue.write(images.values, to: buffer)
    residents.append((images, buffer))
    return buffer
  }

  func write<T: BitwiseCopyable>(_ values: [T], to role: Role) throws(OpenCLError) {
    try queue.write(values, to: try buffer(role, bytes: MemoryLayout<T>.stride * values.count))
  }

  /// Launches a kernel that takes a work-group an item of `groups` where it adds up in groups, else a work-item.
  func launch(_ name: KernelName, _ arguments: [Argument], groups: [Int]) throws(OpenCLError) {
    guard isTiled else { return try launch(name, arguments, global: groups) }
    var global = groups
    global[0] *= Self.adders
    var local = [Int](repeating: 1, count: groups.count)
    local[0] = Self.adders
    try launch(name, arguments, global: global, local: local)
  }

  /// ADDERS in Kernels/common.cl.
  private static let adders = 64

  func launch(
    _ name: KernelName, _ arguments: [Argument], global: [Int], local: [Int]? = nil
  ) throws(OpenCLError) {
    let kernel = try kernel(name)
    for (index, argument) in arguments.enumerated() {
      switch argument {
      case .buffer(let buffer): try kernel.set(index, buffer)
      case .int(let value): try kernel.set(index, Int32(truncatingIfNeeded: value))
      case .long(let value): try kernel.set(index, UInt64(value))
      case .word(let value): try kernel.set(index, value)
      case .float(let value): try kernel.set(index, value)
      case .double(let value): try kernel.set(index, value)
      case .integers(let values): try kernel.set(index, structure: values)
      }
    }
    try queue.enqueue(kernel, global: global, local: local)
  }

  private func kernel(_ name: KernelName) throws(OpenCLError) -> Kernel {
    if let kernel = kernels[name] { return kernel }
    let kernel = try program(of: name).kernel(name.function)
    kernels[name] = kernel
    return kernel
  }

  private func program(of name: KernelName) throws(OpenCLError) -> Program {
    guard case .convolve(let tile) = name else { return common }
    if let program = convolutions[tile] { return program }
    let program = try context.program(
      sources: [String(cString: epads_convolution_source())], options: Self.options(tile.options), cache: cache)
    convolutions[tile] = program
    return program
  }

  /// The tile for an output, and the work that covers it.
  func convolutionLaunch(
    images: Int, output: TensorShape
  ) -> (tile: Tile, global: [Int], local: [Int]?) {
    let aligned = Plan.aligned(output.channels)
    guard isTiled else {
      let tile = Tile(pixels: 4)
      let strips = (output.width + tile.pixels - 1) / tile.pixels
      return (tile, [aligned / 8, strips * output.height, images], [1, 1, 1])
    }
    // Wide tiles where there are channels for them: a window is read once for each tile of channels.
    let tile =
      aligned <= 16
      ? Tile(tilePixels: 128, tileChannels: 16, pixels: 4, channels: 4, depth: 8)
      : aligned <= 32
        ? Tile(tilePixels: 128, tileChannels: 32, pixels: 8, channels: 4, depth: 8)
        : Tile(tilePixels: 128, tileChannels: 64, pixels: 8, channels: 8, depth: 8)
    let pixels = images * output.height * output.width
    let groups = [
      (pixels + tile.tilePixels - 1) / tile.tilePixels, (aligned + tile.tileChannels - 1) / tile.tileChannels,
    ]
    return (tile, [groups[0] * tile.groupSize, groups[1]], [tile.groupSize, 1])
  }
}
