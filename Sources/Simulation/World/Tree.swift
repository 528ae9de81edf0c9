import SyncCore
import SyncEngine

/// Everything in a share, as users see it.
struct Tree: Equatable {
  enum Entry: Equatable {
    case file([UInt8], mode: UInt16, ExtendedAttributes)
    case symlink(target: [UInt8])
    case directory(mode: UInt16, ExtendedAttributes)

    var isDirectory: Bool { if case .directory = self { true } else { false } }

    static func == (left: Entry, right: Entry) -> Bool {
      switch (left, right) {
      case (.file(let content, let mode, let attributes), .file(let other, let its, let others)):
        mode == its && attributes == others && content.isEqual(to: other)
      case (.symlink(let target), .symlink(let other)): target == other
      case (.directory(let mode, let attributes), .directory(let its, let others)):
        mode == its && attributes == others
      case (.file, _), (.symlink, _), (.directory, _): false
      }
    }
  }

  private(set) var entries: [RelativePath: Entry] = [:]

  /// Everything on a disk, ignored or not; of links not where they lead.
  init(everythingOn disk: MemoryFileSystem) {
    var waiting = [RelativePath.root]
    while let directory = waiting.popLast() {
      for (path, stamp) in disk.list(directory) {
        switch stamp.kind {
        case .directory:
          entries[path] = .directory(mode: stamp.mode, disk.attributes(at: path))
          waiting.append(path)
        case .file:
          entries[path] = .file(
            disk.content(at: path) ?? [], mode: stamp.mode, disk.attributes(at: path))
        case .symlink: entries[path] = .symlink(target: [])
        case .special: break
        }
      }
    }
  }

  /// What isn't ignored.
  init(
    _ disk: MemoryFileSystem, withAttributes: Bool = true, ignoring local: IgnoreRules = .init()
  ) {
    func attributes(_ path: RelativePath) -> ExtendedAttributes {
      withAttributes ? disk.attributes(at: path) : .empty
    }
    look([.subtree(.root)], in: disk, ignoring: local) { listing in
      for (name, found) in listing.entries {
        let path = listing.directory.appending(name)
        switch found {
        case .entry(let stamp) where stamp.kind == .directory:
          entries[path] = .directory(mode: stamp.mode, attributes(path))
        case .entry(let stamp):
          entries[path] = .file(
            disk.content(at: path) ?? [], mode: stamp.mode, attributes(path))
        case .symlink(_, let target): entries[path] = .symlink(target: target)
        case .absent, .special, .unreadable, .ignored: break
        }
      }
    }
  }

  var files: [(path: RelativePath, content: [UInt8])] {
    entries.keys.sorted().compactMap { path in
      if case .file(let content, _, _) = entries[path] { (path, content) } else { nil }
    }
  }

  /// What is left without the conflict copies that another one doesn't have.
  func withoutCopies(besides other: Tree) -> Tree {
    var rest = self
    for path in entries.keys where other.entries[path] == nil {
      if path.components.last.flatMap(ConflictCopy.init) != nil { rest.entries[path] = nil }
    }
    return rest
  }

  /// What is left without what another one doesn't have, but some others.
  func without(_ others: [Tree], besides tree: Tree) -> Tree {
    var rest = self
    for (path, entry) in entries where tree.entries[path] == nil {
      if others.contains(where: { $0.entries[path] == entry }) { rest.entries[path] = nil }
    }
    return rest
  }

  /// What is left without what another one has elsewhere, as some others do.
  func withoutMoved(in other: Tree, as others: [Tree]) -> Tree {
    var moved = other
    for path in entries.keys { moved.entries[path] = nil }
    moved.entries = moved.entries.filter { path, entry in
      others.contains { $0.entries[path] == entry }
    }
    var rest = self
    for (path, entry) in entries where other.entries[path] == nil {
      if moved.entries.values.contains(entry) { rest.entries[path] = nil }
    }
    return rest
  }

  /// Where they differ.
  func differingPaths(from other: Tree) -> [RelativePath] {
    Set(entries.keys).union(other.entries.keys).sorted().filter {
      entries[$0] != other.entries[$0]
    }
  }

  /// What differs, a line for each path.
  func differences(to other: Tree) -> [String] {
    differingPaths(from: other).map { path in
      "\(path): \(Self.text(entries[path])) and \(Self.text(other.entries[path]))"
    }
  }

  private static func text(_ entry: Entry?) -> String {
    switch entry {
    case nil: "nothing"
    case .file(let content, let mode, let attributes):
      "file \(content.prefix(2)) of \(content.count) bytes, mode \(String(mode, radix: 8)), "
        + "\(attributes.bytes)"
    case .symlink(let target): "symlink \(target)"
    case .directory(let mode, let attributes):
      "directory, mode \(String(mode, radix: 8)), \(attributes.bytes)"
    }
  }
}

extension MemoryFileSystem {
  /// What is in a directory, leftd's own part left out.
  func list(_ path: RelativePath) -> [(path: RelativePath, stamp: FileStamp)] {
    guard let directory = try? open(path, in: root, for: .directory) else { return [] }
    defer { close(directory) }
    return ((try? names(in: directory)) ?? []).compactMap { name in
      guard !path.isRoot || name != .reserved else { return nil }
      return (try? stamp(of: name, in: directory)).map { (path.appending(name), $0) }
    }
  }

  /// The extended attributes of something.
  func attributes(at path: RelativePath) -> ExtendedAttributes {
    guard let entry = try? open(path, in: root, for: .reference) else { return .empty }
    defer { close(entry) }
    return (try? attributes(of: entry)) ?? .empty
  }

  /// The whole content of a file; `nil` if there is none.
  func content(at path: RelativePath) -> [UInt8]? {
    guard let file = try? open(path, in: root, for: .reading) else { return nil }
    defer { close(file) }
    guard (try? stamp(of: file)) != nil else { return nil }
    return (try? content(of: file)) ?? []
  }
}
