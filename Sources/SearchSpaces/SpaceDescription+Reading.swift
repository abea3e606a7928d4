extension SpaceDescription {
  /// The first space that reads a text as an architecture, for messages about a text of another space than the one that
  /// was asked for; nil where none does. A bare number says nothing of its space, so it is none's.
  public static func reading(_ text: String) -> SpaceDescription? {
    guard text.utf8.count <= Genotype.maximumTextLength else { return nil }
    let isIndex =
      text.allSatisfy { $0.isNumber || $0.isWhitespace || $0.isPunctuation || $0 == "+" }
      && !text.contains { "([".contains($0) }
    guard !isIndex else { return nil }
    // Spaces of one type read the same texts.
    var tried: Set<ObjectIdentifier> = []
    return all.first { description in
      let space = description.space()
      return tried.insert(ObjectIdentifier(type(of: space))).inserted && (try? space.architecture(text: text)) != nil
    }
  }
}
