import CLinux

/// The parts of leftd that bytes and changes pass through, each beside a plain reference that does
/// the least that such work needs. Prints JSON lines, as `Benchmarks/frame.py` reads them.
enum Benchmarks {
  /// How often both are run, in turns; the least of each counts: what others on the machine add is
  /// none of ours.
  static let rounds = 40

  static func main() {
    contents()
    compression()
    index()
    settling()
    framing()
  }

  /// Runs both in turns, and prints the result; milliseconds.
  static func compare(
    _ name: String, with reference: () -> Void, _ measured: () -> Void
  ) {
    var least: (measured: Int64, reference: Int64) = (.max, .max)
    for _ in 0..<rounds {
      least.reference = min(least.reference, nanoseconds(reference))
      least.measured = min(least.measured, nanoseconds(measured))
    }
    print(
      """
      {"name": "\(name)", "measured": \(Double(least.measured) / 1e6), \
      "reference": \(Double(least.reference) / 1e6), "unit": "ms"}
      """)
  }

  private static func nanoseconds(_ body: () -> Void) -> Int64 {
    let start = clinux_boot_nanoseconds()
    body()
    return clinux_boot_nanoseconds() - start
  }
}

/// Keeps the optimiser from leaving out what nobody looks at.
@inline(never) func keep(_ value: Int) { if value == .min { print(value) } }
