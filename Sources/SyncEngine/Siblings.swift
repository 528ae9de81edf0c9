import SyncCore
import Synchronization

/// The shares of one machine, for what one of them has and another is about to get.
///
/// A share asks another only about what a peer of both tells: else a peer could learn by asking
/// what is in shares that it is not in.
public final class Siblings: Sendable {
  private struct Member {
    let fileSystem: any FileSystem
    let mailbox: Mailbox<Event>
    var peers: Set<NodeID>
  }

  private let members = Mutex<[String: Member]>([:])

  /// No shares yet.
  public init() {}

  /// How many shares there are.
  var count: Int { members.withLock(\.count) }

  /// Takes a share in.
  func add(_ share: String, on fileSystem: any FileSystem, mailbox: Mailbox<Event>) {
    members.withLock {
      $0[share] = Member(fileSystem: fileSystem, mailbox: mailbox, peers: [])
    }
  }

  /// Says who is in a share besides this node.
  func setPeers(_ peers: [PeerSettings], of share: String) {
    members.withLock { $0[share]?.peers = Set(peers.map(\.id)) }
  }

  /// Where a share lies.
  func fileSystem(of share: String) -> (any FileSystem)? {
    members.withLock { $0[share]?.fileSystem }
  }

  /// Asks the shares besides one, those alone that `peer` is in if there is one. The answer comes
  /// on another thread, or never if a share is at its end.
  func ask(_ wanted: SiblingQuestion.Wanted, besides share: String, of peer: NodeID?) {
    let asked = members.withLock { members in
      members.filter { name, member in
        name != share && (peer.map(member.peers.contains) ?? true)
      }
    }
    let mailboxes = asked.sorted { $0.key < $1.key }.map(\.value.mailbox)
    SiblingQuestion(wanted: wanted, others: mailboxes).goOn()
  }
}

/// A question that goes from share to share until one knows the answer.
struct SiblingQuestion: Sendable {
  /// What is asked for, and who is told.
  enum Wanted: Sendable {
    case content(ContentID, answer: @Sendable (SiblingFile?) -> Void)
    /// Whether a file was there until now.
    case origin(FileStamp, answer: @Sendable (Bool) -> Void)
    /// That all has recorded what came to it until now.
    case arrival(answer: @Sendable () -> Void)
  }

  let wanted: Wanted
  /// Those that were not asked yet.
  private(set) var others: [Mailbox<Event>]

  /// Asks the next one; nobody knows if there is none.
  func goOn() {
    var question = self
    if let next = question.others.popLast() { return next.post(.asked(question)) }
    switch wanted {
    case .content(_, let answer): answer(nil)
    case .origin(_, let answer): answer(false)
    case .arrival(let answer): answer()
    }
  }
}

extension Control {
  /// Asks the other shares for a content of which a peer has told.
  func seek(_ content: ContentID, for place: Place, of peer: NodeID) {
    let mailbox = mailbox
    let wanted = SiblingQuestion.Wanted.content(content) {
      mailbox.post(.input(.sought(place, content, $0)))
    }
    siblings.ask(wanted, besides: settings.name, of: peer)
  }

  /// Asks them whether they had a file until now.
  func seekOrigin(of stamp: FileStamp, stream: UInt64) {
    let mailbox = mailbox
    let wanted = SiblingQuestion.Wanted.origin(stamp) {
      mailbox.post(.input(.soughtOrigin(stream: stream, isSibling: $0)))
    }
    siblings.ask(wanted, besides: settings.name, of: nil)
  }

  /// Asks them to record what has come to them.
  func awaitSiblings(_ job: JobID) {
    let mailbox = mailbox
    let wanted = SiblingQuestion.Wanted.arrival {
      mailbox.post(.input(.siblingsCaughtUp(job)))
    }
    siblings.ask(wanted, besides: settings.name, of: nil)
  }

  /// Another share asks.
  func take(_ question: SiblingQuestion) {
    answer { () throws(IndexError) in
      switch question.wanted {
      case .content(let content, let answer):
        guard var found = try engine.siblingFile(with: content) else { return question.goOn() }
        found.file.share = settings.name
        answer(found)
      case .origin(let stamp, let answer):
        guard try engine.hasSeen(stamp) else { return question.goOn() }
        answer(true)
      case .arrival:
        lastAwaited += 1
        awaitedHere[lastAwaited] = question
        watching.catchUp(lastAwaited)
      }
    }
  }
}
