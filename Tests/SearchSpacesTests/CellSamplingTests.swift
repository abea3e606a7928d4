import SearchSpaces
import TestSupport
import Testing

@Suite struct CellSamplingTests {
  private func genotypes(_ family: CellSpace.Family, _ count: Int, seed: UInt64 = 1) throws -> [Genotype] {
    var draws = RandomCases.draws(seed: seed)
    return try (0..<count).map { _ in try Genotype(text: CellSpace(family).randomArchitecture(&draws).text) }
  }

  /// Whether a family can draw this cell.
  private func expectCell(_ cell: Genotype.Cell, of family: CellSpace.Family) {
    #expect(cell.nodes == family.nodes)
    #expect(Set(cell.edges.map(\.operation)).isSubset(of: family.operations))
    if family.hasDistinctSources {
      for node in 0..<cell.nodes { #expect(cell.edges[2 * node].source != cell.edges[2 * node + 1].source) }
    }
    let read = Set(cell.edges.map(\.source))
    let nodes = Array(2..<family.nodes + 2)
    #expect(cell.concatenation == (family.concatenatesLooseEnds ? nodes.filter { !read.contains($0) } : nodes))
  }

  // MARK: - Random architectures

  /// What seed 1 draws first stays what it is: studies name architectures by their seed.
  @Test(arguments: CellSpace.Family.allCases)
  func samplesStayTheSame(_ family: CellSpace.Family) throws {
    let genotype = try #require(try genotypes(family, 1).first)
    #expect(CellReferenceModel.all.contains { $0.text == genotype.text }, "\(genotype.text)")
  }

  @Test(arguments: CellSpace.Family.allCases)
  func samplesAreOfTheFamily(_ family: CellSpace.Family) throws {
    let genotypes = try genotypes(family, 2000)
    for genotype in genotypes {
      expectCell(genotype.normal, of: family)
      expectCell(genotype.reduction, of: family)
    }
    // Of at least 10^13 architectures two equal ones among 2000 would be chance of less than one in a million.
    #expect(Set(genotypes).count == genotypes.count)
  }

  /// Chi-square of counts that are equally likely, in standard deviations from what it is on average.
  private func deviation(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    let freedom = Double(counts.count - 1)
    return (chiSquare - freedom) / (2 * freedom).squareRoot()
  }

  /// Every operation on every edge, and every pair of sources of every node, as often as every other.
  @Test(arguments: CellSpace.Family.allCases)
  func choicesAreEquallyLikely(_ family: CellSpace.Family) throws {
    let genotypes = try genotypes(family, 20_000)
    for cell in [\Genotype.normal, \.reduction] {
      for node in 0..<family.nodes {
        var operations: [[CellOperation]: Int] = [:]
        var sources: [[Int]: Int] = [:]
        for genotype in genotypes {
          let edges = genotype[keyPath: cell].edges[2 * node...2 * node + 1]
          operations[edges.map(\.operation), default: 0] += 1
          sources[edges.map(\.source), default: 0] += 1
        }
        #expect(operations.count == family.operations.count * family.operations.count)
        #expect(sources.count == (node + 2) * (node + (family.hasDistinctSources ? 1 : 2)))
        #expect(abs(deviation(Array(operations.values))) < 5, "\(family), node \(node)")
        #expect(abs(deviation(Array(sources.values))) < 5, "\(family), node \(node)")
      }
    }
  }

  // MARK: - Mutation

  /// The edges in which two genotypes differ: the cell (0 or 1), the position, whether in the operation or the source.
  private func changes(_ before: Genotype, _ after: Genotype) -> [(cell: Int, position: Int, isOperation: Bool)] {
    var changes: [(Int, Int, Bool)] = []
    for (cell, (old, new)) in [(before.normal, after.normal), (before.reduction, after.reduction)].enumerated() {
      for (position, (from, to)) in zip(old.edges, new.edges).enumerated() {
        if from.operation != to.operation { changes.append((cell, position, true)) }
        if from.source != to.source { changes.append((cell, position, false)) }
      }
    }
    return changes
  }

  @Test(arguments: CellSpace.Family.allCases)
  func mutationsChangeOneThingAndStayInTheFamily(_ family: CellSpace.Family) throws {
    let space = CellSpace(family)
    var draws = RandomCases.draws(seed: 3)
    var architecture = space.randomArchitecture(&draws)
    var operationChanges = 0
    var places: [[Int]: Int] = [:]
    for _ in 0..<4000 {
      let before = try Genotype(text: architecture.text)
      architecture = try space.mutated(architecture, &draws)
      let after = try Genotype(text: architecture.text)
      let changes = changes(before, after)
      let change = try #require(changes.first)
      #expect(changes.count == 1)
      expectCell(after.normal, of: family)
      expectCell(after.reduction, of: family)
      operationChanges += change.isOperation ? 1 : 0
      if change.isOperation { places[[change.cell, change.position], default: 0] += 1 }
    }
    // Half of them, within five standard deviations.
    #expect(abs(operationChanges - 2000) < 160)
    #expect(places.count == 4 * family.nodes)
    #expect(abs(deviation(Array(places.values))) < 5)
  }

  /// Operations and sizes that a family lacks are left where they are, and the result is a genotype nevertheless.
  @Test(arguments: CellSpace.Family.allCases)
  func foreignGenotypesMutate(_ family: CellSpace.Family) throws {
    let texts =
      KnownGenotype.allCases.map(\.text) + [
        """
        Genotype(normal=[('none', 0), ('none', 0)], normal_concat=[0],
          reduce=[('none', 1), ('none', 0)], reduce_concat=[2])
        """
      ]
    let space = CellSpace(family)
    var draws = RandomCases.draws(seed: 4)
    for text in texts {
      let parent = try space.architecture(text: text)
      let before = try Genotype(text: text)
      for _ in 0..<300 {
        let child = try space.mutated(parent, &draws)
        let after = try Genotype(text: child.text)
        let changes = changes(before, after)
        #expect(changes.count == 1)
        #expect(child == (try space.architecture(text: child.text)))
        guard let change = changes.first else { continue }
        let (old, cell) = change.cell == 0 ? (before.normal, after.normal) : (before.reduction, after.reduction)
        if change.isOperation {
          #expect(family.operations.contains(cell.edges[change.position].operation))
          #expect(cell.concatenation == old.concatenation)
        } else if family.hasDistinctSources {
          #expect(cell.edges[change.position].source != cell.edges[change.position ^ 1].source)
        }
      }
    }
  }

  @Test func whatIsNoGenotypeDoesNotMutate() throws {
    let other = try NASBench201().architecture(index: 0)
    var draws = RandomCases.draws(seed: 5)
    #expect(throws: ArchitectureError.self) {
      try CellSpace(.enas).mutated(other, &draws)
    }
  }
}
