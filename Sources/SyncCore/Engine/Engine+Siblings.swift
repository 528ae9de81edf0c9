// Large contents that another share of this machine has: a file that was moved from one share to
// another need not be sent.

/// The question to other shares for the content that is to be at a place.
struct SiblingSearch {
  enum State {
    /// Nobody has answered; none is waited for after this monotonic time.
    case asked(until: Int64)
    /// What was found, if anything was.
    case over(SiblingFile?)
  }

  let content: ContentID
  var state: State
}

extension Engine {
  /// How far the search for a content has come; begins it if that is worth while.
  mutating func search(for need: Need, toldBy link: Link) -> SiblingSearch.State {
    guard hasSiblings, let session = sessionIndex(link) else { return .over(nil) }
    if let search = fetching.searches[need.place], search.content == need.content {
      return search.state
    }
    let state = SiblingSearch.State.asked(until: now.monotonic + Limits.siblingNanoseconds)
    fetching.searches[need.place] = SiblingSearch(content: need.content, state: state)
    effects.append(.seekContent(need.place, need.content, of: sessions[session].peer))
    wake(after: Limits.siblingNanoseconds)
    return state
  }

  /// The other shares have answered.
  mutating func takeSought(
    _ place: Place, _ content: ContentID, _ found: SiblingFile?
  ) throws(IndexError) {
    guard let search = fetching.searches[place], search.content == content,
      case .asked = search.state
    else { return }
    try endSearch(at: place, found)
  }

  /// A share that is at its end, or has much to do, answers too late.
  mutating func endSearches() throws(IndexError) {
    for place in fetching.searches.keys.sorted() {
      guard case .asked(let time)? = fetching.searches[place]?.state, time <= now.monotonic else {
        continue
      }
      try endSearch(at: place, nil)
    }
  }

  private mutating func endSearch(at place: Place, _ found: SiblingFile?) throws(IndexError) {
    guard let need = fetching.needs[place], need.content == fetching.searches[place]?.content else {
      fetching.searches[place] = nil
      return
    }
    fetching.searches[place]?.state = .over(found)
    try fetchLarge(need)
  }

  /// A file that is being read came from another share of this machine. So it does on the peers
  /// that are in both, which need only its content's name: they hear of it at the end.
  mutating func keepToItself(_ stream: UInt64) {
    if openFiles[stream]?.hasBegun == false { openFiles[stream]?.isTold = false }
  }

  /// A file here that was seen in a state, apart from its ctime.
  func file(seenAs stamp: FileStamp) throws(IndexError) -> Row? {
    for row in try index.file(inode: stamp.inode) {
      if let observed = row.observed, stamp.isSameApartFromCtime(observed) { return row }
    }
    return nil
  }

  // MARK: For the other shares

  /// A large file here with a content, in the share or its trash.
  public func siblingFile(with content: ContentID) throws(IndexError) -> SiblingFile? {
    guard let file = try localFile(with: content), let recipe = try index.recipe(content) else {
      return nil
    }
    return SiblingFile(file: file, recipe: recipe)
  }

  /// A large file here that was seen in a state, apart from its ctime, and whose departure is not
  /// recorded yet.
  public func siblingFile(seenAs stamp: FileStamp) throws(IndexError) -> SiblingFile? {
    guard let content = try file(seenAs: stamp)?.entry.content else { return nil }
    return try siblingFile(with: content.id)
  }
}
