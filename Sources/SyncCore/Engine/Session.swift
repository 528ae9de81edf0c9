/// One connected peer.
struct Session {
  /// A unit that was announced and not yet acknowledged.
  struct Announced {
    var upTo: UInt64
    /// Up to where the peer was told something; 0 if nothing of it concerns it.
    var toldUpTo: UInt64
    var isAcknowledged: Bool
  }

  /// A unit of the peer that is not durable here yet, or waits for one before it that isn't.
  struct Received {
    var upTo: UInt64
    var isDurable: Bool
  }

  /// A wish for a recipe, and the content whose recipe the peer has.
  struct Wish {
    let content: ContentID
    let base: ContentID?
  }

  /// The part of a recipe that is not told yet.
  struct RecipeRest {
    let content: ContentID
    var chunks: ArraySlice<ChunkReference>
    var offset: Int64
    /// Puts it into terms of what the peer has.
    var difference: (base: ContentID, differencer: RecipeDifferencer)?
  }

  let link: Link
  let peer: NodeID
  /// Whether the peer has said hello.
  var isReady = false
  /// Whether our hello asks it to tell everything again, and it may not have heard that.
  var isAskedForAll = false
  /// Whether it broke the protocol: what still comes from it is not heard.
  var isRefused = false
  /// What the peer is in the share.
  var role = ShareRules.Role.twoWay
  /// Whether it takes recipes as differences, and answers with patches.
  var knowsDeltas = false
  /// The peer's index, as it lives now.
  var incarnation: UInt64 = 0

  /// The highest of our sequences that was announced on this connection, or before it.
  var announced: UInt64 = 0
  /// Where the last unit ended that told anything.
  var lastTold: UInt64 = 0
  /// All of ours up to here is durable there.
  var acknowledged: UInt64 = 0
  /// Up to where the peer knows that itself.
  var confirmed: UInt64 = 0
  /// How many things it knows and doesn't hold, as it says.
  var notHeld: UInt64 = 0
  /// How many we told it that we don't hold.
  var toldNotHeld: UInt64 = 0
  /// In the order of their sequences.
  var unacknowledged: [Announced] = []

  /// When a unit was last announced or acknowledged.
  var movedAt: Int64 = 0
  /// Units announced since the last acknowledgement although as many were open as there may be.
  var extraCount = 0

  /// Up to where other members have ours durably, as this peer passed on.
  var relayed: [NodeID: UInt64] = [:]
  /// What was passed on to this peer of other members, in its own count.
  var relayedTo: [NodeID: UInt64] = [:]

  /// The part of a unit that has come so far.
  var incoming: [Entry] = []
  /// Directories that came with it and are not held there.
  var incomingUnheld: [Entry] = []
  /// The times of directories that came with it.
  var incomingTimes: [DirectoryID: Int64] = [:]
  /// Files of it that have several names there.
  var incomingLinks: [[Place]] = []
  /// All of the peer's up to here is durable here, and was when we said hello: the peer goes on
  /// from there, whatever an earlier connection brings meanwhile.
  var received: UInt64 = 0
  /// In the order of their sequences.
  var undurable: [Received] = []

  /// Recipes that the peer asked for and that were not begun yet; the oldest first.
  var askedRecipes: [Wish] = []
  /// What is left to be told of one.
  var recipe: RecipeRest?
  /// Bytes of recipes told since the network had taken all of it but little.
  var toldByteCount = 0
  /// Open recipes that are not told to their end, since the network was too slow.
  var droppedStreams: Set<UInt64> = []
  /// Whether nothing more of a recipe may be told before the network has taken what was.
  var isCongested: Bool { toldByteCount >= Limits.sendQueueByteCount }

  /// Requests under way on this connection, in bytes.
  var requestedByteCount = 0

  /// Units that were announced and are not acknowledged.
  var openCount: Int { unacknowledged.count { !$0.isAcknowledged } }

  /// Units of the peer that are not durable here.
  var undurableCount: Int { undurable.count { !$0.isDurable } }

  /// Acknowledged units in a row count as one, so that one that is stuck lets none pile up.
  mutating func joinAcknowledged() {
    var joined: [Announced] = []
    for var unit in unacknowledged {
      if unit.isAcknowledged, let last = joined.last, last.isAcknowledged {
        unit.toldUpTo = max(last.toldUpTo, unit.toldUpTo)
        joined.removeLast()
      }
      joined.append(unit)
    }
    unacknowledged = joined
  }

  /// The same for durable ones.
  mutating func joinDurable() {
    undurable = undurable.indices.compactMap { index in
      let next = index + 1 < undurable.count && undurable[index + 1].isDurable
      return next && undurable[index].isDurable ? nil : undurable[index]
    }
  }

  init(link: Link, peer: NodeID) {
    self.link = link
    self.peer = peer
  }
}
