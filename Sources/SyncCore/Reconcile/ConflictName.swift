/// The name under which the loser of a conflict is kept beside the winner, the same on every node:
/// `report.conflict-NODE-20261121-101500-3f2a9c.pdf`.
///
/// Everything in it comes from the losing version: the short id of its node, the UTC time at which
/// it settled, and digits of a hash of dot, time and content, so that no two losers share a name.
/// The extension stays at the end: programs still know what kind of file it is.
package enum ConflictName {
  static let marker = Array(".conflict-".utf8)

  static func name(for loser: Entry) -> Name {
    name(
      for: loser.place.name, node: loser.version.dot.actor.shortNode, time: loser.version.time,
      digest: digest(of: loser))
  }

  /// The name for what a node's user wrote that was never a version: by its time and its inode.
  package static func name(for original: Name, of stamp: FileStamp, on node: NodeID) -> Name {
    let digest = [0, 8, 16].map { UInt8(truncatingIfNeeded: stamp.inode >> UInt64($0)) }
    return name(for: original, node: node.short, time: stamp.mtime, digest: digest)
  }

  /// `digest` has three bytes.
  private static func name(
    for original: Name, node: String, time: Int64, digest: [UInt8]
  ) -> Name {
    let (base, suffix) = split(withoutConflict(original.bytes))
    let middle =
      marker + Array("\(node)-\(stamp(time))-".utf8) + Hexadecimal.encodeBytes(digest)
    let room = Name.longestByteCount - middle.count - suffix.count
    return Name(made: base.prefix(room) + middle + suffix)
  }

  /// Whether an entry stands where it was put when it lost.
  static func isAtPlace(_ entry: Entry) -> Bool {
    isOne(entry.place.name) && name(for: entry) == entry.place.name
  }

  /// A name for a loser that isn't its own: it can lose its conflict name to a directory.
  static func other(for loser: Entry) -> Name {
    let name = name(for: loser)
    return name == loser.place.name ? name.numbered(2) : name
  }

  /// Whether a name was made here.
  static func isOne(_ name: Name) -> Bool { withoutConflict(name.bytes) != name.bytes }

  /// Takes off what an earlier conflict added, so that names don't grow.
  private static func withoutConflict(_ bytes: [UInt8]) -> [UInt8] {
    guard let start = firstMarker(in: bytes), start > 0 else { return bytes }
    // node (7), date (8), time (6), digest (6) and three hyphens
    let end = start + marker.count + 30
    guard end <= bytes.count, end == bytes.count || bytes[end] == UInt8(ascii: ".") else {
      return bytes
    }
    return Array(bytes[..<start] + bytes[end...])
  }

  private static func firstMarker(in bytes: [UInt8]) -> Int? {
    guard bytes.count >= marker.count else { return nil }
    return (0...bytes.count - marker.count).first { bytes[$0...].starts(with: marker) }
  }

  /// Base and extension with its dot. A leading dot begins no extension, nor does one followed by
  /// more than 16 bytes.
  static func split(_ bytes: [UInt8]) -> (base: [UInt8], suffix: [UInt8]) {
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0, bytes.count - dot <= 17 else {
      return (bytes, [])
    }
    return (Array(bytes[..<dot]), Array(bytes[dot...]))
  }

  /// Three bytes of FNV-1a (64 bit) over dot, time and content: no secret, just distinct. Without
  /// the incarnation, which is another one in a merged directory: a loser has one name wherever it
  /// lost.
  private static func digest(of entry: Entry) -> [UInt8] {
    var hash = FNV1a()
    let dot = entry.version.dot
    for number in [dot.actor.node, dot.counter, UInt64(bitPattern: entry.version.time)] {
      hash.mix(number)
    }
    switch entry.body {
    case .file(let content, _): hash.mix(content.bytes)
    case .symlink(let target): hash.mix(target)
    case .directory, .deleted, .deletedDirectory, .merged: break
    }
    return [0, 8, 16].map { UInt8(truncatingIfNeeded: hash.value >> $0) }
  }

  /// `YYYYMMDD-HHMMSS` in UTC; the beginning of 1970 for what is before it. Days are counted from
  /// March, so that the leap day is the last of its year.
  package static func stamp(_ time: Int64) -> String {
    let seconds = max(time, 0) / 1_000_000_000
    let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return digits(year, 4) + digits(month, 2) + digits(day, 2) + "-"
      + digits(second / 3600, 2) + digits(second / 60 % 60, 2) + digits(second % 60, 2)
  }
}
