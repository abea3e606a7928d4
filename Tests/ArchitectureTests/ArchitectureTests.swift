import Foundation
import Testing

/// The picture of the house in Package.swift, in CONTRIBUTING.md and in the imports is one picture.
@Suite struct ArchitectureTests {
  private let manifest: PackageManifest

  init() throws { manifest = try PackageManifest(Repository.text("Package.swift")) }

  private var names: Set<String> { Set(manifest.targets.map(\.name)) }

  /// Modules that the files of a target import, by file.
  private func imports(of target: PackageManifest.Target) throws -> [String: Set<String>] {
    var imports: [String: Set<String>] = [:]
    for file in try Repository.files(below: target.path, endings: ["swift", "c", "h"]) {
      let modules = try Repository.text(file).split(separator: "\n").compactMap(Self.module)
      imports[file] = Set(modules).intersection(names).subtracting([target.name])
    }
    return imports
  }

  /// What a line imports: a module, or a C target by the header that bears its name. Without regular expressions, which
  /// take minutes here.
  private static func module(_ line: Substring) -> String? {
    let words = line.split(whereSeparator: { $0 == " " })
    if words.first == "#include", let header = words.last?.trimmingCharacters(in: ["<", ">", "\""]) {
      return header.hasSuffix(".h") ? String(header.dropLast(2)) : nil
    }
    guard words.count <= 3, words.dropLast().last == "import" else { return nil }
    return words.last.map(String.init)
  }

  @Test func theManifestIsRead() {
    #expect(manifest.targets.count > 30)
    #expect(names.isSuperset(of: ["Randomness", "Compute", "Studies", "epads", "StudiesTests", "Kernels"]))
    let studies = manifest.targets.first { $0.name == "Studies" }
    #expect(studies?.dependencies.contains("Scoring") == true)
  }

  @Test func everyImportIsADependencyAndEveryDependencyIsImported() throws {
    // Programs cannot be imported: tests depend on them to have them built.
    let programs = Set(manifest.targets.filter { $0.kind == .executable }.map(\.name))
    for target in manifest.targets {
      let imports = try imports(of: target)
      let declared = Set(target.dependencies).subtracting(programs)
      for (file, modules) in imports {
        #expect(modules.isSubset(of: declared), "\(file) imports what \(target.name) does not declare")
      }
      let used = imports.values.reduce(into: Set()) { $0.formUnion($1) }
      #expect(declared.isSubset(of: used), "\(target.name) imports nothing of \(declared.subtracting(used).sorted())")
    }
  }

  /// CONTRIBUTING's table has a line a target: name, what it holds, what it imports. Imports point upwards.
  @Test func theTableOfTargetsIsTrue() throws {
    let lines = try Repository.text("CONTRIBUTING.md").split(separator: "\n")
    let rows = lines.compactMap { $0.wholeMatch(of: /\| `(\w+)` \| (.+) \|(.*)\|/) }
      .filter { names.contains(String($0.output.1)) }
    let listed = rows.map { String($0.output.1) }
    let expected = manifest.targets.filter { $0.kind != .test && $0.path.hasPrefix("Tests") == false }
    #expect(Set(listed) == Set(expected.map(\.name)), "targets of Package.swift and of the table differ")
    #expect(Set(listed).count == listed.count)
    var above: Set<String> = []
    for row in rows {
      let name = String(row.output.1)
      let imports = Set(row.output.3.matches(of: /\w+/).map { String($0.output) })
      let target = expected.first { $0.name == name }
      #expect(imports == Set(target?.dependencies ?? []), "the imports of \(name) in the table")
      #expect(imports.isSubset(of: above), "\(name) imports what stands below it: \(imports.subtracting(above))")
      above.insert(name)
    }
  }

  @Test func onlyBackendSelectionKnowsTheBackends() throws {
    let backends: Set = ["CPUBackend", "OpenCLBackend"]
    for target in manifest.targets where target.kind != .test && target.name != "BackendSelection" {
      #expect(backends.isDisjoint(with: target.dependencies), "\(target.name) imports a backend")
    }
  }

  /// A target that has grown beyond this holds two ideas.
  @Test func targetsAndFilesAreSmall() throws {
    for target in manifest.targets {
      let files = try Repository.files(below: target.path, endings: ["swift", "c", "cl"])
      #expect(files.count <= 27, "\(target.name) has \(files.count) files")
    }
    for folder in ["Sources", "Kernels", "Tests", "Benchmarks"] {
      for file in try Repository.files(below: folder, endings: ["swift", "c", "h", "cl", "py", "sh"])
      where !file.contains("/.build") {
        let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(lines.count <= 400, "\(file) has \(lines.count) lines")
        // A copy of the reference, which is not ours to lay out.
        guard !file.hasSuffix("/epads_reference.py") else { continue }
        for (number, line) in lines.enumerated() where line.utf8.count > 120 && line.count > 120 {
          Issue.record("\(file):\(number + 1) has \(line.count) columns, 120 are the limit")
        }
      }
    }
  }
}
