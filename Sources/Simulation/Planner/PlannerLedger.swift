import SyncCore

/// What users did in a case and what their nodes knew then: decides what must be there in the end.
struct PlannerLedger {
  /// A content or a directory.
  enum Subject: Hashable {
    case content(UInt64)
    case directory(DirectoryID)
  }

  /// What an event did to something.
  enum Effect {
    /// It was made, with a new content or as a new directory.
    case made
    /// It is here now and was elsewhere.
    case arrived
    /// Its permissions are others.
    case changed
    /// It is not here any more, but elsewhere.
    case left
    /// It was deleted or written over.
    case removed

    /// Whether nothing of it is left at the place.
    var takesAway: Bool {
      switch self {
      case .left, .removed: true
      case .made, .arrived, .changed: false
      }
    }
  }

  struct Touch {
    var effect: Effect
    var subject: Subject
    var place: Place
    /// Hashes of its path then and of all paths above it, the longest last.
    var paths: [UInt64]
  }

  /// What one user did in one action.
  struct Event {
    /// Its bit among those below; 0 for what all had seen before everything else.
    var bit: UInt64
    /// Events that the node had heard of for certain.
    var known: UInt64
    /// Events of which it can have heard a part.
    var heard: UInt64
    var touches: [Touch]
    /// Of what it removed, that of which the node has more elsewhere.
    var left: Set<Subject>
  }

  private(set) var events: [Event] = []
  private var lastBit = 0
  private(set) var lastContent: UInt64 = 0
  private(set) var directories: [DirectoryID] = []

  /// How many events of one case can be told apart.
  static let eventCount = 64

  /// The number of a content: the given one, or a new one.
  mutating func content(_ given: UInt64?) -> UInt64 {
    let number = given ?? lastContent + 1
    lastContent = max(lastContent, number)
    return number
  }

  mutating func noteMade(_ directory: DirectoryID) { directories.append(directory) }

  /// Notes what was done; returns its bit. Nothing that matters was done if nothing was touched.
  mutating func add(
    _ touches: [Touch], left: Set<Subject> = [], known: UInt64, heard: UInt64, isBase: Bool
  ) -> UInt64 {
    guard !touches.isEmpty else { return 0 }
    var bit: UInt64 = 0
    if !isBase {
      precondition(lastBit < Self.eventCount, "too many events in one case")
      bit = 1 << UInt64(lastBit)
      lastBit += 1
    }
    events.append(Event(bit: bit, known: known, heard: heard, touches: touches, left: left))
    return bit
  }

  /// Notes what a node decided; returns its bit, or 0 if too much has happened to tell it apart.
  mutating func add(_ decisions: [Entry], known: UInt64, heard: UInt64) -> UInt64 {
    let touches = decisions.compactMap { entry -> Touch? in
      let subject: Subject? =
        if let id = entry.directory { .directory(id) } else {
          entry.body.number.map { .content($0) }
        }
      return subject.map { Touch(effect: .changed, subject: $0, place: entry.place, paths: []) }
    }
    guard lastBit < Self.eventCount else { return 0 }
    return add(touches, known: known, heard: heard, isBase: false)
  }

  // MARK: What must be

  /// Holds the living entries at the end against what was done. `aliases` are those of a directory
  /// then.
  func problems(
    _ living: [Entry], aliases: (DirectoryID) throws(IndexError) -> [DirectoryID]
  ) throws(IndexError) -> [PlannerProblem] {
    var problems: [PlannerProblem] = []
    var counts = [Int](repeating: 0, count: Int(lastContent) + 1)
    var alive: Set<DirectoryID> = []
    var hasConflict = false
    for entry in living {
      if let number = entry.body.number { counts[Int(number)] += 1 }
      if let directory = entry.directory { alive.insert(directory) }
      hasConflict = hasConflict || entry.place.name.isOfConflict
    }
    let written = Set(events.flatMap(\.touches).map(\.subject))
    for number in 1..<max(1, counts.count) {
      let subject = Subject.content(UInt64(number))
      guard written.contains(subject) else { continue }
      if counts[number] == 0 {
        if mustLive(subject) { problems.append(PlannerProblem(.loss, "\(number) is nowhere")) }
        continue
      }
      if mustBeGone([subject], related(subject)) {
        problems.append(PlannerProblem(.resurrection, "\(number) is there again"))
      }
      if counts[number] > 1, !areConcurrent(related(subject)) {
        problems.append(
          PlannerProblem(.duplicate, "\(number) is in \(counts[number]) places"))
      }
    }
    for id in directories where alive.contains(id) {
      let merged = Set(try aliases(id) + [id])
      guard mustBeGone(Set(merged.map { .directory($0) }), within(merged)) else { continue }
      problems.append(PlannerProblem(.resurrection, "directory \(id.label) is there again"))
    }
    if hasConflict, !areConcurrent(events) {
      problems.append(PlannerProblem(.conflict, "something has the name of a conflict"))
    }
    return problems
  }

  /// Whether neither had heard of the other.
  private func areConcurrent(_ left: Event, _ right: Event) -> Bool {
    left.bit & right.bit == 0 && left.bit != 0 && right.bit != 0 && left.known & right.bit == 0
      && right.known & left.bit == 0
  }

  private func areConcurrent(_ events: [Event]) -> Bool {
    events.indices.contains { left in
      events[..<left].contains { areConcurrent($0, events[left]) }
    }
  }

  /// Whether anything was done to one thing by two who had not heard of each other.
  var hasConflict: Bool {
    events.indices.contains { left in
      events[..<left].contains { other in
        areConcurrent(other, events[left])
          && other.touches.contains { touch in
            events[left].touches.contains { $0.subject == touch.subject }
          }
      }
    }
  }

  /// A content lives as long as there is a place given to it that nobody has taken away who knew of
  /// it (if it went on from there, the next place counts), or who took the same content from the
  /// same place: equal contents are merged there, and a file that nobody has seen is taken for a
  /// forgotten one. What a conflict has put beside that place counts as being there.
  private func mustLive(_ subject: Subject) -> Bool {
    let removals = events.filter { $0.removes(subject) }
    guard !removals.isEmpty else { return true }
    return events.contains { event in
      event.touches.contains { touch in
        guard touch.subject == subject, touch.effect == .made || touch.effect == .arrived else {
          return false
        }
        return !removals.contains { removal in
          event.bit == 0 || removal.heard & event.bit != 0 || removal.bit == event.bit
            || removal.touches.contains { $0.isAt(touch) }
        }
          && !events.contains { other in
            other.touches.contains {
              $0.subject == subject && $0.effect.takesAway && $0.isAt(touch)
                && (areConcurrent(other, event) || other.known & event.bit != 0)
            }
          }
      }
    }
  }

  /// What concerns a content: what was done to it, and in the places where it was, and which
  /// directories came to places above it: they can become one with those that it was in.
  private func related(_ subject: Subject) -> [Event] {
    let touches = events.flatMap(\.touches).filter { $0.subject == subject }
    return events.filter { event in
      event.touches.contains { touch in
        touch.subject == subject || touches.contains { touch.isWithin($0) || touch.covers($0) }
      }
    }
  }

  /// What concerns a directory, made of so many: what was done to it and in it, and where it was.
  private func within(_ merged: Set<DirectoryID>) -> [Event] {
    var inside = merged
    let touches = events.flatMap(\.touches)
    var count = 0
    while count != inside.count {
      count = inside.count
      for touch in touches {
        if case .directory(let other) = touch.subject, inside.contains(touch.place.parent) {
          inside.insert(other)
        }
      }
    }
    let own = touches.filter { $0.isOf(merged) }
    return events.filter { event in
      event.touches.contains { touch in
        if touch.isOf(merged) || inside.contains(touch.place.parent) { return true }
        return own.contains { touch.isWithin($0) }
      }
    }
  }

  /// Whether somebody deleted it who knew each of these events that was no deletion. Of two who
  /// each knew only what the other did not, none knew that: a modification beats a deletion. Of
  /// directories that were merged, each must have been deleted, as far as that one knew.
  private func mustBeGone(_ subjects: Set<Subject>, _ events: [Event]) -> Bool {
    let removals = events.filter { event in
      subjects.contains { event.removes($0) && !event.left.contains($0) }
    }
    let others = events.filter { event in
      event.bit != 0 && !removals.contains { $0.bit == event.bit }
    }
    return removals.contains { removal in
      others.allSatisfy { removal.known & $0.bit != 0 }
        && subjects.allSatisfy { subject in
          removals.contains { other in
            other.removes(subject) && other.bit & ~(removal.known | removal.bit) == 0
          }
        }
    }
  }
}

extension PlannerLedger.Event {
  fileprivate func removes(_ subject: PlannerLedger.Subject) -> Bool {
    touches.contains { $0.removes(subject) }
  }
}

extension PlannerLedger.Touch {
  fileprivate func isOf(_ directories: Set<DirectoryID>) -> Bool {
    if case .directory(let id) = subject { directories.contains(id) } else { false }
  }

  fileprivate func removes(_ subject: PlannerLedger.Subject) -> Bool {
    self.subject == subject && effect == .removed
  }

  /// Whether it is where the other is, or was put beside that by a conflict.
  fileprivate func isAt(_ other: Self) -> Bool {
    place == other.place || (!paths.isEmpty && paths.last == other.paths.last)
      || (place.parent == other.place.parent
        && ConflictCopy(name: place.name)?.original == other.place.name)
  }

  /// Whether it is where the other is or below: a directory in which something lives keeps its
  /// place.
  fileprivate func isWithin(_ other: Self) -> Bool {
    place == other.place || (other.paths.last.map(paths.contains) ?? false)
  }

  /// Whether it is a directory that came to a place above the other's.
  fileprivate func covers(_ other: Self) -> Bool {
    guard case .directory = subject, !effect.takesAway, let path = paths.last else { return false }
    return other.paths.dropLast().contains(path)
  }
}

extension Body {
  /// The number of the content that a user gave it.
  var number: UInt64? {
    switch self {
    case .file(let content, _): content.words.0
    case .symlink(let target): target.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    case .directory, .deleted, .deletedDirectory, .merged: nil
    }
  }
}

extension Name {
  private static let marker = Array(".conflict-".utf8)

  /// Whether a conflict gave it.
  var isOfConflict: Bool {
    bytes.count > 20 && bytes.indices.contains { bytes[$0...].starts(with: Self.marker) }
  }
}
