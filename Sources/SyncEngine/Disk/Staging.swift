import Glibc
public import SyncCore
import Synchronization

/// Where contents wait, verified, until they are flipped into the share: `.leftd/staging`, one
/// directory for each directory of the share, on the share's own file system.
///
/// Used by several workers and the applier at once. While a content is put into a staged directory
/// that directory is locked, so that it can't become part of the share under a writer's hands.
public final class Staging: Sendable {
  let fileSystem: any FileSystem
  let chunkLogs: Directory
  let blocks = BlockPool()
  private let staging: Directory
  private let stripes: [Stripe]
  /// Whose staged contents are about to become part of the share.
  private let held = Mutex<Set<Place>>([])

  /// Some directories of the staging area and what is open of them, under one lock.
  private final class Stripe: Sendable {
    let open = Mutex<[DirectoryID: Directory]>([:])
  }

  private static let stripeCount = 16

  /// Makes the staging area where it is missing.
  public init(_ fileSystem: any FileSystem) throws(FileError) {
    self.fileSystem = fileSystem
    try Self.endInheritance(fileSystem)
    staging = try Directory.making(ReservedFolder.staging, of: fileSystem)
    chunkLogs = try Directory.making(ReservedFolder.chunks, of: fileSystem)
    stripes = (0..<Self.stripeCount).map { _ in Stripe() }
  }

  /// What is made in leftd's own part must not inherit an access control list of the share's root.
  private static func endInheritance(_ fileSystem: any FileSystem) throws(FileError) {
    _ = try Directory.making(RelativePath(components: [.reserved]), of: fileSystem)
    let root = try Directory(.root, of: fileSystem)
    let folder = try OpenFile(.reserved, in: root, for: .reference)
    if try !folder.attributes().isEmpty { try folder.setAttributes(.empty) }
  }

  /// From here on nothing newer takes the place of what is staged for these: a peer can push a
  /// content for a place while the one before it is on its way into the share.
  func hold(_ places: [Place]) {
    held.withLock { $0 = Set(places) }
    // Whoever looked before that is done.
    for stripe in stripes { stripe.open.withLock { _ in } }
  }

  /// Takes `hold` back.
  func release() { held.withLock { $0 = [] } }

  private func checkHeld(_ place: Place) throws(FileError) {
    if held.withLock({ $0.contains(place) }) {
      throw FileError(FlipFailure.held, .create, place.name)
    }
  }

  /// Stages a whole content with its final mode and mtime; an older one for the same place is
  /// replaced. Not durable yet. One file of 4 KiB takes about five system calls. Throws ECANCELED
  /// while the older one is being put into the share.
  public func putSmall(
    place: Place, bytes: UnsafeRawBufferPointer, mode: UInt16, mtime: Int64
  ) throws(FileError) -> StagedFile {
    try withDirectory(place.parent) { directory throws(FileError) in
      try checkHeld(place)
      let file = try create(place, in: directory, mode: mode)
      do throws(FileError) {
        unsafe try file.write(bytes, at: 0)
        let stamp = try finish(file, mode: mode, mtime: mtime)
        return StagedFile(place: place, stamp: stamp)
      } catch {
        // Without its end it is worth nothing, and on a full disk it is in the way.
        try? directory.removeFile(place.name)
        throw error
      }
    }
  }

  /// Opens a large content for writing at any offset; what an earlier run wrote and noted of it is
  /// kept and told in `PartialFile.recovered`. `size` bytes are reserved: ENOSPC comes now. Throws
  /// ECANCELED while an older content for the place is being put into the share.
  public func open(_ place: Place, size: Int64) throws(FileError) -> PartialFile {
    try withDirectory(place.parent) { directory throws(FileError) in
      try checkHeld(place)
      return try PartialFile(opening: place, size: size, in: directory, of: self)
    }
  }

  /// A file without a name on this file system.
  func makeNameless() throws(FileError) -> OpenFile { try OpenFile(namelessIn: staging) }

  /// Throws a staged content away: one that a failed flush made worthless, or that nobody wants.
  public func discard(_ place: Place) {
    try? withDirectory(place.parent) { directory throws(FileError) in
      try directory.removeFile(place.name)
    }
    try? chunkLogs.removeFile(Self.logName(of: place))
  }

  /// Sets mode and mtime where they aren't so yet, and tells the final state.
  func finish(
    _ file: borrowing OpenFile, mode: UInt16, mtime: Int64
  ) throws(FileError) -> FileStamp {
    try file.setMtime(mtime)
    let stamp = try file.stamp()
    guard stamp.mode != mode else { return stamp }
    // The umask, or the kernel's rule that a write takes set-user-id off, changed it.
    try file.setMode(mode)
    return try file.stamp()
  }

  /// A new file for `place`; what an earlier attempt left there is removed.
  func create(
    _ place: Place, in directory: Directory, mode: UInt16
  ) throws(FileError) -> OpenFile {
    do {
      return try OpenFile(creating: place.name, in: directory, mode: mode)
    } catch {
      guard error.errno == EEXIST else { throw error }
    }
    try? chunkLogs.removeFile(Self.logName(of: place))
    try directory.removeFile(place.name)
    return try OpenFile(creating: place.name, in: directory, mode: mode)
  }

  /// Runs `body` with the staging directory for `id`, made if needed, locked.
  func withDirectory<Result>(
    _ id: DirectoryID, _ body: (Directory) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    try stripe(of: id).open.withLock { open throws(FileError) in
      if let directory = open[id] { return try body(directory) }
      let directory = try staging.making(ReservedFolder.name(of: id)).directory
      if open.count >= Limits.stagingDirectoryCount / Self.stripeCount { open.removeAll() }
      open[id] = directory
      return try body(directory)
    }
  }

  /// Hands the staged directory for `id` over if `isWanted` says so of it: it is renamed to `name`
  /// in `target`, and whoever stages for it afterwards gets a new one. `false` if there is none or
  /// it isn't wanted.
  func claim(
    _ id: DirectoryID, as name: Name, in target: Directory,
    if isWanted: (Directory) throws(FileError) -> Bool
  ) throws(FileError) -> Bool {
    try stripe(of: id).open.withLock { open throws(FileError) in
      open[id] = nil
      let stagedName = ReservedFolder.name(of: id)
      guard try staging.stamp(of: stagedName) != nil else { return false }
      guard try isWanted(Directory(stagedName, in: staging)) else { return false }
      try staging.rename(stagedName, to: name, in: target, .noReplace)
      return true
    }
  }

  private func stripe(of id: DirectoryID) -> Stripe {
    stripes[Int(id.low % UInt64(Self.stripeCount))]
  }

  /// At start, before anything is staged: removes what is left of earlier runs, except the contents
  /// in `places` and partial ones younger than `oldest` (mtime, nanoseconds since 1970) of which a
  /// log says what they hold.
  public func collect(keeping places: Set<Place>, partialsSince oldest: Int64) throws(FileError) {
    var partials: Set<Name> = []
    for name in try chunkLogs.names() {
      if let log = try chunkLogs.stamp(of: name), log.mtime >= oldest {
        partials.insert(name)
      } else {
        try chunkLogs.removeFile(name)
      }
    }
    for name in try staging.names() where name != ReservedFolder.chunks.name {
      guard let id = DirectoryID(hexadecimal: name.bytes) else { continue }
      try collect(id, keeping: places, partials: partials)
      stripe(of: id).open.withLock { $0[id] = nil }
      // Refused while something is kept in it.
      try? staging.removeDirectory(name)
    }
  }

  private func collect(
    _ id: DirectoryID, keeping places: Set<Place>, partials: Set<Name>
  ) throws(FileError) {
    try withDirectory(id) { directory throws(FileError) in
      for name in try directory.names() {
        let place = Place(parent: id, name: name)
        if places.contains(place) || partials.contains(Self.logName(of: place)) { continue }
        try directory.removeFile(name)
      }
    }
  }

  /// The name of the chunk log for a place: readable while it fits, else cut with a check sum.
  static func logName(of place: Place) -> Name {
    let digits = Hexadecimal.encode(place.name.bytes)
    guard digits.utf8.count > 200 else {
      return ReservedFolder.name(spelling: "\(place.parent)-\(digits)")
    }
    var sum = FNV1a()
    sum.mix(place.name.bytes)
    return ReservedFolder.name(
      spelling: "\(place.parent)-\(digits.prefix(180))-\(String(sum.value, radix: 16))")
  }
}

extension DirectoryID {
  /// From the 32 digits that `description` writes.
  init?(hexadecimal digits: [UInt8]) {
    guard digits.count == 32, let bytes = Hexadecimal.decode(digits) else { return nil }
    self.init(
      high: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) },
      low: bytes[8...].reduce(0) { $0 << 8 | UInt64($1) })
  }
}
