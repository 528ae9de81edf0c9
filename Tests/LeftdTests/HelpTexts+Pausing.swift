/// The help of commands that let the exchange rest.
extension HelpTexts {
  static let pause = """
    leftd pause: Exchange nothing with peers for a while.

    USAGE
      leftd pause [OPTIONS] [SHARE|PEER]

    Nothing is sent to the peer and nothing asked of it: one share with all its peers, one peer
    in all shares, or without a name everything. Changes here are still noticed and recorded, and
    go out when the pause is over. It outlives a restart; 'leftd status' says when it ends. Where
    a share and a peer have the same name, say share:NAME or peer:NAME.

    OPTIONS
      --for TIME            Go on by itself after 90s, 30m, 2h or 1d (default: never).
    \(reachingTheDaemon)

    EXAMPLES
      leftd pause --for 2h
          The network is needed for something else.
      leftd pause nas
          Nothing to or from this peer until 'leftd resume'.

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
