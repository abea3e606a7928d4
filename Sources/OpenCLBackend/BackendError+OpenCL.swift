package import Compute
package import OpenCL

extension BackendError {
  package init(_ error: OpenCLError) {
    let code: Code =
      switch error.code {
      case .libraryAbsent, .functionMissing, .noPlatform, .noDevice, .deviceUnavailable: .deviceUnavailable
      case .outOfMemory: .outOfMemory
      case .buildFailed, .invalidArgument, .callFailed: .deviceFailed
      }
    self.init(code, error.description)
  }
}
