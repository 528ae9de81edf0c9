/// What went wrong in a world.
public struct Problem: Hashable, Sendable, CustomStringConvertible {
  /// Which promise was broken.
  public enum Kind: Sendable {
    /// What a user wrote is nowhere any more.
    case loss
    /// A file holds what nobody wrote.
    case invention
    /// A crash changed what users see.
    case crash
    /// The nodes end with different trees.
    case difference
    /// An index says something else than its disk.
    case index
    /// A directory lies below itself.
    case cycle
    /// A node acknowledged what its index doesn't have.
    case promise
    /// A bundle is what nobody made of it.
    case mixture
    /// A node said that it had recorded all, and hadn't.
    case flush
    /// It never comes to rest, or something stays undone.
    case restlessness
    /// Something is sent or recorded although nothing changed.
    case noise
    /// What one user alone did was not what everybody has in the end.
    case obstinacy
    /// A node says what honest peers never hear.
    case complaint
  }

  /// Which promise.
  public let kind: Kind
  /// Where, and what was found.
  public let description: String
}
