extension Int64 {
  /// The sum of two numbers that aren't negative, or the largest number where it is larger: sizes
  /// come from peers, and absurd ones must not stop the program.
  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? .max : sum
  }
}
