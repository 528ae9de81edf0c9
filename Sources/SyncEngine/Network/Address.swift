import CLinux
import Glibc
import SyncCore

/// `HOST:PORT` as people write it: a name, an IPv4 address, or an IPv6 address in brackets.
struct Address: Sendable {
  /// A name or a numeric address, without brackets.
  let host: String
  /// The port; 0 lets the kernel choose one to listen on.
  let port: UInt16

  /// Reads `HOST:PORT`.
  init(_ text: String) throws(EngineError) {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { throw Self.unreadable(text) }
    var host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw Self.unreadable(text)
    }
    guard !host.isEmpty, !host.utf8.contains(0) else { throw Self.unreadable(text) }
    self.host = String(host)
    self.port = port
  }

  private static func unreadable(_ text: String) -> EngineError {
    EngineError(
      "\(DisplayText.escape(Array(text.utf8))) is not an address",
      remedy: "Write HOST:PORT, and an IPv6 address in brackets, like [::]:22001")
  }

  /// Calls `body` with each socket address of the name, in the order in which the resolver
  /// recommends them (RFC 6724), until one returns 0 or more; the last result, and how many
  /// addresses there are.
  ///
  /// The resolver's own time limit holds (resolv.conf(5)): 5 s a server unless changed.
  func forEach(
    isListening: Bool, _ body: (UnsafePointer<sockaddr>, UInt32, _ left: Int) -> Int32
  ) throws(EngineError) -> Int32 {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICSERV | (isListening ? AI_PASSIVE : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard result == 0 else {
      throw EngineError(
        "cannot find the address of \(host): \(unsafe String(cString: gai_strerror(result)))",
        remedy: "Check the name, and the network if it is right")
    }
    defer { unsafe freeaddrinfo(list) }
    var count = 0
    var next = unsafe list
    while let entry = unsafe next {
      count += 1
      unsafe next = entry.pointee.ai_next
    }
    var last = -ENXIO
    unsafe next = unsafe list
    while let entry = unsafe next, last < 0 {
      if let address = unsafe entry.pointee.ai_addr {
        last = unsafe body(address, entry.pointee.ai_addrlen, count)
      }
      count -= 1
      unsafe next = entry.pointee.ai_next
    }
    return last
  }

  /// `HOST:PORT` again.
  static func text(host: String, port: UInt16) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
