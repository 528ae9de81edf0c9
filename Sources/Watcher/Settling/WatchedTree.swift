package import SyncCore

/// What a watcher asks of the system about the tree that it watches.
package protocol WatchedTree: ~Copyable {
  /// Watches the directory at `path`, unless it is ignored (-ENOENT), and lists it after that, so
  /// that what is made in between is either in the listing or an event; `body` gets the name of
  /// every directory in it. Returns the watch, or -errno. A listing that ends early loses nothing:
  /// the directory is being deleted, and events follow.
  func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32

  /// Another subtree is going to be watched: rules of what is ignored are read anew.
  func forgetRules()

  /// Ends a watch; one that the kernel has ended already is none of our business.
  func unwatch(_ watch: Int32)

  /// Whether anybody has the file at `path` open for writing.
  func probe(_ path: RelativePath) -> Settler.ProbeAnswer
}

extension WatchedTree where Self: ~Copyable {
  /// There are none unless somebody reads them.
  package func forgetRules() {}
}
