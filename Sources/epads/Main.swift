import ArgumentParser
import Compute
import Files
import Foundation
import Runs
import Terminal

@main
struct Main: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "epads",
    abstract: "Ranks neural network architectures without training them.",
    discussion: """
      Computes the efficient perturbation-aware distinguishing score (ePADS) of networks with random weights, from one \
      forward pass. Your list in, the best of it first:

        epads rank --from networks.csv --repeats 3
        epads score mine.onnx
      """,
    version: "epads \(programVersion), numerics \(numericsVersion)",
    subcommands: [
      RankCommand.self, ScoreCommand.self, CorrelateCommand.self, SearchCommand.self, ParetoCommand.self,
      LatencyCommand.self, ServeCommand.self, ShowCommand.self, ImagesCommand.self, DevicesCommand.self,
      BenchmarkCommand.self,
    ])

  static func main() {
    openStandardStreams()
    // Without these signals, a reader that goes away or a limit on the size of files makes a write fail, which is
    // reported; with them it would end the process.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    do {
      try refuseUnknownHelp()
      try refuseRepeatedFiles()
      var command = try parseAsRoot()
      try startDispatch()
      try command.run()
    } catch let error as Failure {
      end(error.message, status: error.status)
    } catch let error as FileError where error.code == .closedPipe {
      // The reader has seen enough, as `head` has: a shell expects no word about that.
      Foundation.exit(128 + SIGPIPE)
    } catch let error as FileError {
      end("\(error)", status: 1)
    } catch {
      endParsing(error)
    }
  }

  /// The parser shows the overview instead, as if that were what was asked for.
  private static func refuseUnknownHelp() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let commands = configuration.subcommands.map { $0._commandName } + ["help"]
    guard arguments.first == "help", let name = arguments.dropFirst().first, !name.hasPrefix("-"),
      !commands.contains(name)
    else { return }
    throw Failure("there is no command '\(name)'\(MeantWord.question(after: [name]))", status: 2)
  }

  /// Of an option that is given twice the parser takes the last, which is how a script is overruled; but whoever names
  /// two files wants both to be read.
  private static func refuseRepeatedFiles() throws {
    let files = ["--from", "--nds", "--images", "--scores", "--latency"]
    var seen = Set<Substring>()
    for argument in CommandLine.arguments.dropFirst().prefix(while: { $0 != "--" }) {
      let option = argument.prefix { $0 != "=" }
      guard files.contains(String(option)), !seen.insert(option).inserted else { continue }
      throw Failure("\(option) is given twice, and reads one file: put them together or leave one out", status: 2)
    }
  }

  /// Writes help that was asked for to standard output, and errors of the arguments to standard error.
  private static func endParsing(_ error: any Error) -> Never {
    switch exitCode(for: error) {
    case .success:
      do {
        try LineWriter().append(fullMessage(for: error))
      } catch {
        end("\(error)", status: 1)
      }
      Foundation.exit(0)
    case .validationFailure:
      let meant = MeantWord.question(after: Array(CommandLine.arguments.dropFirst()))
      writeToStandardError(printableUsage(of: error, asking: meant) + "\n")
      Foundation.exit(2)
    default: end(message(for: error), status: 1)
    }
  }

  /// The error of a wrong command with its control characters escaped, but with the usage in lines of its own.
  private static func printableUsage(of error: any Error, asking question: String) -> String {
    let (whole, message) = (fullMessage(for: error), message(for: error))
    guard let place = whole.range(of: message) else { return whole }
    // The question comes before a list of what there is.
    var shown = printableMessage(message)
    let end = question.isEmpty ? nil : shown.range(of: ". Please provide")?.lowerBound
    shown.insert(contentsOf: question, at: end ?? shown.endIndex)
    return whole.replacingCharacters(in: place, with: shown.replacing("?. Please", with: "? Please"))
  }

  /// Makes Dispatch open its files now, where a failure can be reported: later, Dispatch would end the process.
  private static func startDispatch() throws {
    guard !canOpen(32) else { return }
    guard canOpen(3) else { throw Failure("too few files can be open at a time: raise the limit (ulimit -n)") }
    let isStarted = DispatchSemaphore(value: 0)
    DispatchQueue.global().async { isStarted.signal() }
    isStarted.wait()
  }

  private static func end(_ message: String, status: Int32) -> Never {
    reportError(message)
    Foundation.exit(status)
  }

  /// Opens something that refuses every use in the place of a standard stream that is closed. Otherwise the next file
  /// that is opened would take the stream's number, and messages would go into that file.
  private static func openStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
