import SearchSpaces

/// Where the parts of a cell stand: a layered drawing (Sugiyama, Tagawa and Toda, 1981), from left to right.
///
/// States stand in every second column, by the longest path to them. Between two columns of states there is one for the
/// operations, each in the last one before its target. Where an edge crosses a column it keeps a place free there, so
/// that no curve runs through a state or an operation.
struct CellLayout {
  /// A box around a point of a column.
  struct Place: Hashable {
    var middle: Double
    var y: Double
    var width: Double
    var height: Double
    /// Whether an operation stands here.
    var isLabel: Bool

    var left: Double { middle - width / 2 }
    var right: Double { middle + width / 2 }
    var top: Double { y - height / 2 }
  }

  /// The box of each state.
  let states: [Place]
  /// The boxes that each edge runs through, from its source to its target.
  let routes: [[Place]]
  let width: Double
  let height: Double

  private static let columnGap = 30.0
  private static let rowGap = 9.0

  init(_ graph: CellGraph) {
    var columns = LayeredColumns()
    let ranks = graph.ranks
    let states = zip(graph.states, ranks).map { state, rank in
      columns.append(LayeredColumns.Item(width: 30 + 5 * Double(state.name.count), height: 30), to: 2 * rank)
    }
    let routes = graph.edges.map { edge in
      var route = [states[edge.source]]
      let last = 2 * ranks[edge.target] - 1
      for column in 2 * ranks[edge.source] + 1..<last {
        route.append(columns.append(LayeredColumns.Item(width: 0, height: 8), to: column))
      }
      let label = edge.operation.map { LayeredColumns.Item(width: 18 + 6.4 * Double($0.count), height: 22) }
      route.append(columns.append(label ?? LayeredColumns.Item(width: 0, height: 8), to: last))
      route.append(states[edge.target])
      columns.connect(route)
      return route
    }
    columns.sortForFewCrossings()
    let heights = columns.heights(gap: Self.rowGap)

    // Every box of a column is as wide as the widest, a curve as long as the column is wide.
    var middles: [Double] = []
    var widths: [Double] = []
    var right = 0.0
    for column in columns.columns {
      let width = column.map { columns.items[$0].width }.max() ?? 0
      middles.append(right + width / 2)
      widths.append(width)
      right += width + Self.columnGap
    }
    let tops = heights.enumerated().map { $1 - columns.items[$0].height / 2 }
    let top = tops.min() ?? 0
    let places = columns.items.indices.map { item in
      let (column, item, y) = (columns.items[item].column, columns.items[item], heights[item])
      return Place(
        middle: middles[column], y: y - top, width: widths[column], height: item.height,
        isLabel: column % 2 == 1 && item.width > 0)
    }
    self.states = states.map { places[$0] }
    self.routes = routes.map { route in route.map { places[$0] } }
    width = max(right - Self.columnGap, 0)
    height = places.map { $0.y + $0.height / 2 }.max() ?? 0
  }
}

extension CellGraph {
  /// How many edges the longest path to each state has; the output comes after all others.
  fileprivate var ranks: [Int] {
    var ranks = states.map { $0.role == .input ? 0 : 1 }
    for target in states.indices {
      for edge in edges where edge.target == target { ranks[target] = max(ranks[target], ranks[edge.source] + 1) }
    }
    if let output = ranks.indices.last { ranks[output] = (ranks.dropLast().max() ?? 0) + 1 }
    return ranks
  }
}
