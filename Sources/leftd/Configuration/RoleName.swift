import SyncCore

extension ShareRules.Role {
  /// What `mode` can be.
  static let names = "two-way, source and replica"

  /// The role that a configuration file calls so.
  init?(name: String) {
    switch name {
    case "two-way": self = .twoWay
    case "source": self = .source
    case "replica": self = .replica
    default: return nil
    }
  }
}
