"""Mistakes in the engine and the applier, which worlds tell of."""

CORE = "Sources/SyncCore"
ENGINE = f"{CORE}/Engine"
DISK = "Sources/SyncEngine/Disk"

# What each mutant does wrong, and how: a file, the text that stands there once, and the text in
# its place.
MUTANTS = {
    "acknowledges before the flip": [
        (
            f"{ENGINE}/Engine+Flipping.swift",
            "    if plan.operations.isEmpty, flip.links.isEmpty {\n",
            "    try acknowledge(unit.parts)\n    if plan.operations.isEmpty, flip.links.isEmpty {\n",
        ),
        (f"{ENGINE}/Engine+Flipping.swift", "        try acknowledge(finished)\n", ""),
    ],
    "counts a refused operation as done": [
        (
            f"{ENGINE}/Engine+Flipping.swift",
            "let isWhole = result.results.allSatisfy(\\.isDone)",
            "let isWhole = result.id == done.plan.id",
        )
    ],
    "saves progress before durability": [
        (
            f"{ENGINE}/Engine+Intake.swift",
            "    lastUnit += 1\n    let part",
            "    try index.transaction { () throws(IndexError) in\n"
            "      try index.put(\n"
            "        PeerProgress(\n"
            "          incarnation: session.incarnation, received: upTo,\n"
            "          acknowledged: session.acknowledged), of: session.peer)\n"
            "    }\n"
            "    lastUnit += 1\n    let part",
        )
    ],
    "overwrites what changed since the look": [
        (
            f"{DISK}/FlipFiles.swift",
            "guard let found, isExpected(found, replacing), try has",
            "guard let found, try has",
        ),
        (
            f"{DISK}/FlipFiles.swift",
            "out.isAsMoved(replacing) {",
            "out.kind == replacing.kind {",
        ),
    ],
    "works in any directory at the path": [
        (
            f"{DISK}/Flip.swift",
            "if let identity = plan.identities[id], try directory.stamp().identity != identity {",
            "if plan.identities[id] != nil, path.isReserved {",
        )
    ],
    "leaves contents to the page cache": [
        (f"{DISK}/FlipStaged.swift", "      try file.flush()", "      _ = try file.stamp()")
    ],
    "leaves names to the page cache": [
        (f"{DISK}/Applier.swift", "    flip.makeNamesDurable()\n", "")
    ],
    "throws an interrupted flip away": [
        (
            f"{ENGINE}/Engine.swift",
            "      try finishInterruptedFlip()\n    case .changed",
            "      try index.transaction { () throws(IndexError) in try index.putJournal(nil) }\n"
            "    case .changed",
        )
    ],
    "believes staged contents after a crash": [
        (
            f"{DISK}/FlipStaged.swift",
            "isStagedDurable = (try? Directory(folderPath, of: fileSystem)) != nil",
            "isStagedDurable = true",
        )
    ],
    "forgets what was removed": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "      try put(item, body: body, mode: 0, mtime: 0, stamp: nil, "
            "wall: wall, doubting: doubt)",
            "      _ = body\n      if let row = item.previous { try index.remove(row.entry.key) }",
        )
    ],
    "tells nobody of removals": [
        (
            f"{CORE}/Reconcile/Announcement.swift",
            "    for row in rows\n    where row.source != peer && ",
            "    for row in rows\n    where row.source != peer && row.entry.isAlive && ",
        )
    ],
    "makes a new version of what is merged": [
        (
            f"{CORE}/Plan/RowRecorder.swift",
            "    if row.isOurs {",
            "    if row.isOurs || row.previous != nil {",
        )
    ],
    "lets the local version win": [
        (
            f"{CORE}/Reconcile/Reconciler.swift",
            "wins(left, over: right, preferring: preferred) ?",
            "left.isAlive || !right.isAlive ?",
        )
    ],
    "keeps no copy of what loses": [
        (
            f"{CORE}/Reconcile/Reconciler.swift",
            "return Merge(kept: kept, copy: copy)",
            "return Merge(kept: kept, copy: copy.isAlive ? nil : copy)",
        )
    ],
    "says it has seen what it did not keep": [
        (
            f"{CORE}/Plan/RowRecorder.swift",
            "let isKept = row.isKept(results)",
            "let isKept = row.keeping.count >= 0",
        )
    ],
    "deletes directories that aren't empty": [
        (f"{CORE}/Plan/UnitPlanner.swift", "      try keepFullDirectories()\n", "")
    ],
    "merges directories into its own": [
        (f"{CORE}/Reconcile/DirectoryMerger.swift", "      if here < id {", "      if here != id {")
    ],
    "takes a moved directory for a new one": [
        (
            "Sources/SyncEngine/Index/SQLiteIndex+Rows.swift",
            "try directories.row(inode: inode, btime: btime, ids: &ids)",
            "try directories.row(inode: inode, btime: btime, ids: &ids)"
            ".flatMap { (_: Row) -> Row? in nil }",
        )
    ],
    "forgets what happened below a moved directory": [
        (
            f"{ENGINE}/Engine+Following.swift",
            "guard unsettled[directory]?.isEmpty != true else { return }",
            "guard unsettled[directory]?.isEmpty == false else { return }",
        )
    ],
    "does not redirect looks": [
        (
            f"{ENGINE}/Engine+Following.swift",
            "guard let new = try path(of: directory) else { return }",
            "guard let new = try path(of: directory), new.isRoot else { return }",
        )
    ],
    "does not follow events into a moved directory": [
        (f"{ENGINE}/Engine+Following.swift", "$0.relocated(follow)", "$0.relocated { _ in nil }")
    ],
    "records what changed while it was read": [
        (
            "Sources/SyncEngine/Transfer/SharedFile.swift",
            "    throw found.isLikely(stamp) ? .touched : .changed\n",
            "",
        )
    ],
    "counts on after its index was rolled back": [
        (
            f"{ENGINE}/Engine+Peers.swift",
            "if knowsUs, isStrange.contains(true) {",
            "if knowsUs, isStrange.isEmpty {",
        )
    ],
    "gives numbers again after its index was rolled back": [
        (f"{ENGINE}/Engine.swift", "      try skipSequences()\n", "")
    ],
    "asks no watcher before absence counts": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "      effects.append(.awaitWatcher(id))",
            "      try lookTwice(id)",
        )
    ],
    "records what came to a place before what left it": [
        (
            f"{ENGINE}/Engine+Recording.swift",
            "          try !isTaken(item, in: job, leavings)",
            "          leavings.keys.count >= 0",
        )
    ],
    "drops renames whose first half it missed": [
        (
            "Sources/Watcher/Settling/Settler+Moves.swift",
            "    guard let transit = pairing.arrive(cookie: cookie) else {\n",
            "    guard let transit = pairing.arrive(cookie: cookie) else {\n"
            "      if cookie % 2 == 1 { return }\n",
        )
    ],
    "never asks again for what a peer lacked": [
        (
            f"{ENGINE}/Engine+Fetching.swift",
            "    noteUnstaged(failed, because: .lacksContent)\n"
            "    for place in missing + failed { fetching.needs[place] = nil }\n",
            "    noteUnstaged(failed, because: .lacksContent)\n",
        )
    ],
    "never asks again for a lost range": [
        (
            f"{ENGINE}/Engine+Stages.swift",
            "    fetching.stages[number].release(range.chunks)\n    ask(request.link)\n",
            "    ask(request.link)\n",
        )
    ],
    "never asks again over a new connection": [
        (
            f"{ENGINE}/Engine+Fetching.swift",
            "    for place in lost { fetching.needs[place] = nil }\n",
            "",
        )
    ],
}
