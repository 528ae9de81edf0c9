import SyncCore
import SyncEngine

/// Reads a configuration file: everything in it must be known and right, or nothing starts.
struct ConfigurationReader {
  private let file: String
  private let environment: Environment
  private var result: Configuration
  private var ids: [String: NodeID] = [:]
  private var addresses: [String: String] = [:]
  private var paths: [String: String] = [:]
  private var roles: [String: ShareRules.Role] = [:]
  private var ownerships: [String: Ownership] = [:]
  private var bundles: [String: BundleRules] = [:]
  private var preferences: [String: (name: String, line: Int)] = [:]
  private var lists: [String: [(name: String, line: Int)]] = [:]
  private var limits: [String: TrafficLimits] = [:]
  private var patterns: [String: [[UInt8]]] = [:]
  /// `hold_deletes`, `trash_days` and `trash_size`, by share.
  private var bounds: [String: Configuration.Share] = [:]
  private var seen: Set<String> = []

  /// Reads and checks `file`.
  static func read(
    _ file: String, environment: Environment
  ) throws(EngineError) -> Configuration {
    try parse(Files.read(file), file: file, environment: environment)
  }

  /// Checks the content of a configuration file.
  static func parse(
    _ bytes: [UInt8], file: String, environment: Environment
  ) throws(EngineError) -> Configuration {
    var reader = ConfigurationReader(file: file, environment: environment)
    return try reader.parse(INIReader(bytes))
  }

  private init(file: String, environment: Environment) {
    self.file = file
    self.environment = environment
    result = Configuration(file: file, name: Self.nodeName(environment))
  }

  /// The host's name, made fit to be a node's.
  static func nodeName(_ environment: Environment) -> String {
    let name = String(environment.hostName.split(separator: ".").first ?? "localhost")
    return Configuration.isName(name) ? name : "localhost"
  }

  private mutating func parse(_ ini: INIReader) throws(EngineError) -> Configuration {
    if let fault = ini.fault { throw error(fault.line, fault.problem, fault.remedy) }
    var known: [String: Section] = [:]
    for header in ini.sections {
      let section = try section(header.name, header.line)
      if known.updateValue(section, forKey: header.name) != nil {
        throw error(
          header.line, "section [\(printable(header.name))] stands here twice",
          "Put its keys into one section.")
      }
      if case .share(let name) = section {
        result.shares.append(Configuration.Share(name: name, path: "", line: header.line))
      }
    }
    for item in ini.items {
      guard let section = known[item.section] else {
        throw error(
          item.line, "key \(quoted(item.key)) stands outside a section",
          "Put it below [node], [share NAME], [peer NAME] or [log].")
      }
      try take(item, in: section)
    }
    try completePeers(ini.sections)
    try completeShares()
    return result
  }

  // MARK: Sections and keys

  /// The value of `prefer` that prefers nobody.
  private static let newest = "newest"

  private enum Section {
    case node
    case share(String)
    case peer(String)
    case log
  }

  private func section(_ header: String, _ line: Int) throws(EngineError) -> Section {
    let words = header.split(separator: " ").map(String.init)
    switch (words.first, words.count) {
    case ("node", 1): return .node
    case ("log", 1): return .log
    case ("share", 2), ("peer", 2):
      guard Configuration.isName(words[1]) else {
        throw error(
          line, "\(quoted(words[1])) is no name",
          "Use letters, digits, '-', '_' and '.', at most \(Configuration.nameByteCount) bytes.")
      }
      return words[0] == "share" ? .share(words[1]) : .peer(words[1])
    default:
      throw error(
        line, "unknown section [\(printable(header))]",
        "Known are [node], [share NAME], [peer NAME] and [log].")
    }
  }

  private mutating func take(_ item: INIItem, in section: Section) throws(EngineError) {
    let mayRepeat = item.key == "peers" || item.key == "ignore"
    guard seen.insert("\(item.section)\n\(item.key)").inserted || mayRepeat else {
      throw error(
        item.line, "key \(quoted(item.key)) is set twice in [\(printable(item.section))]",
        "Delete one of them.")
    }
    switch (section, item.key) {
    case (.node, "name"):
      guard Configuration.isName(item.value) else {
        throw wrong(item, "letters, digits, '-', '_' and '.', at most 40 bytes")
      }
      result.name = item.value
    case (.node, "listen"):
      guard let address = Address(item.value) else {
        throw wrong(item, "ADDRESS:PORT, such as \(Configuration.defaultListen)")
      }
      result.listen = address.description
    case (.node, "state"): result.state = try path(item)
    case (.node, "up"): result.limits.up = try schedule(item)
    case (.node, "down"): result.limits.down = try schedule(item)
    case (.share(let name), "path"): paths[name] = try path(item)
    case (.share(let name), "peers"):
      for peer in item.value.split(whereSeparator: { $0 == "," || $0 == " " }) {
        lists[name, default: []].append((String(peer), item.line))
      }
    case (.share(let name), "ignore"):
      guard let rules = try? IgnoreRules(lines: [item.bytes]), !rules.isEmpty else {
        throw wrong(item, "a pattern as in a .leftignore file")
      }
      patterns[name, default: []].append(item.bytes)
    case (.share(let name), "mode"):
      guard let role = ShareRules.Role(name: item.value) else {
        throw wrong(item, "one of \(ShareRules.Role.names)")
      }
      roles[name] = role
    case (.share(let name), "ownership"):
      guard let ownership = Ownership(rawValue: item.value) else {
        throw wrong(item, "numeric or names")
      }
      ownerships[name] = ownership
    case (.share(let name), "bundles"):
      bundles[name] = try bundleRules(item)
    case (.share(let name), "prefer"):
      if item.value != Self.newest { preferences[name] = (item.value, item.line) }
    case (.share(let name), "hold_deletes"), (.share(let name), "trash_days"),
      (.share(let name), "trash_size"):
      try takeBound(item, of: name)
    case (.peer(let name), "id"):
      guard let id = NodeID(text: item.value) else {
        throw wrong(item, "the 52 letters and digits that 'leftd id' prints there")
      }
      ids[name] = id
    case (.peer(let name), "address"):
      guard let address = Address(item.value) else {
        throw wrong(item, "HOST:PORT, such as nas.example:\(Configuration.defaultPort)")
      }
      addresses[name] = address.description
    case (.peer(let name), "up"):
      limits[name, default: TrafficLimits()].up = try schedule(item)
    case (.peer(let name), "down"):
      limits[name, default: TrafficLimits()].down = try schedule(item)
    case (.log, "level"):
      guard let level = LogEntry.Level(name: item.value) else {
        throw wrong(item, "one of \(LogEntry.Level.names)")
      }
      result.level = level
    default: throw unknown(item, in: section)
    }
  }

  private mutating func takeBound(_ item: INIItem, of share: String) throws(EngineError) {
    var bound = bounds[share] ?? Configuration.Share(name: share, path: "")
    switch item.key {
    case "hold_deletes":
      bound.heldDeletionPercent = Quantity.percent(item.value)
      if bound.heldDeletionPercent == nil { throw wrong(item, "a share of 100, such as 30%") }
    case "trash_days":
      bound.trashDays = Quantity.days(item.value)
      if bound.trashDays == nil { throw wrong(item, "a number of days, from 1 to 3650") }
    default:
      bound.trashByteCount = Quantity.bytes(item.value)
      if bound.trashByteCount == nil { throw wrong(item, "a size, such as 20 GB") }
    }
    bounds[share] = bound
  }

  private func bundleRules(_ item: INIItem) throws(EngineError) -> BundleRules {
    if item.value == "none" { return BundleRules(names: []) }
    var names: Set<Name> = []
    for word in item.bytes.split(whereSeparator: {
      [UInt8(ascii: ","), UInt8(ascii: " ")].contains($0)
    }) {
      guard let name = Name(word), name != .reserved,
        name.bytes.count <= Limits.bundleNameByteCount
      else {
        throw wrong(
          item,
          "names of directories, such as .git, of \(Limits.bundleNameByteCount) bytes at most, "
            + "or none"
        )
      }
      names.insert(name)
    }
    guard names.count <= Limits.bundleNameCount else {
      throw wrong(item, "at most \(Limits.bundleNameCount) names")
    }
    return BundleRules(names: names)
  }

  private func schedule(_ item: INIItem) throws(EngineError) -> RateSchedule {
    guard let schedule = RateText.schedule(item.value) else { throw wrong(item, RateText.expected) }
    return schedule
  }

  private func path(_ item: INIItem) throws(EngineError) -> String {
    var path = item.value
    if path == "~" || path.hasPrefix("~/") { path = environment.home + path.dropFirst() }
    guard path.hasPrefix("/"), let absolute = CurrentDirectory.resolve(path) else {
      throw wrong(item, "an absolute path, or one that begins with ~/")
    }
    return absolute
  }

  // MARK: What only the whole file tells

  private mutating func completePeers(_ headers: [INISection]) throws(EngineError) {
    var names: [NodeID: String] = [:]
    for header in headers {
      guard case .peer(let name) = try section(header.name, header.line) else { continue }
      guard let id = ids[name] else {
        throw error(
          header.line, "[\(header.name)] has no id", "Add 'id = …', which 'leftd id' prints there.")
      }
      if let other = names.updateValue(name, forKey: id) {
        throw error(
          header.line, "[\(header.name)] has the id of [peer \(other)]", "Delete one of the two.")
      }
      guard result.peers.count < Limits.peerCount else {
        throw error(
          header.line, "there are more than \(Limits.peerCount) peers",
          "Delete those that are no longer in use.")
      }
      result.peerLimits[id] = limits[name]
      result.peers.append(PeerSettings(id: id, name: name, address: addresses[name]))
    }
  }

  private mutating func completeShares() throws(EngineError) {
    guard !result.shares.isEmpty else {
      throw EngineError(
        "\(printable(file)): there is no share",
        remedy: "Add '[share share]' with 'path = ~/share'.")
    }
    for index in result.shares.indices {
      let share = result.shares[index]
      let path = paths[share.name] ?? environment.home + "/share"
      guard Files.isDirectory(path) else {
        throw error(
          share.line, "[share \(share.name)]: there is no directory \(printable(path))",
          "Make it with 'mkdir -p', mount it, or correct 'path'.")
      }
      for other in result.shares[..<index] where nested(path, other.path) {
        throw error(
          share.line, "[share \(share.name)] and [share \(other.name)] lie in one another",
          "Give them directories of their own.")
      }
      result.shares[index].path = path
      for peer in lists[share.name] ?? []
      where !result.peers.contains(where: { $0.name == peer.name }) {
        throw error(
          peer.line, "there is no [peer \(printable(peer.name))]",
          "Correct the name in 'peers', or pair with 'leftd join'.")
      }
      result.shares[index].peers = lists[share.name]?.map(\.name)
      do throws(IgnoreError) {
        result.shares[index].ignored = try IgnoreRules(lines: patterns[share.name] ?? [])
      } catch {
        throw self.error(
          share.line, "'ignore' of [share \(share.name)] can't be taken: \(error)",
          "Use fewer patterns.")
      }
      result.shares[index].role = roles[share.name] ?? .twoWay
      result.shares[index].ownership = ownerships[share.name]
      result.shares[index].bundles = bundles[share.name] ?? BundleRules()
      result.shares[index].heldDeletionPercent = bounds[share.name]?.heldDeletionPercent
      result.shares[index].trashDays = bounds[share.name]?.trashDays
      result.shares[index].trashByteCount = bounds[share.name]?.trashByteCount
      if let (name, line) = preferences[share.name] {
        guard name == result.name || result.peers.contains(where: { $0.name == name }) else {
          throw error(
            line, "'prefer' names \(quoted(name)), which is neither this node nor a peer",
            "Use 'newest', '\(result.name)' or the name of a [peer NAME].")
        }
        result.shares[index].prefer = name
      }
    }
  }

  private func nested(_ left: String, _ right: String) -> Bool {
    (left + "/").hasPrefix(right + "/") || (right + "/").hasPrefix(left + "/")
  }

  // MARK: Messages

  private func error(_ line: Int, _ problem: String, _ remedy: String) -> EngineError {
    EngineError("\(printable(file)):\(line): \(problem)", remedy: remedy)
  }

  private func wrong(_ item: INIItem, _ expected: String) -> EngineError {
    error(
      item.line, "\(quoted(item.value)) is no value for '\(item.key)'", "Expected is \(expected).")
  }

  private func unknown(_ item: INIItem, in section: Section) -> EngineError {
    let keys =
      switch section {
      case .node: "name, listen, state, up and down"
      case .share:
        "path, peers, ignore, mode, prefer, ownership, bundles, hold_deletes, trash_days and "
          + "trash_size"
      case .peer: "id, address, up and down"
      case .log: "level"
      }
    return error(
      item.line, "unknown key \(quoted(item.key)) in [\(printable(item.section))]",
      "Known here: \(keys).")
  }
}
