import SyncCore
import SyncEngine

/// Nodes that are not all alike.
extension World {
  func rules(of node: Int) -> ShareRules {
    let role: ShareRules.Role =
      switch node {
      case settings.sourceNode: .source
      case settings.replicaNode: .replica
      default: .twoWay
      }
    var rules = ShareRules(
      role: role, preferred: settings.preferredNode.map { Process.id(of: $0) })
    if settings.hasBundles { rules.bundles = Self.bundleRules }
    return rules
  }

  /// The nodes that end alike: all but a replica, which keeps what was changed on it.
  var equals: [Int] { machines.indices.filter { $0 != settings.replicaNode } }

  /// The node whose tree must come out of the exchange as it went in; `nil` if nobody can say.
  /// Rules that change let things come that were ignored.
  var decisiveNode: Int? {
    settings.ignores ? nil : settings.sourceNode ?? phase.soloist
  }

  /// Whether a content may have given way to another node's: then it is in the trash.
  func isReplaced(_ number: UInt64, in trees: [Tree]) -> Bool {
    let writer = contents.writers[number]
    let yields =
      writer == settings.replicaNode
      || (settings.sourceNode != nil && writer != settings.sourceNode)
    guard yields, let content = contents.written[number] else { return false }
    return machines.contains { $0.disk.stored.contains(content) }
  }

  /// What was changed on a replica is told to nobody, and all that is otherwise there was changed
  /// there.
  func checkReplica(_ trees: [Tree]) throws {
    guard let replica = settings.replicaNode else { return }
    for node in equals { try checkSecrecy(of: replica, towards: node, trees[node]) }
    let (other, here) = (machines[equals[0]].index, machines[replica].index)
    for path in trees[replica].differingPaths(from: trees[equals[0]]) {
      let keys = try here.keys(along: path) + other.keys(along: path)
      let isOwn = try keys.contains { key in
        try here.row(key)?.entry.version.dot.actor.node == Process.id(of: replica).prefix
      }
      if !isOwn { fail(.difference, "\(replica) has not changed \(path), and yet it differs") }
    }
  }

  private func checkSecrecy(of replica: Int, towards node: Int, _ tree: Tree) throws {
    for file in tree.files {
      guard let number = contents.number(of: file.content) else { continue }
      if contents.writers[number] == replica {
        fail(.difference, "\(node) has at \(file.path) what was written on a replica")
      }
    }
    let prefix = Process.id(of: replica).prefix
    for row in try machines[node].index.rows(after: 0, limit: .max)
    where row.entry.version.vector.components.contains(where: { $0.actor.node == prefix }) {
      fail(.difference, "\(node) knows of a replica's change: \(row.entry.pastLabel)")
    }
  }
}

extension Index {
  /// What the index has had on the way to a path, as far as it knows.
  fileprivate func keys(along path: RelativePath) throws(IndexError) -> [EntryKey] {
    var keys: [EntryKey] = []
    var parent = DirectoryID.root
    for name in path.components {
      let place = Place(parent: parent, name: name)
      keys.append(.place(place))
      guard let row = try directory(at: place), let id = row.entry.directory else { break }
      keys.append(.directory(id))
      parent = id
    }
    return keys
  }
}
