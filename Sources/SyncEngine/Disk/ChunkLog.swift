import SyncCore

/// The file beside a partial content that says which chunks of it are written: fixed records, each
/// with its own check, after a header that names the inode they belong to. A torn or foreign tail
/// ends the log; what is lost of it is only fetched again.
enum ChunkLog {
  /// Offset (8 bytes), length (4), chunk id (32), check (4); little-endian.
  static let recordByteCount = 48

  /// The first record of a log for the partial file with this inode.
  static func header(inode: UInt64) -> [UInt8] {
    sealed(little(inode, 8) + Array("leftd chunks 1, 48 bytes a record!!!".utf8))
  }

  static func record(offset: Int64, chunk: ChunkReference) -> [UInt8] {
    sealed(
      little(UInt64(bitPattern: offset), 8) + little(UInt64(chunk.length), 4) + chunk.id.bytes)
  }

  /// What a log says that belongs to `inode`; `nil` where it belongs to another file. `count` is
  /// the number of good bytes.
  static func parse(
    _ bytes: [UInt8], inode: UInt64
  ) -> (chunks: [(offset: Int64, chunk: ChunkReference)], byteCount: Int)? {
    guard bytes.starts(with: header(inode: inode)) else { return nil }
    var chunks: [(offset: Int64, chunk: ChunkReference)] = []
    var start = recordByteCount
    while start + recordByteCount <= bytes.count {
      let record = Array(bytes[start..<start + recordByteCount])
      let body = Array(record.prefix(recordByteCount - 4))
      let offset = Int64(bitPattern: number(record[0..<8]))
      let length = Int(number(record[8..<12]))
      guard sealed(body) == record, offset >= 0, (1...Limits.chunkByteCount).contains(length),
        let id = ChunkID(bytes: record[12..<44])
      else { break }
      chunks.append((offset, ChunkReference(id: id, length: length)))
      start += recordByteCount
    }
    return (chunks, start)
  }

  /// FNV-1a over the body: enough to tell a torn record from a whole one; the chunk itself is
  /// verified by its hash before it is believed.
  private static func sealed(_ body: [UInt8]) -> [UInt8] {
    precondition(body.count == recordByteCount - 4)
    var check: UInt32 = 0x811c_9dc5
    for byte in body { check = (check ^ UInt32(byte)) &* 0x0100_0193 }
    return body + little(UInt64(check), 4)
  }

  private static func little(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
