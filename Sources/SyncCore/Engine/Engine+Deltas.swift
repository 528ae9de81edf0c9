// Recipes that are told as differences to what is here.

extension Engine {
  /// The content to whose recipe that of a stage may be told as a difference.
  func base(for number: Int) -> ContentID? {
    let stage = fetching.stages[number]
    guard let link = stage.link, let session = sessionIndex(link), sessions[session].knowsDeltas,
      let content = stage.content, !fetching.distrusted.contains(content)
    else { return nil }
    return stage.previous
  }

  /// A part of a recipe, for who has that of the base. Who hasn't, or has another than meant, finds
  /// it missing at the seal and asks for the whole one.
  mutating func takeDifference(
    _ difference: RecipeDifference, on link: Link
  ) throws(IndexError) {
    let known = stages(of: difference.key, on: link)
    guard let base = try base(of: difference, among: known),
      let chunks = difference.runs.chunks(from: base)
    else { return }
    try takeSegment(
      RecipeSegment(
        key: difference.key, place: difference.place, offset: difference.offset, chunks: chunks),
      on: link)
    for number in stages(of: difference.key, on: link) where !fetching.stages[number].isSealed {
      fetching.stages[number].base = (difference.base, base)
    }
  }

  private func base(
    of difference: RecipeDifference, among known: [Int]
  ) throws(IndexError) -> [ChunkReference]? {
    for number in known {
      if let base = fetching.stages[number].base, base.content == difference.base {
        return base.chunks
      }
    }
    let mayBegin: Bool =
      if case .open = difference.key { difference.offset == 0 } else { !known.isEmpty }
    return mayBegin ? try index.recipe(difference.base)?.chunks : nil
  }

  /// The recipe of a content is to come whole.
  mutating func distrust(_ content: ContentID) {
    if fetching.distrusted.count >= Limits.distrustedContentCount { fetching.distrusted = [] }
    fetching.distrusted.insert(content)
  }
}
