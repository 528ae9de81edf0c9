/// What the name of a conflict copy tells: of which file, which node lost, and when.
public struct ConflictCopy: Hashable, Sendable {
  /// The name that the conflict was about, as far as it fitted into the copy's.
  public let original: Name
  /// The first seven digits of the id of the node whose version lost.
  public let node: String
  /// When the losing version settled, nanoseconds since 1970 UTC, in whole seconds.
  public let time: Int64

  /// The bytes that each such name contains.
  public static let marker = ConflictName.marker

  /// Reads a name as conflicts make it; `nil` for any other.
  public init?(name: Name) {
    let bytes = name.bytes
    guard let start = Self.start(in: bytes) else { return nil }
    // node, day, second, digest: NNNNNNN-YYYYMMDD-HHMMSS-DDDDDD
    let end = start + Self.marker.count + 30
    guard end == bytes.count || (end < bytes.count && bytes[end] == UInt8(ascii: ".")) else {
      return nil
    }
    let parts = bytes[start + Self.marker.count..<end].split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [7, 8, 6, 6], parts[0].allSatisfy(Self.isBase32),
      Hexadecimal.decode(parts[3]) != nil,
      let time = ConflictName.time(day: parts[1], second: parts[2]),
      let original = Name(bytes[..<start] + bytes[end...])
    else { return nil }
    self.original = original
    self.time = time
    node = String(decoding: parts[0], as: UTF8.self)
  }

  private static func start(in bytes: [UInt8]) -> Int? {
    guard bytes.count > marker.count else { return nil }
    return (1...bytes.count - marker.count).first { bytes[$0...].starts(with: marker) }
  }

  private static func isBase32(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
  }
}

extension ConflictName {
  /// The inverse of `stamp`; `nil` for what it does not write.
  fileprivate static func time(day: ArraySlice<UInt8>, second: ArraySlice<UInt8>) -> Int64? {
    let (day, second) = (Array(day), Array(second))
    guard let year = number(day[..<4]), let month = number(day[4..<6]),
      let dayOfMonth = number(day[6...]), let hour = number(second[..<2]),
      let minute = number(second[2..<4]), let rest = number(second[4...]), year >= 1970,
      (1...12).contains(month)
    else { return nil }
    let marchYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = marchYear.quotientAndRemainder(dividingBy: 400)
    let marchMonth = month <= 2 ? month + 9 : month - 3
    let dayOfYear = (153 * marchMonth + 2) / 5 + dayOfMonth - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let seconds = (days - 719_468) * 86_400 + hour * 3600 + minute * 60 + rest
    let time = seconds * 1_000_000_000
    // The 31st of a month that has none, a 25th hour and the like.
    guard stamp(time).utf8.elementsEqual(day + [UInt8(ascii: "-")] + second) else { return nil }
    return time
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }
}

extension Name {
  /// An ordinary name like this one, for what must not take this one's place: `report-2.pdf`.
  public func numbered(_ number: Int) -> Name {
    let (base, suffix) = ConflictName.split(bytes)
    let middle = Array("-\(number)".utf8)
    let room = Name.longestByteCount - middle.count - suffix.count
    return Name(made: base.prefix(room) + middle + suffix)
  }
}
