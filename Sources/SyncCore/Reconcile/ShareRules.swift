/// Whose word counts in a share: properties that its nodes tell each other in their hello.
public struct ShareRules: Hashable, Sendable {
  /// What a node is in a share.
  public enum Role: Hashable, Sendable {
    /// What is changed here is changed everywhere, and the reverse.
    case twoWay
    /// Its tree is the truth: what others changed is put back.
    case source
    /// It takes what comes; what is changed here is told to nobody, and replaced, by way of the
    /// trash, as soon as a new version of it comes.
    case replica
  }

  /// What this node is.
  public var role: Role
  /// Whose version wins of two concurrent modifications; `nil` for the later one. The same on all
  /// nodes.
  public var preferred: NodeID?
  /// Above how many percent of what the share has a unit from a peer may delete only when a person
  /// says so; `nil` for never. Each node has its own.
  public var heldDeletionPercent: Int?
  /// How owners are told; `nil` if they are not kept. Each node has its own.
  public var ownership: Ownership?
  /// What belongs together. The same on all nodes.
  public var bundles = BundleRules()

  /// Rules; by default those of a share in which all are alike.
  public init(role: Role = .twoWay, preferred: NodeID? = nil) {
    self.role = role
    self.preferred = preferred
  }

  private static let source = "source"
  private static let replica = "replica"
  private static let prefer = "prefer="
  private static let bundle = "bundle="

  /// What a hello says of them, among the features.
  var features: [String] {
    let role: [String] =
      switch self.role {
      case .twoWay: []
      case .source: [Self.source]
      case .replica: [Self.replica]
      }
    return role + (preferred.map { [Self.prefer + $0.description] } ?? []) + bundleFeatures
  }

  /// Each name of a bundle, in hexadecimal; nothing if they are those without any configuration.
  private var bundleFeatures: [String] {
    if bundles == BundleRules() { return [] }
    if bundles.names.isEmpty { return [Self.bundle] }
    return bundles.names.sorted().map { Self.bundle + Hexadecimal.encode($0.bytes) }
  }

  /// The rules that a peer's hello speaks of.
  init(features: [String]) {
    role =
      features.contains(Self.source)
      ? .source : features.contains(Self.replica) ? .replica : .twoWay
    preferred =
      features.lazy.filter { $0.hasPrefix(Self.prefer) }
      .compactMap { NodeID(text: String($0.dropFirst(Self.prefer.utf8.count))) }.first
    let names = features.filter { $0.hasPrefix(Self.bundle) }.map {
      Hexadecimal.decode($0.utf8.dropFirst(Self.bundle.utf8.count)) ?? []
    }
    if !names.isEmpty { bundles = BundleRules(names: Set(names.compactMap { Name($0) })) }
  }

  /// Why nothing can be exchanged with a node that has `other` rules; `nil` if it can. `sources`
  /// says whether another node of the share is its source already.
  func objection(to other: ShareRules, hasSource: Bool) -> String? {
    if preferred != other.preferred {
      let here = preferred.map(\.short) ?? "newest"
      let there = other.preferred.map(\.short) ?? "newest"
      return "has 'prefer = \(there)' for this share, and here it is '\(here)': set both alike"
    }
    if bundles != other.bundles {
      return "has other bundles for this share (\(other.bundles)), and here they are \(bundles): "
        + "set 'bundles' alike"
    }
    if other.role == .source, role == .source || hasSource {
      return "is a second source of this share: only one node can be its truth"
    }
    return nil
  }
}
