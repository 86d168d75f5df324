import Foundation
import Testing

/// The course's pages, as a browser sees them.
@Suite struct SiteTests {
  private static let browser = ["chromium", "chromium-browser", "google-chrome"]
    .flatMap { name in
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
        "\($0)/\(name)"
      }
    }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test("Every page is small, asks for nothing outside, and links to pages that are there")
  func pages() throws {
    try Program.withFolder { folder in
      let made = try Program.run(["course", "--site", "site"], in: folder)
      try #require(made.status == 0, "\(made.errors)")
      let site = folder.appendingPathComponent("site")
      let names = try FileManager.default.contentsOfDirectory(atPath: site.path)
      #expect(names.count == 16)
      var total = 0
      for name in names {
        let page = try String(contentsOf: site.appendingPathComponent(name), encoding: .utf8)
        total += page.utf8.count
        let outside = page.replacing("http://www.w3.org/", with: "")
        #expect(!outside.contains("http://") && !outside.contains("https://"), "\(name)")
        for link in page.matches(of: /href="([a-z]+\.html)"/) {
          #expect(names.contains(String(link.output.1)), "\(name) links to \(link.output.1)")
        }
      }
      #expect(total < 5_000_000)
    }
  }

  @Test(
    "In a browser every panel starts, agrees with the engine, and nothing complains",
    .enabled(if: browser != nil, "no Chromium here"))
  func panels() throws {
    let browser = try #require(Self.browser)
    try Program.withFolder { folder in
      let made = try Program.run(["course", "--site", "site"], in: folder)
      try #require(made.status == 0, "\(made.errors)")
      let site = folder.appendingPathComponent("site")
      for name in try FileManager.default.contentsOfDirectory(atPath: site.path).sorted() {
        let page = try load(site.appendingPathComponent(name), with: browser, in: folder)
        let root = try #require(page.document.firstMatch(of: /<html[^>]*>/)?.output, "\(name)")
        #expect(root.contains("data-ready=\"yes\""), "\(name): \(root)")
        #expect(!root.contains("data-errors"), "\(name): \(root)")
        #expect(!page.log.contains("CONSOLE"), "\(name): \(page.log)")
        if name == "index.html" { continue }
        #expect(root.contains("data-panels=\"1\""), "\(name): \(root)")
        let counts = try #require(
          root.firstMatch(of: /data-vectors="(\d+) of (\d+)"/)?.output, "\(name)")
        #expect(counts.1 == counts.2 && counts.2 != "0", "\(name): \(root)")
      }
    }
  }

  private func load(
    _ page: URL, with browser: String, in folder: URL
  ) throws -> (document: String, log: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: browser)
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
      "--user-data-dir=\(folder.path)/profile", "--enable-logging=stderr", "--dump-dom",
      page.absoluteString + "?check",
    ]
    let (output, errors) = (
      folder.appendingPathComponent("dom"), folder.appendingPathComponent("log")
    )
    for file in [output, errors] {
      _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return (
      try String(contentsOf: output, encoding: .utf8),
      try String(contentsOf: errors, encoding: .utf8)
    )
  }
}
