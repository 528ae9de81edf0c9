/// A flip as the journal holds it: what is to be done, and the rows that it leads to. With it a
/// flip that was interrupted anywhere is finished at the next start.
struct JournalRecord {
  var plan: FlipPlan
  var rows: [PlannedRow]

  /// The format's number; another is refused.
  private static let format: UInt8 = 2

  init(plan: FlipPlan, rows: [PlannedRow]) {
    self.plan = plan
    self.rows = rows
  }

  func encoded() -> [UInt8] {
    var actors = ActorTable()
    var body = WireWriter(capacity: 256 * rows.count)
    body.number(rows.count)
    for row in rows {
      body.entry(row.entry, actors: &actors)
      body.number(row.operation.map { $0 + 1 } ?? 0)
      body.byte(
        (row.isOurs ? 1 : 0) | (row.isAsAnnounced ? 2 : 0) | (row.versionBefore == nil ? 0 : 4)
          | (row.isVacated ? 8 : 0) | (row.isStateOurs ? 16 : 0))
      body.number(row.keeping.count)
      for operation in row.keeping { body.number(operation) }
      if let version = row.versionBefore {
        var before = row.entry
        before.version = version
        body.entry(before, actors: &actors)
      }
    }
    var writer = WireWriter(capacity: body.bytes.count + 128 * plan.operations.count)
    writer.byte(Self.format)
    writer.number(plan.id)
    writer.number(plan.directories.count)
    for id in plan.directories.keys.sorted() {
      writer.directory(id)
      writer.blob(plan.directories[id]?.bytes ?? [])
      writer.byte(plan.identities[id] == nil ? 0 : 1)
      if let identity = plan.identities[id] {
        writer.number(identity.inode)
        writer.signed(identity.btime)
      }
    }
    writer.number(plan.operations.count)
    for operation in plan.operations { writer.operation(operation) }
    writer.number(plan.attributes.count)
    for index in plan.attributes.keys.sorted() {
      writer.number(index)
      writer.blob(plan.attributes[index]?.bytes ?? [])
    }
    writer.number(plan.present.count)
    for inode in plan.present.keys.sorted() {
      writer.number(inode)
      writer.blob(plan.present[inode]?.bytes ?? [])
    }
    writer.number(plan.times.count)
    for id in plan.times.keys.sorted() {
      writer.directory(id)
      writer.signed(plan.times[id] ?? 0)
    }
    writer.actors(actors.actors)
    writer.raw(body.bytes)
    return writer.bytes
  }

  init(_ bytes: [UInt8]) throws(WireError) {
    var reader = WireReader(bytes)
    let format = try reader.byte()
    guard (1...Self.format).contains(format) else { throw WireError("journal of another format") }
    let id = try reader.number()
    var directories: [DirectoryID: RelativePath] = [:]
    var identities: [DirectoryID: DirectoryIdentity] = [:]
    for _ in 0..<(try reader.count(upTo: bytes.count, of: "directories")) {
      let directory = try reader.directory()
      let path = RelativePath(bytes: Array(try reader.blob(upTo: bytes.count, of: "a path")))
      guard let path else { throw WireError("not a path") }
      directories[directory] = path
      if try reader.flag() {
        identities[directory] = DirectoryIdentity(
          inode: try reader.number(), btime: try reader.signed())
      }
    }
    var operations: [Operation] = []
    for _ in 0..<(try reader.count(upTo: bytes.count, of: "operations")) {
      operations.append(try reader.operation())
    }
    // Format 1 had no attributes.
    let attributes = format == 1 ? [:] : try reader.attributes(of: operations.count)
    let present = format == 1 ? [:] : try reader.presentAttributes()
    var times: [DirectoryID: Int64] = [:]
    if format > 1 {
      for _ in 0..<(try reader.count(upTo: bytes.count, of: "times")) {
        let id = try reader.directory()
        times[id] = try reader.signed()
      }
    }
    let actors = try reader.actors()
    rows = []
    for _ in 0..<(try reader.count(upTo: bytes.count, of: "rows")) {
      let entry = try reader.entry(actors: actors)
      let operation = try reader.count(upTo: operations.count, of: "operations")
      let flags = try reader.byte()
      var keeping: [Int] = []
      // One that two rows share was written twice once.
      let kept = operations.isEmpty ? 0 : reader.remaining
      for _ in 0..<(try reader.count(upTo: kept, of: "operations")) {
        keeping.append(try reader.count(upTo: operations.count - 1, of: "operations"))
      }
      let before = flags & 4 == 0 ? nil : try reader.entry(actors: actors).version
      rows.append(
        PlannedRow(
          entry: entry, previous: nil, operation: operation == 0 ? nil : operation - 1,
          keeping: keeping, versionBefore: before, isVacated: flags & 8 != 0,
          isOurs: flags & 1 != 0, isStateOurs: flags & 16 != 0,
          isAsAnnounced: flags & 2 != 0))
    }
    try reader.end()
    plan = FlipPlan(
      id: id, directories: directories, identities: identities, operations: operations,
      attributes: attributes, present: present)
    plan.times = times
  }
}

private enum OperationType: UInt8 {
  case makeDirectory = 1
  case moveDirectory, putFile, putSymlink, moveFile, setAttributes, removeFile, removeDirectory
}

extension WireWriter {
  fileprivate mutating func operation(_ operation: Operation) {
    switch operation {
    case .makeDirectory(let id, let place, let mode):
      byte(OperationType.makeDirectory.rawValue)
      directory(id)
      self.place(place)
      number(UInt64(mode))
    case .moveDirectory(let id, let from, let to, let expected, let mode):
      byte(OperationType.moveDirectory.rawValue)
      directory(id)
      place(from)
      place(to)
      stamp(expected)
      number(UInt64(mode))
    case .putFile(let file, let place, let replacing):
      byte(OperationType.putFile.rawValue)
      self.place(file.place)
      stamp(file.stamp)
      self.place(place)
      optional(replacing)
    case .putSymlink(let target, let place, let mtime, let replacing):
      byte(OperationType.putSymlink.rawValue)
      blob(target)
      self.place(place)
      signed(mtime)
      optional(replacing)
    case .moveFile(let from, let to, let expected, let replacing, let mode, let mtime):
      byte(OperationType.moveFile.rawValue)
      place(from)
      place(to)
      stamp(expected)
      optional(replacing)
      number(UInt64(mode))
      signed(mtime)
    case .setAttributes(let place, let expected, let mode, let mtime):
      byte(OperationType.setAttributes.rawValue)
      self.place(place)
      stamp(expected)
      number(UInt64(mode))
      byte(mtime == nil ? 0 : 1)
      if let mtime { signed(mtime) }
    case .removeFile(let place, let expected):
      byte(OperationType.removeFile.rawValue)
      self.place(place)
      stamp(expected)
    case .removeDirectory(let id, let place, let expected):
      byte(OperationType.removeDirectory.rawValue)
      directory(id)
      self.place(place)
      stamp(expected)
    }
  }

  private mutating func optional(_ stamp: FileStamp?) {
    byte(stamp == nil ? 0 : 1)
    if let stamp { self.stamp(stamp) }
  }

  private mutating func stamp(_ stamp: FileStamp) {
    byte(stamp.kind.rawValue)
    number(stamp.inode)
    signed(stamp.size)
    signed(stamp.mtime)
    signed(stamp.ctime)
    signed(stamp.btime)
    number(UInt64(stamp.mode))
  }
}

extension WireReader {
  fileprivate mutating func attributes(
    of operationCount: Int
  ) throws(WireError) -> [Int: ExtendedAttributes] {
    var attributes: [Int: ExtendedAttributes] = [:]
    for _ in 0..<(try count(upTo: operationCount, of: "attributes")) {
      let index = try count(upTo: operationCount - 1, of: "operations")
      attributes[index] = try storedAttributes()
    }
    return attributes
  }

  fileprivate mutating func presentAttributes() throws(WireError) -> [UInt64: ExtendedAttributes] {
    var attributes: [UInt64: ExtendedAttributes] = [:]
    for _ in 0..<(try count(upTo: remaining, of: "attributes")) {
      let inode = try number()
      attributes[inode] = try storedAttributes()
    }
    return attributes
  }

  private mutating func storedAttributes() throws(WireError) -> ExtendedAttributes {
    let bytes = Array(try blob(upTo: Limits.attributesByteCount, of: "attributes"))
    guard let one = ExtendedAttributes(bytes: bytes) else { throw WireError("bad attributes") }
    return one
  }

  fileprivate mutating func operation() throws(WireError) -> Operation {
    switch OperationType(rawValue: try byte()) {
    case .makeDirectory:
      return .makeDirectory(try directory(), at: try place(), mode: try mode())
    case .moveDirectory:
      return .moveDirectory(
        try directory(), from: try place(), to: try place(), expected: try stamp(),
        mode: try mode())
    case .putFile:
      let file = StagedFile(place: try place(), stamp: try stamp())
      return .putFile(file, at: try place(), replacing: try optionalStamp())
    case .putSymlink:
      let target = Array(try blob(upTo: Limits.symlinkTargetByteCount, of: "a target"))
      return .putSymlink(
        target: target, at: try place(), mtime: try signed(), replacing: try optionalStamp())
    case .moveFile:
      return .moveFile(
        from: try place(), to: try place(), expected: try stamp(),
        replacing: try optionalStamp(), mode: try mode(), mtime: try signed())
    case .setAttributes:
      let (place, expected, mode) = (try place(), try stamp(), try mode())
      return .setAttributes(
        at: place, expected: expected, mode: mode, mtime: try flag() ? try signed() : nil)
    case .removeFile: return .removeFile(at: try place(), expected: try stamp())
    case .removeDirectory:
      return .removeDirectory(try directory(), at: try place(), expected: try stamp())
    case nil: throw WireError("operation of unknown type")
    }
  }

  private mutating func mode() throws(WireError) -> UInt16 {
    UInt16(try count(upTo: 0o7777, of: "permission bits"))
  }

  private mutating func optionalStamp() throws(WireError) -> FileStamp? {
    try flag() ? try stamp() : nil
  }

  private mutating func stamp() throws(WireError) -> FileStamp {
    guard let kind = FileKind(rawValue: try byte()) else { throw WireError("unknown kind") }
    return FileStamp(
      kind: kind, inode: try number(), size: try signed(), mtime: try signed(),
      ctime: try signed(), btime: try signed(), mode: try mode())
  }
}
