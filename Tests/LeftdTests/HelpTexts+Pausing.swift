/// The help of commands that let the exchange rest.
extension HelpTexts {
  static let pause = """
    leftd pause: Exchange nothing with peers for a while.

    USAGE
      leftd pause [OPTIONS] [SHARE|PEER]

    Nothing is sent to the peer and nothing asked of it: one share with all its peers, one peer
    in all shares, or without a name everything. Changes here are still noticed and recorded, and
    go out when the pause is over. It outlives a restart; 'leftd status' says when it ends. Where
    a share and a peer have the same name, say share:NAME or peer:NAME. With --plan the peer is
    still listened to, and 'leftd plan' shows what 'leftd resume' would do.

    OPTIONS
      --for TIME            Go on by itself after 90s, 30m, 2h or 1d (default: never).
      --plan                Go on listening, for 'leftd plan'.
    \(reachingTheDaemon)

    EXAMPLES
      leftd pause --for 2h
          The network is needed for something else.
      leftd pause nas
          Nothing to or from this peer until 'leftd resume'.
      leftd pause --plan nas
          And 'leftd plan' says what would come.

    """

  static let plan = """
    leftd plan: Show what 'leftd resume' would do, here and on the peers.

    USAGE
      leftd plan [OPTIONS] [PATH]

    For peers that are paused by 'leftd pause --plan' or paired by 'leftd join --plan': which
    files would be created, replaced, moved or deleted, and which kept as copies of conflicts, on
    either side, all in all and one by one. Nothing is changed by it. What 'deleted' and
    'replaced' name would go to the trash. What a peer has told of is known; what it ignores, or
    gets from others meanwhile, is not.

    OPTIONS
      --json                Print one JSON array, for programs.
    \(reachingTheDaemon)

    EXAMPLES
      leftd pause --plan nas
          Before the two meet (again).
      leftd plan
          What would happen then?
      leftd plan ~/share/photos
          And in this folder?
      leftd resume nas
          Do it.

    """

  static let resume = """
    leftd resume: Go on with what 'leftd pause' paused.

    USAGE
      leftd resume [OPTIONS] [SHARE|PEER]

    One share, one peer, or without a name everything. What changed meanwhile on either side is
    exchanged at once.

    OPTIONS
    \(reachingTheDaemon)

    EXAMPLES
      leftd resume
          With everything.
      leftd resume nas
          With this peer only.

    """
}
