import SyncCore

/// What only a replica has.
extension Hand {
  /// Takes these to the trash; what can't go stays, and is said.
  mutating func discardAdded(_ paths: [RelativePath]) {
    for path in paths {
      do throws(FileError) {
        try discard(path)
        note(.trashed, path)
      } catch {
        note(.left, path, error.description)
      }
    }
  }
}
