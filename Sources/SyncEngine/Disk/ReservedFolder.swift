import SyncCore

/// What leftd keeps at the root of a share, on the share's own file system so that everything gets
/// in and out by a rename: `.leftd`. The user's directories below it are never entered by peers.
enum ReservedFolder {
  static let path = RelativePath(components: [.reserved])
  /// Verified contents and partial ones, by the id of the directory they are for.
  static let staging = path.appending(Name(literal: "staging"))
  /// What the partial contents in `staging` hold already.
  static let chunks = staging.appending(Name(literal: ".chunks"))
  /// Flips under way, by plan.
  static let flip = path.appending(Name(literal: "flip"))
  /// Which files in the trash somebody may still write to, by plan.
  static let open = path.appending(Name(literal: "open"))
  /// What was replaced or deleted, by plan.
  static let trash = path.appending(Name(literal: "trash"))

  static func staging(of directory: DirectoryID) -> RelativePath {
    staging.appending(name(of: directory))
  }

  /// 32 hexadecimal digits.
  static func name(of directory: DirectoryID) -> Name {
    name(spelling: directory.description)
  }

  /// 16 hexadecimal digits.
  static func name(ofPlan id: UInt64) -> Name {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: id >> UInt64(56 - 8 * $0)) }
    return name(spelling: Hexadecimal.encode(bytes))
  }

  static func name(spelling text: String) -> Name {
    guard let name = Name(text.utf8) else { preconditionFailure("not a name: \(text)") }
    return name
  }
}
