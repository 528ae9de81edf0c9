import Foundation

/// The files of this repository, as they lie in the work tree.
enum Repository {
  /// Its root.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Paths relative to the root of all files except what is built or version control's own.
  static let files: [String] = {
    guard let all = FileManager.default.enumerator(atPath: root.path) else { return [] }
    var files: [String] = []
    while let path = all.nextObject() as? String {
      if [".build", ".git"].contains(path) {
        all.skipDescendants()
      } else if all.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
        files.append(path)
      }
    }
    return files.sorted()
  }()

  /// The files below one of the folders with one of the endings.
  static func files(in folders: [String], endings: [String]) -> [String] {
    files.filter { file in
      folders.contains { file.hasPrefix($0 + "/") } && endings.contains { file.hasSuffix($0) }
    }
  }

  /// The lines of a text file.
  static func lines(_ file: String) -> [Substring] {
    text(file).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// A text file; empty if it is not UTF-8.
  static func text(_ file: String) -> String {
    (try? String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)) ?? ""
  }

  /// `FILE:LINE: TEXT` of every line of these files that matches.
  static func matches(_ pattern: some RegexComponent, in files: [String]) -> [String] {
    files.flatMap { file in
      lines(file).enumerated().compactMap { index, line in
        line.firstMatch(of: pattern) == nil ? nil : "\(file):\(index + 1): \(line)"
      }
    }
  }

  /// Runs a program in the root; what it wrote and how it ended. `nil` if it is not there.
  static func run(_ arguments: [String]) -> (status: Int32, output: String)? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = root
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return nil }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus != 127 else { return nil }
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
