/// The help as users see it, word for word. Whoever changes a text changes it here, too.
enum HelpTexts {
  /// The last options of every command that asks the daemon.
  static let reachingTheDaemon = """
      --config FILE         Configuration (default: /etc/leftd/leftd.conf, else in ~/.config).
      --state DIR           Where key, index and socket lie (default: as configured).
      --socket PATH         The daemon's control socket (default: searched).
      -h, --help            Show this help.
    """

  static let overview = """
    leftd: drop a file into a folder, and it is on your other machines.

    USAGE
      leftd COMMAND [OPTIONS]
      leftd COMMAND --help

    COMMANDS
      init                  Make this node's key, its configuration and the folder.
      run                   Run the daemon in the foreground.
      id                    Print this node's id; makes its key if there is none yet.
      invite                Print a one-time code with which another machine can join.
      join                  Pair with a machine that printed a code with 'leftd invite'.
      peers                 List the nodes that this one is paired with.
      status                Show what the daemon is doing, who has what, and what is wrong.
      explain               Say why a path is, or is not, on the other machines.
      wait                  Wait until every peer has durably what is here now.
      hold                  Run a command whose changes arrive at peers as one.
      conflicts             List the copies that were kept of conflicting edits.
      resolve               End a conflict: say which content stands under the name.
      log                   Show what changed here, when, and who did it.
      restore               Give back what a peer replaced or deleted, from the trash.
      undo                  Take back what a set from a peer did here.
      release               Let go on what is held until somebody has looked.
      deviations            List what was changed on this replica, and told to nobody.
      revert                Take back what was changed on this replica.
      pause                 Exchange nothing with peers for a while.
      plan                  Show what 'leftd resume' would do, here and on the peers.
      resume                Go on with what 'leftd pause' paused.

    OPTIONS
      -h, --help            Show this help; after a command, that command's.
      --version             Show the version.

    EXAMPLES
      leftd init            Make key, configuration and ~/share.
      leftd invite          On one machine: print a one-time code.
      leftd join HOST CODE  On the other: now both know each other.
      leftd status          See what is going on.

    """

  static let initialize = """
    leftd init: Make this node's key, its configuration and the folder.

    USAGE
      leftd init [OPTIONS]

    What is there already is left as it is. The configuration is written to
    ~/.config/leftd/leftd.conf, for root to /etc/leftd/leftd.conf.

    OPTIONS
      --config FILE         Configuration (default: /etc/leftd/leftd.conf, else in ~/.config).
      --state DIR           Where key, index and socket lie (default: as configured).
      --share DIR           The folder to share (default: ~/share).
      --listen ADDR:PORT    Where peers connect (default: 0.0.0.0:22001).
      --name NAME           What peers call this node (default: its host name).
      -h, --help            Show this help.

    EXAMPLES
      leftd init
          Share ~/share; prints this node's id.
      leftd init --share /srv/films
          Share another folder.

    """

  static let run = """
    leftd run: Run the daemon in the foreground.

    USAGE
      leftd run [OPTIONS]

    Without --share everything is read from the configuration. A peer given by its ID alone is
    waited for. SIGHUP reads the configuration again, SIGTERM and SIGINT stop in order.

    OPTIONS
      --config FILE         Configuration (default: /etc/leftd/leftd.conf, else in ~/.config).
      --share DIR           Share this folder and read no configuration; it is called 'share'.
      --listen ADDR:PORT    Where peers connect (default: 0.0.0.0:22001).
      --state DIR           Where key, index and socket lie (default: as configured).
      --peer ID@HOST:PORT   A peer; may be repeated, or several with commas between.
      --ignore PATTERN      What this machine does not take part in; may be repeated.
      --socket PATH         The daemon's control socket (default: searched).
      --verbose             Log everything, whatever is configured.
      -h, --help            Show this help.

    EXAMPLES
      leftd run
          Serve the configured shares.
      leftd run --share ~/share --state ~/state --peer ID@nas:22001
          Without any file: one folder, one peer, logs on the terminal.

    """

  static let id = """
    leftd id: Print this node's id; makes its key if there is none yet.

    USAGE
      leftd id [OPTIONS]

    OPTIONS
      --config FILE         Configuration (default: /etc/leftd/leftd.conf, else in ~/.config).
      --state DIR           Where key, index and socket lie (default: as configured).
      -h, --help            Show this help.

    EXAMPLES
      leftd id
          Print the id that peers know this node by.
      leftd id --state DIR
          The same for a node with its own state.

    """

  static let invite = """
    leftd invite: Print a one-time code with which another machine can join.

    USAGE
      leftd invite [OPTIONS]

    The code works once and for a short time. Whoever has it becomes a peer of all shares that do
    not name their peers: tell it to the right person.

    OPTIONS
    \(reachingTheDaemon)

    EXAMPLES
      leftd invite
          Print the line to type on the other machine.

    """

  static let join = """
    leftd join: Pair with a machine that printed a code with 'leftd invite'.

    USAGE
      leftd join [OPTIONS] HOST[:PORT] CODE

    Both then know each other by their keys, and connect whenever they can. If no daemon runs
    here, the peer is written to the configuration for the next start. With --plan both only
    connect: 'leftd plan' shows what would become of the two folders, and 'leftd resume' does it.

    OPTIONS
      --plan                Exchange nothing until 'leftd resume': see 'leftd plan' first.
    \(reachingTheDaemon)

    EXAMPLES
      leftd join nas k3fd-x2ma-7qpl-wn5e-zt4c
          Pair with the machine called nas.
      leftd join --plan nas k3fd-x2ma-7qpl-wn5e-zt4c
          Pair, and look what would happen before it does.

    """

  static let peers = """
    leftd peers: List the nodes that this one is paired with.

    USAGE
      leftd peers [OPTIONS]

    One line each: name, id, address ('-' if it connects by itself). Asks the daemon; without one,
    reads the configuration.

    OPTIONS
    \(reachingTheDaemon)

    EXAMPLES
      leftd peers
          List them.

    """

  static let status = """
    leftd status: Show what the daemon is doing, who has what, and what is wrong.

    USAGE
      leftd status [OPTIONS]

    OPTIONS
      --json                Print one JSON object, for programs.
      --watch               Show it again and again until Ctrl-C.
    \(reachingTheDaemon)

    EXAMPLES
      leftd status
          Look once.
      leftd status --watch
          Follow a transfer.
      leftd status --json | jq '.shares[].peers[].behind'
          How many changes each peer lacks.

    """

  static let explain = """
    leftd explain: Say why a path is, or is not, on the other machines.

    USAGE
      leftd explain [OPTIONS] PATH

    The first line is the answer; below it stand the rule that ignores PATH, if one does, what is
    on disk, who made which version of it when, and which peers have that.

    OPTIONS
    \(reachingTheDaemon)

    EXAMPLES
      leftd explain ~/share/build
          Is it ignored, and by which line?
      leftd explain report.pdf
          Whose version is this, and who has it by now?

    """

  static let hold = """
    leftd hold: Run a command whose changes arrive at peers as one.

    USAGE
      leftd hold [OPTIONS] -- COMMAND [ARGS...]

    What changes in the share until COMMAND has ended is kept back, whoever changes it, and then
    goes to the peers together: a checkout, a build, an unpacked archive. The share is that of
    DIR, or of the current directory, or the only one. What COMMAND left open for writing when it
    ended may come later. The hold ends by itself after 60 minutes.
    Changes of more than 100000 entries arrive in several parts. 'leftd wait'
    does not wait for what is kept back. The exit status is that of COMMAND; 1 if nothing could
    be held.

    OPTIONS
      --in DIR              Hold what changes below DIR only (default: the whole share).
      --anyway              Run the command even if nothing can be held.
    \(reachingTheDaemon)

    EXAMPLES
      leftd hold -- git checkout main
          Nobody sees half a checkout.
      leftd hold --in ~/share/site -- make site && leftd wait
          One directory; the rest of the share goes on.

    """

  static let wait = """
    leftd wait: Wait until every peer has durably what is here now.

    USAGE
      leftd wait [OPTIONS] [PATH]

    Everything written before the call counts; with PATH, only what was written there. A peer that
    is offline is named at once and waited for, unless --connected says otherwise: then nobody is
    waited for who goes, either. What a peer ignores, or can't have since something else is in its
    place, is not waited for: who does not hold everything is named at the end.

    OPTIONS
      --timeout SECONDS     Give up after so long, and exit with 2.
      --peer NAME           Only for this peer, or id; may be repeated.
      --connected           Only for peers that are connected.
    \(reachingTheDaemon)

    EXAMPLES
      leftd wait && ssh nas make
          Go on when the other machine has it all.
      leftd wait --timeout 60 ~/share/film.mkv
          One file, for a minute at most.
      leftd wait --peer nas && systemctl poweroff
          Once one machine has it all.

    """

  /// The texts by command.
  static let of = [
    "init": initialize, "run": run, "id": id, "invite": invite, "join": join, "peers": peers,
    "status": status, "explain": explain, "wait": wait, "hold": hold, "conflicts": conflicts,
    "resolve": resolve, "log": log, "restore": restore, "undo": undo, "release": release,
    "pause": pause, "plan": plan, "deviations": deviations,
    "revert": revert, "resume": resume,
  ]
}
