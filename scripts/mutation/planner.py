"""Mistakes in what decides, which cases of the planner tell of."""

CORE = "Sources/SyncCore"
PLANNER = f"{CORE}/Plan/UnitPlanner.swift"
TREE = f"{CORE}/Plan/UnitPlanner+Tree.swift"
RECONCILER = f"{CORE}/Reconcile/Reconciler.swift"
RECORDER = f"{CORE}/Plan/RowRecorder.swift"
MUTANTS = {
    "planner: a new dot for what was merged": [
        (RECORDER, "    if row.isOurs {", "    if row.isOurs || !row.isAsAnnounced {")
    ],
    "planner: forgets what was deleted": [
        (
            RECORDER,
            "    let sequence = try index.nextSequence()\n    if row.isOurs {",
            "    if !entry.isAlive { return try index.remove(entry.key) }\n"
            "    let sequence = try index.nextSequence()\n    if row.isOurs {",
        )
    ],
    "planner: a deletion beats a change": [
        (RECONCILER, "? !left.isAlive : left.isAlive", "? left.isAlive : !left.isAlive")
    ],
    "planner: keeps no copy of what loses": [
        (
            RECONCILER,
            "return Merge(kept: kept, copy: copy)",
            "return Merge(kept: kept, copy: copy.isAlive ? nil : copy)",
        )
    ],
    "planner: the local version wins": [
        (
            RECONCILER,
            "wins(left, over: right, preferring: preferred) ?",
            "left.isAlive || !right.isAlive ?",
        )
    ],
    "planner: what lives in an alias keeps its key": [
        (PLANNER, "    if entry.directory != nil { placed.", "    if isLost(entry) { placed.")
    ],
    "planner: breaks a cycle where it stands": [
        (
            TREE,
            "way[start...].min(by: { Self.isOlder($0.version, $1.version) })",
            "way[start...].first",
        )
    ],
    "planner: leaves cycles": [
        (TREE, "if !rooted.contains(current), let start", "if rooted.contains(current), let start")
    ],
    "planner: deletes full directories": [
        (PLANNER, "      try keepFullDirectories()\n", "")
    ],
    "planner: revives nothing": [
        (TREE, "if case .deletedDirectory = above.body {", "if case .file = above.body {")
    ],
    "planner: two things at one place": [
        (PLANNER, "      try separateCollisions()\n", "")
    ],
    "planner: what was done to an alias before is forgotten": [
        (
            PLANNER,
            "guard let standing = try index.row(.directory(id))?.entry, standing.isAlive,",
            "guard let standing = try index.row(.directory(id))?.entry, !standing.isAlive,",
        )
    ],
    "planner: an alias is unseen": [
        (PLANNER, "    try settleHeir(of: placed, isPutBack: isPutBack && !placed.isAlias)\n", "")
    ],
    "planner: merges by who hears first": [
        (
            TREE,
            "if !isSecret, isChanged == [false, false], DirectoryMerger.areMadeApart(smaller, greater) {",
            "if smaller.key == greater.key {",
        )
    ],
    "planner: merged versions are concurrent": [
        (
            f"{CORE}/Version/Version.swift",
            "if all == vector, all != other.vector { return .newer }",
            "if all == vector { return .concurrent }",
        ),
        (
            f"{CORE}/Version/Version.swift",
            "if all == other.vector, all != vector { return .obsolete }",
            "if all == other.vector { return .concurrent }",
        ),
    ],
}
