/// Why something is ignored, or why it isn't although another pattern says so.
public struct IgnoreReason: Hashable, Sendable {
  /// Where the pattern stands.
  public enum Source: Hashable, Sendable {
    /// In the configuration of this machine.
    case configuration
    /// In the `.leftignore` file of this directory.
    case file(in: RelativePath)
  }

  /// Where the pattern stands.
  public var source: Source
  /// The pattern that decided.
  public var pattern: IgnorePattern
  /// What it speaks of: the path itself, or a directory above it.
  public var path: RelativePath
}

/// The rules in force in one directory: those of the configuration and of every `.leftignore` file
/// from the root down to it. A value that is passed from a directory to those below.
public struct IgnoreScope: Sendable {
  private struct Layer: Sendable {
    /// How deep below the root its file's directory is.
    var depth: Int
    var rules: IgnoreRules
  }

  /// The rules of this machine: they outrank all files.
  private let local: IgnoreRules
  private var layers: [Layer] = []
  /// The directory.
  public private(set) var directory: RelativePath = .root
  /// Why the directory is ignored with all that it holds; `nil` if it isn't.
  public private(set) var reason: IgnoreReason?

  /// The scope of the root. `rules` are those of its `.leftignore` file.
  public init(local: IgnoreRules, rules: IgnoreRules?) {
    self.local = local
    add(rules)
  }

  /// Whether nothing at all can be ignored here.
  public var isEmpty: Bool { local.isEmpty && layers.isEmpty }

  /// The scope of a directory in this one. `rules` are those of its own file.
  public func entering(_ name: Name, rules: @autoclosure () -> IgnoreRules?) -> IgnoreScope {
    var scope = self
    scope.directory = directory.appending(name)
    if scope.reason == nil, let decision = decision(on: name, isDirectory: true),
      !decision.pattern.isNegated
    {
      scope.reason = decision
    }
    // What is ignored isn't looked into.
    if scope.reason == nil { scope.add(rules()) }
    return scope
  }

  private mutating func add(_ rules: IgnoreRules?) {
    guard let rules, !rules.isEmpty else { return }
    layers.append(Layer(depth: directory.components.count, rules: rules))
  }

  /// Why something in this directory is ignored; `nil` if it isn't.
  public func ignores(_ name: Name, isDirectory: Bool) -> IgnoreReason? {
    if isEmpty { return nil }
    if let reason { return reason }
    guard let decision = decision(on: name, isDirectory: isDirectory),
      !decision.pattern.isNegated
    else { return nil }
    return decision
  }

  /// The pattern that decides about something in this directory, if nothing above it is ignored;
  /// one that is negated decides that it is synced.
  public func decision(on name: Name, isDirectory: Bool) -> IgnoreReason? {
    if isEmpty { return nil }
    let path = directory.appending(name)
    if let pattern = local.decision(on: path.components, isDirectory: isDirectory) {
      return IgnoreReason(source: .configuration, pattern: pattern, path: path)
    }
    for layer in layers.reversed() {
      let below = path.components[layer.depth...]
      guard let pattern = layer.rules.decision(on: below, isDirectory: isDirectory) else {
        continue
      }
      let file = RelativePath(components: Array(path.components[..<layer.depth]))
      return IgnoreReason(source: .file(in: file), pattern: pattern, path: path)
    }
    return nil
  }
}
