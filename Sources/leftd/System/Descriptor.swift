import CLinux
import Glibc

/// An open file, closed when its owner goes.
struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  /// Takes over what a wrapper of `CLinux` returned; throws its errno.
  init(_ result: Int32) throws(Errno) {
    guard result >= 0 else { throw Errno(code: -result) }
    number = result
  }

  deinit {
    close(number)
  }
}

/// What the kernel answered instead.
struct Errno: Error, Equatable, CustomStringConvertible {
  var code: Int32

  /// strerror(3) in the language of the sources.
  var description: String {
    unsafe String(cString: strerror(code))
  }
}
