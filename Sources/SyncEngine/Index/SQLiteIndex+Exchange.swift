public import SyncCore

extension SQLiteIndex {
  // MARK: Recipes

  /// How a content is made, if a file with it is or was here.
  public func recipe(_ content: ContentID) throws(IndexError) -> Recipe? {
    try recipes.recipe(content)
  }

  /// Keeps a recipe, and in mind which contents its samples belong to. Within a transaction.
  public func put(_ recipe: Recipe, for content: ContentID) throws(IndexError) {
    try requireTransaction()
    try recipes.put(recipe, for: content)
  }

  /// The content of which a chunk was last put as a sample; there may be no file with it any more.
  public func content(sampledBy chunk: ChunkID) throws(IndexError) -> ContentID? {
    try recipes.content(sampledBy: chunk.sampleKey)
  }

  /// Removes recipes and samples whose content no file has, living or in the trash, looking at up
  /// to `limit` of them. Within a transaction.
  ///
  /// - Parameter position: Where the last call ended, `.recipes(upTo: nil)` to begin.
  /// - Returns: Where to go on; `nil` when all were looked at.
  public func collectRecipes(
    after position: RecipeCollection, limit: Int
  ) throws(IndexError) -> RecipeCollection? {
    try requireTransaction()
    return try recipes.collect(after: position, limit: limit)
  }

  // MARK: Trash

  /// Remembers a file that goes to the trash; of many the oldest are forgotten. Within a
  /// transaction.
  public func note(_ trashed: TrashedFile) throws(IndexError) {
    try requireTransaction()
    try trashedTable.put(trashed)
  }

  /// The file with a content that went to the trash last; it may have left it.
  public func trashed(with content: ContentID) throws(IndexError) -> TrashedFile? {
    try trashedTable.file(with: content)
  }

  // MARK: Peers

  /// How far the exchange with a peer has come; `nil` for a new one.
  public func progress(of peer: NodeID) throws(IndexError) -> PeerProgress? {
    guard let local = ids.peers.existingLocal(of: peer) else { return nil }
    return try ids.peers.progress(of: local)
  }

  /// Records it. Within a transaction. Another incarnation than before ends all marks of the peer.
  public func put(_ progress: PeerProgress, of peer: NodeID) throws(IndexError) {
    try requireTransaction()
    let local = try ids.peers.local(of: peer)
    try ids.peers.put(progress, of: local)
  }

  /// The nodes of which there is progress, sorted.
  public func knownPeers() throws(IndexError) -> [NodeID] {
    var known: [NodeID] = []
    for peer in ids.peers.nodes.sorted() where try progress(of: peer) != nil {
      known.append(peer)
    }
    return known
  }

  /// Forgets how far the exchange with a peer has come. Within a transaction.
  public func removeProgress(of peer: NodeID) throws(IndexError) {
    try requireTransaction()
    guard let local = ids.peers.existingLocal(of: peer) else { return }
    try ids.peers.removeProgress(of: local)
  }

  /// The highest counter of `actor` in any version that was ever put here; 0 if there is none.
  public func highestCounter(of actor: Actor) throws(IndexError) -> UInt64 {
    ids.actors.memory.highestCounter(of: actor)
  }

  /// Remembers where a peer's sequence stands in ours; of many, older ones are thinned. Within a
  /// transaction.
  public func put(_ mark: SequenceMark, of peer: NodeID) throws(IndexError) {
    try requireTransaction()
    let local = try ids.peers.local(of: peer)
    try ids.peers.put(mark, of: local)
  }

  /// The last mark of `peer` that `ours` covers: the highest sequence of `peer` that everyone who
  /// has all of ours up to `ours` has, too; `nil` if there is none.
  public func mark(
    of peer: NodeID, coveredBy ours: UInt64
  ) throws(IndexError) -> SequenceMark? {
    guard let local = ids.peers.existingLocal(of: peer) else { return nil }
    return try ids.peers.mark(of: local, coveredBy: ours)
  }

  // MARK: Flips under way

  /// A flip that was decided and may have begun, as `FlipPlan` encodes it; `nil` if none.
  public func journal() throws(IndexError) -> [UInt8]? {
    try journalTable.plan()
  }

  /// Records or, with `nil`, ends it. Within a transaction.
  public func putJournal(_ plan: [UInt8]?) throws(IndexError) {
    try requireTransaction()
    try journalTable.put(plan)
  }
}
