import Glibc
import SyncCore
import SyncEngine

/// Somebody who works in the share of one node: random operations on few names, so that they meet.
struct User {
  let disk: MemoryFileSystem
  let settings: WorldSettings

  /// Does something, and says what; `nil` if it didn't work out.
  func act(
    _ contents: inout Contents, using generator: inout SplitMix64
  ) -> String? {
    let path = randomPath(using: &generator)
    let other = randomPath(using: &generator)
    var done: String?
    try? disk.durably { () throws(FileError) in
      done =
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<6: try write(path, &contents, using: &generator)
        case 6..<8: try edit(path, &contents, using: &generator)
        case 8..<11: try makeDirectory(path)
        case 11..<14: try remove(path, &contents)
        case 14..<17: try move(path, other, &contents)
        case 17: try exchange(path, other)
        case 18: try makeSymlink(path, &contents, using: &generator)
        default: try setMode(path, using: &generator)
        }
    }
    return done
  }

  private func randomPath(using generator: inout SplitMix64) -> RelativePath {
    let depth = Int.random(in: 1...settings.depth, using: &generator)
    return RelativePath(
      components: (0..<depth).map { _ in
        let letter = UInt8.random(in: 97..<(97 + settings.nameCount), using: &generator)
        guard let name = Name([letter]) else { preconditionFailure("a letter is a name") }
        return name
      })
  }

  private func withParent<Result>(
    of path: RelativePath, _ body: (FileHandle, Name) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    guard let parent = path.parent, let name = path.name else { throw FileError(EINVAL, .open) }
    let directory = try disk.open(parent, in: disk.root, for: .directory)
    defer { disk.close(directory) }
    return try body(directory, name)
  }

  private func kind(of path: RelativePath) -> FileKind? {
    try? withParent(of: path) { parent, name throws(FileError) in
      try disk.stamp(of: name, in: parent).kind
    }
  }

  // MARK: Files

  private func write(
    _ path: RelativePath, _ contents: inout Contents, using generator: inout SplitMix64
  ) throws(FileError) -> String? {
    if kind(of: path) == .symlink || kind(of: path) == .directory { return nil }
    let isLarge = Int.random(in: 0..<100, using: &generator) < settings.largePercent
    let words = isLarge ? Int.random(in: 17_000..<40_000, using: &generator) : 4
    var source = SplitMix64(seed: generator.next())
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * words)
    for _ in 0..<words {
      let word = source.next()
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    try put(contents.add(bytes), at: path, &contents)
    return "write \(path)\(isLarge ? ", large" : "")"
  }

  private func edit(
    _ path: RelativePath, _ contents: inout Contents, using generator: inout SplitMix64
  ) throws(FileError) -> String? {
    guard kind(of: path) == .file, let old = disk.content(at: path) else { return nil }
    var rest = Array(old.dropFirst(Contents.numberByteCount))
    if Bool.random(using: &generator) {
      rest += [1, 2, 3]
    } else if let middle = rest.indices.randomElement(using: &generator) {
      rest.insert(4, at: middle)
    }
    try put(contents.add(rest), at: path, &contents)
    return "edit \(path)"
  }

  private func put(
    _ bytes: [UInt8], at path: RelativePath, _ contents: inout Contents
  ) throws(FileError) {
    if let old = disk.content(at: path) { contents.release(old) }
    do throws(FileError) {
      try withParent(of: path) { parent, name throws(FileError) in
        let file: FileHandle
        if kind(of: path) == nil {
          file = try disk.create(name, in: parent, mode: 0o644)
        } else {
          file = try disk.open(name, in: parent, for: .writing)
          try disk.truncate(file, to: 0)
        }
        defer { disk.letGo(file) }
        try disk.write(bytes, to: file)
        try disk.flush(file)
      }
    } catch {
      contents.release(bytes)
      throw error
    }
  }

  private func makeSymlink(
    _ path: RelativePath, _ contents: inout Contents, using generator: inout SplitMix64
  ) throws(FileError) -> String? {
    guard kind(of: path) == nil else { return nil }
    let target = UInt8.random(in: 97..<107, using: &generator)
    try withParent(of: path) { parent, name throws(FileError) in
      try disk.makeSymlink(name, in: parent, target: [target])
    }
    return "link \(path)"
  }

  // MARK: Trees

  private func makeDirectory(_ path: RelativePath) throws(FileError) -> String? {
    try withParent(of: path) { parent, name throws(FileError) in
      try disk.makeDirectory(name, in: parent, mode: 0o755)
    }
    return "mkdir \(path)"
  }

  private func remove(
    _ path: RelativePath, _ contents: inout Contents
  ) throws(FileError) -> String? {
    guard let kind = kind(of: path) else { return nil }
    if kind == .directory {
      for name in try names(in: path) { _ = try remove(path.appending(name), &contents) }
    } else if kind == .file, let old = disk.content(at: path) {
      contents.release(old)
    }
    try withParent(of: path) { parent, name throws(FileError) in
      if kind == .directory {
        try disk.removeDirectory(name, in: parent)
      } else {
        try disk.removeFile(name, in: parent)
      }
    }
    return "remove \(path)"
  }

  private func names(in path: RelativePath) throws(FileError) -> [Name] {
    let directory = try disk.open(path, in: disk.root, for: .directory)
    defer { disk.close(directory) }
    return try disk.names(in: directory)
  }

  private func move(
    _ path: RelativePath, _ target: RelativePath, _ contents: inout Contents
  ) throws(FileError) -> String? {
    guard path != target, let moved = kind(of: path) else { return nil }
    let replaced = kind(of: target)
    if replaced == .directory || (moved == .directory && replaced != nil) { return nil }
    let old = replaced == .file ? disk.content(at: target) : nil
    try withParent(of: path) { from, name throws(FileError) in
      try withParent(of: target) { to, newName throws(FileError) in
        try disk.rename(name, in: from, to: newName, in: to, .replace)
      }
    }
    if let old { contents.release(old) }
    return "move \(path) to \(target)"
  }

  private func exchange(
    _ path: RelativePath, _ other: RelativePath
  ) throws(FileError) -> String? {
    guard path != other, kind(of: path) != nil, kind(of: other) != nil else { return nil }
    try withParent(of: path) { from, name throws(FileError) in
      try withParent(of: other) { to, newName throws(FileError) in
        try disk.rename(name, in: from, to: newName, in: to, .exchange)
      }
    }
    return "exchange \(path) and \(other)"
  }

  private func setMode(
    _ path: RelativePath, using generator: inout SplitMix64
  ) throws(FileError) -> String? {
    guard let kind = kind(of: path), kind != .symlink else { return nil }
    let modes: [UInt16] = kind == .directory ? [0o755, 0o700] : [0o644, 0o600, 0o755]
    guard let mode = modes.randomElement(using: &generator) else { return nil }
    try withParent(of: path) { parent, name throws(FileError) in
      let entry = try disk.open(name, in: parent, for: .reference)
      defer { disk.close(entry) }
      try disk.setMode(entry, mode)
    }
    return "chmod \(String(mode, radix: 8)) \(path)"
  }
}

extension MemoryFileSystem {
  /// Writes a whole content from the beginning.
  fileprivate func write(_ bytes: [UInt8], to file: FileHandle) throws(FileError) {
    // `withUnsafeBytes` does not pass a typed error on.
    let result = unsafe bytes.withUnsafeBytes { buffer -> Result<Void, FileError> in
      do throws(FileError) {
        unsafe try write(file, buffer, at: 0)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}
