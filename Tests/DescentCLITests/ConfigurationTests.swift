import DescentData
import Testing

@testable import DescentCLI

/// The parser of configuration files, on every damage to small ones.
@Suite struct ConfigurationTests {
  private func parse(_ bytes: [UInt8], _ damage: String) {
    do {
      _ = try Configuration.parse(bytes, path: "c.yaml")
    } catch let error as DataError {
      #expect(error.exitCode == 65)
    } catch is UsageError {
    } catch {
      Issue.record("\(damage): \(error)")
    }
  }

  @Test(arguments: [
    "epochs: 7\nlayers: [64:relu, \"32\"]  # two\nseed: &s 3\nthreads: *s\n",
    "{\"epochs\": 7, \"layers\": [\"64:relu\"], \"test-share\": 0.25}",
  ])
  func everyDamageIsSurvived(_ text: String) {
    let file = Array(text.utf8)
    for length in 0...file.count { parse(Array(file[..<length]), "cut at \(length)") }
    for index in file.indices {
      var changed = file
      for value in UInt8.min...UInt8.max {
        changed[index] = value
        parse(changed, "byte \(index) = \(value)")
      }
    }
  }

  @Test("deep and doubled structures take no time")
  func bombs() {
    let clock = ContinuousClock()
    let start = clock.now
    var laughs = "a0: &a0 [x, x]\n"
    for level in 1..<40 { laughs += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    parse(Array(laughs.utf8), "laughs")
    var keys = "a: &a0 [x, x]\n"
    for level in 1..<9 { keys += "? &a\(level) [*a\(level - 1)]\n: 1\n" }
    parse(Array(keys.utf8), "keys")
    for open in ["[", "{", "- ", "? ", "{a: ", "[[", "\"", "'", "|\n ", "&a ", "!!", "%"] {
      parse(Array(String(repeating: open, count: 100_000).utf8), open)
      parse(Array(("epochs: " + String(repeating: open, count: 100_000)).utf8), open)
    }
    let many = (0..<20_000).map { "k\($0): 1\n" }.joined()
    parse(Array(many.utf8), "many names")
    #expect(clock.now - start < .seconds(20))
  }
}
