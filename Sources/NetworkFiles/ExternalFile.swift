#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

internal import Files

/// Files that hold numbers of a model. A model comes from anywhere, so it must not have other files read than those
/// beside it.
enum ExternalFile {
  /// - Parameters:
  ///   - location: as the model has it: a path from the folder.
  ///   - folder: nil where no file may be read.
  /// - Throws: with a reason that goes after the tensor's name.
  static func open(_ location: String, in folder: String?) throws(NetworkFileError) -> MappedFile {
    let name = "has its numbers in another file, \(quoted(location)),"
    guard let folder else { throw NetworkFileError(.unreadable, "\(name) which is not read here") }
    let bytes = location.utf8
    guard !bytes.isEmpty, !bytes.contains(0), bytes.first != UInt8(ascii: "/"),
      !location.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) })
    else {
      throw NetworkFileError(.unreadable, "\(name) which is not a path from the model's folder")
    }
    guard let resolvedFolder = resolved(folder) else {
      throw NetworkFileError(.unreadable, "\(name) but the folder \(quoted(folder)): \(systemReason())")
    }
    guard let path = resolved(folder + "/" + location) else {
      throw NetworkFileError(.unreadable, "\(name) which cannot be read: \(systemReason())")
    }
    let prefix = resolvedFolder == "/" ? "/" : resolvedFolder + "/"
    // Bytes are compared: texts of other scalars can be equal.
    guard path.utf8.starts(with: prefix.utf8) else {
      throw NetworkFileError(
        .unreadable, "\(name) which leads out of the model's folder: put the file itself there, not a link")
    }
    // Opening a pipe would wait for a writer.
    guard FileStatus(path: path)?.kind == .regular else {
      throw NetworkFileError(.unreadable, "\(name) which is not a file")
    }
    do {
      return try MappedFile(path: path)
    } catch {
      throw NetworkFileError(.unreadable, "\(name) which cannot be read: \(error.reason)")
    }
  }

  /// A path without symbolic links; nil where there is no file, `errno` then has the reason.
  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
