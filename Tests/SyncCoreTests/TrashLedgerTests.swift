import SyncCore
import Testing

/// The order in which things leave the trash.
@Suite struct TrashLedgerTests {
  private func item(_ folder: Int, _ path: String, size: Int64 = 5) -> TrashLedger.Item {
    TrashLedger.Item(
      folder: folder, path: RelativePath(bytes: Array(path.utf8))!, size: size, mtime: 7)
  }

  @Test func ranksFollowWhatElseThereIs() {
    var ledger = TrashLedger()
    let (older, newer, copy) = (item(0, "f", size: 1), item(1, "f", size: 2), item(2, "g", size: 2))
    for item in [newer, older, copy] { ledger.note(item) }
    #expect(ledger.byteCount == 5)
    #expect(ledger.rank(of: older, isInShare: false) == .superseded)
    #expect(ledger.rank(of: newer, isInShare: false) == .copied)
    ledger.letGo(copy)
    #expect(ledger.rank(of: newer, isInShare: false) == .only && ledger.byteCount == 3)
    #expect(ledger.rank(of: newer, isInShare: true) == .copied)
  }
}
