/// A large file that a flip took to the trash. While it lies there its content needn't be sent: it
/// may come back, under any name.
public struct TrashedFile: Hashable, Sendable {
  /// What is in it.
  public var content: ContentID
  /// The plan in whose folder of the trash it lies.
  public var plan: UInt64
  /// Where it lay in the share, and lies in that folder.
  public var path: RelativePath
  /// Its state in the share; its ctime is another one since.
  public var stamp: FileStamp

  /// A file by what is in it and where it went.
  public init(content: ContentID, plan: UInt64, path: RelativePath, stamp: FileStamp) {
    (self.content, self.plan, self.path, self.stamp) = (content, plan, path, stamp)
  }
}
