import Accuracies
import ArgumentParser
import Runs
import SearchSpaces
import Studies
import Terminal

/// The accuracy that a front is compared with: one that the program carries, or one from a file.
struct FrontAccuracyOptions: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Accuracies from a file, or from standard input with -: CSV or JSON, as correlate reads it.", valueName: "file"),
    completion: .file())
  var table: String?

  @Option(
    name: .customLong("nds"), help: ArgumentHelp("Accuracies from a JSON file of NDS.", valueName: "file"),
    completion: .file())
  var nds: String?

  @Option(
    name: .customLong("accuracy"),
    help: ArgumentHelp(
      "The column of --from that is the accuracy, by default the first that is called one; without a file a data "
        + "set of NAS-Bench-201, by default the one that was scored with.", valueName: "column"))
  var name: String?

  func validate() throws {
    guard table == nil || nds == nil else { throw ValidationError("give either --from or --nds") }
    guard nds == nil || name == nil else { throw ValidationError("--nds has one accuracy: leave --accuracy out") }
  }

  /// The accuracy of architectures of the rows' space: of a file, of the program, or of the rows themselves, as
  /// correlate writes them; nil where none is known.
  func accuracy(for rows: [Row], example: Row) throws -> ParetoReport.Accuracy? {
    guard table != nil || nds != nil else {
      return try known(
        GroundTruth.builtIn(space: example.space) ?? GroundTruth(rows: rows, space: example.space), example)
    }
    guard let space = SpaceDescription.named(example.space)?.space() else {
      throw Failure("this program has no space \(example.space) to read accuracies of", status: 2)
    }
    guard nds == nil || space is NDSSpace else {
      let names = NDSSpace.names.joined(separator: " and ")
      throw Failure("--nds has accuracies of \(names), and the scores are of \(example.space)", status: 2)
    }
    let measured: MeasuredArchitectures
    do {
      if let nds {
        measured = try NDSFile(path: nds).measured(space: space.name)
      } else {
        measured = try measuredArchitectures(
          ofTable: table ?? "-", space: space, accuracies: name.map { [$0] } ?? []
        ).measured
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(error)", status: 2)
    }
    noteOmissions(of: measured)
    let columns = measured.truth.dataSets
    guard let column = columns.first else { return nil }
    if columns.count > 1 {
      note("accuracy: column \(column); others with --accuracy: \(columns.dropFirst().joined(separator: ", "))")
    }
    return ParetoReport.Accuracy(truth: measured.truth, dataSet: column)
  }

  private func known(_ truth: GroundTruth?, _ example: Row) throws -> ParetoReport.Accuracy? {
    guard let truth, let first = truth.dataSets.first else {
      guard name == nil else {
        throw Failure("the program carries no accuracies of \(example.space): give them with --from", status: 2)
      }
      return nil
    }
    let dataSet = name ?? (truth.dataSets.contains(example.dataset) ? example.dataset : first)
    guard truth.dataSets.contains(dataSet) else {
      throw Failure(
        "no accuracies on '\(dataSet)' are known: --accuracy takes \(truth.dataSets.joined(separator: ", "))", status: 2
      )
    }
    return ParetoReport.Accuracy(truth: truth, dataSet: dataSet)
  }
}

extension GroundTruth {
  /// The accuracies that rows of scores have with them; nil where they have none.
  fileprivate init?(rows: [Row], space: String) {
    let names = rows.first { $0.truth != nil }?.truth?.keys.sorted() ?? []
    let measured = ScoredArchitecture.grouping(rows).filter { scored in
      names.allSatisfy { scored.rows[0].truth?[$0] != nil }
    }
    guard !names.isEmpty, !measured.isEmpty else { return nil }
    self.init(
      space: space, source: "the rows of scores", architectures: measured.map(\.architecture),
      accuracies: names.map { name in (name, measured.map { $0.rows[0].truth?[name] ?? .nan }) })
  }
}
