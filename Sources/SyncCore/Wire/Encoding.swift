/// How the bytes of contents are packed in a frame.
public enum Encoding: UInt8, Hashable, Sendable, CaseIterable {
  /// As they are in the file.
  case plain = 0
  /// Raw deflate (RFC 1951); every node understands it.
  case deflate = 1
  /// A frame of Zstandard (RFC 8878); only for peers that have `Feature.zstd`.
  case zstd = 2
}

/// What a node can do beyond the basic protocol; said in its hello.
public enum Feature: String, Hashable, Sendable, CaseIterable {
  /// Takes `Encoding.zstd`.
  case zstd
  /// Takes recipes as differences, and ranges as patches.
  case delta

  /// The known ones among those that a peer named.
  public static func known(among names: [String]) -> Set<Feature> {
    Set(names.compactMap(Feature.init))
  }
}

extension WireReader {
  /// Reads how bytes are packed.
  mutating func encoding() throws(WireError) -> Encoding {
    let number = try byte()
    guard let encoding = Encoding(rawValue: number) else {
      throw WireError("bytes packed in the unknown way \(number)")
    }
    return encoding
  }
}
