import Files
public import NetworkGraph

/// A network in a file: ONNX, from whichever exporter.
public struct NetworkFile: Sendable {
  /// As it was named.
  public let path: String
  private let model: ONNXModel
  private let image: GraphIndex

  /// Reads the graph; the weights stay in the file.
  public init(path: String) throws(NetworkFileError) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw NetworkFileError(.unreadable, error.reason)
    }
    try self.init(file, path: path)
  }

  /// A file whose bytes are at hand.
  package init(bytes: [UInt8], name: String = "the file") throws(NetworkFileError) {
    try self.init(MappedFile(bytes, name: name), path: name)
  }

  package init(_ file: MappedFile, path: String) throws(NetworkFileError) {
    self.path = path
    model = try ONNXModel(file)
    do throws(NetworkFileError) {
      image = try GraphIndex(model)
    } catch {
      throw NetworkFileError(error.code, "\(path): \(error.reason)")
    }
  }

  /// The shape of an image as far as the file tells it: nil for what it leaves open.
  public var input: (channels: Int?, height: Int?, width: Int?) {
    let shape = image.imageShape
    guard shape.count == 4 else { return (nil, nil, nil) }
    func size(_ axis: Int) -> Int? { if case .fixed(let size) = shape[axis] { size } else { nil } }
    return (size(1), size(2), size(3))
  }

  /// Operators and how many nodes of each there are, those of which there are most first.
  public var operators: [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    for node in image.nodes { counts[node.operation, default: 0] += 1 }
    return counts.map { (name: $0.key, count: $0.value) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  /// What wrote the file, and the version of its operators.
  public var origin: String {
    "\(model.producerName.isEmpty ? "unknown exporter" : model.producerName), opset \(model.operatorSets[""] ?? 1)"
  }

  /// The network.
  ///
  /// - Parameters:
  ///   - input: the shape of an image, where the file leaves it open or to try another one; nil for the file's.
  ///   - initialization: where parameters get their values.
  ///   - rule: which activations are sites.
  /// - Throws: for an operator that is not carried out, with its node; where the shapes do not fit; and where batch
  ///   normalisations were folded into convolutions, so that nothing can be said of the network at initialisation.
  public func network(
    input: TensorShape? = nil, initialization: Initialization = .default, rule: SiteRule = .all
  ) throws(NetworkFileError) -> ImportedNetwork {
    do throws(NetworkFileError) {
      let shape = try imageShape(input)
      try refuseFoldedNormalizations()
      let batches: [Int] =
        if case .fixed(let count)? = image.imageShape.first { [min(count, 1 << 12)] } else { [3, 1, 2] }
      var first: NetworkFileError?
      for batch in batches {
        do throws(NetworkFileError) {
          return try imported(shape, initialization, rule, batch: batch)
        } catch {
          // Shapes that an exporter wrote down for another number of images.
          first = first ?? error
        }
      }
      throw first ?? NetworkFileError(.malformed, "no images")
    } catch {
      throw NetworkFileError(error.code, "\(path): \(error.reason)")
    }
  }

  private func imageShape(_ given: TensorShape?) throws(NetworkFileError) -> TensorShape {
    let rank = image.imageShape.count
    guard rank == 4 || rank == 0 else {
      throw NetworkFileError(
        .unsupported, "the input '\(image.image)' has \(rank) axes: images have 4, [images, channels, rows, columns]")
    }
    let own = input
    if let given {
      guard own.channels == nil || own.channels == given.channels else {
        throw NetworkFileError(
          .unsupported, "--input \(given): the file's images have \(own.channels ?? 0) channels")
      }
      return given
    }
    guard let channels = own.channels, let height = own.height, let width = own.width else {
      let known = [own.channels, own.height, own.width].map { $0.map(String.init) ?? "?" }.joined(separator: "x")
      throw NetworkFileError(
        .unsupported, "the file leaves the size of its images open (\(known)): name it with --input CxHxW")
    }
    guard channels <= 4096, height <= 8192, width <= 8192 else {
      throw NetworkFileError(.unsupported, "images of \(channels)x\(height)x\(width): name a smaller --input CxHxW")
    }
    return TensorShape(channels: channels, height: height, width: width)
  }

  /// What exporters that fold leave behind: a network of convolutions with names of their own and no normalisation.
  private func refuseFoldedNormalizations() throws(NetworkFileError) {
    let convolutions = image.nodes.filter { $0.operation == "Conv" }
    let hasNormalization = image.nodes.contains { $0.operation == "BatchNormalization" }
    let isRenamed = convolutions.contains { node in
      node.inputs.dropFirst().contains { $0.hasPrefix("onnx::Conv") }
    }
    // A child named conv with a bias in every one of many: Ultralytics' blocks, which have a normalisation beside it.
    let children = convolutions.filter { $0.inputs.count > 2 && $0.inputs[1].hasSuffix(".conv.weight") }
    let isFused =
      !hasNormalization && convolutions.count >= 8 && children.count * 2 > convolutions.count
      && model.metadataProperties["author"] == "Ultralytics"
    guard isRenamed || isFused else { return }
    throw NetworkFileError(.unsupported, NetworkImport.foldingAdvice)
  }

  private func imported(
    _ input: TensorShape, _ initialization: Initialization, _ rule: SiteRule, batch: Int
  ) throws(NetworkFileError) -> ImportedNetwork {
    var importing = try NetworkImport(model, initialization: initialization, input: input, batch: batch)
    let output = try importing.run()
    let hasNormalization = importing.normalizationCount > 0
    let network = importing.network(output: output).counting(rule)
    var notes: [String] = []
    if !hasNormalization {
      notes.append(
        "\(path) has no batch normalization: its score depends on how weights are initialised more than others do")
    }
    return ImportedNetwork(network: network, digest: network.digest, notes: notes)
  }
}

/// What a file became.
public struct ImportedNetwork: Sendable {
  public let network: Network
  /// Tells the network from all others: of its operations, shapes and constants, not of its weights.
  public let digest: String
  /// What a user should know, a sentence each.
  public let notes: [String]
}
