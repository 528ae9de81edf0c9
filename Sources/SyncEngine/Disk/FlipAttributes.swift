import SyncCore

/// Extended attributes: those of staged files before they are flushed, those of anything else where
/// it stands.
extension Flip {
  /// Gives a staged file its attributes, before anybody sees it.
  ///
  /// An access control list changes permission bits: these are set again.
  func setAttributesOfStaged(_ index: Int, _ file: StagedFile) throws(FileError)
    -> ExtendedAttributes?
  {
    guard let wanted = plan.attributes[index] else { return nil }
    let directory = try Directory(ReservedFolder.staging(of: file.place.parent), of: fileSystem)
    let staged = try OpenFile(file.place.name, in: directory, for: .reference)
    try staged.setAttributes(wanted)
    if try staged.stamp().mode != file.stamp.mode { try staged.setMode(file.stamp.mode) }
    return try staged.attributes()
  }

  /// Gives what an operation made or changed its attributes, if it is to have others.
  mutating func setAttributes(_ index: Int, of entry: borrowing OpenFile) throws(FileError) {
    guard let wanted = plan.attributes[index] else { return }
    try entry.setAttributes(wanted)
    shown[index] = try entry.attributes()
  }

  /// What the disk shows of the attributes that were to be set. What an interrupted run has set is
  /// looked at now.
  mutating func shownAttributes() -> [Int: ExtendedAttributes] {
    for (index, wanted) in plan.attributes where shown[index] == nil {
      guard case .done = results[index] else { continue }
      shown[index] = wanted
      let operation = plan.operations[index]
      guard let place = operation.filledPlace ?? operation.changedPlace,
        let parent = try? directory(place.parent),
        let entry = try? OpenFile(place.name, in: parent, for: .reference),
        let found = try? entry.attributes()
      else { continue }
      shown[index] = found
    }
    return shown
  }
}
