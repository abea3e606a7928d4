// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "epads",
  products: [
    .library(name: "EPADS", targets: ["Randomness", "NetworkGraph", "SearchSpaces", "Compute"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Counter-based random numbers: every weight, noise value, permutation, image and sample.
    .target(name: "Randomness"),
    // A network as a value.
    .target(name: "NetworkGraph"),
    // Binary tables compiled in with C23 `#embed`.
    .target(
      name: "EmbeddedTables",
      exclude: ["README.md", "pack_nasbench201.py", "nasbench201-index.bin", "nasbench201-accuracy.bin"]),
    // Text <-> network.
    .target(name: "SearchSpaces", dependencies: ["NetworkGraph", "Randomness", "EmbeddedTables"]),
    // The plan, the Backend protocol and what both sides of it share.
    .target(name: "Compute", dependencies: ["NetworkGraph", "Randomness"]),
    // Many architectures: correlation with known accuracies, its intervals, figures and tables.
    .target(name: "Studies", dependencies: ["Randomness", "SearchSpaces", "EmbeddedTables"]),
    .testTarget(name: "StudiesTests", dependencies: ["Studies", "Randomness", "SearchSpaces"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c2x
)

for target in package.targets {
  var settings = target.swiftSettings ?? []
  settings.append(.enableUpcomingFeature("ExistentialAny"))
  settings.append(.enableUpcomingFeature("InternalImportsByDefault"))
  settings.append(.enableUpcomingFeature("MemberImportVisibility"))
  target.swiftSettings = settings
}
