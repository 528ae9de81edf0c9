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

/// The states of the large files that were last found to be gone.
struct Departed {
  private var stamps: [UInt64: FileStamp] = [:]
  /// Their inodes, the oldest first.
  private var inodes: [UInt64] = []

  mutating func note(_ stamp: FileStamp) {
    if stamps.updateValue(stamp, forKey: stamp.inode) == nil { inodes.append(stamp.inode) }
    if inodes.count > Limits.departedFileCount { stamps[inodes.removeFirst()] = nil }
  }

  /// Whether one of them was in a state, apart from its ctime.
  func has(_ stamp: FileStamp) -> Bool {
    stamps[stamp.inode].map(stamp.isSameApartFromCtime) ?? false
  }
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
    for stream in openFiles.keys.sorted() {
      guard case .waiting(let time, _)? = openFiles[stream]?.telling, isOver(time) else { continue }
      try takeOrigin(of: stream, isSibling: false)
    }
    for place in fetching.searches.keys.sorted() {
      guard case .asked(let time)? = fetching.searches[place]?.state, isOver(time) else { continue }
      try endSearch(at: place, nil)
    }
  }

  /// Whether a time has come; if not, there is a step when it does.
  mutating func isOver(_ time: Int64) -> Bool {
    if time <= now.monotonic { return true }
    wake(after: time - now.monotonic)
    return false
  }

  private mutating func endSearch(at place: Place, _ found: SiblingFile?) throws(IndexError) {
    guard let need = fetching.needs[place], need.content == fetching.searches[place]?.content else {
      fetching.searches[place] = nil
      return
    }
    fetching.searches[place]?.state = .over(found)
    try fetchLarge(need)
  }

  // MARK: Where it was moved

  /// A large file is about to be read that is new here: it may have been moved here from another
  /// share, as on the peers that are in both. They need only its content's name then, and hear of
  /// it at the end.
  mutating func seekOrigin(of stamp: FileStamp, readAs stream: UInt64) {
    guard hasSiblings else { return }
    let time = now.monotonic + Limits.siblingNanoseconds
    openFiles[stream]?.telling = .waiting(until: time, read: [])
    effects.append(.seekOrigin(stamp, stream: stream))
    wake(after: Limits.siblingNanoseconds)
  }

  /// The other shares have answered, or won't.
  mutating func takeOrigin(of stream: UInt64, isSibling: Bool) throws(IndexError) {
    guard case .waiting(_, let read)? = openFiles[stream]?.telling else { return }
    openFiles[stream]?.telling = isSibling ? .never : .always
    for (offset, chunks) in read { try tellSegment(of: stream, at: offset, chunks) }
  }

  // MARK: For the other shares

  /// A large file here with a content, in the share or its trash.
  public func siblingFile(with content: ContentID) throws(IndexError) -> SiblingFile? {
    guard let file = try localFile(with: content), let recipe = try index.recipe(content) else {
      return nil
    }
    return SiblingFile(file: file, recipe: recipe)
  }

  /// Whether a file was here in a state, apart from its ctime: until now or some changes ago.
  public func hasSeen(_ stamp: FileStamp) throws(IndexError) -> Bool {
    if departed.has(stamp) { return true }
    return try index.file(inode: stamp.inode).contains {
      $0.observed.map(stamp.isSameApartFromCtime) ?? false
    }
  }

  /// Remembers large files that are gone: they may be about to be found in another share.
  mutating func noteDeparted(from job: LocalJob) {
    guard hasSiblings else { return }
    for item in job.items {
      guard case .removed = item.finding, let stamp = item.previous?.observed,
        stamp.kind == .file, stamp.size > Int64(Limits.smallContentByteCount)
      else { continue }
      departed.note(stamp)
    }
  }
}
