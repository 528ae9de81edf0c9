import CLinux
public import SyncCore
import Synchronization

/// The files in the trash that somebody may still write to. What is written there comes back into
/// the share, as a change of this node.
///
/// Which they are is kept below `.leftd/open`, one file for each plan, so that they are looked at
/// after a restart, too. May be told from any thread; looks are made where flips are.
public final class OutgoingFiles: Sendable {
  /// One that is watched.
  private struct Item {
    var file: OutgoingFile
    /// The plan that put it into the trash.
    let plan: Name
    /// When it got there, or this run began; of CLOCK_BOOTTIME.
    let since: Int64
    var isUnknown = false
  }

  private struct State {
    var items: [Item] = []
    var lookAt: Int64?
  }

  /// What came back.
  struct Return: Hashable {
    /// The path that it had.
    let path: RelativePath
    /// The path that it has now.
    let now: RelativePath
  }

  private let fileSystem: any FileSystem
  private let node: NodeID
  private let state = Mutex(State())

  /// None yet, on the disk of this node.
  public init(_ fileSystem: any FileSystem, node: NodeID) {
    self.fileSystem = fileSystem
    self.node = node
  }

  /// When the next look is due, on CLOCK_BOOTTIME; `nil` if there is nothing to be looked at.
  var lookAt: Int64? { state.withLock(\.lookAt) }

  /// The folders of the trash that must stay. Those of files of which nothing can be told only
  /// until they have been looked at once more.
  func folders(isLookedAt: Bool) -> Set<Name> {
    state.withLock { state in
      Set(state.items.filter { !isLookedAt || !$0.isUnknown }.map(\.file.folder))
    }
  }

  /// Takes what a plan has put into the trash.
  func note(_ files: [OutgoingFile], of plan: UInt64) {
    guard !files.isEmpty else { return }
    let now = clinux_boot_nanoseconds()
    let name = ReservedFolder.name(ofPlan: plan)
    state.withLock { state in
      let known = Set(state.items.map(\.file))
      let room = max(0, Limits.outgoingFileCount - state.items.count)
      state.items += files.filter { !known.contains($0) }.prefix(room).map {
        Item(file: $0, plan: name, since: now)
      }
      state.lookAt = now
    }
    write([name])
  }

  /// At start: takes what an earlier run left.
  func load() {
    guard let folder = try? Directory(ReservedFolder.open, of: fileSystem),
      let names = try? folder.names()
    else { return }
    let now = clinux_boot_nanoseconds()
    for name in names {
      guard let file = try? OpenFile(name, in: folder, for: .reading),
        let size = try? file.stamp().size, size <= Limits.outgoingByteCount,
        let bytes = try? file.bytes(count: Int(size))
      else { continue }
      state.withLock { state in
        let room = max(0, Limits.outgoingFileCount - state.items.count)
        state.items += OutgoingFile.decode(bytes).prefix(room).map {
          Item(file: $0, plan: name, since: now)
        }
        state.lookAt = now
      }
    }
  }

  /// Looks at all of them: what was written to comes back, what is closed is forgotten. What can't
  /// come back now stays, and is tried again.
  func look() -> [Return] {
    let items = state.withLock(\.items)
    guard !items.isEmpty else { return [] }
    var hand = Hand(fileSystem, time: clinux_wall_nanoseconds())
    var left: [Item] = []
    var returned: [Return] = []
    for var item in items {
      switch item.file.look(in: fileSystem) {
      case .closed, .gone: continue
      case .open: item.isUnknown = false
      case .unknown: item.isUnknown = true
      case .changed:
        item.isUnknown = false
        do throws(FileError) {
          returned.append(
            Return(path: item.file.path, now: try hand.bringBack(item.file, of: node)))
          continue
        } catch {
          if error.isRefusal, item.file.look(in: fileSystem) == .gone { continue }
        }
      }
      left.append(item)
    }
    if !returned.isEmpty { try? hand.finish() }
    replace(items, by: left)
    return returned
  }

  /// The rest of a look takes the place of what was looked at.
  private func replace(_ items: [Item], by left: [Item]) {
    let now = clinux_boot_nanoseconds()
    let known = Set(items.map(\.file))
    state.withLock { state in
      state.items = left + state.items.filter { !known.contains($0.file) }
      let youngest = state.items.filter { item in
        !item.isUnknown || now - item.since < Limits.unknownWriterNanoseconds
      }.map(\.since).max()
      state.lookAt = youngest.map { youngest in
        now
          + min(
            max((now - youngest) / 8, Limits.outgoingNanoseconds),
            Limits.longestOutgoingNanoseconds)
      }
    }
    let remaining = Set(left.map(\.file))
    write(Set(items.filter { !remaining.contains($0.file) }.map(\.plan)))
  }

  /// Writes down what is left of these plans. What can't be written is forgotten with this run.
  private func write(_ plans: Set<Name>) {
    for plan in plans {
      let files = state.withLock { state in
        state.items.filter { $0.plan == plan }.map(\.file)
      }
      do throws(FileError) {
        let folder = try Directory.making(ReservedFolder.open, of: fileSystem)
        guard !files.isEmpty else {
          if try folder.stamp(of: plan) != nil { try folder.removeFile(plan) }
          continue
        }
        let new = ReservedFolder.name(spelling: "new")
        if try folder.stamp(of: new) != nil { try folder.removeFile(new) }
        let file = try OpenFile(creating: new, in: folder, mode: 0o600)
        try file.write(bytes: OutgoingFile.encode(files), at: 0)
        try file.flush()
        try folder.rename(new, to: plan, in: folder, .replace)
      } catch {}
    }
  }
}
