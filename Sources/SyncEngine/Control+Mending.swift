import CLinux
import SyncCore

/// What people ask for when something went otherwise than they wanted: questions are answered from
/// the index, and what changes the share is done where flips are, between two of them.
extension Control {
  typealias MendingReply = Reply<Result<MendingAnswer, EngineError>>

  func mend(_ request: Mending, _ reply: MendingReply) {
    answer { () throws(IndexError) in
      switch request {
      case .conflicts: reply.send(.success(.conflicts(try conflicts())))
      case .history(let path, let count):
        reply.send(.success(.history(try index.history(concerning: path, count: count))))
      case .set(let number):
        reply.send(.success(.history([try index.history(number)].compactMap(\.self))))
      case .versions(let path): list(reply, of: path)
      case .restore(let path, let folder):
        byHand(reply) { hand throws(EngineError) in try hand.restore(path, from: folder) }
      case .undo(let number):
        guard let set = try index.history(number), set.origin != .here else {
          return reply.send(.failure(Self.notUndone(number)))
        }
        let plan = try engine.undoPlan(for: set)
        byHand(reply) { hand throws(EngineError) in hand.undo(plan) }
      case .release: release(reply)
      case .deviations(let path):
        try onReplica(reply) { () throws(IndexError) in
          reply.send(.success(.deviations(try engine.deviations(below: path))))
        }
      case .discardAdded(let path):
        try onReplica(reply) { () throws(IndexError) in try discardAdded(below: path, reply) }
      case .takeBack(let path):
        try onReplica(reply) { () throws(IndexError) in try takeBack(below: path, reply) }
      case .forecast(let path):
        guard engine.hasScanned else { return reply.send(.failure(Self.unscanned)) }
        reply.send(.success(.forecasts(try forecasts(below: path))))
      case .resolve(let path, let side):
        byHand(reply) { hand throws(EngineError) in try hand.resolve(path, side) }
      }
    }
  }

  /// Has something done by a hand. Not in a share that is held: nobody knows what its folder is.
  func byHand(
    _ reply: MendingReply, _ body: @escaping @Sendable (inout Hand) throws(EngineError) -> Void
  ) {
    guard engine.heldBecause.isEmpty else {
      return reply.send(
        .failure(
          EngineError(
            "share \(settings.name) is held: \(engine.heldBecause)",
            remedy: "Mend that first; 'leftd status' says more.")))
    }
    let fileSystem = fileSystem
    let time = clinux_wall_nanoseconds()
    diskQueue.run {
      var hand = Hand(fileSystem, time: time)
      do throws(EngineError) {
        try body(&hand)
      } catch {
        try? hand.finish()
        return reply.send(.failure(error))
      }
      do throws(FileError) {
        try hand.finish()
        reply.send(.success(.steps(hand.steps)))
      } catch {
        reply.send(
          .failure(
            EngineError(
              "what was done may not outlive a power cut: \(error)", remedy: "Check the disk.",
              errno: error.errno)))
      }
    }
  }

  /// The folder that is held open may have been mounted over since: then what is found empty is not
  /// what the person sees.
  private func release(_ reply: MendingReply) {
    let held = engine.held
    for case .share(let reason, let isReleasable) in held {
      guard isReleasable, isRootInPlace else {
        return reply.send(
          .failure(
            EngineError(
              "share \(settings.name) is held: \(reason)",
              remedy: isReleasable
                ? "Another folder is at \(settings.root) by now: restart leftd."
                : "Put its folder back at \(settings.root), and restart leftd.")))
      }
    }
    let rest =
      engine.hasFailures ? ["what can't be applied is tried at once, and others go on without"] : []
    feed(.released)
    reply.send(.success(.released(held.map(\.releaseText) + rest)))
  }

  private var isRootInPlace: Bool {
    guard let now = try? PosixFileSystem(root: settings.root),
      let stamp = try? now.stamp(of: now.root),
      let held = try? fileSystem.stamp(of: fileSystem.root)
    else { return false }
    return stamp.identity == held.identity
  }

  private static func notUndone(_ number: UInt64) -> EngineError {
    EngineError(
      "there is no set \(number) from a peer in the history",
      remedy: "'leftd log' shows those there are. What was done here is not in the trash.")
  }

  private func list(_ reply: MendingReply, of path: RelativePath) {
    let fileSystem = fileSystem
    diskQueue.run {
      do throws(FileError) {
        reply.send(.success(.versions(try Hand(fileSystem, time: 0).versions(of: path))))
      } catch {
        reply.send(
          .failure(
            EngineError(
              "cannot look into the trash: \(error)", remedy: "Check the disk.",
              errno: error.errno)))
      }
    }
  }

  private func conflicts() throws(IndexError) -> [ConflictReport] {
    var reports: [ConflictReport] = []
    let found = try index.places(
      namedWith: ConflictCopy.marker, limit: Limits.listedConflictCount)
    for (place, size) in found {
      guard let copy = ConflictCopy(name: place.name),
        let folder = try engine.path(of: place.parent)
      else { continue }
      let original = Place(parent: place.parent, name: copy.original)
      let hasFile = try index.row(.place(original))?.entry.isAlive == true
      let hasDirectory = try index.directory(at: original) != nil
      reports.append(
        ConflictReport(
          path: folder.appending(place.name), original: folder.appending(copy.original),
          hasOriginal: hasFile || hasDirectory, node: copy.node, time: copy.time, size: size))
    }
    return reports.sorted { $0.path < $1.path }
  }
}

extension Held {
  fileprivate var releaseText: String {
    switch self {
    case .share: "the folder is taken for what it is; it is being scanned"
    case .deletions(let count, let peer): "a set from \(peer.short) may delete \(count) things"
    }
  }

  /// What waits, and what to do; for `leftd status`.
  var trouble: String {
    switch self {
    case .share(let reason, _): reason
    case .deletions(let count, let peer):
      "a set from \(peer.short) would delete \(count) files and directories: it waits for "
        + "'leftd release'"
    }
  }
}
