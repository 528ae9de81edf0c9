package import SyncCore

/// Reads files of the share for the engine, and pushes what is small and new to peers while it has
/// the bytes in hand. On workers' threads.
package struct Reading: Sendable {
  let fileSystem: any FileSystem
  let snapshots: Snapshots
  let post: @Sendable (Input) -> Void

  /// Reads from one share; what was read goes to `post`.
  package init(
    fileSystem: any FileSystem, snapshots: Snapshots, post: @escaping @Sendable (Input) -> Void
  ) {
    self.fileSystem = fileSystem
    self.snapshots = snapshots
    self.post = post
  }

  /// Reads small files and pushes them.
  package func read(_ job: JobID, _ items: [ReadItem], pushTo peers: [any Transport]) {
    var pack = Pack()
    var outcomes: [(item: Int, outcome: ReadOutcome)] = []
    for item in items {
      outcomes.append((item.item, read(item, into: &pack)))
    }
    if !pack.items.isEmpty, !peers.isEmpty {
      // A peer whose link is busy asks later for what it lacks: nothing piles up here.
      let ready = peers.filter { $0.queuedByteCount < Limits.sendQueueByteCount }
      var frames: [Packing: [UInt8]] = [:]
      for peer in ready {
        let packing = peer.packing
        let frame = frames[packing] ?? pack.frame(answering: 0, packedBy: packing)
        frames[packing] = frame
        peer.send(frame, .pack)
      }
    }
    post(.read(job, outcomes))
  }

  private func read(_ item: ReadItem, into pack: inout Pack) -> ReadOutcome {
    do throws(SharedFileError) {
      let (content, attributes) = try pack.add(
        item.path, as: item.stamp, for: item.place, from: fileSystem
      ) { handle throws(SharedFileError) in
        item.isWithAttributes ? try fileSystem.readAttributes(handle) : nil
      }
      return .content(content, nil, attributes)
    } catch {
      return .from(error)
    }
  }

  /// Reads a large file and tells its recipe while it goes on.
  package func readLarge(_ job: JobID, _ item: ReadItem, stream: UInt64) {
    var outcome: ReadOutcome
    do throws(SharedFileError) {
      if let read = try readSnapshot(item, stream: stream) {
        outcome = read
      } else {
        outcome = try fileSystem.withFile(item.path, as: item.stamp) {
          handle throws(SharedFileError) in
          let attributes = item.isWithAttributes ? try fileSystem.readAttributes(handle) : nil
          let summary = try summarise(handle, stream: stream)
          return .content(summary.id, summary.recipe, attributes)
        }
      }
    } catch {
      outcome = .from(error)
    }
    post(.read(job, [(item.item, outcome)]))
  }

  /// Reads what a large file is at this moment, if somebody goes on writing to it; `nil` where that
  /// can't be had.
  private func readSnapshot(
    _ item: ReadItem, stream: UInt64
  ) throws(SharedFileError) -> ReadOutcome? {
    try fileSystem.withFile(item.path) { handle throws(SharedFileError) in
      let file = LocalFile(path: item.path, stamp: item.stamp)
      guard let (snapshot, stamp) = try snapshots.take(handle, of: file, for: stream) else {
        return nil
      }
      // After the state that is told: what is changed later shows as another.
      let attributes = try fileSystem.readAttributes(handle)
      let summary = try snapshot.file.withHandle { handle throws(SharedFileError) in
        try summarise(handle, stream: stream)
      }
      return .snapshot(stamp, summary.id, summary.recipe, attributes)
    }
  }

  private func summarise(_ handle: FileHandle, stream: UInt64) throws(SharedFileError)
    -> ContentSummary
  {
    var reader = RecipeReader()
    do throws(RecipeReaderError) {
      return try reader.read(handle, of: fileSystem) { offset, chunks in
        post(.segmentRead(stream: stream, offset: offset, chunks: chunks))
      }
    } catch {
      switch error {
      case .unreadable(let errno, _): throw .failed(errno)
      case .abandoned: throw .changed
      }
    }
  }
}

extension ReadOutcome {
  fileprivate static func from(_ error: SharedFileError) -> ReadOutcome {
    switch error {
    case .changed, .touched: .changed
    case .failed(let errno): .failed(errno)
    }
  }
}
