/// What stands around an expression: where it begins, and what it is called.
extension PythonScanner {
  /// Whether there is a place whose name or brace `begins` takes; the scanner goes on there.
  ///
  /// - Parameters:
  ///   - inComments: whether to look behind a `#` that is not the first of its line.
  ///   - begins: gets the scanner at the place.
  mutating func seek(inComments: Bool, _ begins: (PythonScanner) -> Bool) -> Bool {
    var place = 0
    var isFirst = true
    while place < count {
      var end = place + max(1, blank(at: place))
      if byte(at: place) == 0x0A || byte(at: place) == 0x0D {
        isFirst = true
      } else if blank(at: place) == 0 {
        if byte(at: place) == UInt8(ascii: "#"), isFirst || !inComments {
          end = endOfLine(from: place)
        } else if isInName(place, notFirst: true) || byte(at: place) == UInt8(ascii: "{") {
          while isInName(end, notFirst: true), isInName(place, notFirst: true) { end += 1 }
          var probe = self
          probe.move(to: place)
          if begins(probe) {
            move(to: place)
            return true
          }
        }
        isFirst = false
      }
      place = end
    }
    return false
  }

  /// The name that what begins at an offset is assigned to: `NAME = `, with modules such as `genotypes.` after it;
  /// nil where there is none, or one that any architecture could have.
  func nameAssigned(before offset: Int) -> String? {
    var end = offset
    func goBack(overBlanksAnd characters: String = "") {
      while end > 0 {
        if characters.utf8.contains(where: { $0 == byte(at: end - 1) }) || blank(at: end - 1) == 1 {
          end -= 1
        } else if let length = [2, 3].first(where: { end >= $0 && blank(at: end - $0) == $0 }) {
          end -= length
        } else {
          return
        }
      }
    }
    func goBackOverName() { while end > 0, isInName(end - 1, notFirst: true) { end -= 1 } }
    goBack()
    while end > 0, byte(at: end - 1) == UInt8(ascii: ".") {
      end -= 1
      goBackOverName()
      goBack()
    }
    goBack(overBlanksAnd: "'\"")
    guard end > 0, byte(at: end - 1) == UInt8(ascii: "=") else { return nil }
    end -= 1
    goBack()
    let last = end
    goBackOverName()
    guard end < last, isInName(end, notFirst: false), (byte(at: end - 1) ?? 0) < 0x80 else { return nil }
    return Self.nameProper(text(end..<last))
  }

  /// A name but for words that stand for any architecture, also several of them and with numbers, such as
  /// `best_arch_2`.
  static func nameProper(_ name: String) -> String? {
    guard name.utf8.count <= 80 else { return nil }
    let words = name.lowercased().split(separator: "_").map { word in
      String(word.reversed().drop(while: \.isNumber).reversed())
    }
    return words.allSatisfy { $0.count < 2 || wordsForAny.contains($0) } ? nil : name
  }

  private static let wordsForAny: Set<String> = [
    "arch", "archs", "architecture", "architectures", "best", "candidate", "cell", "cells", "child", "config",
    "current", "derived", "dict", "final", "found", "gene", "genes", "geno", "genos", "genotype", "genotypes",
    "individual", "model", "name", "net", "network", "new", "parent", "result", "sample", "searched", "self", "spec",
    "str", "text", "the", "tmp", "top", "value",
  ]
}
