import SyncCore

/// What was changed on a replica: listed, and taken back.
extension Control {
  /// Elsewhere every change is told.
  private static let noReplica = EngineError(
    "this node is no replica of the share: what changes here is told to all",
    remedy: "See 'leftd log' for what changed.")

  /// Nothing is known yet of what others have: all that is here would count as added here.
  private static let alone = EngineError(
    "no peer has told yet what it has", remedy: "Try again when one was connected.")

  /// Does what makes sense on a replica only.
  func onReplica(
    _ reply: MendingReply, _ body: () throws(IndexError) -> Void
  ) throws(IndexError) {
    guard engine.isReplica else { return reply.send(.failure(Self.noReplica)) }
    try body()
  }

  /// Takes to the trash what only this replica has below a path.
  func discardAdded(below path: RelativePath, _ reply: MendingReply) throws(IndexError) {
    guard try hasHeardOfAnybody() else { return reply.send(.failure(Self.alone)) }
    let added = try engine.deviations(below: path).filter { $0.kind == .added }
    let paths = Self.topmost(added.map(\.path))
    byHand(reply) { hand throws(EngineError) in hand.discardAdded(paths) }
  }

  /// Has everything else below a path become as the peers have it.
  func takeBack(below path: RelativePath, _ reply: MendingReply) throws(IndexError) {
    let found = try engine.deviations(below: path)
    feed(.revoked(path))
    let steps = found.prefix(Limits.shownStepCount).map { MendingStep(.asked, $0.path) }
    reply.send(.success(.steps(Array(steps))))
  }

  /// Whether any peer has ever told what it has.
  private func hasHeardOfAnybody() throws(IndexError) -> Bool {
    for peer in settings.peers {
      if let progress = try index.progress(of: peer.id), progress.received > 0 { return true }
    }
    return false
  }

  /// Of sorted paths those that lie below none of the others.
  private static func topmost(_ paths: [RelativePath]) -> [RelativePath] {
    var top: [RelativePath] = []
    for path in paths {
      if let last = top.last, path.isWithin(last) { continue }
      top.append(path)
    }
    return top
  }
}
