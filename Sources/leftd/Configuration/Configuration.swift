import SyncCore
import SyncEngine

/// What a configuration file, or the command line in its place, says.
struct Configuration: Sendable, Equatable {
  /// A `[share NAME]` section.
  struct Share: Sendable, Equatable {
    var name: String
    /// Absolute.
    var path: String
    /// Names of `[peer NAME]` sections; `nil` means all.
    var peers: [String]?
    /// `mode`: what this node is in the share.
    var role = ShareRules.Role.twoWay
    /// `prefer`: the name of a node, or `nil` for the newest.
    var prefer: String?
    /// What this machine does not take part in.
    var ignored = IgnoreRules()
    /// `hold_deletes`: percent of the share that a peer's set may delete unasked; `nil` for all.
    var heldDeletionPercent: Int?
    /// `trash_days`: how long the trash keeps everything; `nil` for the default.
    var trashDays: Int?
    /// `trash_size`: bytes above which the trash lets go what is older; `nil` for none.
    var trashByteCount: Int64?
    /// `ownership`: how owners are told; `nil` if they are not kept.
    var ownership: Ownership?
    /// `bundles`: names of directories that belong together.
    var bundles = BundleRules()
    /// Where the section begins, for messages; 0 for the command line.
    var line = 0
  }

  /// A file of its own, or `nil` if everything came from the command line.
  var file: String?
  /// `[node] name`
  var name: String
  /// `[node] listen`: `ADDRESS:PORT`.
  var listen = Configuration.defaultListen
  /// `[node] state`, if it is set.
  var state: String?
  /// In the order of the file.
  var shares: [Share] = []
  /// In the order of the file; names and ids are unique.
  var peers: [PeerSettings] = []
  /// `up` and `down` of `[node]`.
  var limits = TrafficLimits()
  /// `up` and `down` of `[peer NAME]`, where they are set.
  var peerLimits: [NodeID: TrafficLimits] = [:]
  /// `[log] level`
  var level = LogEntry.Level.notice

  /// In the range that is registered for nothing else and needs no privilege.
  static let defaultPort: UInt16 = 22001
  /// All addresses.
  static let defaultListen = "0.0.0.0:\(defaultPort)"
  /// A name has to fit into a section's header, which libinih cuts at 50 bytes.
  static let nameByteCount = 40

  /// The peers of a share.
  func peers(of share: Share) -> [PeerSettings] {
    guard let names = share.peers else { return peers }
    return peers.filter { names.contains($0.name) }
  }

  /// Whose word counts in a share. `id` is this node's own.
  func rules(of share: Share, id: NodeID) -> ShareRules {
    let preferred = share.prefer.flatMap { name in
      name == self.name ? id : peers.first { $0.name == name }?.id
    }
    var rules = ShareRules(role: share.role, preferred: preferred)
    rules.heldDeletionPercent = share.heldDeletionPercent
    rules.ownership = share.ownership
    rules.bundles = share.bundles
    return rules
  }

  /// Whether the name can be that of a node, peer or share: it stands in section headers, lists
  /// and file names.
  static func isName(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...nameByteCount).contains(bytes.count) && bytes.first != UInt8(ascii: ".")
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: byte >= 0x80
        }
      }
  }
}
