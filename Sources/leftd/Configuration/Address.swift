/// `HOST:PORT`, with `[…]` around an IPv6 address.
struct Address: Equatable, CustomStringConvertible {
  var host: String
  var port: UInt16

  /// Reads it; without a port the default one, if that is allowed. `nil` for anything else.
  init?(_ text: String, portIsOptional: Bool = true) {
    var host = Substring(text)
    var port: UInt16?
    if let colon = text.lastIndex(of: ":"), Self.endsHost(text, at: colon) {
      host = text[..<colon]
      let digits = text[text.index(after: colon)...]
      guard let number = UInt16(digits), number > 0, digits.first != "+" else { return nil }
      port = number
    }
    if host.first == "[" && host.last == "]" { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
    guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x40 && $0 != 0x2C }) else {
      return nil
    }
    guard !host.contains("["), !host.contains("]") else { return nil }
    guard let port = port ?? (portIsOptional ? Configuration.defaultPort : nil) else { return nil }
    self.host = String(host)
    self.port = port
  }

  /// A colon begins the port unless it is part of a bare IPv6 address.
  private static func endsHost(_ text: String, at colon: String.Index) -> Bool {
    let before = text[..<colon]
    return !before.contains(":") || before.last == "]"
  }

  var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
