import Figures
import Foundation
import Randomness
import SearchSpaces
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The boxes and texts of a drawing, in the coordinates of the cell that they belong to.
private final class DrawnCells: NSObject, XMLParserDelegate {
  struct Box: Hashable {
    var cell: Int
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    func overlaps(_ other: Box) -> Bool {
      cell == other.cell && x < other.x + other.width && other.x < x + width && y < other.y + other.height
        && other.y < y + height
    }
  }

  var boxes: [Box] = []
  var paths = 0
  var texts: [String] = []
  private var cells = 0
  private var text: String?

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    func number(_ key: String) -> Double? { attributes[key].flatMap(Double.init) }
    switch element {
    case "g": cells += 1
    case "path": paths += 1
    case "rect":
      // The background has no place.
      if let x = number("x"), let y = number("y"), let width = number("width"), let height = number("height") {
        boxes.append(Box(cell: cells, x: x, y: y, width: width, height: height))
      }
    default: break
    }
    text = element == "text" ? "" : nil
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text? += string }

  func parser(
    _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if let text { texts.append(text) }
    text = nil
  }
}

@Suite struct CellDrawingTests {
  private func parsed(_ drawing: CellDrawing) throws -> DrawnCells {
    let parser = XMLParser(data: Data(drawing.svg().utf8))
    let drawn = DrawnCells()
    parser.delegate = drawn
    try #require(parser.parse(), "\(String(describing: parser.parserError))")
    return drawn
  }

  private func cell(_ edges: [(CellOperation, Int)], _ concatenation: [Int]) throws -> Genotype.Cell {
    try Genotype.Cell(edges: edges.map { Genotype.Edge($0, $1) }, concatenation: concatenation)
  }

  private func expectDisjoint(_ boxes: [DrawnCells.Box], _ comment: Comment = "") {
    for (position, box) in boxes.enumerated() {
      #expect(!boxes[..<position].contains { $0.overlaps(box) }, comment)
      #expect(box.x >= 0 && box.y >= 0, comment)
    }
  }

  /// DARTS's second-order cells as published.
  @Test func dartsIsDrawn() throws {
    let genotype = Genotype(
      normal: try cell(
        [
          (.separableConvolution3x3, 0), (.separableConvolution3x3, 1), (.separableConvolution3x3, 0),
          (.separableConvolution3x3, 1), (.separableConvolution3x3, 1), (.skipConnect, 0), (.skipConnect, 0),
          (.dilatedConvolution3x3, 2),
        ], [2, 3, 4, 5]),
      reduction: try cell(
        [
          (.maxPool3x3, 0), (.maxPool3x3, 1), (.skipConnect, 2), (.maxPool3x3, 1), (.maxPool3x3, 0),
          (.skipConnect, 2), (.skipConnect, 2), (.maxPool3x3, 1),
        ], [2, 3, 4, 5]))
    let drawing = CellDrawing(CellSpace(.darts).cells(of: genotype), title: "DARTS")
    let drawn = try parsed(drawing)
    #expect(drawn.boxes.count == 2 * (7 + 8))
    #expect(drawn.paths == 2 * (8 + 4))
    for (text, count) in [
      ("c_{k-2}", 2), ("c_{k-1}", 2), ("c_{k}", 2), ("3", 2), ("sep_conv_3x3", 5), ("dil_conv_3x3", 1),
      ("max_pool_3x3", 5), ("skip_connect", 5), ("normal cell", 1), ("reduction cell", 1), ("DARTS", 1),
    ] {
      #expect(drawn.texts.count { $0 == text } == count, "\(text)")
    }
    expectDisjoint(drawn.boxes)
    #expect(drawing.svg() == drawing.svg())
  }

  /// Cells of four to six nodes, chains among them, with zeros and outputs that are not used.
  @Test func nothingOverlapsInRandomCells() throws {
    var draws = RandomDraws(RandomStream(seed: 1, domain: .architectures, name: "drawings"))
    func randomCell() throws -> Genotype.Cell {
      let nodes = 4 + draws.index(below: 3)
      let edges = (0..<2 * nodes).map { position in
        (
          CellOperation.allCases[draws.index(below: CellOperation.allCases.count)],
          position / 2 + 1 - draws.index(below: min(position / 2 + 2, 3))
        )
      }
      return try cell(edges, Array(1...nodes + 1).filter { _ in draws.index(below: 2) == 0 } + [nodes + 1])
    }
    for number in 0..<60 {
      let genotype = Genotype(normal: try randomCell(), reduction: try randomCell())
      let drawing = CellDrawing(CellSpace(.darts).cells(of: genotype), title: "")
      expectDisjoint(try parsed(drawing).boxes, "\(number)")
    }
  }

  @Test func nasbench201IsDrawn() throws {
    let space = NASBench201()
    for index in stride(from: 0, to: space.count, by: 97) {
      let architecture = try space.architecture(index: index)
      let operations = try NASBench201.edges(of: architecture.text).filter { $0 != .none }
      let drawn = try parsed(CellDrawing(space.cells(of: architecture), title: "a < b"))
      #expect(drawn.boxes.count == 4 + operations.count)
      #expect(drawn.paths == operations.count)
      for operation in operations { #expect(drawn.texts.contains(operation.rawValue)) }
      expectDisjoint(drawn.boxes, "\(index)")
    }
    #expect(throws: ArchitectureError.self) {
      try CellDrawing(space.cells(of: space.architecture(text: "none")), title: "")
    }
  }
}
