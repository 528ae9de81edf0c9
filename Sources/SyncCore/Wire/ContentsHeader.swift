/// The head of a `contents` frame: small files, whose contents follow one after the other.
public struct ContentsHeader: Hashable, Sendable {
  /// One small file.
  public struct Item: Hashable, Sendable {
    /// The place that it is for.
    public var place: Place
    /// What it is; `nil` if it is not to be had, and then without bytes.
    public var content: ContentID?
    /// Whether what is not to be had is not here any more, for good; otherwise it can't be read
    /// just now.
    public var isForGood: Bool
    /// Bytes of the content.
    public var byteCount: Int
    /// Permission bits, so that it can be staged before it is announced.
    public var mode: UInt16
    /// Last modification, nanoseconds since 1970 UTC.
    public var mtime: Int64

    /// An item.
    public init(place: Place, content: ContentID, byteCount: Int, mode: UInt16, mtime: Int64) {
      self.place = place
      self.content = content
      isForGood = false
      self.byteCount = byteCount
      self.mode = mode
      self.mtime = mtime
    }

    /// An item that is not to be had.
    public init(lacking place: Place, isForGood: Bool) {
      self.place = place
      self.isForGood = isForGood
      (content, byteCount, mode, mtime) = (nil, 0, 0, 0)
    }
  }

  /// The request that is answered; 0 if the contents are pushed.
  public var request: UInt64
  /// How all contents together are packed, as one block.
  public var encoding: Encoding
  /// The files, in the order of their contents.
  public var items: [Item]

  /// A header from its parts.
  public init(request: UInt64, encoding: Encoding, items: [Item]) {
    self.request = request
    self.encoding = encoding
    self.items = items
  }

  /// Bytes of all contents, as they are in the files.
  public var byteCount: Int { items.reduce(0) { $0 + $1.byteCount } }

  /// An upper bound of the bytes that an item takes in the header.
  public static func roughByteCount(of place: Place) -> Int { 80 + place.name.bytes.count }

  /// The bytes of the header.
  public func encoded() -> [UInt8] {
    var writer = WireWriter(capacity: 100 * items.count)
    writer.number(request)
    writer.byte(encoding.rawValue)
    writer.number(items.count)
    for item in items {
      writer.place(item.place)
      writer.byte(item.content != nil ? 1 : item.isForGood ? 0 : 2)
      guard let content = item.content else { continue }
      writer.words(content.words)
      writer.number(item.byteCount)
      writer.number(UInt64(item.mode))
      writer.signed(item.mtime)
    }
    return writer.bytes
  }

  /// Reads the header of a payload; the contents begin at `bodyOffset` and fill the rest.
  public init(payload: [UInt8], bodyOffset: inout Int) throws(WireError) {
    var reader = WireReader(payload)
    request = try reader.number()
    encoding = try reader.encoding()
    items = []
    for _ in 0..<(try reader.count(upTo: Limits.packFileCount, of: "files of a pack")) {
      let place = try reader.place()
      let kind = try reader.count(upTo: 2, of: "kinds of answers")
      guard kind == 1 else {
        items.append(Item(lacking: place, isForGood: kind == 0))
        continue
      }
      items.append(
        Item(
          place: place, content: ContentID(words: try reader.words()),
          byteCount: try reader.count(upTo: Limits.smallContentByteCount, of: "a small content"),
          mode: UInt16(try reader.count(upTo: 0o7777, of: "permission bits")),
          mtime: try reader.signed()))
    }
    bodyOffset = payload.count - reader.remaining
    guard byteCount <= Limits.packByteCount, encoding != .plain || byteCount == reader.remaining
    else {
      throw WireError("contents of other lengths than said")
    }
  }
}
