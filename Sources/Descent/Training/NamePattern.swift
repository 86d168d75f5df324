/// Whether a name matches a pattern in which every `*` stands for any text, also none: `layer*.bn*`.
func matches(_ name: some StringProtocol, _ pattern: some StringProtocol) -> Bool {
  guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
  let head = pattern[..<star]
  guard name.hasPrefix(head) else { return false }
  let rest = pattern[pattern.index(after: star)...]
  // The shortest text that lets a part between two stars match is as good as any longer one.
  let part = rest.prefix { $0 != "*" }
  var name = name.dropFirst(head.count)
  if part.endIndex == rest.endIndex { return name.hasSuffix(part) }
  while !name.hasPrefix(part) {
    if name.isEmpty { return false }
    name = name.dropFirst()
  }
  return matches(name.dropFirst(part.count), rest[part.endIndex...])
}
