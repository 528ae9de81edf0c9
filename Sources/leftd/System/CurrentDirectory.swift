import Glibc

/// Paths as a person types them.
enum CurrentDirectory {
  /// The path, absolute, without `.`, empty or trailing components; `..` is left to the kernel,
  /// since it need not mean the component before. `nil` if the current directory has been deleted.
  static func resolve(_ path: String) -> String? {
    resolve(Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The same for the bytes of a path.
  static func resolve(_ path: [UInt8]) -> [UInt8]? {
    let slash = UInt8(ascii: "/")
    var whole = path
    if path.first != slash {
      guard let current = unsafe getcwd(nil, 0) else { return nil }
      defer { unsafe free(current) }
      whole = unsafe Array(UnsafeRawBufferPointer(start: current, count: strlen(current)))
      whole += [slash] + path
    }
    let parts = whole.split(separator: slash).filter { $0 != [UInt8(ascii: ".")] }
    return [slash] + parts.joined(separator: [slash])
  }
}
