/// The help of commands for what went otherwise than wanted.
extension HelpTexts {
  static let conflicts = """
    leftd conflicts: List the copies that were kept of conflicting edits.

    USAGE
      leftd conflicts [OPTIONS]

    For each: where it lies, of which file it is, whose edit lost and when that was made. All
    nodes have the same copies. 'leftd resolve' ends a conflict.

    OPTIONS
      --json                Print one JSON array, for programs.
    \(reachingTheDaemon)

    EXAMPLES
      leftd conflicts
          List them.
      leftd conflicts --json | jq length
          How many there are.

    """

  static let resolve = """
    leftd resolve: End a conflict: say which content stands under the name.

    USAGE
      leftd resolve [OPTIONS] PATH

    PATH is the file or one of its conflict copies. 'ours' keeps what stands under the name, and
    puts the copies into the trash. 'theirs' puts the copy's content under the name, and what
    stood there into the trash. 'both' gives the copy an ordinary name. It is a change like any
    other, and reaches every peer.

    OPTIONS
      --keep SIDE           ours, theirs or both; must be given.
    \(reachingTheDaemon)

    EXAMPLES
      leftd resolve report.pdf --keep ours
          The copies were not needed.
      leftd resolve report.conflict-k3fdx2m-20261121-101500-3f2a9c.pdf --keep theirs
          This copy is the one that counts.

    """

  static let log = """
    leftd log: Show what changed here, when, and who did it.

    USAGE
      leftd log [OPTIONS] [PATH]

    One entry for each set of changes that was recorded or applied together, the newest first;
    with PATH, only those that concern it or something in it. 'leftd undo' takes a set from a
    peer back.

    OPTIONS
      --json                Print one JSON array, for programs.
      -n, --count N         Show the last N sets (default: 20).
      --set NUMBER          Show this set, with all that it did.
      --verbose             Show all paths, not only the first.
    \(reachingTheDaemon)

    EXAMPLES
      leftd log
          What happened lately.
      leftd log -n 5 ~/share/films
          The last five sets in one folder.
      leftd log --set 4711
          Everything that one set did.

    """

  static let restore = """
    leftd restore: Give back what a peer replaced or deleted, from the trash.

    USAGE
      leftd restore [OPTIONS] PATH

    PATH is a file or directory, also one that is gone. It is put back under its name, or beside
    what stands there; nothing is replaced, and peers get it like any change. Without --at it is
    the newest; on a terminal, where there are several, they are listed instead. The times are
    those at which each was replaced or deleted. A directory gets back all that it lost from then
    on, as it was first.

    OPTIONS
      --at TIME             As it was at 'YYYY-MM-DD HH:MM:SS', or @SECONDS.
      --list                Only list what the trash has of it.
    \(reachingTheDaemon)

    EXAMPLES
      leftd restore ~/share/report.pdf
          The version before this one.
      leftd restore --at '2026-11-21 09:00' ~/share/films
          What the folder lost first after that time.

    """

  static let undo = """
    leftd undo: Take back what a set from a peer did here.

    USAGE
      leftd undo [OPTIONS] SET

    SET is a number that 'leftd log' shows. What the set replaced and deleted comes back from the
    trash, what it made goes there, what it moved goes back. This is a change like any other, and
    reaches every peer. What has changed since is left, and said; the exit code is then 1.

    OPTIONS
      --share NAME          The share, if there are several.
    \(reachingTheDaemon)

    EXAMPLES
      leftd undo 4711
          A peer deleted the wrong folder.

    """

  static let release = """
    leftd release: Let go on what is held until somebody has looked.

    USAGE
      leftd release [OPTIONS] [SHARE]

    A share is held when its folder was found empty: released, it counts as emptied, and that is
    told to the peers. A set from a peer is held when it would delete more than 'hold_deletes'
    allows: released, it is applied, and what it deletes goes to the trash. A set with something
    that can't be applied goes on without that, at once. 'leftd status' says what is held and
    why; without SHARE, all of it is released.

    OPTIONS
    \(reachingTheDaemon)

    EXAMPLES
      leftd release
          Yes, all of that was meant.
      leftd release films
          Only in this share.

    """
}
