// What the parts of a unit come to, if who told of them has told otherwise since.

extension Unit {
  /// What is to be planned: of each key what nothing else in it had seen.
  var entries: [Entry] {
    if parts.count == 1 { return parts[0].entries }
    let lost = self.lost
    var emptied: [Link: Set<DirectoryID>] = [:]
    var told: [[Entry]] = []
    for number in parts.indices.reversed() {
      let link = parts[number].link
      told.append(
        parts[number].entries.filter { entry in
          if entry.directory == nil, emptied[link]?.contains(entry.place.parent) == true {
            return false
          }
          return !entry.isContent(of: lost) || !isTakenBack(entry, since: number)
        })
      // Whoever merges a directory tells anew what is in it, as of the one that it belongs to: that
      // can be another than here.
      for case .merged(let alias, _) in parts[number].entries.lazy.map(\.body) {
        emptied[link, default: []].insert(alias)
      }
    }
    return Announcement.merged(told.reversed().flatMap(\.self))
  }

  /// Whether who told of something in a part tells now what had not seen it: a power cut took it
  /// before it was flushed.
  private func isTakenBack(_ entry: Entry, since number: Int) -> Bool {
    let link = parts[number].link
    let later = parts[(number + 1)...].lazy.filter { $0.link == link }
      .flatMap(\.entries).filter { $0.key == entry.key }
    return !later.isEmpty && later.allSatisfy { $0.version.order(to: entry.version) != .newer }
  }
}

extension Entry {
  /// Whether it is a file with one of these contents.
  func isContent(of contents: Set<ContentID>) -> Bool {
    content.map { contents.contains($0.id) } ?? false
  }
}
