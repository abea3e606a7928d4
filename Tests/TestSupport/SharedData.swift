public import Foundation

/// Data sets and tables that are too large for the repository.
public enum SharedData {
  /// The file at a path such as `ground-truth/nasbench201.csv`, below `EPADS_SHARED_DATA` or, without that variable,
  /// below `../shared/data` beside the package; nil where there is none.
  public static func url(_ path: String) -> URL? {
    let folder: URL
    if let variable = ProcessInfo.processInfo.environment["EPADS_SHARED_DATA"], !variable.isEmpty {
      folder = URL(filePath: variable, directoryHint: .isDirectory)
    } else {
      let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      folder = package.deletingLastPathComponent().appending(path: "shared/data", directoryHint: .isDirectory)
    }
    return present(path, in: folder)
  }

  /// The file of a name among inputs that people handed over, in `../shared/cases/inputs` beside the package; nil where
  /// there is none.
  public static func input(_ name: String) -> URL? {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return present(
      name,
      in: package.deletingLastPathComponent().appending(path: "shared/cases/inputs", directoryHint: .isDirectory))
  }

  /// A file or folder of the executable specifications, in `../shared/reference` beside the package; nil where there is
  /// none.
  public static func reference(_ name: String) -> URL? {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return present(
      name, in: package.deletingLastPathComponent().appending(path: "shared/reference", directoryHint: .isDirectory))
  }

  private static func present(_ path: String, in folder: URL) -> URL? {
    let url = folder.appending(path: path, directoryHint: .notDirectory)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }
}

/// Files that tests read, in Tests/Fixtures.
public enum Fixture {
  public static func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/\(name)", directoryHint: .notDirectory).path
  }
}
