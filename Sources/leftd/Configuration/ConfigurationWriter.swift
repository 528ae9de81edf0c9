import SyncCore
import SyncEngine

/// Writes configuration files: a first one with every key explained, and a peer added to an
/// existing one without touching what a person wrote there.
enum ConfigurationWriter {
  /// The file that `leftd init` writes.
  static func template(name: String, listen: String, state: String?, share: String) -> String {
    """
    # Configuration of leftd, which keeps folders alike on several machines.
    # 'systemctl reload leftd' applies changes of peers, rates and the log level; all others
    # need 'systemctl restart leftd'. A ';' after a blank begins a comment, too.

    [node]
    # What the other machines call this one.
    name = \(name)
    # Where they can reach it: ADDRESS:PORT. 0.0.0.0 stands for all addresses of the machine.
    listen = \(listen)
    # Where key and index lie. Default: /var/lib/leftd for root, else ~/.local/state/leftd.
    \(state.map { "state = \($0)" } ?? "#state = ~/.local/state/leftd")
    # Bytes a second to and from all peers: 2M, 500k, unlimited; by time of day as below.
    #up = 2M 08:00-18:00, unlimited
    #down = unlimited

    # A folder that is kept alike. All machines must call it by the same name.
    [share share]
    path = \(share)
    # Which peers have it, by name, separated by commas. Default: all.
    #peers = nas, laptop
    # What this machine does not take part in, a pattern as in .leftignore; may be repeated.
    #ignore = *.iso
    # two-way: all are alike. source: what is here is the truth, and put back elsewhere. replica:
    # what is changed here is told to nobody, and replaced when a new version comes.
    #mode = two-way
    # Of two edits that did not know of each other which one stands: newest, or a node's, by name.
    # The other is kept beside it. Must say the same on all machines.
    #prefer = newest
    # For leftd as root: whether owner and group are kept, told as numbers (numeric) or by name
    # (names). Should say the same on all machines. Default: not kept.
    #ownership = names
    # Percent of the share that a set from a peer may delete unasked; above, it waits for
    # 'leftd release'. Default: all.
    #hold_deletes = 30%
    # How long the trash keeps everything, and how large it may be before it lets older things go.
    # Default: 7 days, and nothing older.
    #trash_days = 7
    #trash_size = 20 GB

    [log]
    # The least important lines that are kept: error, warning, notice, info or debug.
    level = notice

    # Each other machine. 'leftd invite' there and 'leftd join HOST CODE' here write this for you.
    #[peer nas]
    # What 'leftd id' prints there; it proves who it is with the key that belongs to it.
    #id = …
    # Where to reach it. Without an address this machine waits until it is called.
    #address = nas.example:22001
    # As in [node], for this peer alone.
    #up = 500k
    #down = unlimited

    """
  }

  /// The file's content with one more `[peer …]` section at its end.
  static func adding(_ peer: PeerSettings, to bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    if let last = bytes.last, last != UInt8(ascii: "\n") { result.append(UInt8(ascii: "\n")) }
    var section = "\n[peer \(peer.name)]\nid = \(peer.id)\n"
    if let address = peer.address { section += "address = \(address)\n" }
    return result + section.utf8
  }

  /// A name like the wanted one that no peer has, fit for a section's header.
  static func freeName(_ wanted: String, id: NodeID, among peers: [PeerSettings]) -> String {
    let isFree = { (name: String) in !peers.contains { $0.name == name } }
    if Configuration.isName(wanted) && isFree(wanted) { return wanted }
    return isFree(id.short) ? id.short : id.description.prefix(40).description
  }
}
