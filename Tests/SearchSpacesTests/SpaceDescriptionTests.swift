import NetworkGraph
import SearchSpaces
import TestSupport
import Testing

/// What holds for every space that the program knows.
@Suite struct SpaceDescriptionTests {
  @Test func everySpaceIsFoundByItsName() {
    #expect(
      SpaceDescription.all.map(\.name) == [
        "nasbench201", "darts", "enas", "pnas", "nasnet", "amoeba", "darts_in", "enas_in", "pnas_in", "nasnet_in",
        "amoeba_in", "nds", "nds_in",
      ])
    for description in SpaceDescription.all {
      #expect(SpaceDescription.named(description.name)?.name == description.name)
      #expect(description.space().name == description.name)
      #expect(description.imageShape.height == (description.name.hasSuffix("_in") ? 224 : 32))
    }
    for name in ["", "none", "DARTS", "darts_in ", "nds_"] { #expect(SpaceDescription.named(name)?.name == nil) }
  }

  @Test func theMacroArchitectureMattersWhereItIsOpen() {
    let large = MacroArchitecture(width: 36, depth: 20, hasAuxiliaryHead: true)
    for description in SpaceDescription.all {
      let (small, other) = (description.space().macro, description.space(large).macro)
      #expect(small == (description.hasOpenMacroArchitecture ? "width 16, depth 8" : nil))
      #expect(other == (description.hasOpenMacroArchitecture ? "width 36, depth 20, auxiliary head" : nil))
    }
  }

  /// A space that cannot do something says so: no other space stands in for it.
  @Test func capabilitiesAreAbsentWhereTheSpaceHasNone() throws {
    for description in SpaceDescription.all {
      let space = description.space()
      let names = description.name.hasPrefix("nds")
      #expect((space is any SampledSpace) != names)
      #expect((space is any DrawnSpace) != names)
      #expect((space is any EnumeratedSpace) == (description.name == "nasbench201"))
      guard space is any EnumeratedSpace else {
        let error = #expect(throws: ArchitectureError.self) { try space.architecture(index: 0) }
        #expect(error?.reason == "the architectures of \(description.name) have no index")
        continue
      }
      #expect(try space.architecture(index: 7).index == 7)
    }
  }

  @Test func everySpaceReadsItsExample() throws {
    for description in SpaceDescription.all {
      let space = description.space()
      let architecture = try space.architecture(text: space.example)
      #expect(architecture.text == space.example && space.example.count < 180)
      let side = description.imageShape.height
      _ = try space.network(
        of: architecture, input: TensorShape(channels: 3, height: side, width: side), classes: 10)
    }
  }

  @Test(arguments: [
    ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "nasbench201"), ("(3, 0, 4, 2, 3, 2)", "nasbench201"),
    ("DARTS_V2", "darts"), ("DARTS_V2 width=4 depth=3", "nds"), ("7", nil), ("'7',", nil), ("foo", nil), ("", nil),
    ("ResNet(block=res_basic_block, ds=[1, 2], ws=[16, 32], ss=[1, 2])", "nds"), ("32:16", nil), ("15625", nil),
  ])
  func textsTellTheirSpace(_ text: String, _ name: String?) {
    #expect(SpaceDescription.reading(text)?.name == name)
  }

  /// What was read makes the network that its text makes, and so does what was drawn or mutated.
  @Test(arguments: SpaceDescription.all.map(\.name))
  func parsedArchitecturesAreTheirTexts(_ name: String) throws {
    let description = try #require(SpaceDescription.named(name))
    guard let space = description.space(MacroArchitecture(width: 4, depth: 3)) as? any SampledSpace else { return }
    var draws = RandomCases.draws(seed: 11)
    var architecture = space.randomArchitecture(&draws)
    for _ in 0..<20 {
      let read = try space.architecture(text: architecture.text)
      #expect(read == architecture && read.key == architecture.key)
      func network(_ architecture: ParsedArchitecture) throws -> Network {
        try space.network(of: architecture, input: TensorShape(channels: 3, height: 64, width: 64), classes: 5)
      }
      #expect(try network(read) == network(architecture))
      if let drawn = space as? any DrawnSpace {
        #expect(try drawn.cells(of: read) == drawn.cells(of: architecture))
      }
      architecture = try space.mutated(architecture, &draws)
    }
  }

  @Test func anotherSpacesArchitectureIsRefused() throws {
    let cells = CellSpace(.darts)
    let architecture = try cells.architecture(text: "DARTS_V2")
    let error = #expect(throws: ArchitectureError.self) {
      try NASBench201().network(of: architecture, input: TensorShape(channels: 3, height: 32, width: 32), classes: 10)
    }
    #expect(error?.reason == "an architecture of another space than nasbench201")
    #expect(throws: ArchitectureError.self) { try NASBench201().cells(of: architecture) }
  }
}
