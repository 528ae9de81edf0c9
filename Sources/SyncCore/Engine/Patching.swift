/// Which chunks of a content are asked for as patches of the previous version here.
///
/// That pays where a little was changed: a chunk that stands beside one that did not change shares
/// something with what stood there. Whether it really does, the answers tell: a patch that helped
/// allows three more, one that did not none, so that a rewritten file costs a few hashes only.
struct Patching {
  private(set) var credit = Limits.firstPatchCount
  private(set) var underwayCount = 0
  private var isWrong = false

  /// Whether patches are asked for, or may be again when an answer has come.
  var isHopeful: Bool { !isWrong && (credit > 0 || underwayCount > 0) }

  /// Whether one may be asked for now.
  var isAllowed: Bool { !isWrong && credit > 0 }

  /// One was asked for.
  mutating func noteAsked() {
    credit -= 1
    underwayCount += 1
  }

  /// An answer came: a patch, or what was wanted as it is.
  mutating func noteCome(isPatched: Bool) {
    underwayCount -= 1
    if isPatched { credit = min(credit + 3, Limits.patchCount - underwayCount) }
  }

  /// A patch made something else. This can't be mended by asking again.
  mutating func noteLost() {
    underwayCount -= 1
    isWrong = true
  }
}

extension Stage {
  /// Chunks in a row that are to be asked for, and what here they may resemble.
  struct Wanted: Equatable {
    var chunks: Range<Int>
    var part: LocalPart?
  }

  /// What is asked for next, from the first waiting chunk on; `nil` if that must wait: until more
  /// of the recipe tells what stands behind it, or an answer whether patches help.
  func next(from start: Int, patching isKnown: Bool) -> Wanted? {
    let plain = row(
      from: start, chunkCount: Limits.rangeChunkCount, byteCount: Limits.rangeByteCount)
    guard isKnown, let file = reusedFile, patching.isHopeful else { return Wanted(chunks: plain) }
    let resembling =
      if let left = sourceEnd(before: start) {
        head(from: start, left, in: file)
      } else {
        tail(of: plain, in: file)
      }
    switch resembling {
    case nil: return nil
    case let wanted? where wanted.part == nil: return wanted
    case let wanted?: return patching.isAllowed ? wanted : nil
    }
  }

  /// The first chunks of a gap, whose left neighbour is here: all of a short gap, since an edit
  /// cuts a few chunks anew, else the first.
  private func head(from start: Int, _ left: Int64, in file: LocalFile) -> Wanted? {
    let gap = row(
      from: start, chunkCount: Limits.patchChunkCount, byteCount: Limits.patchByteCount)
    guard let isEnd = isEnd(gap.upperBound) else { return nil }
    if isEnd, let right = sourceStart(of: gap.upperBound, in: file), left < right,
      right - left <= Int64(Limits.patchByteCount)
    {
      return Wanted(chunks: gap, part: LocalPart(file: file, bytes: left..<right))
    }
    let first = start..<start + 1
    let end = min(left + byteCount(of: first), file.stamp.size)
    return Wanted(
      chunks: first, part: left < end ? LocalPart(file: file, bytes: left..<end) : nil)
  }

  /// The last chunks of a gap, or those before them: it takes some until the cuts after an edit are
  /// those of before it. What they resemble lies as far from where the gap ends.
  private func tail(of plain: Range<Int>, in file: LocalFile) -> Wanted? {
    let start = plain.lowerBound
    let end = row(
      from: plain.upperBound, chunkCount: Limits.patchTailChunkCount, byteCount: .max
    ).upperBound
    let isGapEnd = isEnd(end)
    guard isGapEnd != false else { return Wanted(chunks: plain) }
    let middle = start..<max(start, min(plain.upperBound, end - Limits.patchTailChunkCount))
    guard middle.isEmpty else { return Wanted(chunks: middle) }
    guard isGapEnd == true else { return nil }
    let chunks = start..<min(end, start + Limits.patchTailPartChunkCount)
    let right = sourceStart(of: end, in: file).map { $0 - byteCount(of: chunks.upperBound..<end) }
    guard let right, right > 0 else { return Wanted(chunks: chunks) }
    let left = max(0, right - byteCount(of: chunks))
    return Wanted(chunks: chunks, part: LocalPart(file: file, bytes: left..<right))
  }

  /// The waiting chunks in a row from one on, as far as the bounds allow.
  private func row(from start: Int, chunkCount: Int, byteCount limit: Int) -> Range<Int> {
    var end = start
    var byteCount = 0
    while end < comparedCount, states[end] == .waiting, end - start < chunkCount,
      byteCount + chunks[end].chunk.length <= limit
    {
      byteCount += chunks[end].chunk.length
      end += 1
    }
    return start..<end
  }

  private func byteCount(of range: Range<Int>) -> Int64 {
    chunks[range].reduce(0) { $0 + Int64($1.chunk.length) }
  }

  /// Whether a row of waiting chunks ends there; `nil` if that is not known yet.
  private func isEnd(_ end: Int) -> Bool? {
    if end < comparedCount { return states[end] != .waiting }
    return isSealed ? true : nil
  }

  /// Where the chunk before one ends in the previous version.
  private func sourceEnd(before number: Int) -> Int64? {
    guard number > 0 else { return 0 }
    let chunk = chunks[number - 1]
    return source(of: chunk).map { $0 + Int64(chunk.chunk.length) }
  }

  /// Where a chunk begins in the previous version; behind the last chunk is its end.
  private func sourceStart(of number: Int, in file: LocalFile) -> Int64? {
    number < chunks.count ? source(of: chunks[number]) : file.stamp.size
  }

  /// Zeros are everywhere: what resembles most is most likely where it was.
  private func source(of chunk: PlacedChunk) -> Int64? {
    chunk.chunk.isZeros ? chunk.offset : reusable[chunk.chunk.id]
  }
}
