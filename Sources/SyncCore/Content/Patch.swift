/// One step in making new bytes from old ones.
public enum PatchStep: Hashable, Sendable {
  /// Pieces in a row of the old bytes: which is the first, and how many, at least one.
  case copy(first: Int, count: Int)
  /// So many bytes that are sent along, at least one.
  case literal(byteCount: Int)
}

/// How new bytes are made of pieces of old ones, of which the maker knows nothing but hashes.
///
/// A piece is known by the first 64 bits of its hash. Two pieces that share these make a wrong
/// patch; what comes of it has not the chunks' ids, and is fetched as it is.
public struct Patch: Hashable, Sendable {
  /// What to do, in order.
  public var steps: [PatchStep] = []

  /// A patch of these steps.
  public init(steps: [PatchStep] = []) { self.steps = steps }

  /// The patch that makes bytes of these pieces for who has pieces with these hashes.
  public init(making pieces: [(hash: UInt64, byteCount: Int)], from old: [UInt64]) {
    var positions: [UInt64: Int] = [:]
    for (position, hash) in old.enumerated() where positions[hash] == nil {
      positions[hash] = position
    }
    var next = 0
    for piece in pieces {
      let goesOn = next < old.count && old[next] == piece.hash
      guard let position = goesOn ? next : positions[piece.hash] else {
        addLiteral(piece.byteCount)
        continue
      }
      next = position + 1
      addCopy(of: position)
    }
  }

  private mutating func addLiteral(_ byteCount: Int) {
    if case .literal(let before)? = steps.last {
      steps[steps.count - 1] = .literal(byteCount: before + byteCount)
    } else {
      steps.append(.literal(byteCount: byteCount))
    }
  }

  private mutating func addCopy(of position: Int) {
    if case .copy(let first, let count)? = steps.last, first + count == position {
      steps[steps.count - 1] = .copy(first: first, count: count + 1)
    } else {
      steps.append(.copy(first: position, count: 1))
    }
  }

  /// Bytes that must be sent along.
  public var literalByteCount: Int {
    steps.reduce(0) { sum, step in
      if case .literal(let byteCount) = step { sum + byteCount } else { sum }
    }
  }

  /// Where in the old bytes, or in those sent along, each stretch of the new bytes lies; what is
  /// made has `byteCount` bytes.
  ///
  /// - Throws: when a step names a piece that isn't there, or what is made has another length.
  public func stretches(
    ofPieces lengths: [Int], making byteCount: Int
  ) throws(WireError) -> [Stretch] {
    var offsets = [0]
    offsets.reserveCapacity(lengths.count + 1)
    for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
    var stretches: [Stretch] = []
    var (made, literals) = (0, 0)
    for step in steps {
      let stretch: Stretch
      switch step {
      case .copy(let first, let count):
        guard first <= lengths.count, count <= lengths.count - first else {
          throw WireError("patch of pieces that there are not")
        }
        stretch = Stretch(isOld: true, bytes: offsets[first]..<offsets[first + count])
      case .literal(let byteCount):
        stretch = Stretch(isOld: false, bytes: literals..<literals + byteCount)
        literals += byteCount
      }
      made += stretch.bytes.count
      stretches.append(stretch)
    }
    guard made == byteCount else { throw WireError("patch that makes \(made) bytes") }
    return stretches
  }

  /// A part of the new bytes.
  public struct Stretch: Hashable, Sendable {
    /// Whether it comes from the old bytes; otherwise it was sent along.
    public var isOld: Bool
    /// Where it lies there.
    public var bytes: Range<Int>
  }
}
