import CLinux
import Glibc
import SyncCore
import Synchronization

/// What files were at one moment to which programs go on writing. Such a file is never as it was
/// seen for long enough to be read, or sent.
///
/// A snapshot is a file without a name that shares its blocks with the original: made in no time,
/// seen by nobody, and gone with its descriptor. It is kept while peers ask for it. Where the disk
/// can't share blocks there are none.
package final class Snapshots: Sendable {
  /// One of them.
  final class Snapshot: Sendable {
    let file: OpenFile

    init(_ file: consuming OpenFile) { self.file = file }
  }

  private struct Kept {
    /// The file, and the state that the snapshot stands for.
    let file: LocalFile
    /// The recipe that is made of it.
    let stream: UInt64
    let snapshot: Snapshot
    var lastUse: Int64
  }

  private struct State {
    /// The latest last.
    var kept: [Kept] = []
    var isPossible = true
  }

  private let fileSystem: any FileSystem
  private let staging: Staging
  private let state = Mutex(State())

  /// Snapshots of files of one share.
  package init(_ fileSystem: any FileSystem, staging: Staging) {
    (self.fileSystem, self.staging) = (fileSystem, staging)
  }

  // MARK: Making

  /// A snapshot of an open file that was seen as `file` says, if somebody writes to it, and the
  /// state that it stands for; `nil` if nobody does, or where there can be none. Peers may ask for
  /// it from now on, also by the recipe that is made of it.
  func take(
    _ handle: FileHandle, of file: LocalFile, for stream: UInt64
  ) throws(SharedFileError) -> (snapshot: Snapshot, stamp: FileStamp)? {
    guard state.withLock({ $0.isPossible }), try isWritten(handle, since: file.stamp) else {
      return nil
    }
    do throws(FileError) {
      guard let taken = try take(handle, as: file.stamp) else { return nil }
      keep(
        Kept(
          file: LocalFile(path: file.path, stamp: taken.stamp), stream: stream,
          snapshot: taken.snapshot, lastUse: clinux_boot_nanoseconds()))
      return taken
    } catch {
      // What else can go wrong has to do with this file, or goes by: it is read as any other.
      if error.isInability { state.withLock { $0.isPossible = false } }
      return nil
    }
  }

  /// Whether somebody writes to a file; where that can't be told, whether somebody has.
  private func isWritten(
    _ handle: FileHandle, since stamp: FileStamp
  ) throws(SharedFileError) -> Bool {
    if let hasWriter = fileSystem.hasWriter(handle) { return hasWriter }
    do throws(FileError) {
      return try fileSystem.stamp(of: handle) != stamp
    } catch {
      throw .from(error)
    }
  }

  /// A snapshot, and a state that the file has never again with another content; `nil` if the file
  /// isn't the one that was seen, or its times are in the future.
  ///
  /// The state is older than the snapshot, or as old: what is written in between, or later, shows
  /// as another. Only within a step of the disk's clock it might not. So either that step is over
  /// when the snapshot is made, or the file is seen to have changed after it.
  private func take(
    _ handle: FileHandle, as seen: FileStamp
  ) throws(FileError) -> (snapshot: Snapshot, stamp: FileStamp)? {
    for _ in 0..<Limits.snapshotAttemptCount {
      var stamp = try fileSystem.stamp(of: handle)
      guard stamp.kind == .file, stamp.identity == seen.identity else { return nil }
      let age = clinux_wall_nanoseconds() - stamp.ctime
      let file = try staging.makeNameless()
      try file.share(nil, of: handle, at: 0)
      stamp.size = try file.stamp().size
      let snapshot = Snapshot(file)
      if age > Limits.racyNanoseconds { return (snapshot, stamp) }
      usleep(UInt32(Limits.racyNanoseconds / 1000))
      if try fileSystem.stamp(of: handle) != stamp { return (snapshot, stamp) }
    }
    return nil
  }

  // MARK: Keeping

  private func keep(_ new: Kept) {
    state.withLock { state in
      let older = state.kept.indices.filter { state.kept[$0].file.path == new.file.path }
      for index in older.dropLast(Limits.fileSnapshotCount - 1).reversed() {
        state.kept.remove(at: index)
      }
      if state.kept.count >= Limits.snapshotCount,
        let oldest = state.kept.indices.min(by: {
          state.kept[$0].lastUse < state.kept[$1].lastUse
        })
      {
        state.kept.remove(at: oldest)
      }
      state.kept.append(new)
    }
  }

  /// When the first of them will have been kept long enough.
  package var nextEnd: Int64? {
    state.withLock { $0.kept.map(\.lastUse).min().map { $0 + Limits.snapshotNanoseconds } }
  }

  /// Lets those go that nobody has asked for in a while.
  package func end(now: Int64) {
    state.withLock { $0.kept.removeAll { $0.lastUse + Limits.snapshotNanoseconds <= now } }
  }

  // MARK: Using

  /// Runs `body` with what a file was, from its snapshot, or else from the file if it is still so.
  func withFile<Result>(
    _ file: LocalFile, for key: ContentKey,
    _ body: (FileHandle) throws(SharedFileError) -> Result
  ) throws(SharedFileError) -> Result {
    if let snapshot = snapshot(of: file, for: key) { return try snapshot.file.withHandle(body) }
    return try fileSystem.withFile(file.path, as: file.stamp, body)
  }

  private func snapshot(of file: LocalFile, for key: ContentKey) -> Snapshot? {
    state.withLock { state in
      let index = state.kept.lastIndex { kept in
        switch key {
        case .open(let stream): kept.stream == stream
        case .sealed: kept.file == file
        }
      }
      guard let index else { return nil }
      state.kept[index].lastUse = clinux_boot_nanoseconds()
      return state.kept[index].snapshot
    }
  }
}
