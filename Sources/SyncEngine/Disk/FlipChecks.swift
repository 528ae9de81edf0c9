import Glibc
import SyncCore

/// What can be told of a flip before it: so that a unit with a member that can't be applied is held
/// whole for a while.
extension Flip {
  /// What became of the plan if one of its operations is bound to fail: nothing, and why; `nil` if
  /// none is. What isn't found as expected is no business of this.
  mutating func failingAnyway() -> FlipResult? {
    guard !isResumed else { return nil }
    var failed: [Int: Int32] = [:]
    let locked = turns.roots.isEmpty ? [] : locked()
    for (index, operation) in plan.operations.enumerated() {
      let root = turns.isEmpty ? nil : turns.root(of: index)
      if let root, locked.contains(root) {
        failed[index] = EBUSY
      } else if root != nil || plan.isHeldWhole, case .putFile(let file, _, _) = operation,
        (try? stagingDirectory(with: file)) == nil
      {
        failed[index] = ENOENT
      }
    }
    if plan.isHeldWhole { findFailing(&failed) }
    guard !failed.isEmpty else { return nil }
    let results = plan.operations.indices.map { index in
      failed[index].map { OperationResult.failed($0) } ?? .refused
    }
    return FlipResult(id: plan.id, results: results, ending: .heldWhole)
  }

  private mutating func findFailing(_ failed: inout [Int: Int32]) {
    var refusing: [DirectoryID: Int32] = [:]
    var entryCount = 0
    for (index, operation) in plan.operations.enumerated() {
      for place in operation.changedPlaces where failed[index] == nil && !goesWithAll(place) {
        if refusing[place.parent] == nil { refusing[place.parent] = refusal(of: place.parent) }
        if let errno = refusing[place.parent], errno != 0 { failed[index] = errno }
      }
      guard failed[index] == nil, let place = operation.oldPlace, !goesWithAll(place),
        entryCount < Limits.checkedEntryCount
      else { continue }
      entryCount += 1
      failed[index] = refusal(of: place)
    }
  }

  /// Whether a whole tree leaves by one rename, and this with it.
  private func goesWithAll(_ place: Place) -> Bool {
    contents.removedDirectories[place.parent] != nil
  }

  /// Why names in a directory can't be changed; 0 if they can, or it isn't there.
  private mutating func refusal(of id: DirectoryID) -> Int32 {
    guard let directory = try? directory(id) else { return 0 }
    do throws(FileError) {
      try fileSystem.checkChange(in: directory.handle)
    } catch {
      return error.isRefusal ? 0 : error.errno
    }
    return 0
  }

  /// Why what stands at a place can't be changed; `nil` if it can, or isn't there.
  private mutating func refusal(of place: Place) -> Int32? {
    guard let directory = try? directory(place.parent) else { return nil }
    do throws(FileError) {
      try fileSystem.checkChange(of: place.name, in: directory.handle)
    } catch {
      return error.isRefusal ? nil : error.errno
    }
    return nil
  }
}

extension Operation {
  /// Places whose names it makes or takes.
  fileprivate var changedPlaces: [Place] { [filledPlace, vacatedPlace].compactMap { $0 } }

  /// Where something stands that it changes, replaces or takes away.
  fileprivate var oldPlace: Place? {
    switch self {
    case .putFile(_, let place, .some), .putSymlink(_, let place, _, .some),
      .setAttributes(let place, _, _, _), .removeFile(let place, _),
      .removeDirectory(_, let place, _), .moveDirectory(_, let place, _, _, _),
      .moveFile(let place, _, _, _, _, _):
      place
    case .makeDirectory, .putFile(_, _, nil), .putSymlink(_, _, _, nil): nil
    }
  }
}
