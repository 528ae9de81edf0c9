/// Whether deflate would probably shrink `bytes` by more than a few per cent.
///
/// Looks at four evenly spread pieces of 1 KiB (at everything, if there is no more) and says yes if
/// bytes are unevenly frequent, as in text, code, base64, sound and tables, or if sequences of four
/// bytes occur again. Encrypted and compressed data (zip, JPEG, video) is neither. A wrong yes
/// costs one deflate in vain, a wrong no some bytes on the wire.
///
/// Takes a few microseconds, where deflating 64 KiB takes some hundred.
func looksCompressible(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let pieceCount = 4
  let pieceByteCount = 1024
  let sampleByteCount = pieceCount * pieceByteCount
  guard bytes.count > sampleByteCount else {
    return unsafe isUneven(bytes) || isRepetitive(bytes)
  }
  // The first piece lies at the start of the bytes and the last at their end.
  let stride = (bytes.count - pieceByteCount) / (pieceCount - 1)
  return unsafe withUnsafeTemporaryAllocation(byteCount: sampleByteCount, alignment: 8) { sample in
    for piece in 0..<pieceCount {
      let source = unsafe bytes[(piece * stride)..<(piece * stride + pieceByteCount)]
      let target = unsafe sample[(piece * pieceByteCount)..<((piece + 1) * pieceByteCount)]
      unsafe UnsafeMutableRawBufferPointer(rebasing: target).copyBytes(from: source)
    }
    let sample = UnsafeRawBufferPointer(sample)
    return unsafe isUneven(sample) || isRepetitive(sample)
  }
}

/// Whether the sum of squared byte frequencies is a quarter above what random bytes have on
/// average: a collision entropy below 7.7 bits a byte. (Shannon's entropy would need logarithms.)
private func isUneven(_ sample: UnsafeRawBufferPointer) -> Bool {
  unsafe withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { frequencies in
    unsafe frequencies.initialize(repeating: 0)
    for index in 0..<sample.count {
      let byte = unsafe sample.load(fromByteOffset: index, as: UInt8.self)
      unsafe frequencies[Int(byte)] &+= 1
    }
    var squares = 0
    for index in 0..<256 {
      let frequency = unsafe Int(frequencies[index])
      squares &+= frequency &* frequency
    }
    let average = sample.count + sample.count * sample.count / 256
    return squares > average + average / 4
  }
}

/// Whether at 1/32 of the places or more (3 %) there are four bytes that occurred before.
private func isRepetitive(_ sample: UnsafeRawBufferPointer) -> Bool {
  guard sample.count >= 4 else { return false }
  let slotBits: UInt32 = 11
  return unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 1 << slotBits) { last in
    unsafe last.initialize(repeating: 0)
    var repeats = 0
    for index in 0...(sample.count - 4) {
      let word = unsafe sample.loadUnaligned(fromByteOffset: index, as: UInt32.self)
      // Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
      let slot = Int((word &* 0x9E37_79B1) >> (32 - slotBits))
      repeats &+= unsafe last[slot] == word ? 1 : 0
      unsafe last[slot] = word
    }
    return repeats * 32 >= sample.count
  }
}
