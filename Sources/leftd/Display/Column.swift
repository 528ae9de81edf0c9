/// A text with blanks after it up to a width in characters, for what stands in columns.
func column(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
