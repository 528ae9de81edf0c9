public import SyncCore
import Synchronization
import Watcher

/// One share on this machine: watches its folder and keeps it the same as on its peers.
///
/// A control thread of its own owns everything; all calls here may come from any thread and are
/// handed to it.
public final class ShareEngine: Sendable {
  private let mailbox: Mailbox<Event>
  private let control: Mutex<Control>
  private let thread = Mutex<Thread?>(nil)

  /// Opens the share's folder and index. Nothing is watched, dialled or changed yet.
  ///
  /// - Parameters:
  ///   - name: What this node calls itself.
  ///   - traffic: The limits of all shares together.
  ///   - siblings: All shares of this machine.
  ///   - failed: Called once, on the control thread, when the share can't go on: its index can't be
  ///     read or written.
  public init(
    settings: ShareSettings, name: String, identity: Identity, log: any Log,
    traffic: TrafficControl = TrafficControl(), siblings: Siblings = Siblings(),
    failed: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(EngineError) {
    let mailbox = Mailbox<Event>()
    self.mailbox = mailbox
    let control = try Control(
      settings: settings, name: name, identity: identity, log: log, mailbox: mailbox,
      traffic: traffic, siblings: siblings, failed: failed)
    self.control = Mutex(control)
  }

  /// Begins: finishes what an interruption left, watches, dials.
  public func start() throws(EngineError) {
    let started = Reply<Result<Void, EngineError>>()
    let running = spawnThread(name: "control") { [self] in
      control.withLock { control in
        do throws(EngineError) {
          try control.start()
          started.send(.success(()))
        } catch {
          return started.send(.failure(error))
        }
        control.run()
      }
    }
    thread.withLock { $0 = running }
    while true {
      if let result = started.wait(seconds: 60) { return try result.get() }
    }
  }

  /// Takes a connection of a peer that wants to speak about this share.
  public func accept(_ connection: Connection) { mailbox.post(.up(connection)) }

  /// What the share is doing; `nil` if it has stopped.
  public func status() -> StatusReport? {
    let reply = Reply<StatusReport>()
    mailbox.post(.status(reply))
    return reply.wait(seconds: Self.patienceSeconds)
  }

  /// Waits until everything that was written before this call is seen, settled and recorded.
  /// Returns the sequence with which a peer acknowledges it; `nil` if the time is over first.
  public func flush(seconds: Double) -> UInt64? {
    let reply = Reply<UInt64>()
    mailbox.post(.flush(reply))
    return reply.wait(seconds: seconds)
  }

  /// The sequence with which a peer acknowledges the last change of one path; `nil` if nothing is
  /// or was there.
  public func sequence(of path: RelativePath) -> UInt64? {
    let reply = Reply<UInt64?>()
    mailbox.post(.sequence(path, reply))
    return reply.wait(seconds: Self.patienceSeconds) ?? nil
  }

  /// Records what happens below a directory from now on only when `release` is called, as one; what
  /// was written before has to be flushed first. `nil` if there are too many holds.
  public func hold(below directory: RelativePath) -> UInt64? {
    let reply = Reply<UInt64?>()
    mailbox.post(.hold(directory, reply))
    return reply.wait(seconds: Self.patienceSeconds) ?? nil
  }

  /// Ends a hold, and waits until all that was written before this call is recorded, as `flush`.
  public func release(_ hold: UInt64, seconds: Double) -> UInt64? {
    let reply = Reply<UInt64>()
    mailbox.post(.release(hold, reply))
    return reply.wait(seconds: seconds)
  }

  /// Why a path is, or isn't, on other machines; `nil` if the share has stopped.
  public func explain(_ path: RelativePath) -> Explanation? {
    let reply = Reply<Explanation>()
    mailbox.post(.explain(path, reply))
    return reply.wait(seconds: Self.patienceSeconds)
  }

  /// Does what a person asks for; waits until it is done.
  public func mend(_ request: Mending) throws(EngineError) -> MendingAnswer {
    let reply = Control.MendingReply()
    mailbox.post(.mend(request, reply))
    guard let result = reply.wait(seconds: Self.mendingSeconds) else {
      throw EngineError(
        "the share does not answer", remedy: "Look with 'leftd status' what it is doing.")
    }
    return try result.get()
  }

  /// Takes back what was changed on this replica below a path: what only it has goes to the trash,
  /// everything else becomes as the peers have it, as soon as they tell. What was done.
  public func revert(below path: RelativePath) throws(EngineError) -> MendingAnswer {
    guard case .steps(let discarded) = try mend(.discardAdded(path)) else { return .steps([]) }
    // What has gone is gone for the engine, too, before the peers are asked.
    guard flush(seconds: Self.mendingSeconds) != nil,
      case .steps(let asked) = try mend(.takeBack(path))
    else { return .steps(discarded) }
    return .steps(discarded + asked)
  }

  /// Takes other peers: new ones are dialled, connections to removed ones closed.
  public func setPeers(_ peers: [PeerSettings]) { mailbox.post(.peers(peers)) }

  /// Says with which peers nothing is exchanged from now on, and until when.
  public func setPauses(_ pauses: Pauses) { mailbox.post(.pauses(pauses)) }

  /// Ends it: connections are closed, the watcher stopped, the index left whole.
  public func stop() {
    mailbox.post(.stop)
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  /// How long a question waits for the control thread, which may be in a long transaction.
  private static let patienceSeconds: Double = 30

  /// How long a command waits that changes the share: behind a look at all of a large tree.
  private static let mendingSeconds: Double = 600
}

/// What the control thread is told.
enum Event: Sendable {
  case input(Input)
  case watched(Watcher.Report)
  case up(Connection)
  case down(Link, String)
  case trouble(NodeID, String)
  case peers([PeerSettings])
  case pauses(Pauses)
  case status(Reply<StatusReport>)
  case flush(Reply<UInt64>)
  case sequence(RelativePath, Reply<UInt64?>)
  case hold(RelativePath, Reply<UInt64?>)
  case release(UInt64, Reply<UInt64>)
  case explain(RelativePath, Reply<Explanation>)
  case seen(RelativePath, Found, IgnoreReason?, Reply<Explanation>)
  case mend(Mending, Control.MendingReply)
  case asked(SiblingQuestion)
  case lookedAtOutgoing
  case stop
}
