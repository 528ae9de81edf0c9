import SyncCore

/// Files that are one where the unit comes from: what was put or found here as several with the
/// same content becomes one, too. Where that can't be, they stay several.
extension Flip {
  /// Makes one file of those of which the plan says so.
  mutating func linkNames() {
    guard !plan.links.isEmpty else { return }
    var done: [Place: FileStamp] = [:]
    for (index, operation) in plan.operations.enumerated() {
      guard let place = operation.filledPlace ?? operation.changedPlace else { continue }
      if case .done(let stamp?) = results[index] { done[place] = stamp }
    }
    for names in plan.links {
      let files = names.compactMap { name in
        (name.expected ?? done[name.place]).flatMap { find(name.place, $0) }
      }
      guard let first = files.first else { continue }
      var linked = [first]
      for file in files.dropFirst() where !file.stamp.isSameEntry(as: first.stamp) {
        if (try? replace(file, by: first)) == true { linked.append(file) }
      }
      guard linked.count > 1 else { continue }
      for file in linked { shownLinks[file.place] = try? file.parent.stamp(of: file.name) }
    }
  }

  /// A file that has, or is to get, other names.
  private struct LinkedFile {
    let place: Place
    let parent: Directory
    let stamp: FileStamp
    var name: Name { place.name }
  }

  /// The file at a place, if it is as expected and nobody writes to it.
  private mutating func find(_ place: Place, _ expected: FileStamp) -> LinkedFile? {
    guard expected.kind == .file, let parent = try? directory(place.parent),
      let stamp = try? parent.stamp(of: place.name), stamp.isAsMoved(expected)
    else { return nil }
    let file = try? OpenFile(place.name, in: parent, for: .reading)
    guard file?.hasWriter == false else { return nil }
    return LinkedFile(place: place, parent: parent, stamp: stamp)
  }

  /// Puts another name of `first` into the place of `file`, which goes if it is as it was found and
  /// nobody had begun to write to it. Returns whether that is so.
  ///
  /// RACE: whoever opens the file between the look at it and the exchange, and writes to it only
  /// after the second look, is seen by that look: it has the file open. What was opened for reading
  /// alone is read on.
  private mutating func replace(
    _ file: LinkedFile, by first: LinkedFile
  ) throws(FileError) -> Bool {
    let folder = try folder()
    let spare = file.name
    try first.parent.link(first.name, as: spare, in: folder)
    do throws(FileError) {
      try folder.rename(spare, to: file.name, in: file.parent, .exchange)
    } catch {
      try folder.removeFile(spare)
      throw error
    }
    touch(file.parent)
    let out = try folder.stamp(of: spare)
    let hasWriter = try OpenFile(spare, in: folder, for: .reading).hasWriter
    if let out, out.isAsMoved(file.stamp), hasWriter == false {
      try folder.removeFile(spare)
      return true
    }
    // Somebody was faster: it returns. If it can't, it is found in the trash.
    try folder.rename(spare, to: file.name, in: file.parent, .exchange)
    if try folder.stamp(of: spare)?.isSameEntry(as: first.stamp) == true {
      try folder.removeFile(spare)
    }
    return false
  }
}
