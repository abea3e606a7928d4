public import ArgumentParser
import Files
import Foundation
import NetworkFiles
public import NetworkGraph
import Runs

/// The shape of an image, as `CxHxW`.
struct ImageShape: ExpressibleByArgument {
  let shape: TensorShape

  init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let channels = parts[0], let height = parts[1], let width = parts[2],
      (1...4096).contains(channels), (1...8192).contains(height), (1...8192).contains(width)
    else { return nil }
    shape = TensorShape(channels: channels, height: height, width: width)
  }
}

extension SiteRule: ExpressibleByArgument {}

/// Where parameters get their values, as the command line has it.
enum InitializationChoice: String, CaseIterable, ExpressibleByArgument {
  case `default`
  case file
}

/// How networks of files are read.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The shape of an image for networks from files. Default: the file's.", valueName: "CxHxW"))
  var input: ImageShape?

  @Option(
    help: ArgumentHelp(
      "Which activations of networks from files count: all, or relu as in the papers, those with ReLU in their name. "
        + "Default: all.", valueName: "rule"))
  var activations: SiteRule?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Where parameters of networks from files get their values: default, drawn as PyTorch does it, or file. Default: "
        + "default; latency takes the file's where it has them.", valueName: "source"))
  var initialization: InitializationChoice?

  /// The folder of the list that names the files.
  var folder: String?
  /// Whether weights are taken from the file where it has them.
  var takesWeights = false

  enum CodingKeys: String, CodingKey { case input, activations, initialization }

  /// Refuses options that would do nothing.
  func refuseUnlessForFiles() throws {
    let given = [
      input == nil ? nil : "--input", activations == nil ? nil : "--activations",
      initialization == nil ? nil : "--init",
    ]
    guard let option = given.compactMap({ $0 }).first else { return }
    throw ValidationError("\(option) is for networks from files, such as mine.onnx")
  }

  var space: NetworkFileSpace {
    let initialized: Initialization =
      switch initialization {
      case .default: .default
      case .file: .file
      case nil: takesWeights ? .available : .default
      }
    return NetworkFileSpace(
      input: input?.shape, rule: activations ?? .all, initialized: initialized, folder: folder)
  }
}

extension SpaceOptions {
  /// Finds out whether networks in files are meant: by their names, a folder of them, or a list of their names.
  ///
  /// - Returns: the files of a folder, in the order of their names; nil where there is no folder.
  mutating func findFiles(texts: [String] = [], list: String?) throws -> [String]? {
    if texts.contains(where: NetworkFileSpace.isName) { takeFiles() }
    guard let table = list, table != "-", let status = FileStatus(path: table) else { return nil }
    switch status.kind {
    case .directory:
      let names = try FileManager.default.contentsOfDirectory(atPath: table).filter(NetworkFileSpace.isName).sorted()
      guard !names.isEmpty else {
        throw Failure("\(table) has no files of networks, whose names end with \(NetworkFileSpace.ending)", status: 2)
      }
      takeFiles()
      return names.map { table.hasSuffix("/") ? table + $0 : table + "/" + $0 }
    case .regular:
      let folder = (table as NSString).deletingLastPathComponent
      // The beginning of a list shows what it lists.
      if given == nil, let handle = FileHandle(forReadingAtPath: table),
        let bytes = try? handle.read(upToCount: 1 << 16),
        String(decoding: bytes, as: UTF8.self).lowercased().contains(NetworkFileSpace.ending)
      {
        takeFiles(folder: folder.isEmpty ? "." : folder)
      } else if isOfFiles {
        takeFiles(folder: folder.isEmpty ? "." : folder)
      }
      if NetworkFileSpace.isName(table) { return [table] }
    case .special: break
    }
    return nil
  }
}
