import SyncCore
import Testing

@testable import SyncEngine
@testable import leftd

@Suite struct ConfigurationTests {
  private static let id = String(repeating: "a", count: 52)
  private static let other = String(repeating: "b", count: 51) + "a"

  private func parse(_ text: String) throws(EngineError) -> Configuration {
    let home = Scratch.root
    let environment = Environment(
      variables: [:], user: 1000, home: home, hostName: "alpha.example")
    return try ConfigurationReader.parse(
      Array(text.utf8), file: "leftd.conf", environment: environment)
  }

  @Test func everyKeyIsRead() throws {
    let folder = Scratch.directory()
    let configuration = try parse(
      """
      [node]
      name = beta
      listen = 127.0.0.1:22005
      state = ~/state/
      [share photos] ; all of them
      path = \(folder)
      peers = nas, laptop
      [peer nas]
      id = \(Self.id)
      address = nas.example
      [peer laptop]
      id = \(Self.other)
      [log]
      level = debug
      """)
    let nas = NodeID(text: Self.id)!
    let laptop = NodeID(text: Self.other)!
    #expect(
      configuration
        == Configuration(
          file: "leftd.conf", name: "beta", listen: "127.0.0.1:22005",
          state: Scratch.root + "/state",
          shares: [.init(name: "photos", path: folder, peers: ["nas", "laptop"], line: 5)],
          peers: [
            PeerSettings(id: nas, name: "nas", address: "nas.example:22001"),
            PeerSettings(id: laptop, name: "laptop", address: nil),
          ],
          level: .debug))
  }

  @Test func soManyPeersAreKnownAndNoMore() throws {
    func peers(_ count: Int) -> String {
      (0..<count).map { number in
        let first = ["a", "b", "c", "d"][number / 32]
        let second = Array("abcdefghijklmnopqrstuvwxyz234567")[number % 32]
        let id = first + String(second) + String(repeating: "a", count: 50)
        return "[peer p\(number)]\nid = \(id)"
      }.joined(separator: "\n")
    }
    let share = "[share a]\npath = \(Scratch.directory())\n"
    #expect(try parse(share + peers(Limits.peerCount)).peers.count == Limits.peerCount)
    #expect(throws: EngineError.self) { try parse(share + peers(Limits.peerCount + 1)) }
    let full = Roster(try parse(share + peers(Limits.peerCount)))
    #expect(throws: EngineError.self) {
      try full.add(
        PairingResult(
          peer: NodeID(bytes: [UInt8](repeating: 255, count: 32))!, name: "one more", address: nil))
    }
  }

  @Test func defaultsHoldForWhatIsNotSaid() throws {
    let folder = Scratch.directory()
    let configuration = try parse("[share a]\npath = \(folder)")
    #expect(configuration.name == "alpha")
    #expect(configuration.listen == "0.0.0.0:22001")
    #expect(configuration.state == nil)
    #expect(configuration.level == .notice)
    #expect(configuration.shares[0].peers == nil)
  }

  @Test func bundlesAreNamed() throws {
    let share = "[share a]\npath = \(Scratch.directory())\n"
    func names(_ line: String) throws -> [String] {
      try parse(share + line).shares[0].bundles.names.map(\.description).sorted()
    }
    #expect(try names("") == [".git"])
    #expect(try names("bundles = .git, .hg db.bundle") == [".git", ".hg", "db.bundle"])
    #expect(try names("bundles = none") == [])
    #expect(throws: EngineError.self) { try names("bundles = a/b") }
  }

  @Test func carriageReturnsAndIndentationDoNotMatter() throws {
    let folder = Scratch.directory()
    let configuration = try parse("[share a]\r\n  path = \(folder)\r\n[log]\r\n\tlevel = info\r\n")
    #expect(configuration.shares[0].path == folder)
    #expect(configuration.level == .info)
  }

  @Test(arguments: [
    (
      "[node]\nnmae = x",
      "2: unknown key 'nmae' in [node]. Known here: name, listen, state, up and "
        + "down."
    ),
    (
      "\n[nodes]",
      "2: unknown section [nodes]. Known are [node], [share NAME], [peer NAME] and [log]."
    ),
    (
      "[share]",
      "1: unknown section [share]. Known are [node], [share NAME], [peer NAME] and [log]."
    ),
    (
      "[share a/b]",
      "1: 'a/b' is no name. Use letters, digits, '-', '_' and '.', at most 40 bytes."
    ),
    ("[log]\n[log]", "2: section [log] stands here twice. Put its keys into one section."),
    (
      "[log]\nlevel = info\nlevel = debug",
      "3: key 'level' is set twice in [log]. Delete one of them."
    ),
    (
      "[log]\nlevel = loud",
      "2: 'loud' is no value for 'level'. Expected is one of error, warning, notice, info, debug."
    ),
    (
      "[node]\nlisten = a:b",
      "2: 'a:b' is no value for 'listen'. Expected is ADDRESS:PORT, such as 0.0.0.0:22001."
    ),
    (
      "[node]\nlisten = 0.0.0.0:70000",
      "2: '0.0.0.0:70000' is no value for 'listen'. Expected is ADDRESS:PORT, such as "
        + "0.0.0.0:22001."
    ),
    (
      "[node]\nstate = here",
      "2: 'here' is no value for 'state'. Expected is an absolute path, or one that begins with ~/."
    ),
    (
      "[peer a]\nid = short",
      "2: 'short' is no value for 'id'. Expected is the 52 letters and digits that 'leftd id' "
        + "prints there."
    ),
    ("[peer a]", "1: [peer a] has no id. Add 'id = …', which 'leftd id' prints there."),
    (
      "[peer a]\nid = \(id)\n[peer b]\nid = \(id)",
      "3: [peer b] has the id of [peer a]. Delete one of the two."
    ),
    (
      "[share a]\npath = /nowhere/at/all",
      "1: [share a]: there is no directory /nowhere/at/all. Make it with 'mkdir -p', mount it, or "
        + "correct 'path'."
    ),
    (
      "[share a]\npath = /\npeers = nas",
      "3: there is no [peer nas]. Correct the name in 'peers', or pair with 'leftd join'."
    ),
    (
      "[share a]\npath = /usr\n[share b]\npath = /usr/share",
      "3: [share b] and [share a] lie in one another. Give them directories of their own."
    ),
    (
      "name = x",
      "1: key 'name' stands outside a section. Put it below [node], [share NAME], [peer NAME] or "
        + "[log]."
    ),
    (
      "[node]\nhello",
      "2: neither a section nor 'key = value'. Write 'key = value', '[section]' or a comment that "
        + "begins with '#'."
    ),
    (
      "[node]\nname = \(String(repeating: "x", count: 300))",
      "2: a line may have 197 bytes, this one has 307. Shorten it, or split a list over several "
        + "lines with the same key."
    ),
    ("[node]\nname = a\u{0}b", "2: a NUL byte. Write the file as text."),
  ])
  func aMistakeIsRefusedWithItsLineAndARemedy(text: String, message: String) {
    let error = #expect(throws: EngineError.self) { try parse(text) }
    #expect(error?.description == "leftd.conf:" + message)
  }

  @Test func aFileWithoutAShareIsRefused() {
    let error = #expect(throws: EngineError.self) { try parse("[log]\nlevel = info") }
    #expect(
      error?.description
        == "leftd.conf: there is no share. Add '[share share]' with 'path = ~/share'.")
  }

  @Test func theTemplateIsAValidConfiguration() throws {
    let folder = Scratch.directory()
    let text = ConfigurationWriter.template(
      name: "beta", listen: "0.0.0.0:22001", state: nil, share: folder)
    let configuration = try parse(text)
    #expect(configuration.name == "beta")
    #expect(configuration.shares.map(\.path) == [folder])
    #expect(configuration.peers == [])
  }

  @Test func anAddedPeerIsReadBackAndCommentsStay() throws {
    let folder = Scratch.directory()
    let before = "# mine\n[share a]\npath = \(folder)"
    let peer = PeerSettings(id: NodeID(text: Self.id)!, name: "nas", address: "nas:22001")
    let bytes = ConfigurationWriter.adding(peer, to: Array(before.utf8))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix(before + "\n"))
    #expect(try parse(text).peers == [peer])
  }

  @Test func aNameThatIsTakenOrUnfitIsReplacedByTheID() {
    let id = NodeID(text: Self.id)!
    let taken = [PeerSettings(id: NodeID(text: Self.other)!, name: "nas", address: nil)]
    #expect(ConfigurationWriter.freeName("tv", id: id, among: taken) == "tv")
    #expect(ConfigurationWriter.freeName("nas", id: id, among: taken) == "aaaaaaa")
    #expect(ConfigurationWriter.freeName("a]\nb", id: id, among: taken) == "aaaaaaa")
  }

  @Test(arguments: [
    ("nas", "nas:22001"), ("nas:1", "nas:1"), ("10.0.0.1:22002", "10.0.0.1:22002"),
    ("::1", "[::1]:22001"), ("[::1]:5", "[::1]:5"), ("[fe80::1]", "[fe80::1]:22001"),
  ])
  func anAddressIsReadAndWritten(text: String, expected: String) {
    #expect(Address(text)?.description == expected)
  }

  @Test(arguments: ["", ":1", "a:", "a:0", "a:65536", "a b", "a:+1", "[::1", "a@b:1", "a,b"])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(Address(text) == nil)
  }

  @Test func ratesAreReadAsTheyAreWritten() throws {
    let (k, m) = (Int64(1000), Int64(1_000_000))
    let table: [(String, [RateSchedule.Rule])] = [
      ("2M", [.init(rate: 2 * m)]), ("2 MB/s", [.init(rate: 2 * m)]),
      ("500kB", [.init(rate: 500 * k)]), ("unlimited", [.init(rate: nil)]),
      ("2M 08:00-18:00, unlimited", [.init(rate: 2 * m, begin: 480, end: 1080), .init(rate: nil)]),
      (
        "unlimited 22:00-06:00,100 k 06:00-24:00",
        [.init(rate: nil, begin: 1320, end: 360), .init(rate: 100 * k, begin: 360, end: 1440)]
      ),
    ]
    for (text, rules) in table { #expect(RateText.schedule(text)?.rules == rules, "\(text)") }
    let wrong = [
      "", "2", "2Mbit", "-2M", "0", "9k", "2M,", "2M, 3M", "2M 8:00-18:00", "2M 08:00",
      "2M 08:00-24:01", "24:00-08:00", "2M 24:00-08:00", "unlimited, 2M", "1.5M",
    ]
    for text in wrong { #expect(RateText.schedule(text) == nil, "\(text)") }
  }

  @Test func limitsOfTheNodeAndOfAPeerAreKept() throws {
    let configuration = try parse(
      """
      [node]
      up = 1M
      [share s]
      path = \(Scratch.directory())
      [peer nas]
      id = \(Self.id)
      down = 20k
      """)
    #expect(configuration.limits.up == RateSchedule([.init(rate: 1_000_000)]))
    #expect(configuration.limits.down == .unlimited)
    let id = try #require(NodeID(text: Self.id))
    #expect(configuration.peerLimits[id]?.down == RateSchedule([.init(rate: 20_000)]))
  }

  @Test func timesOfPausesHaveAUnit() {
    let table: [(String, Int64?)] = [
      ("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86_400), ("0s", nil), ("5", nil),
      ("m", nil), ("3651d", nil), ("9999999999999999h", nil), ("-1h", nil),
    ]
    for (text, seconds) in table { #expect(Quantity.seconds(text) == seconds, "\(text)") }
  }

  @Test(arguments: [("30%", 30), ("0", 0), ("100 %", nil), ("101%", nil), ("-1", nil), ("", nil)])
  func aShareOfAHundred(text: String, percent: Int?) { #expect(Quantity.percent(text) == percent) }

  @Test(
    arguments: [
      ("20 GB", 20_000_000_000), ("1kB", 1000), ("3TB", 3_000_000_000_000), ("500", nil),
      ("0 MB", nil), ("1 GiB", nil), ("GB", nil), ("9999999999 TB", nil), ("-1 MB", nil),
    ] as [(String, Int64?)])
  func aSize(text: String, bytes: Int64?) { #expect(Quantity.bytes(text) == bytes) }

  @Test(arguments: [("7", 7), ("0", nil), ("3651", nil), ("a", nil)])
  func aNumberOfDays(text: String, days: Int?) { #expect(Quantity.days(text) == days) }
}
