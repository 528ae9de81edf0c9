import Glibc
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct NetworkIdentityTests {
  @Test func anIdentityIsMadeOnceAndIsReadableByItsOwnerOnly() throws {
    let directory = ScratchDirectory()
    #expect(try Identity.load(from: directory.path) == nil)
    let made = try Identity.loadOrCreate(in: directory.path)
    let loaded = try #require(try Identity.load(from: directory.path))
    #expect(loaded.id == made.id && loaded.key == made.key)
    #expect(try Identity.loadOrCreate(in: directory.path).id == made.id)
    var status = stat()
    #expect(unsafe stat("\(directory.path)/\(Identity.fileName)", &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    #expect(try entries(of: directory.path) == [Identity.fileName])
    #expect(try makeIdentity().id != made.id)
  }

  @Test func aKeyThatOthersMayReadIsRefusedWithARemedy() throws {
    let directory = ScratchDirectory()
    _ = try Identity.loadOrCreate(in: directory.path)
    for mode in [0o640, 0o604, 0o660] as [mode_t] {
      #expect(unsafe chmod("\(directory.path)/\(Identity.fileName)", mode) == 0)
      let error = #expect(throws: EngineError.self) { try Identity.load(from: directory.path) }
      #expect(error?.remedy.contains("chmod") == true)
    }
  }

  @Test func aBrokenKeyFileIsRefusedAndKept() throws {
    let directory = ScratchDirectory()
    let path = "\(directory.path)/\(Identity.fileName)"
    _ = try Identity.loadOrCreate(in: directory.path)
    #expect(unsafe truncate(path, 100) == 0)
    #expect(throws: EngineError.self) { try Identity.loadOrCreate(in: directory.path) }
    var status = stat()
    #expect(unsafe stat(path, &status) == 0 && status.st_size == 100)
  }

  @Test func theKeyIsNeverShown() throws {
    let identity = try makeIdentity()
    var dumped = ""
    dump(identity, to: &dumped)
    #expect("\(identity)" == "\(identity.id)")
    #expect(dumped.contains("\(identity.id)") && dumped.utf8.count < 200)
  }

  @Test func twoThatMakeAnIdentityAtOnceGetTheSame() throws {
    let directory = ScratchDirectory()
    let path = directory.path
    let ids = Mailbox<NodeID?>()
    let threads = (0..<4).map { _ in
      spawnThread(name: "test") { ids.post(try? Identity.loadOrCreate(in: path).id) }
    }
    for thread in threads { thread.join() }
    let all = ids.takeAll(timeoutNanoseconds: 0)
    #expect(all.count == 4 && Set(all).count == 1 && all[0] != nil)
  }

  private func entries(of path: String) throws -> [String] {
    guard let directory = unsafe opendir(path) else { throw Broken() }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
