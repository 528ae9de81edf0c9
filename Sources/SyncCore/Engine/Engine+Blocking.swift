// What is told to nobody can stand where peers have something: a directory that is ignored, where
// they have a file, or what a deletion left for the sake of what is ignored in it. It is not for
// this node to move it, nor to give others' things another name for it: what they have there is
// known and not held here, as if it were ignored, until the place is free.

extension Engine {
  /// A flip found something else in the way of what it was to put somewhere: whether that is told
  /// to nobody, the look that follows tells.
  mutating func noteRefused(_ operation: Operation, by unit: UInt64) {
    guard !ignoring.isEmpty, refusedPlaces.count < Limits.remainderCount else { return }
    switch operation {
    case .makeDirectory(_, let place, _): refusedPlaces[place] = (.directory, unit)
    case .moveDirectory(let id, _, let place, _, _):
      refusedPlaces[place] = (.movedDirectory(id), unit)
    case .putFile(_, let place, _), .putSymlink(_, let place, _, _),
      .moveFile(_, let place, _, _, _, _):
      refusedPlaces[place] = (.other, unit)
    case .setAttributes, .removeFile, .removeDirectory: break
    }
  }

  /// Something that is ignored stands at a place.
  mutating func noteInTheWay(_ place: Place) {
    switch refusedPlaces.removeValue(forKey: place)?.thing {
    case .directory, .movedDirectory: block(place, for: .directories)
    case .other: block(place, for: .others)
    case nil: break
    }
  }

  /// A directory that is told to nobody stands at a place. Returns whether it is to be told: a
  /// directory of a peer that is moved here is to be one with it.
  mutating func isWanted(_ remainder: Place) -> Bool {
    switch refusedPlaces.removeValue(forKey: remainder)?.thing {
    case .movedDirectory: return true
    case .other:
      block(remainder, for: .others)
      return false
    // It gets the id of the peer's.
    case .directory, nil: return false
    }
  }

  private mutating func block(_ place: Place, for kind: IgnoreTree.Blocked) {
    guard ignoring.blocked.count < Limits.remainderCount, ignoring.blocked[place] != kind,
      let path = try? path(of: place)
    else { return }
    ignoring.block(place, for: kind)
    log(
      .warning,
      "Something that isn't synced stands where peers have something else, which is therefore "
        + "not held here. Move it away.", path: path)
  }

  /// Nothing stands at these places any more, or something that is told: what peers have there can
  /// come.
  /// Returns whether there are any.
  @discardableResult
  mutating func free(_ places: some Sequence<Place>) -> Bool {
    if ignoring.blocked.isEmpty { return false }
    var isFree = false
    for place in places where ignoring.free(place) { isFree = true }
    return isFree
  }

  /// Frees what was not found in a directory.
  mutating func freePlaces(missingIn listing: Listing, parent: DirectoryID) {
    let blocked = ignoring.blocked.keys.filter { $0.parent == parent }
    if blocked.isEmpty { return }
    let found = listing.entries.reduce(into: [:]) { $0[$1.name] = $1.found }
    free(
      blocked.filter { place in
        switch found[place.name] {
        case .absent: true
        case nil: listing.isComplete
        case .entry, .symlink, .special, .unreadable, .ignored: false
        }
      })
  }
}

extension LocalItem {
  /// What is ignored from now on.
  var forgotten: Row? { if case .forgotten = finding { previous } else { nil } }
}

/// What a flip could not put somewhere.
enum RefusedThing {
  case directory
  case movedDirectory(DirectoryID)
  case other
}
