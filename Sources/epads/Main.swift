import ArgumentParser
import Foundation
import Studies

@main
struct Main: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "epads",
    abstract: "Ranks neural network architectures without training them.",
    discussion: """
      Computes the efficient perturbation-aware distinguishing score (ePADS) of networks with random weights, from one \
      forward pass. How well does it rank 200 architectures of NAS-Bench-201?

        epads correlate --space nasbench201 --sample 200 --batch 64
      """,
    version: "epads \(programVersion), numerics \(numericsVersion)",
    subcommands: [ScoreCommand.self, CorrelateCommand.self, ImagesCommand.self, DevicesCommand.self])

  static func main() {
    // A reader that goes away is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as Failure {
      note("error: \(error.message)")
      Foundation.exit(error.status)
    } catch let error as FileError {
      note("error: \(error)")
      Foundation.exit(1)
    } catch {
      exit(withError: error)
    }
  }
}

/// The end of a command with a message on standard error.
struct Failure: Error {
  /// 1 for what failed, 2 for what was asked wrongly, 130 for an interrupt.
  var status: Int32
  var message: String

  init(_ message: String, status: Int32 = 1) {
    self.message = message
    self.status = status
  }
}

/// A line on standard error.
func note(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
