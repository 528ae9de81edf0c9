import SyncCore
import SyncEngine

/// What was in the share of a node at one moment.
struct FlushSnapshot {
  let stamps: [RelativePath: FileStamp]
  /// See `World.Machine.touchCount`.
  let touchCount: Int

  init(_ disk: MemoryFileSystem, ignoring local: IgnoreRules, touchCount: Int) {
    var stamps: [RelativePath: FileStamp] = [:]
    disk.sparing {
      look([.subtree(.root)], in: disk, ignoring: local) { listing in
        for (name, found) in listing.entries where name != .reserved {
          if let stamp = found.stamp { stamps[listing.directory.appending(name)] = stamp }
        }
      }
    }
    self.stamps = stamps
    self.touchCount = touchCount
  }
}

/// `leftd wait` stands on it: who has asked and been answered may rely on what was there before.
extension World {
  /// A user asks.
  func flush(_ node: Int) -> Bool {
    let machine = machines[node]
    guard let process = machine.process else { return false }
    note("\(node) user: wants all to be recorded")
    process.flush(snapshot(of: machine))
    return true
  }

  private func snapshot(of machine: Machine) -> FlushSnapshot {
    FlushSnapshot(
      machine.disk, ignoring: machine.localRules ?? IgnoreRules(), touchCount: machine.touchCount)
  }

  /// The index must have what was there when somebody asked and is there still, and nothing that
  /// was gone. Where the disk fails or something can't be watched, nobody can know.
  func checkAnswers(of process: Process) throws {
    let machine = machines[process.node]
    for asked in process.takeAnswered() {
      note("\(process.node) says that all is recorded")
      guard !phase.faulty.contains(process.node), !process.watcher.hasGaps, !process.isHeld
      else { continue }
      counts.flushes += 1
      counts.flushedThings += asked.stamps.count
      let now = snapshot(of: machine)
      let claimed = try machine.disk.sparing {
        try IndexAudit(machine.index, machine.disk, ignoring: machine.localRules).claimed
      }
      for (path, stamp) in asked.stamps.sorted(by: { $0.key < $1.key })
      where now.stamps[path] == stamp {
        if let known = claimed[path] ?? nil, stamp.isClaimed(by: known) { continue }
        fail(.flush, "\(process.node) said that \(path) was recorded, and it is not")
      }
      guard asked.touchCount == now.touchCount else { continue }
      for path in claimed.keys.sorted() where asked.stamps[path] == nil {
        fail(.flush, "\(process.node) said that the end of \(path) was recorded, and it is not")
      }
    }
  }
}
