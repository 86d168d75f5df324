import Foundation

/// A page in headless Chromium, driven with real key presses through its DevTools protocol, over a
/// pair of pipes.
final class Browser {
  struct Failure: Error, CustomStringConvertible { let description: String }
  typealias Fields = [String: Any]

  /// Where a Chromium is, if there is one.
  static let executable = ["chromium", "chromium-browser", "google-chrome"]
    .flatMap { name in
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
        "\($0)/\(name)"
      }
    }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  private let process = Process()
  private let commands: Int32
  private let answers: Int32
  private var unread: [UInt8] = []
  private var lastID = 0
  private var session: String?
  /// What the page wrote to its console, and the exceptions that nobody caught, since it was opened.
  private(set) var complaints: [String] = []

  /// Starts a browser that keeps its files in a folder.
  init(in folder: URL) throws {
    guard let executable = Self.executable else { throw Failure(description: "no Chromium here") }
    let paths = ["commands", "answers"].map { folder.appendingPathComponent($0).path }
    for path in paths {
      guard mkfifo(path, 0o600) == 0 else { throw Failure(description: "no pipe at \(path)") }
    }
    // For reading and writing, so that opening does not wait for the other end.
    (commands, answers) = (open(paths[0], O_RDWR), open(paths[1], O_RDWR))
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "exec \"$0\" \"$@\" 3<\"\(paths[0])\" 4>\"\(paths[1])\"", executable, "--headless",
      "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
      "--user-data-dir=\(folder.path)/profile", "about:blank",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let targets = try call("Target.getTargets")["targetInfos"] as? [Fields] ?? []
    guard let page = targets.first(where: { $0["type"] as? String == "page" }),
      let target = page["targetId"] as? String
    else { throw Failure(description: "the browser has no page") }
    session =
      try call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"]
      as? String
    for domain in ["Page", "Runtime", "Log", "Accessibility"] { try call("\(domain).enable") }
    try call("Emulation.setFocusEmulationEnabled", ["enabled": true])
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    close(commands)
    close(answers)
  }

  /// Opens an address, and waits until the page's script has run.
  func load(_ address: String) throws {
    complaints = []
    try call("Page.navigate", ["url": address])
    try wait(for: "location.href === \(Self.quoted(address)) && \(Self.isReady)")
  }

  /// Waits until an expression is true.
  func wait(for expression: String, seconds: Double = 30) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
      // While a page gives way to another there is none to ask.
      if (try? value(expression)) as? Bool == true { return }
      Thread.sleep(forTimeInterval: 0.01)
    }
    throw Failure(description: "after \(seconds) s this is not yet true: \(expression)")
  }

  static let isReady = "document.documentElement.dataset.ready === 'yes'"

  /// The value of an expression in the page.
  func value(_ expression: String) throws -> Any? {
    let answer = try call(
      "Runtime.evaluate", ["expression": expression, "returnByValue": true])
    if let mistake = answer["exceptionDetails"] as? Fields {
      throw Failure(description: "\(expression): \(mistake)")
    }
    return (answer["result"] as? Fields)?["value"]
  }

  /// A string that an expression in the page gives.
  func text(_ expression: String) throws -> String { try value(expression) as? String ?? "" }

  /// Presses a key and lets go: `Tab`, `Enter`, `Escape`, `ArrowRight`, a space or a letter.
  func press(_ key: String) throws {
    let codes = [
      "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38,
      "ArrowRight": 39, "ArrowDown": 40, "/": 191,
    ]
    var fields: Fields = [
      "key": key, "code": key == " " ? "Space" : key == "/" ? "Slash" : key,
      "windowsVirtualKeyCode": codes[key] ?? 0,
    ]
    if key.count == 1 || key == "Enter" { fields["text"] = key == "Enter" ? "\r" : key }
    try call("Input.dispatchKeyEvent", fields.merging(["type": "keyDown"]) { $1 })
    fields["text"] = nil
    try call("Input.dispatchKeyEvent", fields.merging(["type": "keyUp"]) { $1 })
  }

  /// Types into what has the focus.
  func type(_ text: String) throws { try call("Input.insertText", ["text": text]) }

  /// Makes the window so wide, and the reader one who prefers dark pages or not.
  func show(width: Int, isDark: Bool) throws {
    try call(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600])
    let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
    try call("Emulation.setEmulatedMedia", ["features": [scheme]])
  }

  /// What a screen reader is told of the page: the role and name of everything that it hears of.
  func accessible() throws -> [(role: String, name: String)] {
    let nodes = try call("Accessibility.getFullAXTree")["nodes"] as? [Fields] ?? []
    return nodes.filter { $0["ignored"] as? Bool != true }.map { node in
      func word(_ key: String) -> String { (node[key] as? Fields)?["value"] as? String ?? "" }
      return (word("role"), word("name"))
    }
  }

  // MARK: The protocol

  @discardableResult
  private func call(_ method: String, _ parameters: Fields = [:]) throws -> Fields {
    lastID += 1
    var message: Fields = ["id": lastID, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    var bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
    while !bytes.isEmpty {
      let count = write(commands, bytes, bytes.count)
      guard count > 0 else { throw Failure(description: "\(method): the pipe broke") }
      bytes.removeFirst(count)
    }
    while true {
      let answer = try read(for: method)
      if answer["id"] as? Int == lastID {
        if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
        return answer["result"] as? Fields ?? [:]
      }
      note(answer)
    }
  }

  /// The next message; a browser that says nothing for half a minute fails the test.
  private func read(for method: String) throws -> Fields {
    while true {
      if let end = unread.firstIndex(of: 0) {
        let message = Data(unread[..<end])
        unread.removeFirst(end + 1)
        return try JSONSerialization.jsonObject(with: message) as? Fields ?? [:]
      }
      var place = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
      guard poll(&place, 1, 30_000) == 1 else {
        throw Failure(description: "\(method): the browser does not answer")
      }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = Foundation.read(answers, &buffer, buffer.count)
      guard count > 0 else { throw Failure(description: "\(method): the pipe broke") }
      unread += buffer[..<count]
    }
  }

  private func note(_ event: Fields) {
    guard let method = event["method"] as? String,
      ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"].contains(method)
    else { return }
    complaints.append("\(method): \(event["params"] ?? "")")
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
