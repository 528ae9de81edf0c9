import SyncCore

@testable import Watcher

/// A settler driven by a line of text. Words in order:
/// `+a` file made, `+d/` directory made, `*a` written, `.a` closed after writing, `%a` attributes,
/// `-a` deleted (`-d/` a directory), `a>b` renamed (`d/>e/` a directory), `a>` first half of a
/// rename out of the tree, `>b` second half of one from outside, `@5` five milliseconds pass.
/// `!a` says that a probe of `a` finds a writer from now on, `?a` that it can't tell, `=a` neither.
///
/// Answers with one line per set: what settled until nothing was pending any more.
struct SettlerScript {
  private(set) var settler: Settler
  private(set) var sets: [(at: Int64, changes: [Change])] = []
  private(set) var now: Int64 = 0
  private var writers: [RelativePath: Settler.ProbeAnswer] = [:]
  private var nextWatch: Int32 = 1
  private var nextCookie: UInt32 = 1
  private(set) var flushed: [(at: Int64, token: UInt64)] = []
  private(set) var works: [Settler.Work] = []
  private(set) var passed: [String] = []

  /// `directories` are there and watched from the beginning.
  init(policy: SettlePolicy = .default, directories: [String] = []) {
    settler = Settler(policy: policy)
    settler.table.bind(.root, watch: nextWatch)
    for directory in directories {
      let slot = Self.slot(path(directory), in: settler.table)
      arm(settler.table.insert(slot))
    }
  }

  static func changes(_ script: String, directories: [String] = []) -> [String] {
    var run = SettlerScript(directories: directories)
    run.play(script)
    run.finish()
    return run.sets.map { $0.changes.map(describe).joined(separator: " ") }
  }

  /// Where it was told that everything had cancelled out.
  static func passed(_ script: String) -> [String] {
    var run = SettlerScript(directories: ["d", "d/e"])
    run.play(script)
    run.finish()
    return run.passed
  }

  static func describe(_ change: Change) -> String {
    func name(_ path: RelativePath, _ isDirectory: Bool) -> String {
      "\(path)" + (isDirectory ? "/" : "")
    }
    return switch change {
    case .created(let path, let isDirectory): "+" + name(path, isDirectory)
    case .modified(let path, let isDirectory): "*" + name(path, isDirectory)
    case .removed(let path, let isDirectory): "-" + name(path, isDirectory)
    case .moved(let from, let to, let isDirectory):
      name(from, isDirectory) + ">" + name(to, isDirectory)
    case .rescan(let path): "?\(path)"
    }
  }

  mutating func play(_ script: String) {
    for word in script.split(separator: " ") { play(word: String(word)) }
  }

  private mutating func play(word: String) {
    let text = String(word.dropFirst())
    switch word.first {
    case "@": pass(Int64(text)! * 1_000_000)
    case "!": writers[path(text)] = .writer
    case "?": writers[path(text)] = .unknown
    case "=": writers[path(text)] = nil
    case "+": take(.created, text)
    case "*": take(.modified, text)
    case ".": take(.closedAfterWriting, text)
    case "%": take(.attributes, text)
    case "-": take(.deleted, text)
    default:
      let ends = word.split(separator: ">", omittingEmptySubsequences: false).map(String.init)
      if !ends[0].isEmpty { take(.movedFrom, ends[0]) }
      if !ends[1].isEmpty { take(.movedTo, ends[1]) }
      nextCookie += 1
    }
  }

  mutating func take(_ mask: RawEvent.Mask, _ text: String) {
    let slot = Self.slot(path(text), in: settler.table)
    var mask = mask
    if text.hasSuffix("/") { mask.insert(.isDirectory) }
    // What happens in a directory that has no watch yet is not told.
    guard let watch = watch(of: slot.directory) else { return }
    settler.take(RawEvent(watch: watch, mask: mask, cookie: nextCookie, name: slot.name), now: now)
    work()
  }

  mutating func take(_ event: RawEvent) {
    settler.take(event, now: now)
    work()
  }

  /// What the thread does when an overflow's time has come.
  mutating func rearm() {
    precondition(settler.takeRearm(now: now), "no arming is due")
    settler.table.bind(.root, watch: 1)
  }

  mutating func mark(_ token: UInt64) { settler.mark(token) }

  private var watches: [DirectoryKey: Int32] = [.root: 1]
  func watch(of key: DirectoryKey) -> Int32? { watches[key] }

  private mutating func work() {
    for item in settler.takeWork() {
      works.append(item)
      if case .arm(let key) = item { arm(key) }
    }
  }

  private mutating func arm(_ key: DirectoryKey) {
    nextWatch += 1
    settler.table.bind(key, watch: nextWatch)
    watches[key] = nextWatch
  }

  mutating func pass(_ duration: Int64) {
    let end = now + duration
    while let deadline = settler.deadline(), deadline <= end {
      now = max(now, deadline)
      settle()
      // A deadline that isn't met by settling would be an endless loop of the thread.
      precondition(settler.deadline().map { $0 > now } ?? true, "the deadline does not move")
    }
    now = end
  }

  mutating func settle() {
    settler.expireRenames(now: now)
    for question in settler.questions(now: now) {
      settler.answer(question.slot, writers[question.path] ?? .noWriter, now: now)
    }
    if let set = settler.settle(now: now) { sets.append((now, set.changes)) }
    passed += settler.takePassed().map { "\($0)" }
    for token in settler.takeFlushed() { flushed.append((now, token)) }
    work()
  }

  mutating func finish() {
    while let deadline = settler.deadline() { pass(max(0, deadline - now)) }
  }

  static func slot(_ path: RelativePath, in table: WatchTable) -> Slot {
    var directory = DirectoryKey.root
    for name in path.components.dropLast() {
      directory = table.child(Slot(directory: directory, name: name))!
    }
    return Slot(directory: directory, name: path.name!)
  }
}

/// A path from text; a `/` at its end is left out.
func path(_ text: String) -> RelativePath {
  RelativePath(bytes: Array((text.hasSuffix("/") ? String(text.dropLast()) : text).utf8))!
}
