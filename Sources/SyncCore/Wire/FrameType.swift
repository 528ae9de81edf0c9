/// The first byte of what a frame carries.
public enum FrameType: UInt8, Sendable {
  /// The dialler's first frame: protocol major and share.
  case open = 0
  /// `Hello`.
  case hello = 1
  /// Why the sender closes the connection.
  case close = 2
  /// Part of a unit of entries.
  case announce = 3
  /// A unit is durable.
  case acknowledge = 4
  /// Asks for a recipe.
  case openContent = 5
  /// Part of a recipe.
  case segment = 6
  /// End of a recipe.
  case seal = 7
  /// A recipe is void.
  case gone = 8
  /// Asks for a range.
  case request = 9
  /// Asks for small contents.
  case fetch = 10
  /// A request can't be served.
  case unavailable = 11
  /// Asks for a recipe, told as a difference to another one.
  case openDifference = 12
  /// Part of a recipe, as a difference.
  case difference = 13
  /// Asks for a range, as a patch of what the asker has.
  case requestPatch = 14
  /// Times of directories that a unit touches.
  case directoryTimes = 15
  /// Some chunks of a range.
  case data = 16
  /// A pack of small contents, asked for or pushed.
  case contents = 17
  /// How a range is made from what the asker has.
  case patch = 18
  /// Places at which a unit has one file under several names.
  case linked = 19
  /// How much the sender knows and doesn't hold.
  case notHeld = 20
  /// Where directories are that the sender doesn't hold.
  case unheld = 21

  /// Whether it belongs to a unit: these stay in order, and behind the contents that were pushed.
  public var isAnnouncement: Bool {
    self == .announce || self == .directoryTimes || self == .linked || self == .unheld
  }
}
