public import NetworkGraph
import Randomness

extension Plan {
  /// Weights that each output of a branch sums: the fan-in.
  public func chain(of branch: Branch, in step: Step) -> Int {
    inputShape(of: branch, in: step).channels / branch.convolution.groups * branch.convolution.kernel.area
  }

  /// The weights of a branch, [output][input of its group][kernel row][kernel column], with what was folded into them.
  public func weights(of branch: Branch, in step: Step) throws(BackendError) -> [Float] {
    let chain = chain(of: branch, in: step)
    let outputs = branch.convolution.outputChannels
    var weights = try values(branch.weights, count: outputs * chain, fanIn: chain)
    if let folded = branch.folded {
      let affines = try running(folded, channels: outputs)
      for (output, affine) in affines.enumerated() {
        for index in output * chain..<(output + 1) * chain { weights[index] *= affine.scale }
      }
    }
    return weights
  }

  /// What is added to each output channel of a branch; nil for nothing.
  public func bias(of branch: Branch, in step: Step) throws(BackendError) -> [Float]? {
    let outputs = branch.convolution.outputChannels
    let bias = try branch.bias.map { (parameter) throws(BackendError) in
      try values(parameter, count: outputs, fanIn: chain(of: branch, in: step))
    }
    guard let folded = branch.folded else { return bias }
    return try running(folded, channels: outputs).enumerated().map { channel, affine in
      affine.shift + (bias?[channel] ?? 0) * affine.scale
    }
  }

  /// Running statistics as scales and shifts, one a channel.
  public func running(
    _ normalization: BatchNormalization, channels: Int
  ) throws(BackendError) -> [BatchStatistics.Affine] {
    do throws(NetworkError) {
      return try BatchStatistics.running(normalization, channels: channels)
    } catch {
      throw BackendError(.unreadableParameters, error.description)
    }
  }

  /// The numbers of a constant, [channel][row][column].
  public func values(of constant: Constant) throws(BackendError) -> [Float] {
    try read(constant.values)
  }

  /// gamma and beta of a slot of statistics, one a channel; nil where they are 1 and 0.
  public func scaleAndShift(of slot: Int) throws(BackendError) -> (scale: [Float]?, shift: [Float]?) {
    let normalization = statistics[slot].normalization
    let scale = try normalization.scale.map { (tensor) throws(BackendError) in try read(tensor) }
    let shift = try normalization.shift.map { (tensor) throws(BackendError) in try read(tensor) }
    return (scale, shift)
  }

  private func values(_ parameter: Parameter, count: Int, fanIn: Int) throws(BackendError) -> [Float] {
    switch parameter {
    case .drawn(let name): convolutionWeights(seed: seed, name: name, count: count, fanIn: fanIn)
    case .stored(_, let tensor): try read(tensor)
    }
  }

  /// Numbers that come with the network.
  public func values(of tensor: StoredTensor) throws(BackendError) -> [Float] { try read(tensor) }

  private func read(_ tensor: StoredTensor) throws(BackendError) -> [Float] {
    do throws(NetworkError) {
      return try tensor.values()
    } catch {
      throw BackendError(.unreadableParameters, error.description)
    }
  }
}
