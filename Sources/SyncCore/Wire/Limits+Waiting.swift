/// Bounds of what waits: members of units that can't be applied, and bundles.
extension Limits {
  // MARK: Members that can't be applied

  /// How long a unit is held whole for a member that can't be staged or applied; then it goes on
  /// without. Long enough for a disk that is full for a moment.
  public static let heldWholeNanoseconds: Int64 = 10_000_000_000

  /// How often the plan of a unit is gone through before every decision fits the others, besides
  /// once for each of its entries. A few times are enough; a plan without an end would be an error
  /// of this program, and a stop that is seen is better than one that isn't.
  public static let planRoundCount = 1000

  /// Entries of a plan that are looked at before it is applied, for being immutable; of more,
  /// it shows when it is their turn.
  public static let checkedEntryCount = 4096

  /// How soon a member is tried again after something was changed where it is to be.
  public static let leftOverRetryNanoseconds: Int64 = 1_000_000_000

  /// Units of one peer that wait for the same thing, after which they are told anew as one: well
  /// below `unacknowledgedUnitCount`, from which on the peer tells others more slowly.
  public static let leftOverUnitCount = 48

  /// Members of units that can't be applied and are kept in mind, so that each is said once.
  public static let obstacleCount = 4096

  /// Of those that are found at one time, how many are named.
  public static let toldObstacleCount = 8

  // MARK: Bundles

  /// Names of bundles, and the bytes of one: nodes tell each other all of them in their hello.
  public static let bundleNameCount = 16
  /// Twice as many digits fit into a text.
  public static let bundleNameByteCount = 120

  /// How long nothing may have happened in a bundle before it is looked at. That it is at rest, two
  /// equal looks tell; this only spares looks that would be in vain.
  public static let bundleQuietNanoseconds: Int64 = 30_000_000

  /// The longest time between two looks at one in which somebody is at work.
  public static let longestBundleNanoseconds: Int64 = 2_000_000_000

  /// Bundles that are looked at at once: all that is found in them is in memory.
  public static let bundleJobCount = 8

  /// How long a unit waits until somebody tells what of a bundle is to change, since another state
  /// of it stands: who can tell it does so at once. Whoever stands between may be a replica, which
  /// tells nothing.
  public static let awaitedWordNanoseconds: Int64 = 60_000_000_000

  /// After that time a person is told of a lock: no program needs it that long, most likely.
  public static let toldLockNanoseconds: Int64 = 60_000_000_000
}
