/// The help of commands for replicas.
extension HelpTexts {
  static let deviations = """
    leftd deviations: List what was changed on this replica, and told to nobody.

    USAGE
      leftd deviations [OPTIONS] [PATH]

    Where a share has 'mode = replica', what is changed here stays here until the peers have
    something new for it. What was changed before that was configured is not listed. 'leftd
    revert' takes it back.

    OPTIONS
      --json                Print one JSON array, for programs.
    \(reachingTheDaemon)

    EXAMPLES
      leftd deviations
          Everything that differs from the peers.
      leftd deviations ~/share/docs
          In this folder.

    """

  static let revert = """
    leftd revert: Take back what was changed on this replica.

    USAGE
      leftd revert [OPTIONS] [PATH...]

    What only this node has goes to the trash, and so does what was changed; what the peers have
    takes its place, and what was deleted comes back, as soon as a peer that has it is connected.
    'leftd deviations' shows what is left.

    OPTIONS
      --all                 Everything that 'leftd deviations' lists.
    \(reachingTheDaemon)

    EXAMPLES
      leftd revert ~/share/docs/report.txt
          This file.
      leftd revert --all
          Everything, in all shares.

    """
}
