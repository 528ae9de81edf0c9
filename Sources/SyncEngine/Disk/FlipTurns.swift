import Glibc
import SyncCore

/// Which operations of a plan concern bundles, and when it is their turn.
struct FlipTurns {
  private let bundles: BundleRules
  /// The turns of operations in bundles, by their positions.
  private var turns: [Int: BundleRules.Turn] = [:]
  /// The bundles that are here and in which operations change something.
  private(set) var roots: Set<RelativePath> = []
  private var rootOf: [Int: RelativePath] = [:]

  init(_ plan: FlipPlan, _ bundles: BundleRules) {
    self.bundles = bundles
    guard !bundles.names.isEmpty else { return }
    var paths = plan.directories
    paths[.root] = .root
    var made: [DirectoryID: Place] = [:]
    for operation in plan.operations {
      if case .makeDirectory(let id, let place, _) = operation { made[id] = place }
    }
    let standing = Set(plan.directories.values)
    var above: [DirectoryID: RelativePath?] = [:]
    for (number, operation) in plan.operations.enumerated() {
      guard let place = operation.filledPlace ?? operation.vacatedPlace ?? operation.changedPlace,
        let parent = Self.path(of: place.parent, made, &paths)
      else { continue }
      // Most lie in no bundle, beside others that lie in none.
      let known = above[place.parent]
      let outer = known ?? bundles.root(of: parent)
      if known == nil { above[place.parent] = .some(outer) }
      let path = parent.appending(place.name)
      guard let root = outer ?? (bundles.names.contains(place.name) ? path : nil) else { continue }
      turns[number] = bundles.turn(of: path)
      rootOf[number] = root
      if standing.contains(root) { roots.insert(root) }
    }
  }

  /// Whether nothing is in a bundle.
  var isEmpty: Bool { turns.isEmpty }

  func turn(of operation: Int) -> BundleRules.Turn { turns[operation] ?? .others }

  func root(of operation: Int) -> RelativePath? { rootOf[operation] }

  /// Where a directory will be, new ones included.
  private static func path(
    of id: DirectoryID, _ made: [DirectoryID: Place], _ paths: inout [DirectoryID: RelativePath]
  ) -> RelativePath? {
    if let known = paths[id] { return known }
    var way: [(id: DirectoryID, name: Name)] = []
    var (current, path) = (id, RelativePath.root)
    while true {
      if let known = paths[current] {
        path = known
        break
      }
      guard let place = made[current], way.count < Limits.directoryDepth else { return nil }
      way.append((current, place.name))
      current = place.parent
    }
    for (id, name) in way.reversed() {
      path = path.appending(name)
      paths[id] = path
    }
    return path
  }
}

extension Flip {
  /// Puts files in place: new ones, then those that take the place of another; in bundles what
  /// others lead to before these.
  mutating func placeFiles() {
    guard !turns.isEmpty else {
      placeFiles(replacing: false, in: nil)
      return placeFiles(replacing: true, in: nil)
    }
    for turn in BundleRules.Turn.allCases {
      noteBroken()
      if turn == .references { placeDirectories(of: .references) }
      placeFiles(replacing: false, in: turn)
      placeFiles(replacing: true, in: turn)
    }
  }

  /// Looks for bundles in which something was not done that others lead to.
  mutating func noteBroken() {
    guard !turns.isEmpty else { return }
    for index in plan.operations.indices {
      guard let result = results[index], let root = turns.root(of: index) else { continue }
      switch result {
      case .done: break
      case .refused, .failed: brokenBundles.insert(root)
      }
    }
  }

  /// Whether a step waits for another in its bundle that was not taken. What was taken out of its
  /// place before must reach the other, whatever happens.
  func isBlocked(_ index: Int) -> Bool {
    guard !brokenBundles.isEmpty, let root = turns.root(of: index), brokenBundles.contains(root)
    else { return false }
    return switch plan.operations[index] {
    case .makeDirectory, .putFile, .putSymlink, .removeFile, .removeDirectory: true
    case .moveDirectory, .moveFile, .setAttributes: false
    }
  }

  /// Why a tree that is put together is no whole bundle; `nil` if it is, or is none.
  func lack(in directories: [DirectoryID]) -> FileError? {
    guard !turns.isEmpty else { return nil }
    for index in directories.flatMap({ contents.filesPut[$0] ?? [] })
    where turns.root(of: index) != nil {
      switch results[index] {
      case nil, .done: break
      case .refused: return FileError(EAGAIN, .rename)
      case .failed(let errno): return FileError(errno, .rename)
      }
    }
    return nil
  }

  /// A lock in a bundle that the plan changes: programs are at work there.
  mutating func locked() -> Set<RelativePath> {
    turns.roots.filter { isLocked($0) }
  }

  private func isLocked(_ root: RelativePath) -> Bool {
    guard let top = try? Directory(root, of: fileSystem), let names = try? top.names() else {
      return false
    }
    if names.contains(where: BundleRules.isLock) { return true }
    var isLocked = false
    lookBelow(root.appending(Name(literal: "refs")), in: fileSystem) { listing in
      isLocked = isLocked || listing.entries.contains { BundleRules.isLock($0.name) }
    }
    return isLocked
  }
}
