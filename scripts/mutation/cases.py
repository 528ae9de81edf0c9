"""Mistakes in what decides, which tables of cases tell of: they need a clock that is ahead, a lost
index, or a node that is not like the others, and random cases have none of these."""

CORE = "Sources/SyncCore"
PLANNER = f"{CORE}/Plan/UnitPlanner.swift"
RECONCILER = f"{CORE}/Reconcile/Reconciler.swift"
MERGER = f"{CORE}/Reconcile/DirectoryMerger.swift"

# The tests that must fail.
TESTS = (
    "ReconcileTableTests|ReconcilerCaseTests|ReconcilerTests|PlannerRulesTests"
    "|PlannerSituationTests|ConflictNameTests|VersionTests|MemoryIndexTests"
)
MUTANTS = {
    "table: a time in the future wins": [
        (RECONCILER, "min(entry.mtime, entry.version.time)", "entry.mtime")
    ],
    "table: a lost index brings back what was deleted": [
        (RECONCILER, "found.vector.components.count == 1", "found.vector.components.isEmpty")
    ],
    "table: one dot is one content": [
        (
            RECONCILER,
            "    case .same where left.isEqualButForItsPast(to: right):\n",
            "    case .same where left.version.time == right.version.time:\n",
        )
    ],
    "table: a change is as old as it was told": [
        (
            RECONCILER,
            "    if leftTime != rightTime { return leftTime > rightTime }\n",
            "    if leftTime != rightTime { return left.version.time > right.version.time }\n",
        )
    ],
    "table: the preferred node is like any other": [
        (
            RECONCILER,
            "if isLeftPreferred != isRightPreferred { return isLeftPreferred }",
            "if isLeftPreferred, isRightPreferred { return isLeftPreferred }",
        )
    ],
    "table: an alias can be undone": [
        (
            RECONCILER,
            "    case (.merged, _): return true\n    case (_, .merged): return false\n",
            "    case (.merged, _): return false\n    case (_, .merged): return true\n",
        )
    ],
    "table: an alias's past is its heir's": [
        (
            f"{CORE}/Reconcile/Announcement.swift",
            "entry.version = version.transplanted(from: alias)",
            "if alias == heir { entry.version = version.transplanted(from: alias) }",
        )
    ],
    "table: two heirs of one alias are two": [
        (MERGER, "== here { isSaid = true }", "== here { isSaid = false }")
    ],
    "table: two that one made are one": [
        (
            MERGER,
            "right.version.vector.counter(of: component.actor) == 0",
            "right.version.vector.counter(of: component.actor) >= 0",
        )
    ],
    "table: names of copies grow": [
        (
            f"{CORE}/Reconcile/ConflictName.swift",
            "split(withoutConflict(loser.place.name.bytes))",
            "split(loser.place.name.bytes)",
        )
    ],
    "table: what a source puts back is nobody's": [
        (
            PLANNER,
            "set(Outcome(entry: truth, row: row, isOurs: true))",
            "set(Outcome(entry: truth, row: row))",
        )
    ],
    "table: a replica defends what was changed on it": [
        (
            PLANNER,
            "      case .newer, .concurrent: return Reconciler.Merge(kept: entry)\n"
            "      case .same, .obsolete: break\n",
            "      case .newer: return Reconciler.Merge(kept: entry)\n"
            "      case .same, .obsolete, .concurrent: break\n",
        )
    ],
    "table: what is ignored comes to the disk": [
        (
            f"{CORE}/Plan/UnitPlanner+Ignoring.swift",
            "guard try isIgnored(outcome.entry), loser",
            "guard try isIgnored(outcome.entry), outcome.isOurs, loser",
        )
    ],
    "table: a moved file is fetched anew": [
        (
            PLANNER,
            "let free = dying[content]?.first { leavings[$0.entry.key] == nil }",
            "let free = dying[content]?.first { leavings[$0.entry.key] != nil }",
        )
    ],
    "table: a revived directory keeps the mode of nothing": [
        (
            f"{CORE}/Plan/UnitPlanner+Tree.swift",
            "            $0.mode = 0o755\n",
            "            $0.mode = 0\n",
        )
    ],
    "table: what came from a peer is told back to it": [
        (
            f"{CORE}/Reconcile/Announcement.swift",
            "    where row.source != peer && row.entry",
            "    where row.source?.prefix != 0 && row.entry",
        )
    ],
}
