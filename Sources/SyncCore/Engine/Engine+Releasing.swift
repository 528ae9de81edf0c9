// Holding still where something looks wrong, until a person has looked.

/// Something that waits for a person.
public enum Held: Hashable, Sendable {
  /// Everything; whether a person may let it go on as it is.
  case share(reason: String, isReleasable: Bool)
  /// A unit from a peer that would delete this many of what the share has.
  case deletions(Int, from: NodeID)
}

extension Engine {
  /// What waits for a person, the share itself first.
  public var held: [Held] {
    let share: [Held] =
      heldBecause.isEmpty ? [] : [.share(reason: heldBecause, isReleasable: isReleasable)]
    return share
      + units.compactMap { unit in
        guard unit.awaitsRelease, let peer = unit.parts.first?.peer else { return nil }
        return .deletions(unit.deletionCount, from: peer)
      }
  }

  /// Nothing is applied and no absence believed until a person has looked.
  mutating func hold(_ reason: String, isReleasable: Bool = false) {
    guard heldBecause.isEmpty else { return }
    heldBecause = reason
    self.isReleasable = isReleasable
    log(.error, "The share is held: \(reason)")
  }

  /// A person has looked: what can go on goes on.
  mutating func release() throws(IndexError) {
    if !heldBecause.isEmpty, isReleasable {
      log(.notice, "Released: the folder is taken for what it is.")
      heldBecause = ""
      believesEmptyRoot = true
      // What peers announce is compared with the index only once it tells what is here.
      hasScanned = false
      lookAtEverything()
    }
    let waiting = units.filter(\.awaitsRelease).map(\.id)
    for number in units.indices where units[number].awaitsRelease {
      log(
        .notice, "Released: \(units[number].deletionCount) deletions are applied.",
        peer: units[number].parts.first?.peer)
      units[number].isReleased = true
    }
    for id in waiting { try advance(id) }
    try releaseFailed()
  }

  /// Whether a unit waits, since it would delete too much of the share. A move is no deletion.
  mutating func holdsDeletions(of plan: UnitPlan, in number: Int) throws(IndexError) -> Bool {
    guard let percent = rules.heldDeletionPercent, !units[number].isReleased else { return false }
    let count = plan.operations.count(where: \.isRemoval)
    let totals = try index.totals()
    guard count * 100 > percent * (totals.files + totals.directories) else { return false }
    units[number].deletionCount = count
    log(
      .warning,
      "A set would delete \(count) of \(totals.files + totals.directories) files and directories: "
        + "it waits. Let it with 'leftd release', or put them back on the peer.",
      peer: units[number].parts.first?.peer)
    return true
  }
}

extension Operation {
  fileprivate var isRemoval: Bool {
    switch self {
    case .removeFile, .removeDirectory: true
    case .makeDirectory, .moveDirectory, .putFile, .putSymlink, .moveFile, .setAttributes: false
    }
  }
}
