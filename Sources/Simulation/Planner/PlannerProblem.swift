/// What went wrong in a case.
package struct PlannerProblem: Hashable, Sendable, CustomStringConvertible {
  /// Which promise was broken.
  package enum Kind: String, Sendable {
    /// They go on telling each other news.
    case restlessness
    /// The nodes end with different trees.
    case difference
    /// What a user wrote is nowhere, though nobody who knew of it replaced or deleted it.
    case loss
    /// What a user deleted, knowing everything about it, is there again.
    case resurrection
    /// One content lies in two places although only one was given to it.
    case duplicate
    /// Something got a conflict's name although nobody did anything at the same time.
    case conflict
    /// Another order of the same exchanges ends in another tree.
    case order
    /// Telling again what was told changes something.
    case noise
    /// A plan that no disk could carry out, or that a peer can't give the contents for.
    case plan
  }

  /// Which promise.
  package let kind: Kind
  /// Where, and what was found.
  package let text: String

  init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  /// The kind and the text.
  package var description: String { "\(kind): \(text)" }
}
