import CSystemd

/// What a service tells systemd about itself (sd_notify(3)). Does nothing where nobody listens.
enum ServiceManager {
  /// Work has begun, or begun again after a reload.
  static func ready() { notify("READY=1") }

  /// The configuration is being read again.
  static func reloading() { notify("RELOADING=1") }

  /// The end has begun.
  static func stopping() { notify("STOPPING=1\nSTATUS=Stopping") }

  /// One line for `systemctl status`.
  static func status(_ text: String) { notify("STATUS=\(LogLine.withoutControls(text))") }

  /// The engine answers.
  static func alive() { notify("WATCHDOG=1") }

  /// After how many milliseconds without `alive` the service is killed; `nil` for never.
  static var watchdogMilliseconds: Int? {
    var microseconds: UInt64 = 0
    guard unsafe sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return Int(microseconds / 1000)
  }

  private static func notify(_ text: String) {
    _ = unsafe sd_notify(0, text)
  }
}
