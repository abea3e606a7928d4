/// Hamming sums of one ReLU site.
public struct SiteCounts: Hashable, Sendable {
  /// The module's name in the reference model.
  public var name: String
  /// Units of one image.
  public var units: Int
  /// Over the clean images b: distance from the code of b to the code of its permuted partner.
  public var d1: Int
  /// Over the clean images b: distance from the code of b to the code of its perturbed copy.
  public var d2: Int

  public init(name: String, units: Int, d1: Int = 0, d2: Int = 0) {
    self.name = name
    self.units = units
    self.d1 = d1
    self.d2 = d2
  }
}

/// What a run counted.
public struct Counts: Hashable, Sendable {
  /// For `.distances`: one entry a site of the plan.
  public var sites: [SiteCounts]
  /// For `.agreement`: row-major batch x batch, the units on which images i and j have the same sign, over all sites.
  public var agreement: [Int64]

  public init(sites: [SiteCounts] = [], agreement: [Int64] = []) {
    self.sites = sites
    self.agreement = agreement
  }
}

/// What a run gave, and where.
public struct RunResult: Hashable, Sendable {
  public var counts: Counts
  /// The device that made the counts: a backend may go on with another one when its own fails.
  public var device: Device

  public init(counts: Counts, device: Device) {
    self.counts = counts
    self.device = device
  }
}
