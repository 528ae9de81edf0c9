/// Entries as bytes, in messages and in the journal.
///
/// Actors are long and few, so a message names each once, and versions refer to them by number.
struct ActorTable {
  private(set) var actors: [Actor] = []

  /// The number of `actor`, given when it is first met. A message has few actors: a search over
  /// the list is cheaper than a dictionary.
  mutating func number(of actor: Actor) -> Int {
    if let index = actors.firstIndex(of: actor) { return index }
    actors.append(actor)
    return actors.count - 1
  }
}

/// What the body of an entry is on the wire.
private enum BodyType: UInt8 {
  case file = 1
  case symlink = 2
  case directory = 3
  case deleted = 4
  case deletedDirectory = 5
  case merged = 6
  case fileWithAttributes = 7
  case directoryWithAttributes = 8
  /// Before the type of a directory that is or was a bundle: its version as one.
  case bundle = 9
}

extension WireWriter {
  /// An entry; its actors go to `actors`, which is to be written before it.
  mutating func entry(_ entry: Entry, actors: inout ActorTable) {
    place(entry.place)
    if let bundle = entry.bundle {
      byte(BodyType.bundle.rawValue)
      version(bundle.version, actors: &actors)
      byte(bundle.isGone ? 1 : 0)
      vector(bundle.overruled, actors: &actors)
    }
    switch entry.body {
    case .file(let content, let size):
      let type = entry.attributes.isEmpty ? BodyType.file : .fileWithAttributes
      byte(type.rawValue)
      words(content.words)
      number(UInt64(size))
      number(UInt64(entry.mode))
      signed(entry.mtime)
      attributes(entry.attributes)
    case .symlink(let target):
      byte(BodyType.symlink.rawValue)
      blob(target)
      signed(entry.mtime)
    case .directory(let id):
      let type = entry.attributes.isEmpty ? BodyType.directory : .directoryWithAttributes
      byte(type.rawValue)
      directory(id)
      number(UInt64(entry.mode))
      attributes(entry.attributes)
    case .deleted(let content):
      byte(BodyType.deleted.rawValue)
      byte(content == nil ? 0 : 1)
      if let content { words(content.words) }
    case .deletedDirectory(let id):
      byte(BodyType.deletedDirectory.rawValue)
      directory(id)
    case .merged(let id, let into):
      byte(BodyType.merged.rawValue)
      directory(id)
      directory(into)
    }
    version(entry.version, actors: &actors)
  }

  /// Nothing for none: the type of the body says so.
  private mutating func attributes(_ attributes: ExtendedAttributes) {
    if !attributes.isEmpty { blob(attributes.bytes) }
  }

  mutating func directory(_ id: DirectoryID) {
    fixed(id.high)
    fixed(id.low)
  }

  mutating func place(_ place: Place) {
    directory(place.parent)
    blob(place.name.bytes)
  }

  mutating func actors(_ actors: [Actor]) {
    number(actors.count)
    for actor in actors {
      fixed(actor.node)
      fixed(actor.incarnation)
    }
  }

  private mutating func version(_ version: Version, actors: inout ActorTable) {
    number(actors.number(of: version.dot.actor))
    number(version.dot.counter)
    signed(version.time)
    vector(version.vector, actors: &actors)
  }

  private mutating func vector(_ vector: VersionVector, actors: inout ActorTable) {
    number(vector.components.count)
    for component in vector.components {
      number(actors.number(of: component.actor))
      number(component.counter)
    }
  }
}

extension WireReader {
  mutating func entry(actors: [Actor]) throws(WireError) -> Entry {
    let place = try place()
    var mode: UInt16 = 0
    var mtime: Int64 = 0
    var attributes = ExtendedAttributes.empty
    let body: Body
    var bundle: BundleVersion?
    var type = try byte()
    if type == BodyType.bundle.rawValue {
      let state = try version(actors: actors)
      let isGone = try flag()
      bundle = BundleVersion(
        version: state, isGone: isGone, overruled: try vector(actors: actors))
      type = try byte()
    }
    let bodyType = BodyType(rawValue: type)
    switch bodyType {
    case .file, .fileWithAttributes:
      let content = ContentID(words: try words())
      body = .file(content, size: try size())
      mode = try permissions()
      mtime = try signed()
      if bodyType == .fileWithAttributes { attributes = try self.attributes() }
    case .symlink:
      let target = try blob(upTo: Limits.symlinkTargetByteCount, of: "a symlink's target")
      guard !target.isEmpty, !target.contains(0) else {
        throw WireError("a symlink's target that is empty or has a NUL")
      }
      body = .symlink(target: Array(target))
      mtime = try signed()
    case .directory, .directoryWithAttributes:
      body = .directory(try ordinaryDirectory())
      mode = try permissions()
      if bodyType == .directoryWithAttributes { attributes = try self.attributes() }
    case .deleted:
      body = .deleted(was: try flag() ? ContentID(words: try words()) : nil)
    case .deletedDirectory:
      body = .deletedDirectory(try ordinaryDirectory())
    case .merged:
      let (id, into) = (try ordinaryDirectory(), try ordinaryDirectory())
      // Always into the smaller one: so that following aliases comes to an end.
      guard into < id else { throw WireError("directory merged into a greater one") }
      body = .merged(id, into: into)
    case .bundle, nil:
      throw WireError("entry of unknown type \(type)")
    }
    guard !(place.parent == .root && place.name == .reserved) else {
      throw WireError("entry at \(Name.reserved), which is never synced")
    }
    let version = try version(actors: actors)
    let entry = Entry(
      place: place, body: body, mode: mode, mtime: mtime, attributes: attributes,
      version: version, bundle: bundle)
    guard bundle == nil || entry.directory != nil else {
      throw WireError("bundle that is no directory")
    }
    return entry
  }

  /// Attributes, of which there are some.
  mutating func attributes() throws(WireError) -> ExtendedAttributes {
    let bytes = Array(try blob(upTo: Limits.attributesByteCount, of: "attributes"))
    guard let attributes = ExtendedAttributes(bytes: bytes), !attributes.isEmpty else {
      throw WireError("impossible attributes")
    }
    return attributes
  }

  mutating func directory() throws(WireError) -> DirectoryID {
    DirectoryID(high: try fixed(), low: try fixed())
  }

  /// A directory that can be made, moved and deleted: any but the root.
  private mutating func ordinaryDirectory() throws(WireError) -> DirectoryID {
    let id = try directory()
    guard id != .root else { throw WireError("the share's root is not an entry") }
    return id
  }

  mutating func place() throws(WireError) -> Place {
    Place(parent: try directory(), name: try name())
  }

  private mutating func permissions() throws(WireError) -> UInt16 {
    UInt16(try count(upTo: 0o7777, of: "permission bits"))
  }

  mutating func actors() throws(WireError) -> [Actor] {
    let count = try count(upTo: Limits.actorCount, of: "actors")
    var actors: [Actor] = []
    for _ in 0..<count {
      actors.append(Actor(node: try fixed(), incarnation: try fixed()))
    }
    return actors
  }

  private mutating func version(actors: [Actor]) throws(WireError) -> Version {
    let dot = try dot(actors: actors)
    let time = try signed()
    return Version(dot: dot, vector: try vector(actors: actors), time: time)
  }

  private mutating func vector(actors: [Actor]) throws(WireError) -> VersionVector {
    let count = try count(upTo: Limits.actorCount, of: "components of a version")
    var components: [VersionVector.Component] = []
    components.reserveCapacity(count)
    for _ in 0..<count {
      let seen = try self.dot(actors: actors)
      components.append(VersionVector.Component(actor: seen.actor, counter: seen.counter))
    }
    guard let vector = VersionVector(sorted: components) else {
      throw WireError("components of a version not in order")
    }
    return vector
  }

  private mutating func dot(actors: [Actor]) throws(WireError) -> Dot {
    let number = try number()
    let counter = try self.number()
    guard number < UInt64(actors.count), counter > 0, counter < UInt64.max / 2 else {
      throw WireError("change of an unknown actor or with an impossible number")
    }
    return Dot(actor: actors[Int(number)], counter: counter)
  }
}
