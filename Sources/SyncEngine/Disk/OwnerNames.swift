import CLinux
import SyncCore
import Synchronization

/// Owners as they are told, and back.
final class OwnerNames: Sendable {
  private let ownership: Ownership
  /// Names by number; asking for one may ask a directory service.
  private let names = Mutex<[Key: [UInt8]]>([:])

  private struct Key: Hashable {
    var number: UInt32
    var isGroup: Bool
  }

  init(_ ownership: Ownership) { self.ownership = ownership }

  /// `USER:GROUP`.
  func text(_ status: clinux_status) -> [UInt8] {
    name(Key(number: status.user, isGroup: false)) + [UInt8(ascii: ":")]
      + name(Key(number: status.group, isGroup: true))
  }

  private func name(_ key: Key) -> [UInt8] {
    let number = Array("\(key.number)".utf8)
    guard ownership == .names else { return number }
    if let known = names.withLock({ $0[key] }) { return known }
    let name = Self.name(of: key) ?? number
    names.withLock { known in
      if known.count >= Limits.ownerNameCount { known = [:] }
      known[key] = name
    }
    return name
  }

  private static func name(of key: Key) -> [UInt8]? {
    var length = 0
    let name = unsafe [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
      unsafe length = clinux_name_of(
        key.number, key.isGroup ? 1 : 0, buffer.baseAddress, buffer.count)
      count = max(length, 0)
    }
    return length > 0 ? name : nil
  }

  /// The numbers of what was told; `UInt32.max`, which changes nothing, for a name that is unknown
  /// here. `nil` for what is no owner.
  func numbers(_ text: [UInt8]) -> (user: UInt32, group: UInt32)? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    return (Self.number(parts[0], isGroup: false), Self.number(parts[1], isGroup: true))
  }

  private static func number(_ name: ArraySlice<UInt8>, isGroup: Bool) -> UInt32 {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    if !name.isEmpty, name.allSatisfy(digits.contains) {
      return UInt32(String(decoding: name, as: UTF8.self)) ?? .max
    }
    guard !name.isEmpty, !name.contains(0) else { return .max }
    var number = UInt32.max
    let text = (name + [0]).map { CChar(bitPattern: $0) }
    let result = unsafe text.withUnsafeBufferPointer {
      unsafe clinux_number_of($0.baseAddress, isGroup ? 1 : 0, &number)
    }
    return result == 0 ? number : .max
  }
}
