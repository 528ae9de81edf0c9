/// How owner and group of files and directories are told, in shares that keep them. What is told is
/// taken as it comes, names or numbers.
public enum Ownership: String, Hashable, Sendable, CaseIterable {
  /// As numbers.
  case numeric
  /// By name; as numbers where the machine has no name for them.
  case names
}
