import SyncCore

/// A file in the trash that somebody may still write to.
struct OutgoingFile: Hashable {
  /// What is found of it.
  enum State: Hashable {
    /// It is as it was, and nobody writes to it.
    case closed
    /// It is as it was, and somebody has it open for writing.
    case open
    /// It is as it was; who has it open can't be told.
    case unknown
    /// It was written to in the trash.
    case changed
    /// It isn't there any more, or another is.
    case gone
  }

  /// Where it lies, beneath the root.
  var trashed: RelativePath
  /// Where it lay in the share.
  var path: RelativePath
  /// What it was when it left.
  var inode: UInt64
  /// See `inode`.
  var size: Int64
  /// See `inode`.
  var mtime: Int64

  /// The folder of the trash that it lies in.
  var folder: Name { trashed.components[ReservedFolder.trash.components.count] }

  /// Looks whether anybody has written to it, or could: the question comes before the look, since
  /// between them who writes may close it.
  func look(in fileSystem: any FileSystem) -> State {
    guard let above = trashed.parent, let name = trashed.name else { return .gone }
    do throws(FileError) {
      let directory = try Directory(above, of: fileSystem)
      let hasWriter = (try? OpenFile(name, in: directory, for: .reading))?.hasWriter
      guard let stamp = try directory.stamp(of: name), stamp.inode == inode else { return .gone }
      if stamp.size != size || stamp.mtime != mtime { return .changed }
      return switch hasWriter {
      case true?: .open
      case false?: .closed
      case nil: .unknown
      }
    } catch {
      return error.isRefusal ? .gone : .unknown
    }
  }
}

extension OutgoingFile {
  /// Several as one file holds them, below `.leftd/open`.
  static func encode(_ files: [OutgoingFile]) -> [UInt8] {
    var writer = WireWriter()
    writer.number(files.count)
    for file in files {
      writer.blob(file.trashed.bytes)
      writer.blob(file.path.bytes)
      writer.number(file.inode)
      writer.signed(file.size)
      writer.signed(file.mtime)
    }
    return writer.bytes
  }

  /// The inverse; none if it can't be read. What it names lies in the trash all the same.
  static func decode(_ bytes: [UInt8]) -> [OutgoingFile] {
    var reader = WireReader(bytes)
    do throws(WireError) {
      var files: [OutgoingFile] = []
      for _ in 0..<(try reader.count(upTo: Limits.outgoingFileCount, of: "outgoing files")) {
        guard let trashed = RelativePath(bytes: Array(try reader.blob(upTo: longest, of: "paths"))),
          let path = RelativePath(bytes: Array(try reader.blob(upTo: longest, of: "paths")))
        else { return [] }
        files.append(
          OutgoingFile(
            trashed: trashed, path: path, inode: try reader.number(), size: try reader.signed(),
            mtime: try reader.signed()))
      }
      return files
    } catch {
      return []
    }
  }

  private static let longest = Limits.directoryDepth * (Name.longestByteCount + 1)
}
