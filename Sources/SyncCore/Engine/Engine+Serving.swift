// Contents for peers: from files that are as the index says, and from files that are being read.
// Their recipes are told in `Engine+Telling`.

extension Engine {
  /// Sends a range of a large content.
  mutating func serve(_ request: RangeRequest, on link: Link) throws(IndexError) {
    let file: LocalFile? =
      switch request.key {
      case .open(let stream): openFiles[stream]?.file
      case .sealed(let content): try localFile(with: content)
      }
    guard let file else {
      return effects.append(.send(link, .unavailable(request: request.id, isForGood: true)))
    }
    effects.append(.serve(link, request, file))
  }

  /// Sends small contents: from the place at which the peer knows them, or from any other.
  mutating func serve(_ request: FetchRequest, on link: Link) throws(IndexError) {
    var items: [(item: FetchRequest.Item, file: LocalFile?)] = []
    for item in request.items {
      items.append((item, try file(for: item)))
    }
    effects.append(.serveSmall(link, request: request.id, items))
  }

  private func file(for item: FetchRequest.Item) throws(IndexError) -> LocalFile? {
    if let row = try index.row(.place(item.place)), row.entry.content?.id == item.content,
      let stamp = row.observed, let path = try path(of: item.place)
    {
      return LocalFile(path: path, stamp: stamp)
    }
    return try localFile(with: item.content)
  }
}
