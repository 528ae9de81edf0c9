import CInih
import Glibc
import SyncEngine

/// One `key = value` of an INI file.
struct INIItem: Equatable {
  var section: String
  var key: String
  var value: String
  /// The value as it was written: patterns need not be UTF-8.
  var bytes: [UInt8]
  var line: Int
}

/// One `[section]`, which may hold nothing.
struct INISection: Equatable {
  var name: String
  var line: Int
}

/// The syntax of INI files, as libinih understands it: what a line is, comments, blanks.
///
/// Three things are added, each because silence would hide a mistake: lines are counted, empty
/// sections are seen, and a line too long for libinih is refused instead of cut. Lines are handed
/// over without leading blanks, since libinih takes an indented one for the end of the line before.
struct INIReader {
  private var rest: ArraySlice<[UInt8]>
  private var line = 0
  private(set) var items: [INIItem] = []
  private(set) var sections: [INISection] = []
  /// The first line that libinih cannot take, and why.
  private(set) var fault: (line: Int, problem: String, remedy: String)?

  /// Reads a whole file.
  init(_ bytes: [UInt8]) {
    rest =
      bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map(Array.init)[...]
    let result = unsafe withUnsafeMutablePointer(to: &self) { reader in
      let stream = UnsafeMutableRawPointer(reader)
      return unsafe ini_parse_stream(
        { unsafe INIReader.nextLine($0, $1, $2) },
        stream, { unsafe INIReader.take($0, $1, $2, $3) }, stream)
    }
    if result != 0 && fault == nil {
      let remedy = "Write 'key = value', '[section]' or a comment that begins with '#'."
      fault = (Int(result), "neither a section nor 'key = value'", remedy)
    }
  }

  /// fgets(3) for libinih.
  private static func nextLine(
    _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int32, _ stream: UnsafeMutableRawPointer?
  ) -> UnsafeMutablePointer<CChar>? {
    guard let buffer = unsafe buffer,
      let reader = unsafe stream?.assumingMemoryBound(to: INIReader.self)
    else { return nil }
    guard unsafe reader.pointee.fault == nil, let text = unsafe reader.pointee.rest.popFirst()
    else {
      return nil
    }
    guard let line = unsafe reader.pointee.accept(text, longest: Int(capacity) - 2) else {
      return nil
    }
    for (index, byte) in line.enumerated() {
      unsafe buffer[index] = CChar(bitPattern: byte)
    }
    unsafe buffer[line.count] = CChar(UInt8(ascii: "\n"))
    unsafe buffer[line.count + 1] = 0
    return unsafe buffer
  }

  private mutating func accept(_ text: [UInt8], longest: Int) -> ArraySlice<UInt8>? {
    line += 1
    let trimmed = text.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    if trimmed.count > longest - 1 {
      let remedy = "Shorten it, or split a list over several lines with the same key."
      fault = (line, "a line may have \(longest - 1) bytes, this one has \(trimmed.count)", remedy)
      return nil
    }
    if trimmed.contains(0) {
      fault = (line, "a NUL byte", "Write the file as text.")
      return nil
    }
    if trimmed.first == UInt8(ascii: "["), let end = trimmed.firstIndex(of: UInt8(ascii: "]")) {
      let name = String(decoding: trimmed[trimmed.startIndex..<end].dropFirst(), as: UTF8.self)
      sections.append(INISection(name: name, line: line))
    }
    return trimmed
  }

  /// Called by libinih for each key; 1 means "understood".
  private static func take(
    _ stream: UnsafeMutableRawPointer?, _ section: UnsafePointer<CChar>?,
    _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
  ) -> Int32 {
    guard let reader = unsafe stream?.assumingMemoryBound(to: INIReader.self),
      let key = unsafe key, let value = unsafe value
    else { return 0 }
    // The header as written, since libinih cuts a long one.
    let header = unsafe reader.pointee.sections.last?.name ?? ""
    unsafe reader.pointee.items.append(
      INIItem(
        section: header, key: String(cString: key), value: String(cString: value),
        bytes: Array(UnsafeRawBufferPointer(start: value, count: strlen(value))),
        line: reader.pointee.line))
    return 1
  }
}
