import SyncCore
import SyncEngine

/// Everything in a share, as users see it.
struct Tree: Equatable {
  enum Entry: Equatable {
    case file([UInt8], mode: UInt16, ExtendedAttributes)
    case symlink(target: [UInt8])
    case directory(mode: UInt16, ExtendedAttributes)
  }

  private(set) var entries: [RelativePath: Entry] = [:]

  init(_ disk: MemoryFileSystem, withAttributes: Bool = true) {
    func attributes(_ path: RelativePath) -> ExtendedAttributes {
      withAttributes ? disk.attributes(at: path) : .empty
    }
    look([.subtree(.root)], in: disk) { listing in
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

  /// What differs, a line for each path.
  func differences(to other: Tree) -> [String] {
    Set(entries.keys).union(other.entries.keys).sorted().compactMap { path in
      let (here, there) = (entries[path], other.entries[path])
      return here == there ? nil : "\(path): \(Self.text(here)) and \(Self.text(there))"
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
    guard let size = try? stamp(of: file).size else { return nil }
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
      unsafe count = (try? read(file, into: UnsafeMutableRawBufferPointer(buffer), at: 0)) ?? 0
    }
  }
}
