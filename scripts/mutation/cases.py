"""Mistakes that named cases tell of: they need a clock that is ahead, a lost index, a node that is
not like the others, an old trash, and random cases have none of these."""

CORE = "Sources/SyncCore"
DISK = "Sources/SyncEngine/Disk"
PLANNER = f"{CORE}/Plan/UnitPlanner.swift"
OPERATIONS = f"{CORE}/Plan/UnitPlanner+Operations.swift"
RECONCILER = f"{CORE}/Reconcile/Reconciler.swift"
MERGER = f"{CORE}/Reconcile/DirectoryMerger.swift"

# The tests of which one must fail, by these, by those of `seams`, and by what worlds don't tell. The
# first failure ends the run.
TESTS = (
    "ReconcileTableTests|ReconcilerCaseTests|ReconcilerTests|PlannerRulesTests"
    "|PlannerSituationTests|ConflictNameTests|VersionTests|AliasTests|DivisionTests"
    "|Engine[A-Z][a-z]+Tests|Engine[A-Z][a-z]+StampTests|HoldTests|Bundle[A-Z][a-z]+Tests"
    "|PlannerBundleTests|PlannerCaseTests.`what was wrong once is right`"
    "|ApplyTests|Flip[A-Z][a-z]+Tests|OutgoingTests|AttributeTests|IgnoringTests|LookTests|TrashTests"
    "|TrashLedgerTests|IndexOpeningTests|ReceivingTests|ReusingTests|ServingTests|CrashTests|Kept[A-Z][a-z]+Tests"
    "|WatcherTests.CaseTests/toldAsExpected|WriterTests/whatIsClosed"
)
MUTANTS = {
    "case: the other names of a file aren't told": [
        (
            f"{CORE}/Engine/Engine+Links.swift",
            "    guard hasLinks == true else { return }\n    var told: Set<UInt64>",
            "    guard hasLinks == nil else { return }\n    var told: Set<UInt64>",
        )
    ],
    "case: names are acknowledged as they are": [
        (
            f"{CORE}/Engine/Engine+Links.swift",
            "      if names.count > 1, !isOne { links.append(names) }\n",
            "      if names.count > 1, !isOne, !plan.rows.isEmpty { links.append(names) }\n",
        )
    ],
    "case: a name changes what it is one with": [
        (OPERATIONS, "try index.file(inode: inode).count > 1", "try index.file(inode: inode).count > 2")
    ],
    "case: what differs becomes one file": [
        (
            f"{CORE}/Engine/Engine+Links.swift",
            "guard model.map(entry.isSameFile) ?? true else { continue }",
            "guard model.map({ _ in true }) ?? true else { continue }",
        )
    ],
    "case: what another share has is asked of the peer": [
        (
            f"{CORE}/Engine/Engine+Stages.swift",
            "    case .over(let found?): return take(need, from: found.file, found.recipe)\n",
            "    case .over(.some): break\n",
        )
    ],
    "case: a moved file is told while it is read": [
        (
            f"{CORE}/Engine/Engine+Siblings.swift",
            "telling = isSibling ? .never : .always",
            "telling = isSibling ? .always : .always",
        )
    ],
    "case: a deletion that was merged forgets what it had seen": [
        (RECONCILER, "guard order == .concurrent, left.isAlive", "guard false, left.isAlive")
    ],
    "case: an alias of an alias has a past of its own": [
        (f"{CORE}/Version/Actor.swift", "    if isTransplanted { return self }\n", "")
    ],
    "case: an alias that was deleted is not deleted with its heir": [
        (PLANNER, "    try settleDeletions(atHome)\n", "")
    ],
    "case: who deletes two that are one has seen what was done to both": [
        (
            f"{CORE}/Plan/UnitPlanner+Aliases.swift",
            "        joined.version.vector.includes($0.version.vector.changes)\n",
            "        $0.isAlive\n",
        )
    ],
    "case: that a directory was deleted counts as a change of it": [
        (
            f"{CORE}/Plan/UnitPlanner+Aliases.swift",
            ".includes($0.version.vector.changes)",
            ".includes($0.version.vector)",
        )
    ],
    "case: what was deleted as part of another directory was not deleted": [
        (f"{CORE}/Plan/UnitPlanner+Aliases.swift", "entry.isAlias || row", "entry.isAlias != row")
    ],
    "case: a deletion that others made, too, is older than what lived again": [
        (
            f"{CORE}/Plan/UnitPlanner+Aliases.swift",
            "for entry in told { deletion.version",
            "for entry in told where !entry.isAlive { deletion.version",
        )
    ],
    "case: what is found gone doesn't say that it was deleted": [
        (f"{CORE}/Engine/Engine+Recording.swift", "time: wall, making: body))", "time: wall))")
    ],
    "case: a deletion is none where an alias's past goes": [
        (
            f"{CORE}/Version/VersionVector.swift",
            "for component in withoutMarks.components {",
            "for component in components {",
        )
    ],
    "case: a directory that was deleted here before isn't a replica's own": [
        (f"{CORE}/Engine/Engine+Deviating.swift", ".vector.withoutMarks.components", ".vector.components")
    ],
    "case: a loser with the winner's content is moved away": [
        (
            OPERATIONS,
            "outcomes[lost.entry.key]?.entry.body != lost.entry.body",
            "outcome.entry.isAlive",
        )
    ],
    "case: a loser that can't be had was seen": [
        (
            PLANNER,
            "    if merge.copy != nil, isLost(entry) {",
            "    if merge.copy == nil, isLost(entry) {",
        )
    ],
    "case: a time in the future wins": [
        (RECONCILER, "min(entry.mtime, entry.version.time)", "entry.mtime")
    ],
    "case: a lost index brings back what was deleted": [
        (RECONCILER, "found.vector.components.count == 1", "found.vector.components.isEmpty")
    ],
    "case: one dot is one content": [
        (
            RECONCILER,
            "    case .same where left.isEqualButForItsPast(to: right):\n",
            "    case .same where left.version.time == right.version.time:\n",
        )
    ],
    "case: a change is as old as it was told": [
        (
            RECONCILER,
            "    if leftTime != rightTime { return leftTime > rightTime }\n",
            "    if leftTime != rightTime { return left.version.time > right.version.time }\n",
        )
    ],
    "case: the preferred node is like any other": [
        (
            RECONCILER,
            "if isLeftPreferred != isRightPreferred { return isLeftPreferred }",
            "if isLeftPreferred, isRightPreferred { return isLeftPreferred }",
        )
    ],
    "case: an alias can be undone": [
        (
            RECONCILER,
            "    case (.merged, _): return true\n    case (_, .merged): return false\n",
            "    case (.merged, _): return false\n    case (_, .merged): return true\n",
        )
    ],
    "case: an alias's past is its heir's": [
        (
            f"{CORE}/Reconcile/Announcement.swift",
            "entry.version = version.transplanted(from: alias)",
            "if alias == heir { entry.version = version.transplanted(from: alias) }",
        )
    ],
    "case: two heirs of one alias are two": [
        (MERGER, "        isSaid = true\n", "        isSaid = false\n")
    ],
    "case: what comes home lends its dot": [
        (
            f"{CORE}/Reconcile/Reconciler.swift",
            "      return isRightMoved\n",
            "      return isLeftMoved\n",
        )
    ],
    "case: a deleted heir of an alias is none": [
        (MERGER, "if let gone, gone.isAlive || gone.isAlias { continue }", "if gone != nil { continue }")
    ],
    "case: what is told to be gone is not what comes": [
        (MERGER, "guard isSaid, past.contains(where:", "guard !isSaid, past.contains(where:")
    ],
    "case: a directory that was known has nothing new in it": [
        (MERGER, "outcome.arrived.insert(into) }", "outcome.arrived.remove(into) }")
    ],
    "case: who has deleted one of two takes them for one": [
        (
            MERGER,
            "let known = past.reduce(standing.entry) { $0.absorbing($1) }",
            "let known = standing.entry",
        )
    ],
    "case: two that one made are one": [
        (
            MERGER,
            "right.version.vector.counter(of: component.actor) == 0",
            "right.version.vector.counter(of: component.actor) >= 0",
        )
    ],
    "case: names of copies grow": [
        (
            f"{CORE}/Reconcile/ConflictName.swift",
            "split(withoutConflict(original.bytes))",
            "split(original.bytes)",
        )
    ],
    "case: what a source puts back is nobody's": [
        (
            PLANNER,
            "set(Outcome(entry: truth, row: row, isOurs: true))",
            "set(Outcome(entry: truth, row: row))",
        )
    ],
    "case: a replica defends what was changed on it": [
        (
            PLANNER,
            "      case .newer, .concurrent: return Reconciler.Merge(kept: entry)\n",
            "      case .newer: return Reconciler.Merge(kept: entry)\n"
            "      case .concurrent: break\n",
        )
    ],
    "case: what is ignored comes to the disk": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "guard try isIgnored(outcome.entry) else {",
            "guard try isIgnored(outcome.entry), outcome.isOurs else {",
        )
    ],
    "case: what can't be had gives way as if it had been seen": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "lost.contains(content) { return try isHeld(content) }",
            "lost.contains(content), try isHeld(content) { return true }",
        )
    ],
    "case: what nobody has heard of goes to the trash": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "Bool { row.source == nil && row.sequence > heard }",
            "Bool { row.source != nil && row.sequence > heard }",
        )
    ],
    "case: what can't come to its place is tried for ever": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "if ignoring.blocked[place] == kind { return true }",
            "if ignoring.blocked[place] != nil { return false }",
        )
    ],
    "case: an ignored directory is made where what it is one with stands": [
        (
            MERGER,
            "if try isFree(into, for: standing, telling) {",
            "if try index.row(.directory(into)) == nil {",
        )
    ],
    "case: what nobody tells is waited for": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "    guard let content = outcome.entry.content?.id else { return true }\n",
            "    guard let content = outcome.entry.content?.id, outcome.row != nil else { return true }\n",
        )
    ],
    "case: a moved file is fetched anew": [
        (
            OPERATIONS,
            "let free = dying[content]?.first { leavings[$0.entry.key] == nil }",
            "let free = dying[content]?.first { leavings[$0.entry.key] != nil }",
        )
    ],
    "case: a revived directory keeps the mode of nothing": [
        (
            f"{CORE}/Plan/UnitPlanner+Tree.swift",
            "            $0.mode = 0o755\n",
            "            $0.mode = 0\n",
        )
    ],
    "case: a stamp as young as the clock's step is believed": [
        (
            f"{CORE}/Engine/Engine+Looking.swift",
            "abs(row.entry.version.time - observed.ctime) < Limits.racyNanoseconds",
            "abs(row.entry.version.time - observed.ctime) < 0",
        )
    ],
    "case: the audit mends nothing": [
        (
            f"{CORE}/Engine/Engine+Audit.swift",
            "if isUndisturbed { mend(audit.proven) }",
            "if isUndisturbed { mend([:]) }",
        )
    ],
    "case: what was replaced is in no trash": [
        (
            f"{DISK}/FlipFiles.swift",
            "out.isAsMoved(replacing) {\n",
            "out.isAsMoved(replacing) {\n      try slot.directory.removeFile(slot.name)\n",
        )
    ],
    "case: what a flip left behind stays": [
        (
            f"{DISK}/Applier.swift",
            "for stray in try source.names() {",
            "for stray in try source.names() where stray.bytes.isEmpty {",
        )
    ],
    "case: young things leave the trash": [
        (f"{DISK}/TrashThinning.swift", "guard stamp.ctime < time,", "guard stamp.ctime != time,"),
        (
            f"{DISK}/TrashThinning.swift",
            "where folder.time < time && !kept.contains(folder.name) {",
            "where !kept.contains(folder.name) {",
        ),
    ],
    "case: an emptied root is believed": [
        (
            f"{CORE}/Engine/Engine+Looking.swift",
            "guard isEmpty, !believesEmptyRoot else { return false }",
            "guard isEmpty, believesEmptyRoot else { return false }",
        )
    ],
    "case: what somebody doesn't know is forgotten": [
        (
            f"{CORE}/Engine/Engine+Tombstones.swift",
            "acknowledged ?? earlier ?? 0)",
            "max(acknowledged ?? earlier ?? 0, known))",
        )
    ],
    "case: a merged directory is forgotten": [
        (
            f"{CORE}/Engine/Engine+Tombstones.swift",
            "? !index.hasAliases(id) : false",
            "? try !index.hasAliases(id) || true : false",
        )
    ],
    "case: what is made anew looks found anew": [
        (
            f"{CORE}/Engine/Engine+Recording.swift",
            "if item.previous == nil, index.forgotten > 0 {",
            "if item.previous == nil, index.forgotten == .max {",
        )
    ],
    "case: an index that was put back is believed": [
        (
            f"{CORE}/Engine/Engine+Tombstones.swift",
            "return hello.heldSequence < progress.confirmed",
            "return hello.heldSequence > progress.confirmed",
        )
    ],
    "case: what could not be looked at stays where it was": [
        (
            f"{CORE}/Engine/Engine+Following.swift",
            "      redirectTroubles(below: old, to: new)\n",
            "",
        )
    ],
    "case: an interrupted flip makes what is another's": [
        (
            f"{CORE}/Engine/Engine+Resuming.swift",
            "known.entry.directory != id",
            "known.entry.directory == nil",
        )
    ],
    "case: whose index it is, is not noted at the first meeting": [
        (
            f"{CORE}/Engine/Engine+Peers.swift",
            "if try index.progress(of: peer)?.incarnation != hello.incarnation {",
            "if let known = try index.progress(of: peer), known.incarnation != hello.incarnation {",
        )
    ],
    "case: what comes back after a crash is no conflict copy": [
        (
            f"{DISK}/FlipMoves.swift",
            "ConflictName.name(for: original, of: stamp, on: node)",
            "Name(Array(\"\\(stamp.inode)\".utf8))!",
        )
    ],
}
