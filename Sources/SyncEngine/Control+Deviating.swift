import SyncCore

/// What was changed on a replica: listed, and taken back.
extension Control {
  /// Elsewhere every change is told.
  static let noReplica = EngineError(
    "this node is no replica of the share: what changes here is told to all",
    remedy: "See 'leftd log' for what changed.")

  /// Nothing is known yet of what others have: all that is here would count as added here.
  private static let alone = EngineError(
    "no peer has told yet what it has", remedy: "Try again when one was connected.")

  /// Does what is asked about the deviations below a path.
  func deviate(
    _ request: Mending, _ found: [Deviation], below path: RelativePath, _ reply: MendingReply
  ) throws(IndexError) {
    switch request {
    case .discardAdded:
      guard try hasHeardOfAnybody() else { return reply.send(.failure(Self.alone)) }
      let paths = Self.topmost(found.filter { $0.kind == .added }.map(\.path))
      byHand(reply) { hand throws(EngineError) in hand.discardAdded(paths) }
    case .takeBack:
      feed(.revoked(path))
      let steps = found.prefix(Limits.shownStepCount).map { MendingStep(.asked, $0.path) }
      reply.send(.success(.steps(Array(steps))))
    case _: reply.send(.success(.deviations(found)))
    }
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
