import Glibc
import Simulation
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct StagingTests {
  private static func chunk(_ number: UInt64, _ length: Int) -> ChunkReference {
    ChunkReference(id: ChunkID(words: (number, 2, 3, 4)), length: length)
  }

  private static func write(_ file: PartialFile, _ text: String, at offset: Int64) throws {
    try write(file, Array(text.utf8)[...], at: offset)
  }

  private static func write(
    _ file: PartialFile, _ bytes: ArraySlice<UInt8>, at offset: Int64
  ) throws {
    unsafe try bytes.withUnsafeBytes { buffer in
      Result { unsafe try file.write(buffer, at: offset) }
    }.get()
  }

  @Test(arguments: DiskKind.allCases)
  func `staging again replaces what was staged`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let first = try world.stage(world.place("d/a"), "first, longer")
    let second = try world.stage(world.place("d/a"), "second", mode: 0o600, mtime: -1)
    #expect(first.stamp.inode != second.stamp.inode || kind != .memory)
    let path = ReservedFolder.staging(of: world.id("d")).appending(Name(literal: "a"))
    #expect(try world.read(path) == "second")
    #expect(second.stamp.mode == 0o600)
    #expect(second.stamp.mtime == -1)
  }

  @Test(arguments: DiskKind.allCases)
  func `a partial content goes on after a restart with a torn log`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let place = world.place("big")
    do {
      let file = try world.staging.open(place, size: 12)
      #expect(file.recovered.isEmpty)
      try Self.write(file, "cccc", at: 8)
      try Self.write(file, "aaaa", at: 0)
      try file.note([(8, Self.chunk(3, 4)), (0, Self.chunk(1, 4))])
      try file.note([(4, Self.chunk(2, 4))])
    }
    // The last record is torn.
    let log = try OpenFile(Staging.logName(of: place), in: world.staging.chunkLogs, for: .writing)
    try log.truncate(to: Int64(ChunkLog.recordByteCount * 3 + 20))
    try world.restart()
    try world.staging.collect(keeping: [], partialsSince: .min)
    let file = try world.staging.open(place, size: 12)
    #expect(file.recovered.map(\.offset) == [8, 0])
    #expect(file.recovered.map(\.chunk) == [Self.chunk(3, 4), Self.chunk(1, 4)])
    try Self.write(file, "bbbb", at: 4)
    let staged = try file.finish(mode: 0o640, mtime: 77, size: 12)
    #expect(staged.stamp.size == 12)
    let results = world.apply([.putFile(staged, at: place, replacing: nil)])
    #expect(results.areDone)
    #expect(world.files == ["big": "aaaabbbbcccc"])
    #expect(try world.staging.chunkLogs.names().isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `a log is not believed about another file`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let place = world.place("big")
    do {
      let file = try world.staging.open(place, size: 4)
      try Self.write(file, "aaaa", at: 0)
      try file.note([(0, Self.chunk(1, 4))])
    }
    let path = ReservedFolder.staging(of: .root)
    let directory = try Directory(path, of: world.fileSystem)
    try directory.rename(
      place.name, to: Name(literal: "elsewhere"), in: directory, .noReplace)
    _ = try OpenFile(creating: place.name, in: directory, mode: 0o600)
    #expect(try world.staging.open(place, size: 4).recovered.isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `collecting keeps what is named and young partial contents`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    _ = try world.stage(world.place("d/keep"), "keep")
    _ = try world.stage(world.place("d/drop"), "drop")
    _ = try world.stage(world.place("e/drop"), "drop")
    _ = try world.staging.open(world.place("big"), size: 1)
    try world.restart()
    try world.staging.collect(keeping: [world.place("d/keep")], partialsSince: .min)
    let kept = world.tree(ReservedFolder.staging).filter { $0.value != "/" }.keys
    #expect(
      Set(kept.map { $0.split(separator: "/").last }) == [
        "keep", "big", Staging.logName(of: world.place("big")).description[...],
      ])
    try world.staging.collect(keeping: [], partialsSince: .max)
    #expect(world.tree(ReservedFolder.staging) == [".chunks": "/"])
  }

  @Test(arguments: DiskKind.allCases)
  func `names that are not text or very long are names like others`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let names = [
      Name([0x66, 0xff, 0x6f])!, Name(Array(repeating: 0xe4, count: 255))!,
      Name(Array(repeating: 0x61, count: 255))!, Name(Array("e\u{301}".utf8))!,
      Name(Array("\u{e9}".utf8))!, Name(Array(" \n-".utf8))!,
    ]
    var operations: [SyncCore.Operation] = []
    for name in names {
      let place = Place(parent: .root, name: name)
      let file = try world.staging.open(place, size: 0)
      operations.append(
        .putFile(try file.finish(mode: 0o600, mtime: 0, size: 0), at: place, replacing: nil))
    }
    #expect(world.apply(operations).areDone)
    var replacements: [SyncCore.Operation] = []
    let root = try Directory(.root, of: world.fileSystem)
    for name in names {
      let place = Place(parent: .root, name: name)
      replacements.append(
        .putFile(
          try world.stage(place, "new"), at: place, replacing: try root.stamp(of: name)))
    }
    #expect(world.apply(replacements).areDone)
    #expect(Set(try root.names()) == Set(names + [.reserved]))
  }

  @Test(arguments: DiskKind.allCases)
  func `modes and times are kept to the bit`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let modes: [UInt16] = [0o000, 0o444, 0o666, 0o777, 0o4755, 0o2755, 0o1644]
    let times: [Int64] = [
      -1, -1_000_000_001, 0, 1, 1_234_567_890_123_456_789, 9_000_000_000_000_000_007,
    ]
    for (index, mode) in modes.enumerated() {
      for (other, time) in times.enumerated() {
        let path = "m\(index)-\(other)"
        let results = world.apply([try world.putFile(path, "x", mode: mode, mtime: time)])
        #expect(results[0].stamp?.mode == mode)
        #expect(results[0].stamp?.mtime == time)
        #expect(try results[0].stamp == world.stamp(path))
      }
    }
  }

  @Test(arguments: DiskKind.allCases)
  func `workers stage into a directory while it is put in place`(_ kind: DiskKind) async throws {
    let world = try DiskWorld(kind)
    let id = world.id("t")
    let staging = world.staging
    let names = (0..<200).map { Name(Array("f\($0)".utf8))! }
    let stage: @Sendable (ArraySlice<Name>) throws -> [StagedFile] = { names in
      try names.map { name in
        let place = Place(parent: id, name: name)
        return try unsafe Array("content".utf8).withUnsafeBytes { bytes in
          Result {
            unsafe try staging.putSmall(place: place, bytes: bytes, mode: 0o644, mtime: 1)
          }
        }.get()
      }
    }
    let first = try stage(names[..<100])
    async let second = stage(names[100..<150])
    async let third = stage(names[150...])
    var operations: [SyncCore.Operation] = [
      .makeDirectory(id, at: world.place("t"), mode: 0o755)
    ]
    operations += first.map { .putFile($0, at: $0.place, replacing: nil) }
    #expect(world.apply(operations).areDone)
    // Nothing that was staged meanwhile is seen before its own flip.
    let staged = try await second + third
    #expect(world.files.count == 100)
    let later: [SyncCore.Operation] = staged.map { .putFile($0, at: $0.place, replacing: nil) }
    #expect(world.apply(later, id: 2).areDone)
    #expect(world.files.count == 200)
  }

  /// Cuts of a content of 13 MiB and a little: beyond the page cache from 8 MiB on.
  private static func pieces(seed: UInt64) -> (bytes: [UInt8], pieces: [Range<Int>]) {
    var random = SplitMix64(seed: seed)
    let count = 13 * 1024 * 1024 + 777
    var bytes = [UInt8](repeating: 0, count: count)
    for index in stride(from: 0, to: count, by: 7) {
      bytes[index] = UInt8(truncatingIfNeeded: random.next())
    }
    var pieces: [Range<Int>] = []
    var start = 0
    while start < count {
      let end = min(start + 1 + Int(random.next() % UInt64(Limits.chunkByteCount)), count)
      pieces.append(start..<end)
      start = end
    }
    // Neighbours change places, as two workers bring them, and some come much later.
    for index in pieces.indices.dropLast(9) where random.next() % 3 == 0 {
      pieces.swapAt(index, index + 1 + Int(random.next() % 8))
    }
    return (bytes, pieces)
  }

  @Test(arguments: DiskKind.allCases, [1, 2] as [UInt64])
  func `what is written in any order past the page cache is what was given`(
    _ kind: DiskKind, seed: UInt64
  ) throws {
    let world = try DiskWorld(kind)
    let place = world.place("big")
    let (bytes, pieces) = Self.pieces(seed: seed)
    let file = try world.staging.open(place, size: 0)
    for piece in pieces {
      try Self.write(file, bytes[piece], at: Int64(piece.lowerBound))
    }
    let staged = try file.finish(mode: 0o644, mtime: 1, size: Int64(bytes.count))
    #expect(world.apply([.putFile(staged, at: place, replacing: nil)]).areDone)
    #expect(try world.bytes("big") == bytes)
  }

  @Test(arguments: DiskKind.allCases)
  func `a chunk is noted when it is written and not before`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let place = world.place("big")
    let (bytes, all) = Self.pieces(seed: 3)
    let mebibyte = 1024 * 1024
    let pieces = all.filter { $0.upperBound <= 12 * mebibyte }.dropLast(3)
    do {
      let file = try world.staging.open(place, size: 0)
      // A whole block further on, so that the file is longer than what is missing.
      for start in stride(from: 12 * mebibyte, to: 13 * mebibyte, by: mebibyte / 8) {
        try Self.write(file, bytes[start..<start + mebibyte / 8], at: Int64(start))
      }
      for (number, piece) in pieces.enumerated() {
        try Self.write(file, bytes[piece], at: Int64(piece.lowerBound))
        try file.note([(Int64(piece.lowerBound), Self.chunk(UInt64(number), piece.count))])
      }
      // The process ends here: what waits in blocks is lost.
    }
    let file = try world.staging.open(place, size: 0)
    #expect(file.recovered.count >= pieces.count / 2)
    #expect(file.recovered.count < pieces.count)
    for (offset, chunk) in file.recovered {
      var read = [UInt8](repeating: 0, count: chunk.length)
      _ = try unsafe read.withUnsafeMutableBytes { buffer in
        Result { unsafe try file.read(into: buffer, at: offset) }
      }.get()
      #expect(read[...] == bytes[Int(offset)..<Int(offset) + chunk.length])
    }
  }

  @Test(arguments: DiskKind.allCases)
  func `closing keeps what waits in blocks`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let place = world.place("big")
    let (bytes, pieces) = Self.pieces(seed: 4)
    let file = try world.staging.open(place, size: 0)
    for (number, piece) in pieces.dropLast(20).enumerated() {
      try Self.write(file, bytes[piece], at: Int64(piece.lowerBound))
      try file.note([(Int64(piece.lowerBound), Self.chunk(UInt64(number), piece.count))])
    }
    file.close()
    #expect(try world.staging.open(place, size: 0).recovered.count == pieces.count - 20)
  }

  @Test(arguments: DiskKind.allCases)
  func `what was not noted of an earlier try is a hole`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let place = world.place("big")
    let ones = [UInt8](repeating: 1, count: Limits.chunkByteCount)
    let kept = (offset: Int64(100 * ones.count), chunk: Self.chunk(1, ones.count))
    do {
      let file = try world.staging.open(place, size: 0)
      for number in [0, 98, 100, 150] {
        try Self.write(file, ones[...], at: Int64(number * ones.count))
      }
      try file.note([kept])
      file.close()
    }
    let file = try world.staging.open(place, size: 0)
    #expect(file.recovered.count == 1)
    try file.clear(besides: [kept])
    let staged = try file.finish(mode: 0o644, mtime: 1, size: Int64(200 * ones.count))
    #expect(world.apply([.putFile(staged, at: place, replacing: nil)]).areDone)
    let bytes = try world.bytes("big")
    #expect(bytes.count == 200 * ones.count)
    #expect(bytes[(100 * ones.count)..<(101 * ones.count)].allSatisfy { $0 == 1 })
    #expect(bytes.count { $0 != 0 } == ones.count)
    if kind == .temporary { #expect(try world.allocatedByteCount("big") <= 2 * ones.count) }
  }
}
