import SyncCore

extension Input {
  /// What happened, for a trace.
  var label: String {
    switch self {
    case .start: "start"
    case .changed(let set): "changed \(set.changes.map(\.label).joined(separator: ", "))"
    case .flushed: "flushed"
    case .holdBegan(_, let directory): "hold begins in \(directory)"
    case .holdEnded: "hold ends"
    case .watchDegraded: "watch degraded"
    case .released: "released"
    case .heardOnly: "heard only"
    case .revoked(let path): "revoked \(path)"
    case .rootLost: "root lost"
    case .looked(let job, let listing):
      "looked \(job.number) at \(listing.directory)\(listing.stamp == nil ? ", gone" : ""): "
        + listing.entries.map { "\($0.name)\($0.found == .absent ? "-" : "")" }
        .joined(separator: " ")
    case .lookEnded(let job): "look \(job.number) ended"
    case .caughtUp(let job): "caught up for \(job.number)"
    case .tombstonesAged: "tombstones aged"
    case .audit: "audit"
    case .audited(let listing): "audited \(listing.directory)"
    case .auditEnded: "audit ended"
    case .read(let job, let outcomes):
      "read \(job.number): \(outcomes.map { "\($0.item) \($0.outcome.label)" })"
    case .segmentRead(let stream, let offset, let chunks):
      "segment read \(stream) at \(offset): \(chunks.count)"
    case .connected(let link, _): "connected \(link.number)"
    case .disconnected(let link): "disconnected \(link.number)"
    case .drained(let link): "drained \(link.number)"
    case .received(let link, let message): "received \(link.number) \(message.label)"
    case .fetched(_, let request, let staged, let missing, _):
      "fetched \(request): \(staged.map(\.file.place.name)), missing \(missing.map(\.label))"
    case .copied(let place, _, let file): "copied \(place.name) \(file != nil)"
    case .sought(let place, _, let found): "sought \(place.name): \(found != nil)"
    case .siblingsCaughtUp(let job): "other shares caught up for \(job.number)"
    case .siblingWaits(let token): "another share waits \(token)"
    case .soughtOrigin(let stream, let isSibling): "\(stream) is from another share: \(isSibling)"
    case .stageOpened(let stage, let chunks): "stage \(stage.number) opened: \(chunks.count)"
    case .rangeStored(let request): "range \(request) stored"
    case .rangePatched(let request): "range \(request) patched"
    case .rangeLost(let request): "range \(request) lost"
    case .reused(let stage, let chunks, let missing):
      "reused \(stage.number): \(chunks.count), missing \(missing.count)"
    case .stageFinished(let stage, _): "stage \(stage.number) finished"
    case .stageFailed(let stage, let errno): "stage \(stage.number) failed \(errno)"
    case .secured(let sequence): "secured \(sequence)"
    case .flipped(let result): "flipped \(result.id): \(result.results.map(\.label))"
    case .woken: "woken"
    }
  }
}

extension LookRequest {
  var label: String {
    switch self {
    case .names(let names, let directory):
      "\(directory)/{\(names.map { "\($0)" }.joined(separator: ","))}"
    case .directory(let path): "\(path)/*"
    case .subtree(let path): "all of \(path)"
    }
  }
}

extension Change {
  var label: String {
    switch self {
    case .created(let path, _): "created \(path)"
    case .modified(let path, _): "modified \(path)"
    case .removed(let path, _): "removed \(path)"
    case .moved(let from, let to, _): "moved \(from) to \(to)"
    case .rescan(let path): "rescan \(path)"
    }
  }
}

extension ReadOutcome {
  var label: String {
    switch self {
    case .content: "content"
    case .snapshot: "snapshot"
    case .changed: "changed"
    case .failed(let errno): "failed \(errno)"
    }
  }
}

extension OperationResult {
  var label: String {
    switch self {
    case .done: "done"
    case .refused: "refused"
    case .failed(let errno): "failed \(errno)"
    }
  }
}

extension Message {
  var label: String {
    switch self {
    case .hello(let hello): "hello, holding \(hello.heldSequence)"
    case .announce(let entries, let upTo, let isLast):
      "announce \(upTo)\(isLast ? "" : ", part"): \(entries.map(\.label).joined(separator: ", "))"
    case .unheld(let entries):
      "not held there: \(entries.map(\.label).joined(separator: ", "))"
    case .linked(let places): "one file: \(places.map(\.label))"
    case .directoryTimes(let times): "times of \(times.map(\.directory.label))"
    case .acknowledge(_, let sequence): "acknowledge \(sequence)"
    case .notHeld(let count): "not held: \(count)"
    case .openContent: "open content"
    case .segment(let segment): "segment at \(segment.offset)"
    case .difference(let difference): "difference at \(difference.offset)"
    case .seal: "seal"
    case .gone: "gone"
    case .request(let request): "request \(request.id)"
    case .fetch(let request): "fetch \(request.id): \(request.items.map(\.place.label))"
    case .unavailable(let request, _): "unavailable \(request)"
    }
  }
}

extension Entry {
  /// The same with all that it had seen, by the actors' last digits.
  var pastLabel: String {
    let whole = bundle.map { ", whole after \($0.version.vector.label)" } ?? ""
    return "\(label) after \(version.vector.label)\(whole)"
  }

  var label: String {
    let kind =
      switch body {
      case .file: "file"
      case .symlink: "symlink"
      case .directory(let id): "directory \(id.label)"
      case .deleted: "deleted"
      case .deletedDirectory(let id): "deleted directory \(id.label)"
      case .merged(let id, let into): "merged \(id.label) into \(into.label)"
      }
    let whole =
      bundle.map { state in
        " whole #\(state.version.dot.counter) after \(state.version.vector.label)"
          + " over \(state.overruled.label) @\(state.version.time % 1_000_000_000_000)"
      } ?? ""
    return "\(kind) \(place.label) #\(version.dot.counter)\(whole)"
  }
}

extension VersionVector {
  var label: String {
    components.map { component in
      "\(String(component.actor.incarnation & 0xFFFF, radix: 16)):\(component.counter)"
    }.joined(separator: " ")
  }
}

extension DirectoryID {
  var label: String { self == .root ? "" : String(description.suffix(4)) }
}

extension Operation {
  var label: String {
    switch self {
    case .makeDirectory(let id, let place, _): "make directory \(id.label) at \(place.label)"
    case .moveDirectory(let id, let from, let to, _, _):
      "move directory \(id.label) from \(from.label) to \(to.label)"
    case .putFile(_, let place, let replaced):
      "put file at \(place.label)\(replaced == nil ? "" : ", replacing")"
    case .putSymlink(_, let place, _, let replaced):
      "put symlink at \(place.label)\(replaced == nil ? "" : ", replacing")"
    case .moveFile(let from, let to, _, let replaced, _, _):
      "move file from \(from.label) to \(to.label)\(replaced == nil ? "" : ", replacing")"
    case .setAttributes(let place, _, _, _): "set attributes at \(place.label)"
    case .removeFile(let place, _): "remove file at \(place.label)"
    case .removeDirectory(let id, let place, _): "remove directory \(id.label) at \(place.label)"
    }
  }
}

extension Place {
  var label: String { "\(parent.label)/\(name)" }
}
