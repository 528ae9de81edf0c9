import SyncCore

/// Times of directories. Every rename in a directory sets its time; what users see is when a user
/// changed it.
extension Flip {
  /// Notes what the times are before anything is changed. After an interruption nobody knows.
  mutating func noteTimes() {
    guard !isResumed else { return }
    for id in plan.times.keys {
      if let stamp = try? directory(id).stamp() { timesBefore[id] = stamp.mtime }
    }
  }

  /// Sets the times that were told, or those of before the flip where they are later. It costs the
  /// time only, if that fails.
  ///
  /// RACE: what a user changes in the directory during the flip gets an older time. Worst case: the
  /// directory's time is too old, until the next change in it.
  mutating func setTimes() {
    for (id, told) in plan.times.sorted(by: { $0.key < $1.key }) {
      guard let directory = try? directory(id) else { continue }
      do throws(FileError) {
        try directory.setMtime(max(told, timesBefore[id] ?? told))
        touch(directory)
      } catch {
        continue
      }
    }
  }
}
