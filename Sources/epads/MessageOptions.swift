import ArgumentParser
import Terminal

/// What a command says beside its results.
struct MessageOptions: ParsableArguments {
  @Flag(help: "Say nothing on standard error but errors: no notes, no warnings, no progress.")
  var quiet = false

  func validate() { Messages.isQuiet = quiet }
}
