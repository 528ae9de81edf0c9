// Who asks whether all is recorded waits for what was seen by then, and for what that leads to.

/// What waits until everything that was seen before it is recorded.
struct Barrier {
  let token: UInt64
  /// The last job that counts.
  var lastJob: UInt64
  /// Jobs after it that count, too: second looks that those before it led to.
  var laterJobs: Set<JobID> = []
  /// Bundles that count.
  var bundles: Set<RelativePath>
  /// Whether one of the jobs missed names in a directory that had gone elsewhere, and no job has
  /// looked for them there yet: that one counts, too.
  var missesNames = false
  /// Whether the watcher is yet to tell where such a directory went.
  var isInquiryDue = false
  /// The last job that let it tell so, and how many did: who goes on moving it isn't waited for.
  var inquiry: JobID?
  var inquiryCount = 0

  init(token: UInt64, lastJob: UInt64, bundles: Set<RelativePath>) {
    self.token = token
    self.lastJob = lastJob
    self.bundles = bundles
  }

  func waits(for job: JobID) -> Bool { job.number <= lastJob || laterJobs.contains(job) }
}

extension Engine {
  /// A barrier that waits for a job waits for those that the job leads to as well.
  mutating func noteDescendant(_ job: JobID, of cause: JobID?) {
    guard let cause else { return }
    for number in barriers.indices where barriers[number].waits(for: cause) {
      barriers[number].laterJobs.insert(job)
    }
  }

  /// The job that is gone on with missed names in a directory that had gone elsewhere.
  mutating func noteMissedNames() {
    guard let cause else { return }
    for number in barriers.indices where barriers[number].waits(for: cause) {
      barriers[number].missesNames = true
      barriers[number].isInquiryDue = true
    }
  }

  /// A job looks for all names that were missed.
  mutating func noteSeeker(_ job: JobID) {
    for number in barriers.indices where barriers[number].missesNames {
      barriers[number].missesNames = false
      barriers[number].laterJobs.insert(job)
    }
  }

  /// The watcher has told where things went: what it told counts.
  mutating func endInquiry(_ job: JobID) {
    for number in barriers.indices where barriers[number].inquiry == job {
      barriers[number].lastJob = lastJob
    }
  }

  /// Answers barriers before which every job has been recorded.
  mutating func settleBarriers() {
    while let barrier = barriers.first {
      if jobs.contains(where: { barrier.waits(for: $0.id) }) { return }
      guard barrier.bundles.isEmpty else { return }
      if barrier.isInquiryDue, barrier.inquiryCount < Limits.inquiryCount { return inquire() }
      barriers.removeFirst()
      effects.append(.barrier(barrier.token, sequence: index.sequence))
    }
  }

  /// The first barrier waits for what the watcher has yet to tell.
  private mutating func inquire() {
    let job = addJob([], isScan: false, moves: [])
    jobs[jobs.count - 1].phase = .awaitingWatcher
    barriers[0].isInquiryDue = false
    barriers[0].inquiry = job
    barriers[0].inquiryCount += 1
    barriers[0].laterJobs.insert(job)
    effects.append(.awaitWatcher(job))
  }
}
