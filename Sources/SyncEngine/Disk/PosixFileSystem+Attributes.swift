import CLinux
import Glibc
public import SyncCore

extension PosixFileSystem {
  /// See `FileSystem`.
  public func attributes(of handle: FileHandle) throws(FileError) -> ExtendedAttributes {
    let kept = try attributes(handle, name: [])
    guard let owners else { return kept }
    return kept.adding(owner: owners.text(try status(of: handle)))
  }

  /// See `FileSystem`.
  public func attributes(
    of name: Name, in directory: FileHandle
  ) throws(FileError) -> ExtendedAttributes {
    let kept = try attributes(directory, name: name.bytes)
    guard let owners else { return kept }
    return kept.adding(owner: owners.text(try status(of: name, in: directory)))
  }

  private func attributes(
    _ handle: FileHandle, name: [UInt8]
  ) throws(FileError) -> ExtendedAttributes {
    let list = try unsafe Self.bytes(upTo: [1024, Self.listByteCount]) { buffer in
      unsafe name.withUnsafeBufferPointer { name in
        unsafe clinux_list_attributes(
          handle.rawValue, name.baseAddress, name.count, buffer.baseAddress, buffer.count)
      }
    }
    guard let list, !list.isEmpty else { return .empty }
    var pairs: [(name: [UInt8], value: [UInt8])] = []
    var isCut = false
    for attribute in list.split(separator: 0).map(Array.init)
    where ExtendedAttributes.isTold(attribute) {
      let value = try unsafe Self.bytes(upTo: [Limits.attributesByteCount]) { buffer in
        unsafe name.withUnsafeBufferPointer { name in
          unsafe Self.withText(attribute) { text in
            unsafe clinux_get_attribute(
              handle.rawValue, name.baseAddress, name.count, text, buffer.baseAddress,
              buffer.count)
          }
        }
      }
      guard let value else {
        // Too long to be told, or gone by now.
        isCut = true
        continue
      }
      pairs.append((attribute, value))
    }
    return ExtendedAttributes(pairs, isCut: isCut)
  }

  /// See `FileSystem`.
  public func setAttribute(
    _ handle: FileHandle, _ name: [UInt8], _ value: [UInt8]?, isNew: Bool
  ) throws(FileError) {
    if name == ExtendedAttributes.owner {
      guard let (user, group) = value.flatMap({ owners?.numbers($0) }) else { return }
      return try Self.checkSetting(clinux_set_owner(handle.rawValue, user, group))
    }
    let result = unsafe Self.withText(name) { text in
      guard let value else { return unsafe clinux_remove_attribute(handle.rawValue, text) }
      return unsafe value.withUnsafeBytes { value in
        unsafe clinux_set_attribute(
          handle.rawValue, text, value.baseAddress, value.count, isNew ? 1 : 0)
      }
    }
    try Self.checkSetting(result)
  }

  /// Linux: `XATTR_LIST_MAX`.
  private static let listByteCount = 64 * 1024

  /// What a call writes into a buffer of one of these sizes, each tried in turn; `nil` where there
  /// is nothing, or too much.
  private static func bytes(
    upTo capacities: [Int], _ call: (UnsafeMutableRawBufferPointer) -> Int
  ) throws(FileError) -> [UInt8]? {
    for capacity in capacities {
      var result = 0
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        unsafe result = call(UnsafeMutableRawBufferPointer(buffer))
        count = max(result, 0)
      }
      if result >= 0 { return bytes }
      switch Int32(-result) {
      case ERANGE: continue
      case EOPNOTSUPP, ENODATA: return nil
      case let errno: throw FileError(errno, .status)
      }
    }
    return nil
  }

  private static func withText<Result>(
    _ name: [UInt8], _ body: (UnsafePointer<CChar>?) -> Result
  ) -> Result {
    let text = (name + [0]).map { CChar(bitPattern: $0) }
    return unsafe text.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
  }

  /// A file system may have no such attributes, other ones, or no more room for them, and what is
  /// too large to be told may be there already: then they are not kept here, and the content is
  /// worth more.
  private static func checkSetting(_ result: Int32) throws(FileError) {
    guard result < 0 else { return }
    switch -result {
    case EOPNOTSUPP, EPERM, EACCES, EINVAL, ENODATA, EEXIST, ENOSPC, EDQUOT, E2BIG, ERANGE: return
    case let errno: throw FileError(errno, .setMode)
    }
  }
}

extension ExtendedAttributes {
  fileprivate func adding(owner: [UInt8]) -> ExtendedAttributes {
    ExtendedAttributes(pairs + [(Self.owner, owner)], isCut: isCut)
  }
}
