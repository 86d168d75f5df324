import Descent
import Foundation

/// One line: the median, the least and the largest of some values.
func report(
  _ workload: String, _ metric: String, _ values: [Double], variant: String = "plan",
  _ extra: [(String, Double)] = []
) {
  let sorted = values.sorted()
  let strings = [
    ("peer", "descent"), ("workload", workload), ("variant", variant), ("metric", metric),
  ]
  let numbers =
    [
      ("threads", Double(Execution.threads)), ("median", sorted[sorted.count / 2]),
      ("min", sorted[0]), ("max", sorted[sorted.count - 1]), ("n", Double(sorted.count)),
    ] + extra
  let fields =
    strings.map { "\"\($0)\": \"\($1)\"" }
    + numbers.map { "\"\($0)\": \(String(format: "%.6g", $1))" }
  FileHandle.standardOutput.write(Data("{\(fields.joined(separator: ", "))}\n".utf8))
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  try ContinuousClock().measure(body).seconds
}

/// Seconds of one call, several times: each the mean of as many calls as fit into `target` seconds.
func timeSteps(_ repeats: Int, target: Double = 1, _ step: () throws -> Void) rethrows -> [Double] {
  for _ in 0..<3 { try step() }
  let once = try seconds(step)
  let count = min(200_000, max(3, Int(target / max(once, 1e-7))))
  return try (0..<max(repeats, 3)).map { _ in
    try seconds { for _ in 0..<count { try step() } } / Double(count)
  }
}

/// Medians and 99th percentiles of the time of single calls, in seconds.
func timeCalls(_ repeats: Int, _ call: () throws -> Void) rethrows -> (p50: [Double], p99: [Double])
{
  for _ in 0..<50 { try call() }
  var (p50, p99): ([Double], [Double]) = ([], [])
  for _ in 0..<max(repeats, 3) {
    let times = try (0..<20_000).map { _ in try seconds(call) }.sorted()
    p50.append(times[times.count / 2])
    p99.append(times[times.count * 99 / 100])
  }
  return (p50, p99)
}
