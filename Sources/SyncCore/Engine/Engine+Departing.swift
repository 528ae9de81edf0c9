// What is gone from a share may have been moved to another one of this machine. It is recorded
// there first: nobody hears that it is gone here before it is known to be there.

extension Engine {
  /// A job has found that something is gone: it waits until the other shares have recorded what
  /// came to them until now.
  mutating func awaitSiblings(_ number: Int) {
    guard hasSiblings, jobs[number].hasDepartures else { return }
    jobs[number].awaitsSiblingsUntil = now.monotonic + Limits.departureNanoseconds
    effects.append(.awaitSiblings(jobs[number].id))
    wake(after: Limits.departureNanoseconds)
  }

  /// They have.
  mutating func endDeparture(of id: JobID) {
    guard let number = jobIndex(id) else { return }
    jobs[number].awaitsSiblingsUntil = nil
  }

  /// A share that is at its end, or has too much to do, is not waited for any longer.
  mutating func endDepartures() {
    for number in jobs.indices {
      guard let time = jobs[number].awaitsSiblingsUntil, isOver(time) else { continue }
      jobs[number].awaitsSiblingsUntil = nil
    }
  }

  // MARK: For the other shares

  /// Another share waits until what was seen here by now is recorded. If too many do, this one is
  /// behind with everything, and they would only wait their time.
  mutating func noteArrival(_ token: UInt64) {
    guard arrivals.count < Limits.openJobCount else { return effects.append(.arrived(token)) }
    lookAtBacklog()
    arrivals.append(Arrival(token: token, lastJob: lastJob))
  }

  /// Answers those who have waited long enough. Two jobs that wait for each other's shares, since
  /// what they found gone was exchanged, wait for nothing.
  mutating func settleArrivals() {
    var pending: [Arrival] = []
    for arrival in arrivals {
      let isAwaited = jobs.contains {
        $0.id.number <= arrival.lastJob && $0.awaitsSiblingsUntil == nil
      }
      if isAwaited, heldBecause.isEmpty {
        pending.append(arrival)
      } else {
        effects.append(.arrived(arrival.token))
      }
    }
    arrivals = pending
  }
}

/// The wait of another share.
struct Arrival {
  let token: UInt64
  /// The last job that counts.
  let lastJob: UInt64
}

extension LocalJob {
  /// Whether something is gone that is in no other place of this share.
  fileprivate var hasDepartures: Bool {
    var found: Set<UInt64> = []
    for item in items {
      switch item.finding {
      case .file(let stamp, _), .symlink(let stamp, _), .directory(_, let stamp):
        found.insert(stamp.inode)
      case .removed, .forgotten, .dropped: break
      }
    }
    return items.contains { item in
      guard case .removed = item.finding, let stamp = item.previous?.observed else { return false }
      return !found.contains(stamp.inode)
    }
  }
}
