import SyncCore

/// Versions as the index keeps them: eight bytes of time, then variable-length numbers, which are
/// the local number of the dot's actor, the dot's counter, and the same two for each component of
/// the vector. A component that is the dot itself is left out, as `Version` puts it in again: most
/// versions take 12 bytes.
enum StoredVersion {
  /// Encodes a version; `local` gives actors their numbers.
  static func encode(
    _ version: Version, local: (Actor) throws(IndexError) -> Int
  ) throws(IndexError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16 + 8 * version.vector.components.count)
    let time = UInt64(bitPattern: version.time)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: time >> shift))
    }
    append(UInt64(try local(version.dot.actor)), to: &bytes)
    append(version.dot.counter, to: &bytes)
    for component in version.vector.components {
      if component.actor == version.dot.actor, component.counter == version.dot.counter { continue }
      try append(component, to: &bytes, local: local)
    }
    return bytes
  }

  /// Encodes a vector: its components.
  static func encode(
    _ vector: VersionVector, local: (Actor) throws(IndexError) -> Int
  ) throws(IndexError) -> [UInt8] {
    var bytes: [UInt8] = []
    for component in vector.components { try append(component, to: &bytes, local: local) }
    return bytes
  }

  private static func append(
    _ component: VersionVector.Component, to bytes: inout [UInt8],
    local: (Actor) throws(IndexError) -> Int
  ) throws(IndexError) {
    append(UInt64(try local(component.actor)), to: &bytes)
    append(component.counter, to: &bytes)
  }

  /// Decodes a version; `nil` for bytes that `encode` never makes, or an actor that `actor` does
  /// not know.
  static func decode(_ bytes: Span<UInt8>, actor: (Int) -> Actor?) -> Version? {
    guard bytes.count >= 8 else { return nil }
    var time: UInt64 = 0
    var offset = 0
    while offset < 8 {
      time |= UInt64(bytes[offset]) << UInt64(8 * offset)
      offset += 1
    }
    guard let dot = component(bytes, &offset, actor: actor),
      let vector = vector(bytes, &offset, actor: actor)
    else { return nil }
    return Version(
      dot: Dot(actor: dot.actor, counter: dot.counter), vector: vector,
      time: Int64(bitPattern: time))
  }

  /// Decodes what is left of the bytes as a vector; `nil` as for a version.
  static func vector(
    _ bytes: Span<UInt8>, _ offset: inout Int, actor: (Int) -> Actor?
  ) -> VersionVector? {
    var components: [VersionVector.Component] = []
    while offset < bytes.count {
      guard let next = component(bytes, &offset, actor: actor) else { return nil }
      components.append(next)
    }
    return VersionVector(sorted: components)
  }

  private static func component(
    _ bytes: Span<UInt8>, _ offset: inout Int, actor: (Int) -> Actor?
  ) -> VersionVector.Component? {
    guard let local = number(bytes, &offset), let counter = number(bytes, &offset) else {
      return nil
    }
    guard counter > 0, let actor = actor(Int(clamping: local)) else { return nil }
    return VersionVector.Component(actor: actor, counter: counter)
  }

  /// Seven bits a byte, the lowest first; the eighth says that more follow.
  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func number(_ bytes: Span<UInt8>, _ offset: inout Int) -> UInt64? {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while offset < bytes.count, shift < 64 {
      let byte = bytes[offset]
      offset += 1
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    return nil
  }
}
