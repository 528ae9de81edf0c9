import SyncCore

/// Audits: they must change nothing while users are at work, and find nothing when all is at rest.
extension World {
  /// Lets an audit begin a slice somewhere, if this is a world of audits.
  func auditNow() {
    guard settings.auditPercent > 0,
      Int.random(in: 0..<100, using: &chance) < settings.auditPercent
    else { return }
    machines[Int.random(in: 0..<machines.count, using: &chance)].process?.mailbox
      .post(.input(.audit))
  }

  /// At rest a whole round finds that index and disk agree.
  func checkAudit() throws {
    for (number, machine) in machines.enumerated() {
      guard let process = machine.process else { continue }
      let before = try process.auditSummary()
      now.wall += 1_000_000_000
      var slices = 0
      while try process.auditSummary().provenAt == before.provenAt {
        process.mailbox.post(.input(.audit))
        try rest()
        slices += 1
        guard slices < 100, problems.isEmpty else {
          return fail(.index, "\(number): the audit comes to no end")
        }
      }
      let found = try process.auditSummary().mendedCount - before.mendedCount
      if found > 0 { fail(.index, "\(number): the audit finds \(found) differences at rest") }
    }
  }
}
