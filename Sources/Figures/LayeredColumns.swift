import Statistics

/// Items in columns, with lines between those of columns that are side by side.
struct LayeredColumns {
  struct Item {
    var width: Double
    var height: Double
    fileprivate(set) var column = 0

    init(width: Double, height: Double) {
      self.width = width
      self.height = height
    }
  }

  private(set) var items: [Item] = []
  /// Items from top to bottom.
  private(set) var columns: [[Int]] = []
  private var left: [[Int]] = []
  private var right: [[Int]] = []

  /// - Returns: the item's number.
  mutating func append(_ item: Item, to column: Int) -> Int {
    while columns.count <= column { columns.append([]) }
    columns[column].append(items.count)
    items.append(item)
    items[items.count - 1].column = column
    left.append([])
    right.append([])
    return items.count - 1
  }

  /// Draws lines from each item of a route to the next.
  mutating func connect(_ route: [Int]) {
    for (from, to) in zip(route, route.dropFirst()) {
      right[from].append(to)
      left[to].append(from)
    }
  }

  /// Orders each column by the mean place of its neighbours, to and fro, and keeps the best of what was seen.
  mutating func sortForFewCrossings() {
    var best = (columns: columns, crossings: crossings)
    for sweep in 0..<24 where best.crossings > 0 {
      let isForward = sweep.isMultiple(of: 2)
      let neighbours = isForward ? left : right
      for column in isForward ? Array(columns.indices) : columns.indices.reversed() {
        let places = places
        let keys = columns[column].map { item in
          neighbours[item].isEmpty ? places[item] : neighbours[item].map { places[$0] }.mean
        }
        // By place where the means are equal: the order stays.
        let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        columns[column] = order.map { columns[column][$0] }
      }
      let crossings = crossings
      if crossings < best.crossings { best = (columns, crossings) }
    }
    columns = best.columns
  }

  /// The place of each item in its column.
  private var places: [Double] {
    var places = [Double](repeating: 0, count: items.count)
    for column in columns {
      for (place, item) in column.enumerated() { places[item] = Double(place) }
    }
    return places
  }

  private var crossings: Int {
    let places = places
    return columns.reduce(0) { total, column in
      let lines = column.flatMap { from in right[from].map { (places[from], places[$0]) } }
      return lines.indices.reduce(total) { total, later in
        total
          + lines[..<later].count { ($0.0 - lines[later].0) * ($0.1 - lines[later].1) < 0 }
      }
    }
  }

  /// A height for each item, near the mean of its neighbours', in the order of the columns and never too close.
  func heights(gap: Double) -> [Double] {
    var heights = [Double](repeating: 0, count: items.count)
    for column in columns { place(column, at: column.map { _ in 0 }, gap: gap, in: &heights) }
    for _ in 0..<40 {
      for column in columns {
        let wanted = column.map { item in
          let neighbours = left[item] + right[item]
          return neighbours.isEmpty ? heights[item] : neighbours.map { heights[$0] }.mean
        }
        place(column, at: wanted, gap: gap, in: &heights)
      }
    }
    return heights
  }

  /// The heights closest to those wanted, in least squares: pooling of adjacent violators (Ayer et al., 1955) of what
  /// is left when the least distances are taken off.
  private func place(_ column: [Int], at wanted: [Double], gap: Double, in heights: inout [Double]) {
    var offset = 0.0
    var offsets: [Double] = []
    for (position, item) in column.enumerated() {
      if position > 0 { offset += (items[column[position - 1]].height + items[item].height) / 2 + gap }
      offsets.append(offset)
    }
    var pools: [(sum: Double, count: Int)] = []
    for (wanted, offset) in zip(wanted, offsets) {
      var pool = (sum: wanted - offset, count: 1)
      while let last = pools.last, last.sum * Double(pool.count) > pool.sum * Double(last.count) {
        pool = (pool.sum + last.sum, pool.count + last.count)
        pools.removeLast()
      }
      pools.append(pool)
    }
    var position = 0
    for pool in pools {
      for _ in 0..<pool.count {
        heights[column[position]] = pool.sum / Double(pool.count) + offsets[position]
        position += 1
      }
    }
  }
}
