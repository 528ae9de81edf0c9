import CLinux
import SyncCore

/// Programs that go on writing to what was replaced or deleted: it lies in the trash, and what they
/// write comes back into the share.
extension Control {
  /// What an earlier run knew of.
  func loadOutgoing() {
    let outgoing = outgoing
    diskQueue.run { outgoing.load() }
  }

  /// Not before the folder is known: it may be another, or half applied.
  private var maySeeOutgoing: Bool { engine.hasScanned && engine.heldBecause.isEmpty }

  /// When the control thread has to begin a look.
  var nextOutgoingLook: Int64? {
    maySeeOutgoing && !isLookingAtOutgoing ? outgoing.lookAt : nil
  }

  /// Begins a look if it is time.
  func lookAtOutgoing(now: Int64) {
    guard let time = nextOutgoingLook, time <= now else { return }
    isLookingAtOutgoing = true
    let (review, mailbox) = (reviewOfOutgoing(), mailbox)
    diskQueue.run {
      _ = review()
      mailbox.post(.lookedAtOutgoing)
    }
  }

  /// A look, to be made where flips are; it gives the folders of the trash that must stay.
  func reviewOfOutgoing() -> @Sendable () -> Set<Name> {
    let (outgoing, log, isSeen) = (outgoing, log, maySeeOutgoing)
    return {
      guard isSeen else { return outgoing.folders(isLookedAt: false) }
      for file in outgoing.look() {
        log.write(
          LogEntry(
            .notice,
            "A program went on writing after its file was replaced or deleted by a peer: what it "
              + "wrote to \(file.path) is kept as \(file.now).", path: file.now))
      }
      return outgoing.folders(isLookedAt: true)
    }
  }
}
