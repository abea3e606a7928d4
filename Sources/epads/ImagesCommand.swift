import ArgumentParser
import Files
import Foundation
import Runs
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

  @Option(help: ArgumentHelp("The binary batch.", valueName: "file"), completion: .file())
  var output: String

  @Option(help: "The data set whose size and record format the images have.")
  var dataset = DataSet.cifar10

  @Option(parsing: .unconditional, help: ArgumentHelp("How many.", valueName: "n"))
  var count = 128

  @Option(help: ArgumentHelp("Draw the images on one sheet.", valueName: "file.png"), completion: .file())
  var preview: String?

  @OptionGroup var outputs: OutputOptions

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    guard (1...Images.maximumCount).contains(count) else {
      throw ValidationError("--count must be from 1 to \(Images.maximumCount)")
    }
    if let preview, let ending = FileExtension.ending(of: preview), ending != "png" {
      throw ValidationError("--preview draws a PNG picture: '\(preview)' should end in .png")
    }
    if FileExtension.format(of: output) != nil || ["png", "svg", "jpg"].contains(FileExtension.ending(of: output)) {
      throw ValidationError("--output is a binary batch of images: '\(output)' should end in .bin")
    }
    try outputs.validate([("--output", output), ("--preview", preview)], inputs: [])
  }

  mutating func run() throws {
    let (file, sheet) = (try outputs.file(output), try outputs.file(preview))
    try requireMemory(
      Images.memoryBound(ofWriting: count, dataSet: dataset, withPreview: preview != nil), counted(count, "image"),
      orElse: "take a smaller --count")
    do {
      let images = try Images.deadLeaves(dataset, count: count)
      try file?.write(images.records)
      try sheet?.write(images.preview())
      note("wrote \(count) images for \(dataset.rawValue), digest \(images.digest), to \(output)")
    } catch {
      throw Failure("\(error)")
    }
  }
}
