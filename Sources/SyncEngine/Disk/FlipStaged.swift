import Glibc
import SyncCore

/// First step: the contents that shall become visible are made durable.
extension Flip {
  /// Flushes the staged contents, and leaves the flip's folder as the sign that it is done.
  ///
  /// A resumed flip without that sign had not begun, or was over: nothing staged is believed then,
  /// since after a power cut a file may have the right size and time and not its content.
  mutating func makeStagedDurable() {
    if isResumed {
      isStagedDurable = (try? Directory(folderPath, of: fileSystem)) != nil
      return
    }
    flushStaged()
    isStagedDurable = true
    guard plan.operations.count > 1 else { return }
    do throws(FileError) {
      _ = try folder()
      try Directory(ReservedFolder.flip, of: fileSystem).flush()
    } catch {
      // Without the sign a crash could not be recovered from: nothing is begun.
      results = results.map { $0 ?? .failed(error.errno) }
    }
  }

  private mutating func flushStaged() {
    let staged = plan.operations.enumerated().compactMap { index, operation in
      if case .putFile(let file, _, _) = operation { (index, file) } else { nil }
    }
    for (index, file) in staged {
      guard let wanted = plan.attributes[index] else { continue }
      do throws(FileError) {
        shown[index] = try setAttributes(wanted, ofStaged: file)
      } catch {
        staging.discard(file.place)
        results[index] = .failed(error.errno)
      }
    }
    if staged.count > Limits.individualFlushCount, (try? fileSystem.flushAll()) != nil { return }
    // Few, or one of many could not be written: file by file to learn which.
    var parents: Set<DirectoryID> = []
    for (index, file) in staged where results[index] == nil {
      do throws(FileError) {
        try flush(file.place)
        guard plan.operations.count > 1, parents.insert(file.place.parent).inserted else {
          continue
        }
        // Recovery must find the names, too. One rename alone is never resumed.
        try Directory(ReservedFolder.staging(of: file.place.parent), of: fileSystem).flush()
      } catch {
        // What could not be written is gone from the kernel's memory: the file is worthless.
        staging.discard(file.place)
        results[index] = .failed(error.errno)
      }
    }
  }

  private func flush(_ place: Place) throws(FileError) {
    let directory = try Directory(ReservedFolder.staging(of: place.parent), of: fileSystem)
    do {
      let file = try OpenFile(place.name, in: directory, for: .reading)
      try file.flush()
    } catch {
      // Its own mode may forbid to open it.
      guard error.errno == EACCES else { throw error }
      try fileSystem.flushAll()
    }
  }

  /// Where a staged content lies, if it is there, unchanged, and known to be durable.
  mutating func source(
    of file: StagedFile
  ) throws(FileError) -> (directory: Directory, name: Name)? {
    guard isStagedDurable, let directory = try stagingDirectory(with: file) else { return nil }
    return (directory, file.place.name)
  }

  /// The directory in which a staged content lies; `nil` if something newer came for its place.
  mutating func stagingDirectory(with file: StagedFile) throws(FileError) -> Directory? {
    guard let directory = try? directory(ReservedFolder.staging(of: file.place.parent)),
      let stamp = try directory.stamp(of: file.place.name), stamp.isSameInode(as: file.stamp)
    else { return nil }
    return directory
  }
}
