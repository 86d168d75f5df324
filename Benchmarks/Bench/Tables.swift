// The reading of a table.
import Descent
import DescentData
import Foundation

/// Reads a CSV file of 1,000,000 × 10 numbers; the file is made once, and the peers read it, too.
func csv(_ settings: Settings) throws {
  let path = FileManager.default.temporaryDirectory.path + "/descent-bench-table.csv"
  if !FileManager.default.fileExists(atPath: path) { try makeTable(path) }
  let before = peakMiB()
  var checked = 0.0
  let times = try (0..<max(settings.repeats, 3)).map { _ in
    try seconds {
      let table = try Table(contentsOf: path)
      guard case .numbers(let numbers) = table.columns[9].values else { return }
      checked = numbers.reduce(0, +) / Double(table.rowCount)
    }
  }
  report("csv", "s", times, [("mean", checked)])
  report("csv", "peak MiB above the start", [peakMiB() - before])
}

private func makeTable(_ path: String) throws {
  var generator = Philox(seed: 1)
  var text = (0..<10).map { "c\($0)" }.joined(separator: ",") + "\n"
  text.reserveCapacity(200_000_000)
  for _ in 0..<1_000_000 {
    text += (0..<10).map { _ in "\(generator.normal())" }.joined(separator: ",") + "\n"
  }
  try AtomicFile.write(text, to: path)
}

private func peakMiB() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}
