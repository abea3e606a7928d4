public import Compute

/// A backend, and why it was taken.
public struct SelectedBackend: Sendable {
  public var backend: any Backend
  /// The position of its device in `BackendSelection.devices`.
  public var number: Int
  public var reason: String
  /// Devices that were passed over, each with the reason.
  public var passedOver: [String]
}

/// Why a provider has no devices, or fewer than there might be.
public struct ProviderProblem: Sendable {
  /// The provider's title.
  public var provider: String
  public var reason: String
}

/// The devices of all providers, and a backend on the one that was asked for.
///
/// Fallback is for whole networks: a backend runs a plan or it does not.
public struct BackendSelection: Sendable {
  /// Every device, in the order of the providers, the processor last. Its position is its number.
  public var devices: [ListedDevice] { places.map { $0.provider.devices[$0.index] } }
  /// Why providers have no devices, or fewer than there might be.
  public let problems: [ProviderProblem]
  private let providers: [any BackendProvider]
  /// Where the device of each number comes from.
  private let places: [Place]

  private struct Place {
    var provider: any BackendProvider
    /// A position in the provider's devices.
    var index: Int
    /// Whether the provider is the last one, which every machine has.
    var isFallback: Bool

    var device: Device { provider.devices[index].device }
  }

  /// Looks for devices.
  public init(_ settings: BackendSettings = BackendSettings()) throws(BackendError) {
    var providers: [any BackendProvider] = []
    for provider in backendProviders { providers.append(try provider.init(settings)) }
    self.init(providers: providers)
  }

  /// - Parameter providers: in the order in which devices are listed; the last one is the fallback.
  package init(providers: [any BackendProvider]) {
    self.providers = providers
    problems = providers.flatMap { provider in
      provider.problems.map { ProviderProblem(provider: type(of: provider).title, reason: $0) }
    }
    places = providers.enumerated().flatMap { position, provider in
      provider.devices.indices.map {
        Place(provider: provider, index: $0, isFallback: position == providers.count - 1)
      }
    }
  }

  /// Selects a backend.
  ///
  /// - Parameters:
  ///   - choice: `auto` falls back to the processor, every other choice is an error where it cannot be had.
  ///   - device: a number of `devices`, or part of a name in any case; nil for the first that the choice allows.
  public func select(_ choice: BackendChoice, device: String? = nil) throws(BackendError) -> SelectedBackend {
    if let device { return try named(device, choice) }
    return choice == .auto ? try automatic() : try first(of: choice)
  }

  /// The first GPU that can be used, else the fallback.
  private func automatic() throws(BackendError) -> SelectedBackend {
    var passedOver = problems.map(\.reason)
    for number in places.indices where !places[number].isFallback {
      guard places[number].device.kind == .gpu else {
        passedOver.append("\(places[number].device.name): not a GPU")
        continue
      }
      do throws(BackendError) {
        return try make(number, reason: "the first usable GPU", passedOver: passedOver)
      } catch {
        passedOver.append(error.reason)
      }
    }
    guard let fallback = places.firstIndex(where: \.isFallback) else {
      throw BackendError(.deviceUnavailable, "no usable device: \(passedOver.joined(separator: "; "))")
    }
    return try make(
      fallback, reason: passedOver.isEmpty ? "no GPU" : "no GPU: \(passedOver.joined(separator: "; "))",
      passedOver: passedOver)
  }

  /// The first device of a provider that can be used, GPUs before others.
  private func first(of choice: BackendChoice) throws(BackendError) -> SelectedBackend {
    let provider = providers.first { type(of: $0).name == choice.rawValue }
    let numbers = numbers(allowedBy: choice)
    let isGPU = { (number: Int) in places[number].device.kind == .gpu }
    var passedOver = provider?.problems ?? []
    for number in numbers.filter(isGPU) + numbers.filter({ !isGPU($0) }) {
      do throws(BackendError) {
        return try make(number, reason: "asked for", passedOver: passedOver)
      } catch {
        passedOver.append(error.reason)
      }
    }
    let title = provider.map { type(of: $0).title } ?? choice.rawValue
    throw BackendError(.deviceUnavailable, "no usable \(title) device: \(passedOver.joined(separator: "; "))")
  }

  private func named(_ text: String, _ choice: BackendChoice) throws(BackendError) -> SelectedBackend {
    let allowed = numbers(allowedBy: choice)
    let found =
      if let number = Int(text) {
        allowed.first { $0 == number }
      } else {
        allowed.first { places[$0].device.name.lowercased().contains(text.lowercased()) }
      }
    guard let found else {
      let names = allowed.map { "\($0) \(places[$0].device.backend) \(places[$0].device.name)" }
      throw BackendError(
        .deviceUnavailable,
        "no device '\(text)' (there is: \(names.isEmpty ? "none" : names.joined(separator: ", ")))")
    }
    return try make(found, reason: "asked for", passedOver: [])
  }

  /// The selected backend, which tries once more when its device fails, and under `auto` leaves it to the fallback
  /// then. The fallback itself is as it is.
  ///
  /// - Parameter note: says what happened, in a line.
  public func resilient(
    _ selected: SelectedBackend, choice: BackendChoice, note: @escaping @Sendable (String) -> Void
  ) throws(BackendError) -> any Backend {
    let place = places[selected.number]
    guard !place.isFallback else { return selected.backend }
    var fallback: (any Backend)?
    if choice == .auto, let last = places.first(where: \.isFallback) { fallback = try last.provider.make(last.index) }
    return ResilientBackend(
      selected.backend, make: { () throws(BackendError) -> any Backend in try place.provider.make(place.index) },
      fallback: fallback, note: note)
  }

  private func numbers(allowedBy choice: BackendChoice) -> [Int] {
    places.indices.filter { choice == .auto || places[$0].device.backend == choice.rawValue }
  }

  private func make(_ number: Int, reason: String, passedOver: [String]) throws(BackendError) -> SelectedBackend {
    SelectedBackend(
      backend: try places[number].provider.make(places[number].index), number: number, reason: reason,
      passedOver: passedOver)
  }
}
