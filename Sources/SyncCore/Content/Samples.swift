/// Which chunks of a content are kept in mind to find contents that have something in common with
/// it: those with the smallest hashes. Whoever has the same chunk chooses alike, whatever else is
/// around it.
extension ChunkID {
  /// What a sample is found by: the first 64 bits of the hash, the first byte highest.
  package var sampleKey: UInt64 { words.0.byteSwapped }

  /// Whether it is a sample of a content of any usual length; in a short one others are, too.
  var isRare: Bool { sampleKey <= .max / Limits.sampleInterval }
}

extension Recipe {
  /// The keys of its samples, in order: one chunk in `Limits.sampleInterval`, some at least, and
  /// `Limits.sampleCount` at most. O(chunks), and sorts twice as many as there can be.
  package var samples: [UInt64] {
    let most = 2 * UInt64(Limits.sampleCount)
    let interval = max(Limits.sampleInterval, UInt64(chunks.count) / most)
    let keys = chunks.lazy.filter { !$0.isZeros }.map(\.id.sampleKey)
    let isShort = chunks.count <= Int(Limits.sampleInterval) * Limits.leastSampleCount
    let rare = Set(keys.filter { $0 <= .max / interval || isShort }).sorted()
    let count = rare.count { $0 <= .max / interval }
    return Array(rare.prefix(min(max(count, Limits.leastSampleCount), Limits.sampleCount)))
  }
}
