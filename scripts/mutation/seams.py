"""Mistakes in the engine and on the disk that tests over the seams in memory tell of: they need two
writers at once, a far member, a disk that keeps less than it is given, a program in a bundle."""

CORE = "Sources/SyncCore"
ENGINE = f"{CORE}/Engine"
DISK = "Sources/SyncEngine/Disk"
INDEX = "Sources/SyncEngine/Index"
SETTLING = "Sources/Watcher/Settling"
RECONCILER = f"{CORE}/Reconcile/Reconciler.swift"
PLANNER = f"{CORE}/Plan/UnitPlanner.swift"
OPERATIONS = f"{CORE}/Plan/UnitPlanner+Operations.swift"
BUNDLES = f"{CORE}/Plan/UnitPlanner+Bundles.swift"
OVERRULED = f"{CORE}/Plan/UnitPlanner+Overruled.swift"
VERDICTS = f"{CORE}/Plan/UnitPlanner+Verdicts.swift"
RECORDER = f"{CORE}/Plan/RowRecorder.swift"

VERSIONS = {
    "case: what was found anew is older": [
        (
            RECONCILER,
            "where isOnlyForgotten(loser, by: winner):",
            "where isOnlyForgotten(loser, by: winner)\n"
            "      || loser.version.vector.components.count == 1:",
        )
    ],
    "case: equal contents are kept twice": [
        (RECONCILER, "      if winner.body == loser.body { return Merge(kept: kept) }\n", "")
    ],
    "case: what a power cut took was deleted": [
        (
            f"{ENGINE}/Engine+Securing.swift",
            "case .directory, .removed, .forgotten, .dropped: return isScan",
            "case .directory, .removed, .forgotten, .dropped: return false",
        )
    ],
    "case: the end of a process is a power cut": [
        (
            f"{ENGINE}/Engine+Securing.swift",
            "guard secured.boot != boot else { return }",
            "guard secured.boot != .max else { return }",
        )
    ],
    "case: numbers of another life are believed": [
        (
            f"{ENGINE}/Engine+Peers.swift",
            "sessions[number].announced = knowsUs ? hello.heldSequence : 0",
            "sessions[number].announced = hello.heldSequence",
        )
    ],
    "case: a peer's new life goes on with the old": [
        (
            f"{ENGINE}/Engine+Peers.swift",
            "      sessions[number].received = 0\n    }\n    if knowsUs",
            "    }\n    if knowsUs",
        )
    ],
    "case: a clock that is behind is not named": [
        (
            f"{ENGINE}/Engine+Peers.swift",
            "if skew > Limits.clockSkewNanoseconds {",
            "if skew > Limits.clockSkewNanoseconds, hello.time > now.wall {",
        )
    ],
    "case: a file that is here is moved and not copied": [
        (
            OPERATIONS,
            "      let free = dying[content]?.first { leavings[$0.entry.key] == nil }\n",
            "      var free = dying[content]?.first { leavings[$0.entry.key] == nil }\n"
            "      if free == nil { free = try index.files(with: content, limit: 1).first }\n",
        )
    ],
}

SETS = {
    "case: what is closed waits as long as what isn't": [
        (
            f"{SETTLING}/SettlePolicy.swift",
            "burstQuiet: Int64 = 3_000_000",
            "burstQuiet: Int64 = 50_000_000",
        )
    ],
    "case: a busy path holds up its burst": [
        (f"{SETTLING}/Settler.swift", "closes = record.isFresh", "closes = true")
    ],
    "case: a file is told while somebody writes to it": [
        (
            f"{SETTLING}/Settler+Settling.swift",
            "      wait(&record, now: now)\n      record.hasWriter = true\n",
            "      record.openness = .quiet\n",
        )
    ],
    "case: what was held is looked at piece by piece": [
        (
            f"{ENGINE}/Engine+Holding.swift",
            "guard !changes.isEmpty, let job = look(at: ChangeSet(changes: changes)) else",
            "for change in changes.dropLast() { look(at: ChangeSet(changes: [change])) }\n"
            "    guard let last = changes.last, let job = look(at: ChangeSet(changes: [last])) else",
        )
    ],
    "case: a hold holds nothing": [
        (
            f"{ENGINE}/Engine+Holding.swift",
            "guard !holds.isEmpty, hasScanned else { return set }",
            "guard holds.count > 1, hasScanned else { return set }",
        )
    ],
    "case: units that touch go apart": [
        (
            f"{ENGINE}/Engine+Intake.swift",
            "$0.id != flipping?.unit && touched.touches($0) }",
            "$0.id == flipping?.unit && touched.touches($0) }",
        )
    ],
    "case: a unit waits for those that it doesn't touch": [
        (
            f"{ENGINE}/Engine+Intake.swift",
            "$0.id != flipping?.unit && touched.touches($0) }",
            "$0.id != flipping?.unit || touched.touches($0) }",
        )
    ],
    "case: a unit is passed on in pieces": [
        (
            f"{ENGINE}/Engine+Peers.swift",
            "rows(after: session.announced, limit: Limits.unitEntryCount)",
            "rows(after: session.announced, limit: 1)",
        )
    ],
    "case: a unit goes on at once without what fails": [
        (
            f"{ENGINE}/Unit.swift",
            "return isOverdue || time - failedAt >= Limits.heldWholeNanoseconds",
            "return isOverdue || time - failedAt >= 0",
        )
    ],
    "case: a unit is held for ever": [
        (
            f"{ENGINE}/Unit.swift",
            "return isOverdue || time - failedAt >= Limits.heldWholeNanoseconds",
            "return isOverdue || time < failedAt",
        )
    ],
    "case: what lies below doesn't wait": [
        (
            f"{CORE}/Plan/Division.swift",
            "case .directory(let id): isHere ? [] : children[id] ?? []",
            "case .directory(let id): isHere ? children[id] ?? [] : []",
        )
    ],
    "case: a bundle goes on in part": [
        (
            f"{CORE}/Plan/Division.swift",
            "          waiting += companions.removeValue(forKey: bundle) ?? []\n",
            "          companions.removeValue(forKey: bundle)\n",
        )
    ],
    "case: what is left over is acknowledged": [
        (
            f"{ENGINE}/Engine+Flipping.swift",
            "isWhole ? unheld(parts, except: done.unit) : []",
            "isWhole ? parts : []",
        )
    ],
    "case: one look at a bundle is enough": [
        (
            f"{ENGINE}/Engine+Bundles.swift",
            "guard bundle.lock == nil, bundle.first == bundle.second, flipping == nil else {",
            "guard bundle.lock == nil, flipping == nil else {",
        )
    ],
    "case: two states of a bundle are mixed": [
        (
            BUNDLES,
            "    return strangers[entry.key]?.contains(entry.version.dot) != true\n",
            "    return false\n",
        )
    ],
    "case: what is of no state of a bundle is put back": [
        (
            BUNDLES,
            "    return strangers[entry.key]?.contains(entry.version.dot) != true\n",
            "    return true\n",
        )
    ],
    "case: the state of what is merged into a bundle counts for nothing": [
        (
            VERDICTS,
            "for part in try [id] + membership.aliases(of: id) {",
            "for part in [id] {",
        )
    ],
    "case: what is kept of a bundle has states of its own": [
        (OVERRULED, "      copy.bundle = nil\n", "")
    ],
    "case: a bundle is changed before somebody says what stands": [
        (VERDICTS, "      } else if awaitsWord {\n", "      } else if !awaitsWord {\n")
    ],
    "case: what was kept of a bundle is replaced by what stands in it by now": [
        (
            OVERRULED,
            "if let row, row.isHeld, row.entry.isAlive { return }",
            "if let row, row.isHeld, row.entry.body == copy.body { return }",
        )
    ],
    "case: no word about a bundle is said while another is waited for": [
        (
            f"{CORE}/Plan/UnitPlanner.swift",
            "    if plan.awaitedBundle != nil { return try sayWords(atHome) }\n",
            "    if plan.awaitedBundle != nil { return }\n",
        )
    ],
    "case: the word about a bundle is told to nobody": [
        (f"{ENGINE}/Engine+Intake.swift", "      try say(plan.rows)\n", "")
    ],
    "case: that a deleted bundle stands is not said": [
        (
            f"{CORE}/Plan/UnitPlanner+Word.swift",
            "      return entry.isAlive || entry.place == row.entry.place\n",
            "      return entry.isAlive\n",
        )
    ],
    "case: what was put back for what gave way is kept": [
        (
            f"{CORE}/Plan/UnitPlanner+States.swift",
            "    if other.version.isFollowed(by: told.version, accordingTo: last) {\n",
            "    if other.version.isFollowed(by: other.version, accordingTo: last) {\n",
        )
    ],
    "case: an alias in what gives way brings its directory back": [
        (
            f"{CORE}/Plan/UnitPlanner.swift",
            "isPutBack: isPutBack && !placed.isAlias)",
            "isPutBack: false)",
        )
    ],
    "case: what left a bundle is judged with it by who didn't know that": [
        (
            f"{CORE}/Bundle/BundleMembership.swift",
            "    if areAsTold, let told { return told }\n",
            "    if let told { return told }\n",
        )
    ],
    "case: whose bundle gave way keeps nothing of it": [
        (VERDICTS, "here.hasGivenWay(to: state) {", "here.hasGivenWay(to: here) {")
    ],
    "case: what is kept of a bundle is kept each time": [
        (
            OVERRULED,
            "if let row, row.isHeld, row.entry.isAlive { return }",
            "if let row, !row.isHeld, row.entry.isAlive { return }",
        )
    ],
    "case: every state of a bundle is kept": [
        (VERDICTS, "if isOwn(here), isApart || here.hasGivenWay(to: state) {", "if isOwn(here) {")
    ],
    "case: a replica says which state of a bundle stands": [
        (VERDICTS, "awaitsWord, !told.disputed.isEmpty, !told.areGone {", "!awaitsWord {")
    ],
    "case: what comes late with a state that gave way stays": [
        (
            f"{CORE}/Bundle/ToldStates.swift",
            "disputed + all.filter { $0.hasGivenWay(to: standing) }",
            "disputed",
        )
    ],
    "case: what is put back is told without its state": [
        (
            f"{CORE}/Plan/RowRecorder.swift",
            "    if bundles.isEmpty { return false }\n",
            "    if !bundles.isEmpty { return false }\n",
        )
    ],
    "case: of what comes home where something is put back no copy is kept": [
        (OVERRULED, "      if let copy = merge?.copy { losers.append(copy) }\n", "")
    ],
    "case: what is told first conflicts with what somebody else replaces": [
        (
            f"{CORE}/Plan/UnitPlanner.swift",
            "in try inOrder(atHome) {",
            "in atHome {",
        )
    ],
    "case: bundles that are merged here are not judged": [
        (
            f"{CORE}/Plan/UnitPlanner.swift",
            "      if attempt.decided == planner.decided { return attempt.plan }\n",
            "      if attempt.decided.count >= planner.decided.count { return attempt.plan }\n",
        )
    ],
    "case: what gave way is kept within another bundle": [
        (OVERRULED, "      top.place = whole.place\n", "      _ = whole\n")
    ],
    "case: what lives again stays where it is if its place is taken": [
        (
            f"{CORE}/Plan/UnitPlanner+Tree.swift",
            "        let place = outcome.entry.place\n",
            "        let isTaken = try directory(livingAt: outcome.entry.place, otherThan: id) != nil\n"
            "        let place = isTaken ? row.entry.place : outcome.entry.place\n",
        )
    ],
    "case: of two bundles of one node the later number has seen the other": [
        (
            VERDICTS,
            "let isApart = part != id &&",
            "let isApart = part > id && part < id &&",
        )
    ],
    "case: what two say is gone is nobody's to put back": [
        (
            VERDICTS,
            "where here.isGone && state.isGone: come(told, in: id)\n",
            "where here.isGone && state.isGone: return\n",
        )
    ],
    "case: what is in a bundle is told without the state that is withheld": [
        (
            f"{CORE}/Reconcile/Announcement.swift",
            "        if hasState, isWithheld(above.entry) {\n",
            "        if hasState, above.entry.bundle == nil {\n",
        )
    ],
    "case: what comes back to its place is what a power cut brought back": [
        (f"{ENGINE}/Engine+Recording.swift", " && !isPutAfterDeletion(item)\n", "\n")
    ],
    "case: a file is told in the place of a bundle that has not left": [
        (f"{ENGINE}/Engine+Outdated.swift", " && (other.bundle == nil || isReadyToRecord(other))", "")
    ],
    "case: what lies in another bundle gives way and is not kept": [
        (
            OVERRULED,
            "standing.directories(above: outcome.entry).contains(bundle)",
            "standing.directories(above: outcome.entry).last == bundle",
        ),
        (
            OVERRULED,
            "membership.directories(above: outcome.entry).contains(home)",
            "membership.directories(above: outcome.entry).last == home",
        ),
    ],
    "case: states of two bundles are compared": [
        (
            f"{CORE}/Plan/UnitPlanner+States.swift",
            "      other.bundle == told.bundle\n",
            "      other.bundle == other.bundle\n",
        )
    ],
    "case: what was put back for a state is not kept": [
        (OVERRULED, "? true : try hasPutBack(id, for: state)", "? true : state.isGone")
    ],
    "case: a state is older than the one that it follows": [
        (
            f"{CORE}/Bundle/BundleVersion.swift",
            "at: max(time, past)",
            "at: min(time, past)",
        )
    ],
    "case: what is gone is as late as it went": [
        (
            f"{CORE}/Bundle/BundleVersion.swift",
            "at: known?.version.time ?? 0,",
            "at: (known?.version.time ?? 0) + 1_000_000,",
        )
    ],
    "case: what follows a preferred state loses to what that had won against": [
        (
            f"{CORE}/Bundle/BundleVersion.swift",
            "let own = version.vector.components.lazy.filter {",
            "let own = [version.dot].lazy.filter {",
        )
    ],
    "case: nobody waits for the word of what stands about what gave way before": [
        (VERDICTS, "where awaitsWord && !told.cover(here):", "where awaitsWord && told.all.isEmpty:")
    ],
    "case: who gives way speaks for what stands": [
        (
            f"{CORE}/Bundle/BundleVersion.swift",
            "if order == .newer { return self }",
            "if order == .newer, isGone { return self }",
        )
    ],
    "case: what was put back is left where nobody has heard of it": [
        (VERDICTS, "return !unheard.isEmpty\n", "return unheard.count > 1_000\n")
    ],
    "case: a part of a state is told": [
        (RECORDER, "sequence: isTold ? sequence : 0,", "sequence: sequence,")
    ],
    "case: what waited for the rest of a state is never told": [
        (RECORDER, "try tell(complete)", "try tell(complete.subtracting(complete))")
    ],
    "case: a bundle within one that waits is told": [
        (RECORDER, "        try !isBelow(unfinished, row.entry)\n", "        try !isBelow([], row.entry)\n")
    ],
    "case: what left a bundle waits for the rest of its state": [
        (RECORDER, "isDisjoint(with: above), try isInBundle(above) {", "isDisjoint(with: above) {")
    ],
    "case: a bundle that could not be made has what is told in it": [
        (
            RECORDER,
            "row.entry.bundle == nil || row.isDone(results) ?",
            "row.entry.bundle == nil || row.isKept(results) ?",
        )
    ],
    "case: what is changed in a bundle that lives again is no state": [
        (
            f"{ENGINE}/Engine+Bundles.swift",
            "row.entry.isAlive, row.entry.bundle != nil {",
            "row.entry.isAlive, row.entry.bundle?.isGone == false {",
        )
    ],
    "case: nobody looks into a directory that has to stay": [
        (
            f"{ENGINE}/Engine+Flipping.swift",
            "if case .removeDirectory = operation {",
            "if case .removeDirectory = operation, path.isRoot {",
        )
    ],
    "case: a directory is looked into again before it has been": [
        (
            f"{ENGINE}/Engine+Looking.swift",
            "topmost(Set(tops)).filter { path in !jobs.contains { $0.looksBelow(path) } }",
            "topmost(Set(tops))",
        )
    ],
    "case: what is told of a directory stands before what is merged into it": [
        (
            BUNDLES,
            "case .stands(let here)? = verdicts[id] {\n      return",
            "case .stands(let here)? = verdicts[id], standing.bundle != nil {\n      return",
        ),
        (BUNDLES, ".reduce(here) {", ".reduce(standing.bundle ?? here) {"),
    ],
    "case: what is merged into what is gone is in no bundle": [
        (
            f"{CORE}/Bundle/BundleMembership.swift",
            "&& !entry.isAlive && entry.bundle != nil {",
            "&& !entry.isAlive && entry.bundle == nil {",
        )
    ],
    "case: what stands within a bundle is put back with that": [
        (
            VERDICTS,
            "if isStanding, standing.version.vector.includes(entry.version.dot) { return true }",
            "if isStanding, standing.version.vector.includes(entry.version.dot) { return false }",
        )
    ],
    "case: what was in a directory is of what is merged into it": [
        (VERDICTS, "let isAtHome = entry.place.parent == id\n", "let isAtHome = id == nil\n")
    ],
    "case: what a replica's user took away was seen": [
        (
            f"{CORE}/Plan/UnitPlanner.swift",
            "if row == nil || isMissing || rules.role == .replica {",
            "if row == nil || isMissing {",
        )
    ],
    "case: of two with one conflict name the plan has no end": [
        (
            f"{CORE}/Plan/UnitPlanner+Tree.swift",
            "try decide(yields) { $0.place.name = ConflictName.other(for: $0) }",
            "try decide(yields) { $0.place.name = ConflictName.name(for: $0) }",
        )
    ],
    "case: a bundle that had no state is gone without one": [
        (
            f"{CORE}/Bundle/BundleVersion.swift",
            "    guard try membership.bundle(of: entry) == directory else",
            "    guard try membership.bundle(of: entry) != directory else",
        )
    ],
    "case: a bundle has no versions": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "      if index.sequence > earlier { try recordStates(of: job, recorded.map(\\.item)) }\n",
            "",
        )
    ],
    "case: a bundle with a lock is taken": [
        (
            f"{ENGINE}/Engine+Bundles.swift",
            "for (name, found) in listing.entries where BundleRules.isLock(name) && ",
            "for (name, found) in listing.entries where name.bytes.isEmpty && ",
        )
    ],
    "case: a bundle with a lock is changed": [
        (
            f"{DISK}/FlipChecks.swift",
            "let locked = turns.roots.isEmpty ? [] : locked()",
            "let locked: Set<RelativePath> = []",
        )
    ],
    "case: a bundle in which somebody is at work is changed": [
        (
            f"{ENGINE}/Engine+Intake.swift",
            "      if meetsBusyBundle(plan) { return }\n",
            "",
        )
    ],
    "case: references come before objects": [
        (
            f"{DISK}/FlipTurns.swift",
            "for turn in BundleRules.Turn.allCases {",
            "for turn in BundleRules.Turn.allCases.reversed() {",
        )
    ],
    "case: deletions come first": [
        (
            f"{DISK}/Applier.swift",
            "    flip.placeFiles()\n    flip.changeAttributes()\n    flip.removeRest()\n",
            "    flip.removeRest()\n    flip.placeFiles()\n    flip.changeAttributes()\n",
        )
    ],
    "case: replacements come before what is new": [
        (
            f"{DISK}/FlipTurns.swift",
            "      placeFiles(replacing: false, in: nil)\n"
            "      return placeFiles(replacing: true, in: nil)\n",
            "      placeFiles(replacing: true, in: nil)\n"
            "      return placeFiles(replacing: false, in: nil)\n",
        )
    ],
}

FLIPS = {
    "case: a flip waits for no writer": [
        (
            f"{DISK}/Applier.swift",
            "if plan.waitsForWriters, !resuming, !writers.isEmpty {",
            "if plan.waitsForWriters, resuming, !writers.isEmpty {",
        )
    ],
    "case: a unit waits for a writer for ever": [
        (
            f"{ENGINE}/Engine+Writers.swift",
            "return now.monotonic - since < Limits.writerPatienceNanoseconds",
            "return now.monotonic - since < .max",
        )
    ],
    "case: what is written to a replaced file stays in the trash": [
        (
            f"{DISK}/OutgoingFiles.swift",
            "      case .changed:\n        item.isUnknown = false\n",
            "      case .changed:\n        if !item.isUnknown { continue }\n",
        )
    ],
    "case: an earlier run's open files are forgotten": [
        (
            f"{DISK}/OutgoingFiles.swift",
            "      let names = try? folder.names()\n    else { return }",
            "      let names = try? folder.names(), names.isEmpty\n    else { return }",
        )
    ],
    "case: a flip has no journal": [
        (
            f"{ENGINE}/Engine+Flipping.swift",
            "      try index.putJournal(record)\n",
            "      if record.isEmpty { try index.putJournal(record) }\n",
        )
    ],
    "case: a removed tree is not looked at again": [
        (
            f"{DISK}/FlipRemovals.swift",
            "guard isExactly(id, at: RelativePath(components: inTrash)) else {",
            "guard !inTrash.isEmpty else {",
        )
    ],
    "case: a renamed file is read": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "stamp.isSameApartFromCtime(observed) else {",
            "stamp == observed else {",
        )
    ],
    "case: a rename that nobody saw is believed": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "    guard !jobs[number].moves.isEmpty else { return }\n",
            "",
        ),
        (
            f"{ENGINE}/Engine+Recording.swift",
            "case .file(let stamp, nil) = candidate.finding, targets.contains(candidate.path),",
            "case .file(let stamp, nil) = candidate.finding, targets.count >= 0,",
        ),
    ],
    "case: what shares its blocks is believed": [
        (
            "Sources/SyncEngine/Transfer/Receiving+Reusing.swift",
            "guard isRight == chunk.target.chunk.id else { return false }",
            "guard isRight == chunk.target.chunk.id || !shared.isEmpty else { return false }",
        )
    ],
    "case: what a peer sends is believed": [
        (
            "Sources/SyncEngine/Transfer/Receiving.swift",
            "guard bytes.count == chunk.chunk.length, unsafe BLAKE3.chunkID(of: bytes) "
            "== chunk.chunk.id\n",
            "guard bytes.count == chunk.chunk.length\n",
        )
    ],
}

DISKS = {
    "case: what a disk refuses was taken away": [
        (
            f"{ENGINE}/Engine+Attributes.swift",
            "return row.entry.attributes.changed(from: row.observedAttributes, to: found)",
            "return found",
        )
    ],
    "case: a time that a disk cuts was changed": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "observed.mtime == stamp.mtime ? row.entry.mtime : stamp.mtime",
            "observed == stamp ? row.entry.mtime : stamp.mtime",
        )
    ],
    "case: a directory's time is a change": [
        (
            f"{ENGINE}/Engine+Looking.swift",
            "if row.observed?.mode != stamp.mode || ",
            "if row.observed != stamp || ",
        ),
        (
            f"{ENGINE}/Engine+Recording.swift",
            "        mtime: 0, attributes: toldAttributes(item), stamp: stamp, ",
            "        mtime: stamp.mtime, attributes: toldAttributes(item), stamp: stamp, ",
        ),
    ],
    "case: a directory's earlier time wins": [
        (
            f"{DISK}/FlipTimes.swift",
            "setMtime(max(told, timesBefore[id] ?? told))",
            "setMtime(min(told, timesBefore[id] ?? told))",
        )
    ],
    "case: a directory's time doesn't arrive": [
        (
            f"{ENGINE}/Engine+Times.swift",
            "sessions[number].incomingTimes[time.directory] = time.mtime }",
            "sessions[number].incomingTimes[time.directory] = nil }",
        )
    ],
    "case: units are applied before the first look": [
        (
            f"{ENGINE}/Engine+Intake.swift",
            "heldBecause.isEmpty, hasScanned, let number",
            "heldBecause.isEmpty, let number",
        )
    ],
    "case: what finds no room is given up": [
        (
            f"{ENGINE}/Engine+Fetching.swift",
            "    noteMissed(missing, by: link)\n",
            "    noteMissed(missing + failed, by: link)\n",
        )
    ],
    "case: what finds no room is not left over": [
        (
            f"{ENGINE}/Engine+Fetching.swift",
            "    noteUnstaged(failed, because: .lacksContent)\n",
            "",
        )
    ],
    "case: another program's database is an index": [
        (
            f"{INDEX}/Schema.swift",
            "guard application == applicationID, userVersion > 0, tables > 0 else {",
            "guard userVersion > 0, tables > 0 else {",
        )
    ],
    "case: a newer index is opened before it is refused": [
        (f"{INDEX}/SQLiteIndex.swift", "    try Schema.refuseNewerFile(connection)\n", "")
    ],
    "case: the index of another node is taken": [
        (
            f"{INDEX}/Schema.swift",
            "    if found > 0 { try MetaTable.check(connection, isOf: node) }\n",
            "",
        )
    ],
    "case: whatever peers delete is deleted": [
        (
            f"{ENGINE}/Engine+Releasing.swift",
            "guard count * 100 > percent * (totals",
            "guard count > percent * (totals",
        )
    ],
    "case: what is mounted is looked into": [
        (
            "Sources/CLinux/disk.c",
            "RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,",
            "RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,",
        ),
        (
            f"{DISK}/PosixFileSystem.swift",
            "guard status.device == device, status.is_mount_root == 0 else {",
            "guard status.device == device else {",
        ),
    ],
    "case: the trash lets go of the newest version first": [
        (
            f"{CORE}/History/TrashLedger.swift",
            "latest > item.folder { return .superseded }",
            "latest == item.folder { return .superseded }",
        )
    ],
    "case: a full disk takes all from the trash": [
        (
            f"{DISK}/TrashThinning.swift",
            "      if case .room = demand, rank != .superseded { break }\n",
            "",
        )
    ],
}

EXCHANGE = {
    "case: nobody hears what others have": [
        (
            f"{ENGINE}/Engine+Peers.swift",
            "where other.isReady && other.peer != peer {",
            "where other.isReady && other.peer == peer {",
        )
    ],
    "case: what a far member has is passed on later": [
        (
            f"{ENGINE}/Engine+Peers.swift",
            "    try relay(sequence: sequence, of: member, from: session.peer)\n",
            "",
        )
    ],
    "case: what isn't held is told after it is acknowledged": [
        (
            f"{ENGINE}/Engine+Flipping.swift",
            "  mutating func acknowledge(_ parts: [Unit.Part]) throws(IndexError) {\n"
            "    try tellNotHeld()\n",
            "  mutating func acknowledge(_ parts: [Unit.Part]) throws(IndexError) {\n",
        )
    ],
    "case: what comes home to where it is ignored goes to the trash": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "if let homecoming, homecoming.entry.body == outcome.entry.body,",
            "if let homecoming, homecoming.entry.body != outcome.entry.body,",
        )
    ],
    "case: what can't come home goes to the trash": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "          try leaveAlias(homecoming.entry.place.parent)\n",
            "          _ = homecoming.entry.place.parent\n",
        )
    ],
    "case: what was once refused is told again when only ignored things are left": [
        (
            f"{CORE}/Engine/Engine+Looking.swift",
            "guard let (directory, unit) = unmade[path], unitIndex(unit) != nil else {",
            "guard let (directory, _) = unmade[path] else {",
        ),
        (
            f"{CORE}/Engine/Engine+Flipping.swift",
            "unmade = unmade.filter { others.contains($0.value.unit) }",
            "unmade = unmade.filter { others.contains($0.value.unit) || !units.isEmpty }",
        ),
    ],
    "case: what is gone makes peers make its directory": [
        (
            f"{CORE}/Reconcile/Announcement.swift",
            "      if !row.entry.isAlive, above.entry.isAlive, !above.isHeld { break }\n",
            "",
        )
    ],
    "case: who is connected anew isn't told what it told before": [
        (
            f"{CORE}/Engine/Engine+Flipping.swift",
            "parts.allSatisfy({ $0.link == link })",
            "parts.allSatisfy({ $0.peer == peer || $0.link == link })",
        )
    ],
    "case: a deleted heir gets a directory of its own": [
        (
            f"{CORE}/Reconcile/DirectoryMerger.swift",
            "guard !known.entry.isAlias, !known.isHeld,",
            "guard known.entry.isAlive, !known.isHeld,",
        )
    ],
    "case: what holds ignored things is to give way": [
        (
            f"{CORE}/Engine/Engine+Looking.swift",
            "DirectoryID(high: id.high % coming.high, low: id.low)",
            "DirectoryID(high: id.high | coming.high, low: id.low)",
        )
    ],
    "case: what nobody has wins if it had seen what is told": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "    case .newer: return try isOutOfReach(row)\n",
            "    case .newer: return false\n",
        )
    ],
    "case: what nobody has comes home": [
        (
            f"{CORE}/Plan/UnitPlanner+Tree.swift",
            "if try isOutOfReach(row), try future(moved.key)?.isAlive == true { return }",
            "if try isOutOfReach(row), try future(moved.key)?.isAlive == nil { return }",
        )
    ],
    "case: what a peer has heard of counts as held there": [
        (
            f"{CORE}/Engine/Engine+Ignoring.swift",
            "guard let number = sessionIndex(part.link), sessions[number].notHeld == 0 else {",
            "guard let number = sessionIndex(part.link) else {",
        )
    ],
    "case: what went elsewhere before it was read is not waited for": [
        (
            f"{CORE}/Engine/Engine+Barriers.swift",
            "      barriers[number].isInquiryDue = true\n",
            "      barriers[number].isInquiryDue = false\n",
        )
    ],
    "case: who is asked to tell everything has heard that": [
        (
            f"{CORE}/Engine/Engine+Ignoring.swift",
            "    progress.received = 0\n"
            "    try index.transaction",
            "    (progress.received, progress.mustTellAll) = (0, false)\n"
            "    try index.transaction",
        )
    ],
    "case: what nobody has is asked for at each look": [
        (
            f"{CORE}/Engine/Engine+Ignoring.swift",
            "if !row.isWanted, ignoring.blocked",
            "if ignoring.blocked",
        )
    ],
    "case: what comes home is asked for when it is looked for": [
        (
            f"{CORE}/Engine/Engine+Ignoring.swift",
            "previous.place != place { wishes[key] = true }",
            "previous.place != place { wishes[key] = nil }",
        )
    ],
    "case: the watcher has read the rules that the first look found": [
        (
            f"{CORE}/Engine/Engine+Ignoring.swift",
            "if hasScanned, !listing.isComplete, !provenRules.contains(directory) {",
            "if !hasScanned, !listing.isComplete, !provenRules.contains(directory) {",
        )
    ],
    "case: what a moved directory holds is its mover's": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "    guard row.entry.place == entry.place else { return false }\n",
            "    guard row.entry.place != entry.place else { return false }\n",
        )
    ],
    "case: what moves to where it is ignored is in nobody's way": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "guard let row = try index.row(entry.key), row.isHeld else { return false }",
            "guard let row = try index.row(entry.key), !row.isHeld else { return false }",
        )
    ],
    "case: what is found where something was ignored has seen nothing": [
        (
            f"{CORE}/Engine/Engine+Recording.swift",
            "if isNew, doubt == nil, let known",
            "if !isNew, doubt == nil, let known",
        )
    ],
    "case: what is left in its place is known there": [
        (
            f"{CORE}/Engine/Engine+Ignoring.swift",
            "      row.previous?.letGo()\n      rows.append(row)\n",
            "      row.previous?.letGo()\n      rows = []\n",
        )
    ],
    "case: what is known has a path": [
        (
            f"{CORE}/Plan/UnitPlanner+Operations.swift",
            "        row.entry.isAlive, row.isHeld\n",
            "        row.entry.isAlive\n",
        )
    ],
    "case: rules stay with the id that their directory had": [
        (
            f"{CORE}/Ignore/IgnoreTree.swift",
            "      files[new] = files.removeValue(forKey: old)\n",
            "      files[new] = files[new]\n",
        )
    ],
    "case: who tells of a directory is taken to hold it": [
        (
            f"{CORE}/Plan/RowRecorder.swift",
            "isHeldThere ? source : nil",
            "isHeldThere || source != nil ? source : nil",
        )
    ],
    "case: a directory is made because it is told to be gone": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "return !entry.isAlive && order == .concurrent",
            "return !entry.isAlive && order == .same",
        )
    ],
    "case: what comes home stays in an alias of the same unit": [
        (
            f"{CORE}/Plan/UnitPlanner+Tree.swift",
            "let moved = try entry.atHome(index, with: heirs)",
            "let moved = try entry.atHome(index, with: heirs.filter { $0.key == entry.place.parent })",
        )
    ],
    "case: what is ignored here wins over what is told": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "return try isOutOfReach(row) ? true : isIgnored(row.entry)",
            "return try isOutOfReach(row)",
        )
    ],
    "case: what holds ignored things gives way to its heir": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "coming.entry.place == standing.entry.place",
            "coming.entry.place != standing.entry.place",
        )
    ],
    "case: what is gone from a share is told at once": [
        (
            f"{CORE}/Engine/Engine+Departing.swift",
            "guard hasSiblings, jobs[number].hasDepartures else { return }",
            "guard hasSiblings, !jobs[number].hasDepartures else { return }",
        )
    ],
    "case: two shares wait for each other": [
        (
            f"{CORE}/Engine/Engine+Departing.swift",
            "$0.id.number <= arrival.lastJob && $0.awaitsSiblingsUntil == nil",
            "$0.id.number <= arrival.lastJob",
        )
    ],
    "case: where a directory is that isn't held is told to nobody": [
        (
            f"{CORE}/Reconcile/UnheldDirectories.swift",
            "for row in way.reversed() where !row.isHeld || row.sequence > announced {",
            "for row in way.reversed() where row.isHeld && row.sequence > announced {",
        )
    ],
    "case: a directory that nobody may hold is made": [
        (
            f"{CORE}/Reconcile/UnheldDirectories.swift",
            "guard let row = try index.row(entry.key), row.entry.isAlive, row.isHeld else {",
            "guard try index.row(entry.key)?.isHeld != true else {",
        )
    ],
    "case: what is ignored was seen": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "let seen = isNew || doubt != nil ? nil : item.previous?.entry.version",
            "let seen = doubt != nil ? nil : item.previous?.entry.version",
        )
    ],
    "case: a deleted directory's rules go first": [
        (
            f"{DISK}/FlipRemainders.swift",
            "place.name == IgnoreRules.fileName && contents.removedDirectories",
            "place.parent == .root && contents.removedDirectories",
        )
    ],
    "case: a replica deviates from itself": [
        (
            f"{ENGINE}/Engine+Deviating.swift",
            "    guard isReplica != (index.replicaSince != nil) else { return }\n",
            "    guard isReplica else { return }\n",
        )
    ],
    "case: what only got another name is gone": [
        (
            "Sources/SyncEngine/Transfer/SharedFile.swift",
            "throw found.isLikely(stamp) ? .touched : .changed",
            "throw .changed",
        )
    ],
    "case: what was withheld with a bundle stays untold": [
        (
            RECORDER,
            "isWithheld(before), !isWithheld(entry)",
            "isWithheld(before), isWithheld(entry)",
        )
    ],
    "case: what a replica alone told of is somebody else's to tell": [
        (
            f"{ENGINE}/Engine+Deviating.swift",
            "$0.isContent(of: lost) && !told.contains($0.key)",
            "$0.isContent(of: lost) && told.isEmpty",
        )
    ],
    "case: what was moved away in a job stands in its place": [
        (
            f"{ENGINE}/Engine+Looking.swift",
            "if let job { rows.removeAll { $0.entry.directory.map(job.isElsewhere) ?? true } }",
            "if let job, let id = rows.first?.entry.directory, job.isElsewhere(id) { return nil }",
        )
    ],
    "case: what came home from what is no alias is lost": [
        (
            f"{ENGINE}/Engine+Flipping.swift",
            "entry.isAlive && previous?.entry.isAlias == true",
            "!entry.isAlive && previous?.entry.isAlias == false",
        )
    ],
    "case: whatever was revoked once gives way": [
        (
            PLANNER,
            "case .obsolete where revoked[entry.key] == standing.version.dot.counter:",
            "case .obsolete where revoked[entry.key] != nil:",
        )
    ],
}

MUTANTS = VERSIONS | SETS | FLIPS | DISKS | EXCHANGE
