import SyncCore

/// Extended attributes: those of staged files before they are flushed, those of anything else where
/// it stands.
extension Flip {
  /// Gives a staged file its attributes, before anybody sees it.
  ///
  /// An access control list changes permission bits: these are set again.
  func setAttributes(
    _ wanted: ExtendedAttributes, ofStaged file: StagedFile
  ) throws(FileError) -> ExtendedAttributes? {
    let directory = try Directory(ReservedFolder.staging(of: file.place.parent), of: fileSystem)
    let staged = try OpenFile(file.place.name, in: directory, for: .reference)
    // A later content for the place may have come since.
    guard try staged.stamp().isAsMoved(file.stamp) else { return nil }
    try staged.setAttributes(wanted)
    if try staged.stamp().mode != file.stamp.mode { try staged.setMode(file.stamp.mode) }
    return try staged.attributes()
  }

  /// Staged contents that get no place now have no attributes again: a later plan for one says
  /// nothing of them if it is to have none.
  func takeAttributesBack() {
    for (index, operation) in plan.operations.enumerated() {
      guard case .putFile(let file, _, _) = operation, let given = plan.attributes[index],
        !given.isEmpty
      else { continue }
      if case .done? = results[index] { continue }
      // What the disk refuses here it has not given, either.
      _ = try? setAttributes(.empty, ofStaged: file)
    }
  }

  /// Gives what an operation made, moved or changed its attributes, if it is to have others.
  /// `stamp` is what was found there.
  mutating func setAttributes(
    _ index: Int, of entry: borrowing OpenFile, _ stamp: FileStamp
  ) throws(FileError) {
    guard let wanted = plan.attributes[index] else { return }
    let before = present(stamp)
    try entry.changeAttributes(from: before, to: wanted)
    shown[index] = Self.shown(try entry.attributes(), from: before, to: wanted)
  }

  /// What a disk shows of attributes that were to be changed: those that it refused are as before,
  /// and access control lists and owners have its own form. What is otherwise somebody else has
  /// changed since; without that, the next look finds it.
  static func shown(
    _ found: ExtendedAttributes, from before: ExtendedAttributes, to wanted: ExtendedAttributes
  ) -> ExtendedAttributes {
    var pairs: [(name: [UInt8], value: [UInt8])] = []
    for name in found.names(and: wanted) {
      let isOurs =
        [before[name], wanted[name]].contains(found[name])
        || [
          ExtendedAttributes.accessList, ExtendedAttributes.defaultList, ExtendedAttributes.owner,
        ]
        .contains(name)
      if let value = isOurs ? found[name] : wanted[name] { pairs.append((name, value)) }
    }
    return ExtendedAttributes(pairs)
  }

  /// The attributes that something had before the flip, as far as the index knows.
  func present(_ stamp: FileStamp) -> ExtendedAttributes { plan.present[stamp.inode] ?? .empty }

  /// Whether what is to leave its place has the attributes that the index knows. A file's ctime has
  /// told that already, but for a resumed flip.
  mutating func hasExpectedAttributes(
    _ found: FileStamp, at place: Place
  ) throws(FileError) -> Bool {
    switch found.kind {
    case .file where !isResumed, .symlink, .special: return true
    case .file, .directory: break
    }
    return try directory(place.parent).attributes(of: place.name) == present(found)
  }

  /// What to tell of a file that an operation put, moved or changed. Between an interruption and
  /// the next start somebody may have changed its attributes, which changes only ctime, as does a
  /// rename: then another ctime is told, and the scan reads it.
  mutating func adopted(
    _ index: Int, _ stamp: FileStamp, at place: Place
  ) throws(FileError) -> FileStamp {
    guard isResumed, stamp.kind == .file else { return stamp }
    let found = try directory(place.parent).attributes(of: place.name)
    if let wanted = plan.attributes[index], shown[index] == nil {
      shown[index] = found == wanted ? wanted : kept(wanted, of: .file)
    }
    guard found != shown[index] ?? present(stamp) else { return stamp }
    var told = stamp
    told.ctime = 0
    return told
  }

  /// Decides what the disk shows of attributes that an interrupted run has set. What is there now
  /// may be somebody else's.
  mutating func completeShownAttributes() {
    for (index, wanted) in plan.attributes where shown[index] == nil {
      guard case .done(let stamp?) = results[index] else { continue }
      shown[index] = kept(wanted, of: stamp.kind)
    }
  }

  /// What this disk makes of attributes, tried on something that nobody else sees.
  private mutating func kept(
    _ wanted: ExtendedAttributes, of kind: FileKind
  ) -> ExtendedAttributes {
    let name = ReservedFolder.name(spelling: "probe")
    do throws(FileError) {
      let folder = try folder()
      if kind == .directory {
        try? folder.removeDirectory(name)
        try folder.makeDirectory(name, mode: 0o700)
      } else {
        try? folder.removeFile(name)
        _ = try OpenFile(creating: name, in: folder, mode: 0o600)
      }
      let probe = try OpenFile(name, in: folder, for: .reference)
      try probe.setAttributes(wanted)
      let kept = try probe.attributes()
      try kind == .directory ? folder.removeDirectory(name) : folder.removeFile(name)
      return kept
    } catch {
      return wanted
    }
  }
}
