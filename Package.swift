// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "epads",
  products: [
    .executable(name: "epads", targets: ["epads"]),
    .library(
      name: "EPADS",
      targets: [
        "Randomness", "NetworkGraph", "SearchSpaces", "Compute", "CPUKernels", "CPUBackend", "BackendSelection",
        "Scoring", "Files", "NetworkFiles", "ArchitectureLists", "Statistics", "Figures", "Accuracies", "Latency",
        "Studies",
      ]),
    // For tests: a libOpenCL that fails when told to. Loaded at run time, so it must be a library of its own.
    .library(name: "FaultyOpenCL", type: .dynamic, targets: ["FaultyOpenCL"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // For `swift package generate-documentation` alone: no target uses it, so an ordinary build does not compile it.
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
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
    // Inner loops of the CPU backend, one instruction set a file, chosen at run time.
    .target(name: "CPUKernels"),
    .target(name: "CPUBackend", dependencies: ["Compute", "NetworkGraph", "Randomness", "CPUKernels"]),
    // OpenCL's headers, and its functions looked up at run time: nothing links libOpenCL.
    .target(name: "COpenCL", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    // OpenCL C, compiled into the program.
    .target(
      name: "Kernels", path: "Kernels",
      exclude: [
        "branches.cl", "codes.cl", "common.cl", "convolution.cl", "functions.cl", "grouped.cl", "images.cl",
        "operations.cl", "peak.cl", "statistics.cl",
        "sums.cl", "value.cl", "weights.cl", "winograd.cl",
      ]),
    // Owning types over OpenCL's handles.
    .target(name: "OpenCL", dependencies: ["COpenCL"]),
    // Plans on an OpenCL device.
    .target(
      name: "OpenCLBackend", dependencies: ["Compute", "NetworkGraph", "Randomness", "OpenCL", "COpenCL", "Kernels"]),
    // The one place that knows every backend.
    .target(name: "BackendSelection", dependencies: ["Compute", "CPUBackend", "OpenCLBackend"]),
    // Byte streams, CSV and JSON, rows in files, writing that loses nothing.
    .target(name: "Files"),
    // Lists of architectures as people have them: text, tables, JSON, streams.
    .target(name: "ArchitectureLists", dependencies: ["Files", "SearchSpaces", "Randomness"]),
    // ONNX -> network.
    .target(name: "NetworkFiles", dependencies: ["SearchSpaces", "NetworkGraph", "Files"]),
    // Rank correlation, intervals, fronts.
    .target(name: "Statistics", dependencies: ["Randomness"]),
    // Plots and drawings as SVG.
    .target(name: "Figures", dependencies: ["Statistics", "SearchSpaces"]),
    // Trained accuracies, built in or from files.
    .target(
      name: "Accuracies",
      dependencies: ["ArchitectureLists", "Files", "NetworkGraph", "SearchSpaces", "EmbeddedTables"]),
    // One architecture: images, perturbation, codes to numbers.
    .target(name: "Scoring", dependencies: ["Files", "Compute", "Randomness", "NetworkGraph"]),
    // How long architectures take.
    .target(
      name: "Latency",
      dependencies: [
        "ArchitectureLists", "Files", "Statistics", "Compute", "Scoring", "SearchSpaces", "NetworkGraph",
      ]),
    // Many architectures: scores, search, correlation, fronts.
    .target(
      name: "Studies",
      dependencies: [
        "ArchitectureLists", "Files", "Statistics", "Accuracies", "Latency", "Scoring", "SearchSpaces", "NetworkGraph",
        "Compute", "Randomness",
      ]),
    // What people read on a screen: tables, progress, messages.
    .target(name: "Terminal"),
    // A run of a study as it goes: items as they come, interrupts, and what a user is told on the way.
    .target(
      name: "Runs",
      dependencies: [
        "Studies", "Scoring", "ArchitectureLists", "Files", "Terminal", "SearchSpaces", "Compute",
      ]),
    // What commands found, in each format: tables, JSON lines, CSV; and their plots.
    .target(
      name: "Reports",
      dependencies: [
        "Studies", "Latency", "Figures", "Accuracies", "Statistics", "ArchitectureLists", "Files", "Terminal",
        "Scoring",
        "SearchSpaces",
      ]),
    // The command line: parsing and printing.
    .executableTarget(
      name: "epads",
      dependencies: [
        "Reports", "Runs", "Studies", "Latency", "Figures", "Accuracies", "Statistics", "ArchitectureLists", "Files",
        "Terminal",
        "Scoring", "SearchSpaces", "NetworkFiles", "NetworkGraph", "Compute", "BackendSelection",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // A slow backend that keeps the numerics contract to the letter, and repeatable test cases.
    .target(
      name: "TestSupport", dependencies: ["Compute", "Files", "NetworkGraph", "Randomness", "SearchSpaces"],
      path: "Tests/TestSupport"),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness", "TestSupport"]),
    .testTarget(name: "NetworkGraphTests", dependencies: ["NetworkGraph"]),
    .testTarget(name: "SearchSpacesTests", dependencies: ["NetworkGraph", "SearchSpaces", "TestSupport"]),
    .testTarget(
      name: "ComputeTests", dependencies: ["Compute", "NetworkGraph", "Randomness", "SearchSpaces", "TestSupport"]),
    .testTarget(
      name: "OpenCLConformanceTests",
      dependencies: [
        "OpenCL", "OpenCLBackend", "CPUBackend", "Compute", "NetworkGraph", "SearchSpaces", "TestSupport", "epads",
      ]),
    .testTarget(
      name: "CPUBackendTests",
      dependencies: [
        "CPUBackend", "CPUKernels", "Compute", "NetworkGraph", "SearchSpaces", "TestSupport",
      ]),
    .target(name: "FaultyOpenCL", dependencies: ["COpenCL"], path: "Tests/FaultyOpenCL"),
    .testTarget(
      name: "OpenCLBackendTests",
      dependencies: [
        "OpenCL", "OpenCLBackend", "CPUBackend", "BackendSelection", "Compute", "NetworkGraph", "SearchSpaces",
        "TestSupport",
      ]),
    .testTarget(
      name: "ScoringTests",
      dependencies: [
        "Scoring", "Files", "CPUBackend", "Compute", "Randomness", "NetworkGraph", "SearchSpaces", "TestSupport",
      ]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(
      name: "NetworkFilesTests",
      dependencies: ["NetworkFiles", "Files", "CPUBackend", "Compute", "NetworkGraph", "Scoring", "TestSupport"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "Randomness", "TestSupport"]),
    .testTarget(
      name: "FiguresTests", dependencies: ["Figures", "Statistics", "SearchSpaces", "Randomness", "TestSupport"]),
    .testTarget(
      name: "ArchitectureListsTests", dependencies: ["ArchitectureLists", "Files", "SearchSpaces", "TestSupport"]),
    .testTarget(
      name: "AccuraciesTests",
      dependencies: ["Accuracies", "ArchitectureLists", "Files", "NetworkGraph", "SearchSpaces", "TestSupport"]),
    .testTarget(
      name: "LatencyTests",
      dependencies: [
        "Latency", "ArchitectureLists", "Files", "Statistics", "Compute", "Scoring", "NetworkGraph", "SearchSpaces",
        "TestSupport",
      ]),
    // The picture of the house: Package.swift, CONTRIBUTING.md, imports, sizes.
    .testTarget(name: "ArchitectureTests"),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal"]),
    .testTarget(
      name: "StudiesTests",
      dependencies: [
        "Studies", "ArchitectureLists", "Files", "Statistics", "Accuracies", "Latency", "Scoring", "Compute",
        "NetworkGraph", "SearchSpaces", "Randomness", "TestSupport",
      ]),
    .testTarget(
      name: "epadsTests",
      dependencies: [
        "epads", "Accuracies", "Latency", "Statistics", "TestSupport",
      ]),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Files", "Latency", "Scoring", "Studies", "TestSupport"]),
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
