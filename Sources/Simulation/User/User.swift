import Glibc
import SyncCore
import SyncEngine

/// Somebody who works in the share of one node.
struct User {
  let disk: MemoryFileSystem
  /// Whether nothing that it does is flushed.
  var isCareless = false

  /// Does something if it can be done, and says whether.
  func act(_ action: UserAction, _ contents: inout Contents) -> Bool {
    var isDone = false
    var now = contents
    if isCareless {
      isDone = (try? perform(action, &now)) ?? false
    } else {
      try? disk.durably { () throws(FileError) in isDone = try perform(action, &now) }
    }
    if isDone { contents = now }
    return isDone
  }

  private func perform(
    _ action: UserAction, _ contents: inout Contents
  ) throws(FileError) -> Bool {
    switch action {
    case .write(let path, let content): try write(path.path, content, &contents)
    case .save(let path, let content): try save(path.path, content, &contents)
    case .edit(let path, let isAtEnd): try edit(path.path, isAtEnd: isAtEnd, &contents)
    case .makeDirectory(let path): try makeDirectory(path.path)
    case .remove(let path): try remove(path.path, &contents)
    case .move(let path, let target): try move(path.path, target.path, &contents)
    case .exchange(let path, let other): try exchange(path.path, other.path)
    case .link(let path, let target): try makeSymlink(path.path, target)
    case .setMode(let path, let mode): try setMode(path.path, mode)
    case .setAttribute(let path, let value): try setAttribute(path.path, value)
    case .ignore(let path, let lines): try ignore(lines, below: path?.path ?? .root, &contents)
    }
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
    _ path: RelativePath, _ content: UserContent, _ contents: inout Contents
  ) throws(FileError) -> Bool {
    let kind = kind(of: path)
    guard kind == nil || kind == .file else { return false }
    try put(contents.add(content.bytes), at: path, &contents)
    return true
  }

  /// Beside the file, under a name that nobody else uses.
  private func save(
    _ path: RelativePath, _ content: UserContent, _ contents: inout Contents
  ) throws(FileError) -> Bool {
    guard kind(of: path) == .file, let parent = path.parent, let temporary = Name("~".utf8) else {
      return false
    }
    let beside = parent.appending(temporary)
    guard kind(of: beside) == nil else { return false }
    try put(contents.add(content.bytes), at: beside, &contents)
    return try move(beside, path, &contents)
  }

  private func edit(
    _ path: RelativePath, isAtEnd: Bool, _ contents: inout Contents
  ) throws(FileError) -> Bool {
    guard kind(of: path) == .file, let old = disk.content(at: path) else { return false }
    var rest = Array(old.dropFirst(Contents.numberByteCount))
    if isAtEnd {
      rest += [1, 2, 3]
    } else {
      rest.insert(4, at: rest.count / 2)
    }
    try put(contents.add(rest), at: path, &contents)
    return true
  }

  private func put(
    _ bytes: [UInt8], at path: RelativePath, _ contents: inout Contents
  ) throws(FileError) {
    if let old = disk.content(at: path) { contents.release(old) }
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
      if !isCareless { try disk.flush(file) }
    }
  }

  /// The first line is the content's number, which matches nothing.
  private func ignore(
    _ lines: [IgnoreLine], below directory: RelativePath, _ contents: inout Contents
  ) throws(FileError) -> Bool {
    let path = directory.appending(IgnoreRules.fileName)
    let kind = kind(of: path)
    guard kind == nil || kind == .file else { return false }
    if lines.isEmpty { return try remove(path, &contents) }
    let text = Array(lines.map(\.bytes).joined(separator: Array("\n".utf8)))
    try put(contents.add(Array("\n".utf8) + text), at: path, &contents)
    return true
  }

  private func makeSymlink(_ path: RelativePath, _ target: UInt8) throws(FileError) -> Bool {
    try withParent(of: path) { parent, name throws(FileError) in
      try disk.makeSymlink(name, in: parent, target: [target])
    }
    return true
  }

  // MARK: Trees

  private func makeDirectory(_ path: RelativePath) throws(FileError) -> Bool {
    try withParent(of: path) { parent, name throws(FileError) in
      try disk.makeDirectory(name, in: parent, mode: 0o755)
    }
    return true
  }

  private func remove(
    _ path: RelativePath, _ contents: inout Contents
  ) throws(FileError) -> Bool {
    guard let kind = kind(of: path) else { return false }
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
    return true
  }

  private func names(in path: RelativePath) throws(FileError) -> [Name] {
    let directory = try disk.open(path, in: disk.root, for: .directory)
    defer { disk.close(directory) }
    return try disk.names(in: directory)
  }

  private func move(
    _ path: RelativePath, _ target: RelativePath, _ contents: inout Contents
  ) throws(FileError) -> Bool {
    guard path != target, let moved = kind(of: path) else { return false }
    let replaced = kind(of: target)
    if replaced == .directory || (moved == .directory && replaced != nil) { return false }
    let old = replaced == .file ? disk.content(at: target) : nil
    try withParent(of: path) { from, name throws(FileError) in
      try withParent(of: target) { to, newName throws(FileError) in
        try disk.rename(name, in: from, to: newName, in: to, .replace)
      }
    }
    if let old { contents.release(old) }
    return true
  }

  private func exchange(
    _ path: RelativePath, _ other: RelativePath
  ) throws(FileError) -> Bool {
    guard path != other, kind(of: path) != nil, kind(of: other) != nil else { return false }
    try withParent(of: path) { from, name throws(FileError) in
      try withParent(of: other) { to, newName throws(FileError) in
        try disk.rename(name, in: from, to: newName, in: to, .exchange)
      }
    }
    return true
  }

  private func setMode(_ path: RelativePath, _ mode: UInt16) throws(FileError) -> Bool {
    guard let kind = kind(of: path), kind != .symlink else { return false }
    let mode = kind == .directory ? mode | 0o700 : mode
    try withParent(of: path) { parent, name throws(FileError) in
      let entry = try disk.open(name, in: parent, for: .reference)
      defer { disk.close(entry) }
      try disk.setMode(entry, mode)
    }
    return true
  }

  private func setAttribute(_ path: RelativePath, _ value: UInt8) throws(FileError) -> Bool {
    guard let kind = kind(of: path), kind != .symlink else { return false }
    try withParent(of: path) { parent, name throws(FileError) in
      let entry = try disk.open(name, in: parent, for: .reference)
      defer { disk.close(entry) }
      try disk.setAttribute(
        entry, Array("user.a".utf8), value == 0 ? nil : [value], isNew: false)
      try disk.flush(entry)
    }
    return true
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
