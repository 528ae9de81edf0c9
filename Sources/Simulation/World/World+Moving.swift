import SyncCore
import SyncEngine

extension World {
  /// A directory that a user moves stays the same directory: nothing in it is told anew.
  func checkMove() throws {
    let user = settings.sourceNode ?? equals[0]
    guard let name = Name("moved".utf8), let (path, id) = try movable(by: user) else { return }
    let sequence = machines[user].index.sequence
    let disk = machines[user].disk
    let parent = try disk.open(path.parent ?? .root, in: disk.root, for: .directory)
    defer { disk.close(parent) }
    try disk.rename(path.name ?? name, in: parent, to: name, in: disk.root, .noReplace)
    note("\(user) user: move \(path) to \(name)")
    try rest()
    for number in equals {
      let found = try machines[number].index.directory(at: Place(parent: .root, name: name))
      if found?.entry.directory != id {
        fail(.difference, "\(number) lost the identity of \(path)")
      }
    }
    let count = try machines[user].index.rows(after: sequence, limit: .max).count
    if count != 1 { fail(.difference, "\(user) recorded \(count) changes for one move") }
  }

  /// A directory with something in it, and who it is.
  private func movable(by user: Int) throws -> (RelativePath, DirectoryID)? {
    let tree = Tree(machines[user].disk)
    let path = tree.entries.keys.sorted().first { path in
      path.parent.map { !$0.isRoot } ?? false
    }?.parent
    guard let path else { return nil }
    var id = DirectoryID.root
    for name in path.components {
      let row = try machines[user].index.directory(at: Place(parent: id, name: name))
      guard let next = row?.entry.directory else { return nil }
      id = next
    }
    return (path, id)
  }
}
