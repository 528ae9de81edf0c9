// What is remembered of things that are ignored.
extension Limits {
  /// Directories left over from deletions that are kept in mind, so that the audit leaves them
  /// alone; and places that something takes which is told to nobody.
  public static let remainderCount = 4096
}
