import ArgumentParser
import Foundation
import Scoring
import Terminal

struct ImagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "Writes the built-in images as a binary batch of a data set.",
    discussion: """
      The images that other commands use where no --images are given: opaque discs of a dead-leaves model, the same on \
      every machine. --preview draws them.

        epads images --output images.bin --preview images.png
      """)

  @Option(help: ArgumentHelp("The binary batch.", valueName: "file"))
  var output: String

  @Option(help: "The data set whose size and record format the images have.")
  var dataset = DataSet.cifar10

  @Option(parsing: .unconditional, help: ArgumentHelp("How many.", valueName: "n"))
  var count = 128

  @Option(help: ArgumentHelp("Draw the images on one sheet.", valueName: "file.png"))
  var preview: String?

  func validate() throws {
    guard (1...Images.maximumCount).contains(count) else {
      throw ValidationError("--count must be from 1 to \(Images.maximumCount)")
    }
    if let preview, nameSameFile(output, preview) {
      throw ValidationError("--output and --preview must be different files")
    }
  }

  mutating func run() throws {
    do {
      let images = try Images.deadLeaves(dataset, count: count)
      try images.write(to: output)
      if let preview { try images.writePreview(to: preview) }
      note("wrote \(count) images for \(dataset.rawValue), digest \(images.digest), to \(output)")
    } catch {
      throw Failure("\(error)")
    }
  }
}
