import CLinux
import SyncCore

extension Control {
  /// Lets go of recipes and samples whose content no file has any more: a piece with each slice of
  /// the audit. Not during a flip, whose recipes are known before its files are.
  func collectRecipes() {
    answer { () throws(IndexError) in
      guard try index.journal() == nil else { return }
      var position = recipeCollection
      try index.transaction(.later) { () throws(IndexError) in
        position =
          try index.collectRecipes(after: position, limit: Limits.recipeCollectionCount)
          ?? .recipes(upTo: nil)
      }
      recipeCollection = position
    }
  }

  /// Forgets old deletions that everyone knows: likewise a piece with each slice.
  func collectTombstones() {
    let time = clinux_wall_nanoseconds() - Limits.tombstoneAgeNanoseconds
    feed(.tombstonesAged(before: time, members: links.members))
  }
}
