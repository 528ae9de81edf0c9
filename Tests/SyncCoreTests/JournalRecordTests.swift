import Testing

@testable import SyncCore

/// What a flip leaves in the journal is read as it was written, or refused.
@Suite struct JournalRecordTests {
  private func stamp(_ samples: inout Samples) -> FileStamp {
    FileStamp(
      kind: samples.pick([.file, .symlink, .directory, .special]), inode: samples.number(),
      size: samples.signed(), mtime: samples.signed(), ctime: samples.signed(),
      btime: samples.signed(), mode: samples.mode())
  }

  private func operations(_ samples: inout Samples) -> [SyncCore.Operation] {
    let (id, from, to) = (samples.directory(), samples.place(), samples.place())
    let (mode, mtime, expected) = (samples.mode(), samples.signed(), stamp(&samples))
    let replacing = samples.chance(2) ? nil : stamp(&samples)
    return [
      .makeDirectory(id, at: to, mode: mode),
      .moveDirectory(id, from: from, to: to, expected: expected, mode: mode),
      .putFile(StagedFile(place: from, stamp: expected), at: to, replacing: replacing),
      .putSymlink(target: samples.bytes(40), at: to, mtime: mtime, replacing: replacing),
      .moveFile(
        from: from, to: to, expected: expected, replacing: replacing, mode: mode, mtime: mtime),
      .setAttributes(at: to, expected: expected, mode: mode, mtime: nil),
      .setAttributes(at: to, expected: expected, mode: mode, mtime: mtime),
      .removeFile(at: from, expected: expected),
      .removeDirectory(id, at: from, expected: expected),
    ]
  }

  private func record(_ samples: inout Samples) -> JournalRecord {
    let operations = operations(&samples)
    let paths = [
      RelativePath.root, RelativePath(components: [samples.name()]),
      RelativePath(components: [samples.name(), samples.name(), samples.name()]),
    ]
    var directories: [DirectoryID: RelativePath] = [.root: .root]
    for path in paths { directories[samples.directory()] = path }
    var identities: [DirectoryID: DirectoryIdentity] = [:]
    for id in directories.keys where samples.chance(2) {
      identities[id] = DirectoryIdentity(inode: samples.number(), btime: -5)
    }
    let rows = (0..<samples.below(8)).map { number in
      PlannedRow(
        entry: samples.entry(), previous: nil,
        operation: samples.pick([nil, 0, number, operations.count - 1]),
        keeping: samples.pick([
          [], [0], [0, operations.count - 1], .init(repeating: 0, count: operations.count + 1),
        ]),
        versionBefore: samples.pick([nil, samples.entry().version]),
        isOurs: samples.chance(2),
        isAsAnnounced: samples.chance(2))
    }
    var plan = FlipPlan(
      id: samples.number(), directories: directories, identities: identities,
      operations: operations,
      attributes: [0: samples.attributes(), operations.count - 1: samples.attributes()])
    for inode in [7, samples.number()] { plan.present[inode] = samples.attributes() }
    for id in [samples.directory(), samples.directory()] { plan.times[id] = samples.signed() }
    return JournalRecord(plan: plan, rows: rows)
  }

  @Test func whatKeepsByAStepThatThereIsNotIsRefused() throws {
    var samples = Samples(seed: 1)
    var record = record(&samples)
    record.plan.operations = []
    record.rows = [
      PlannedRow(
        entry: samples.entry(), keeping: [0], isOurs: false, isStateOurs: false,
        isAsAnnounced: false)
    ]
    #expect(throws: WireError.self) { try JournalRecord(record.encoded()) }
  }

  @Test func everyOperationIsReadAsItWasWritten() throws {
    var samples = Samples(seed: 20)
    for _ in 0..<100 {
      let written = record(&samples)
      let read = try JournalRecord(written.encoded())
      #expect(read.plan == written.plan)
      #expect(read.rows.count == written.rows.count)
      for (row, original) in zip(read.rows, written.rows) {
        #expect(row.entry == original.entry && row.operation == original.operation)
        #expect(row.isOurs == original.isOurs && row.isAsAnnounced == original.isAsAnnounced)
        #expect(row.keeping == original.keeping && row.versionBefore == original.versionBefore)
        #expect(row.previous == nil)
      }
      #expect(written.encoded() == read.encoded())
    }
  }

  @Test func aRecordThatIsCutShortOrTooLongIsRefused() {
    var samples = Samples(seed: 21)
    let bytes = record(&samples).encoded()
    for count in 0..<bytes.count {
      #expect(
        isRefused { () throws(WireError) in _ = try JournalRecord(Array(bytes.prefix(count))) })
    }
    #expect(isRefused { () throws(WireError) in _ = try JournalRecord(bytes + [0]) })
  }

  @Test func aRecordOfAnotherFormatIsRefused() {
    var samples = Samples(seed: 22)
    var bytes = record(&samples).encoded()
    bytes[0] = 3
    #expect(isRefused { () throws(WireError) in _ = try JournalRecord(bytes) })
  }

  @Test func aRowOfAnOperationThatIsNotThereIsRefused() {
    var samples = Samples(seed: 23)
    var written = record(&samples)
    written.rows = [
      PlannedRow(
        entry: samples.entry(), previous: nil, operation: written.plan.operations.count,
        isOurs: false, isAsAnnounced: false)
    ]
    let bytes = written.encoded()
    #expect(isRefused { () throws(WireError) in _ = try JournalRecord(bytes) })
  }

  @Test func damageIsReadAsSomethingElseOrRefused() {
    var samples = Samples(seed: 24)
    for _ in 0..<20 {
      var bytes = record(&samples).encoded()
      for _ in 0..<100 {
        let index = samples.below(bytes.count)
        let right = bytes[index]
        bytes[index] = UInt8(truncatingIfNeeded: samples.random.next())
        _ = try? JournalRecord(bytes)
        bytes[index] = right
      }
    }
  }
}
