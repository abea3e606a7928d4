// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "epads-benchmarks",
  dependencies: [
    .package(name: "epads", path: ".."),
    // Without traits: its counters of allocations and of reference counting need libraries that are not everywhere, and
    // none of the figures here is one of theirs.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    // What is measured, once for both programs below.
    .target(name: "Workloads", dependencies: [.product(name: "EPADS", package: "epads")]),
    // Runs the workloads in the harness, which takes every program right below a folder named Benchmarks for its own.
    .executableTarget(
      name: "EPADSBenchmarks",
      dependencies: ["Workloads", .product(name: "Benchmark", package: "benchmark")],
      path: "Benchmarks/EPADSBenchmarks",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    // Prints the workloads as shares of the peak and as GB/s.
    .executableTarget(
      name: "figures",
      dependencies: ["Workloads", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
  ],
  swiftLanguageModes: [.v6]
)

for target in package.targets {
  var settings = target.swiftSettings ?? []
  settings.append(.enableUpcomingFeature("ExistentialAny"))
  settings.append(.enableUpcomingFeature("InternalImportsByDefault"))
  settings.append(.enableUpcomingFeature("MemberImportVisibility"))
  target.swiftSettings = settings
}
