/// What the trash holds, as far as it must be known to decide what goes first: superseded versions
/// of one path, then what there is another copy of, the only copy of a content last.
public struct TrashLedger: Sendable {
  /// A file or symlink in the trash.
  public struct Item: Hashable, Sendable {
    /// The folder's position, the oldest first.
    public var folder: Int
    /// Where it lay in the share.
    public var path: RelativePath
    /// Bytes of content.
    public var size: Int64
    /// Last modification, nanoseconds since 1970 UTC.
    public var mtime: Int64

    /// An item from its parts.
    public init(folder: Int, path: RelativePath, size: Int64, mtime: Int64) {
      self.folder = folder
      self.path = path
      self.size = size
      self.mtime = mtime
    }

    /// Size and time are taken for the content: this only decides an order.
    fileprivate var content: UInt64 {
      TrashLedger.hash([UInt64(bitPattern: size), UInt64(bitPattern: mtime)])
    }

    fileprivate var place: UInt64 { TrashLedger.hash(path.bytes.map(UInt64.init)) }
  }

  /// The order in which things go.
  public enum Rank: Int, CaseIterable, Sendable {
    /// The trash has a newer version of the same path.
    case superseded
    /// There is another with the same content.
    case copied
    /// Nothing else has its content.
    case only
  }

  /// Bytes of all that was noted and not let go.
  public private(set) var byteCount: Int64 = 0
  /// For each path the newest folder that has it.
  private var newest: [UInt64: Int] = [:]
  private var copies: [UInt64: Int] = [:]

  /// An empty one.
  public init() {}

  /// Takes note of something in the trash. Of too many paths some are not known to be superseded,
  /// and stay longer.
  public mutating func note(_ item: Item) {
    byteCount = byteCount.addingClamped(item.size)
    guard newest.count < Limits.trashPathCount else { return }
    newest[item.place] = max(newest[item.place] ?? 0, item.folder)
    copies[item.content, default: 0] += 1
  }

  /// Something has gone.
  public mutating func letGo(_ item: Item) {
    byteCount -= item.size
    copies[item.content, default: 1] -= 1
  }

  /// When it may go. `isInShare` says whether the share has this content at the same path.
  public func rank(of item: Item, isInShare: Bool) -> Rank {
    if let latest = newest[item.place], latest > item.folder { return .superseded }
    return isInShare || copies[item.content] ?? 0 > 1 ? .copied : .only
  }

  /// FNV-1a (64 bit), over words.
  private static func hash(_ words: [UInt64]) -> UInt64 {
    words.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
  }
}
