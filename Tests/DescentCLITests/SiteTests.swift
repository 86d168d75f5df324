import Foundation
import Testing

/// The course's pages, as files and as a browser shows them.
@Suite(.serialized) struct SiteTests {
  /// Runs a body with the folder of a site that was just made.
  private func withSite<T>(_ body: (URL) throws -> T) throws -> T {
    try Program.withFolder { folder in
      let start = Date()
      let made = try Program.run(["course", "--site", "site"], in: folder)
      try #require(made.status == 0, "\(made.errors)")
      // Nine seconds of one core; twenty seconds are promised.
      #expect(Date().timeIntervalSince(start) < 20)
      return try body(folder.appendingPathComponent("site"))
    }
  }

  /// Runs a body with a browser, the names of the lessons' pages, and their common address.
  private func browsing(_ body: (Browser, [String], String) throws -> Void) throws {
    try withSite { site in
      let browser = try Browser(in: site.deletingLastPathComponent())
      let names = try FileManager.default.contentsOfDirectory(atPath: site.path).sorted()
      let address = site.standardizedFileURL.absoluteString
      try body(
        browser, names.filter { $0 != "index.html" },
        address.hasSuffix("/") ? address : address + "/")
    }
  }

  @Test("Every page is small, asks for nothing outside, and links to pages that are there")
  func pages() throws {
    try withSite { site in
      let names = try FileManager.default.contentsOfDirectory(atPath: site.path)
      #expect(names.count == 27)
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
      // Each page has the index of all, so that it finds without a server.
      #expect(total < 5_000_000)
    }
  }

  @Test(
    "In a browser every panel starts, agrees with the engine, fits a telephone, and nothing complains",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func panels() throws {
    try browsing { browser, names, address in
      for name in ["index.html"] + names {
        for (width, isDark) in [(1280, false), (390, true), (320, false)] {
          try browser.show(width: width, isDark: isDark)
          try browser.load(address + name + "?check")
          #expect(browser.complaints.isEmpty, "\(name): \(browser.complaints)")
          let overhang = try browser.value(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth")
          #expect(overhang as? Int == 0, "\(name) is wider than \(width) by \(overhang ?? "?")")
        }
        let root = try browser.text("JSON.stringify(document.documentElement.dataset)")
        #expect(!root.contains("errors") && !root.contains("failed"), "\(name): \(root)")
        if name == "index.html" { continue }
        let panels = try browser.value("document.querySelectorAll('.control').length") as? Int ?? 0
        #expect(panels > 0 && root.contains("\"panels\":\"\(panels)\""), "\(name): \(root)")
        let counts = try #require(root.firstMatch(of: /"(\d+) of (\d+)"/)?.output, "\(name)")
        #expect(counts.1 == counts.2 && counts.2 != "0", "\(name): \(root)")
      }
    }
  }

  @Test(
    "The Tab key reaches every control of every page, in order, and shows where it is",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func tabbing() throws {
    try browsing { browser, names, address in
      try browser.show(width: 1280, isDark: false)
      for name in ["index.html"] + names {
        try browser.load(address + name)
        let count = try browser.value(
          """
          (window.stops = [...document.querySelectorAll(
            "a[href], button, input, select, summary, [tabindex='0']")]).length
          """)
        let stops = try #require(count as? Int)
        for stop in 0..<stops {
          try browser.press("Tab")
          let seen = try browser.text(
            """
            (() => {
              const node = document.activeElement;
              const isMarked = getComputedStyle(node).outlineStyle !== "none";
              return stops.indexOf(node) + (isMarked ? " marked" : " unmarked") + node.outerHTML.slice(0, 80);
            })()
            """)
          #expect(seen.hasPrefix("\(stop) marked"), "\(name), stop \(stop): \(seen)")
        }
      }
    }
  }

  @Test(
    "Arrow keys move every slider and every point of every panel, and the panel answers",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func sliders() throws {
    try browsing { browser, names, address in
      var moved = 0
      for name in names {
        try browser.load(address + name)
        let count = try browser.value(
          """
          (window.sliders = [...document.querySelectorAll(".control [role=slider], .control input")]).length
          """)
        for index in 0..<(count as? Int ?? 0) {
          let state = """
            (() => {
              const node = sliders[\(index)];
              node.focus();
              const panel = node.closest(".control");
              const text = [...panel.querySelectorAll("output, td, svg")].map((part) => part.outerHTML).join();
              return JSON.stringify([node.value ?? node.getAttribute("cx") + "," + node.getAttribute("cy"),
                node.getAttribute("aria-label"), node.getAttribute("aria-valuetext"), text]);
            })()
            """
          func read() throws -> [String] {
            let text = try browser.text(state)
            return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String] ?? []
          }
          let before = try read()
          try browser.press("ArrowRight")
          var after = try read()
          // At its right end already.
          if before[0] == after[0] {
            try browser.press("ArrowLeft")
            after = try read()
          }
          #expect(before[0] != after[0], "\(name): \(before[1]) stays at \(before[0])")
          // A learning rate alone changes nothing before the next step.
          let isForLater =
            ["regression.html", "sgd.html"].contains(name) && before[1] == "Learning rate"
          #expect(before[3] != after[3] || isForLater, "\(name): nothing answers \(before[1])")
          #expect(!after[2].isEmpty)
          moved += 1
        }
        #expect(browser.complaints.isEmpty, "\(name): \(browser.complaints)")
      }
      #expect(moved > 30)
    }
  }

  @Test(
    "Buttons, switches and menus of every panel work with keys, and the focus stays",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func buttons() throws {
    try browsing { browser, names, address in
      for name in names {
        try browser.load(address + name)
        let count = try browser.value(
          """
          (window.nodes = [...document.querySelectorAll(".control button, .control select")]).length
          """)
        for index in 0..<(count as? Int ?? 0) {
          _ = try browser.value("nodes[\(index)].focus()")
          let isMenu = try browser.text("nodes[\(index)].tagName") == "SELECT"
          let before = try browser.text("nodes[\(index)].value")
          try browser.press(isMenu ? "ArrowDown" : index.isMultiple(of: 2) ? "Enter" : " ")
          if isMenu {
            let options = try browser.value("nodes[\(index)].options.length") as? Int ?? 0
            if options > 1 { #expect(try browser.text("nodes[\(index)].value") != before) }
          }
          #expect(
            try browser.value("document.activeElement === nodes[\(index)]") as? Bool == true,
            "\(name), \(index)")
        }
        #expect(browser.complaints.isEmpty, "\(name): \(browser.complaints)")
      }
      // An edge of the network is a button in a picture that is drawn anew.
      try browser.load(address + "backpropagation.html?step=10")
      _ = try browser.value("document.querySelector('.control .edge').focus()")
      try browser.press("Enter")
      #expect(try browser.text("document.activeElement.getAttribute('aria-pressed')") == "true")
      let said = try browser.text("document.querySelector('.control .readout').textContent")
      #expect(said.contains("×"))
    }
  }

  @Test(
    "A screen reader hears a name for every control, picture and region",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func names() throws {
    let named: Set = [
      "button", "slider", "textbox", "searchbox", "combobox", "MenuListPopup", "link", "image",
      "img", "region", "navigation", "DisclosureTriangle", "heading", "SvgRoot",
      "graphics-document",
    ]
    try browsing { browser, names, address in
      for name in ["index.html"] + names {
        try browser.load(address + name)
        let heard = try browser.accessible()
        for (role, words) in heard where named.contains(role) && role != "MenuListPopup" {
          #expect(!words.isEmpty, "\(name): a \(role) has no name")
        }
        #expect(heard.filter { $0.role == "main" }.count == 1, "\(name)")
        guard name != "index.html" else { continue }
        // What can be moved is heard of, not only seen.
        let sliders = try browser.value(
          "document.querySelectorAll('[role=slider], input[type=range]').length")
        #expect(heard.filter { $0.role == "slider" }.count == sliders as? Int, "\(name)")
        #expect(heard.contains { $0.role == "textbox" && $0.name == "Your answer" }, "\(name)")
      }
    }
  }

  @Test(
    "The search is a key away, finds lessons by words, misspelled or not, and goes there",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func search() throws {
    try browsing { browser, _, address in
      try browser.load(address + "index.html")
      try browser.press("/")
      #expect(try browser.text("document.activeElement.name") == "q")
      for (words, page) in [
        ("backpropogation", "backpropagation.html"), ("backpropagation", "backpropagation.html"),
        ("receptive fileds", "receptive.html"), ("receptive fields", "receptive.html"),
        ("sofmax", "softmax.html"), ("cheese", "perceptron.html"),
        ("XOR", "logic.html"), ("learning rate", "descent.html"),
      ] {
        _ = try browser.value("document.querySelector('.search input').value = ''")
        try browser.type(words)
        let first = try browser.text(
          "document.querySelector('.results a')?.getAttribute('href') ?? ''")
        #expect(first == page, "\(words)")
        #expect(try browser.text("document.querySelector('.found').textContent").contains("found"))
      }
      try browser.press("Escape")
      #expect(try browser.value("document.querySelectorAll('.results li').length") as? Int == 0)
      try browser.type("qqqqq")
      #expect(
        try browser.text("document.querySelector('.results').textContent") == "Nothing found.")
      try browser.press("Escape")
      try browser.type("softmax")
      try browser.press("ArrowDown")
      #expect(try browser.text("document.activeElement.pathname").hasSuffix("softmax.html"))
      try browser.press("Enter")
      try browser.wait(for: "location.pathname.endsWith('softmax.html') && \(Browser.isReady)")
      // The arrows turn pages, too.
      try browser.press("ArrowLeft")
      try browser.wait(for: "location.pathname.endsWith('crossentropy.html') && \(Browser.isReady)")
    }
  }

  @Test(
    "A question is answered with the keyboard: right, wrong, and not an answer at all",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func question() throws {
    try browsing { browser, _, address in
      try browser.load(address + "logic.html")
      var presses = 0
      while try browser.text("document.activeElement.name ?? ''") != "answer", presses < 200 {
        try browser.press("Tab")
        presses += 1
      }
      for (answer, verdict, kind) in [
        ("1,1,1,1", "Not yet.", "wrong"), ("1,2", "4 numbers are wanted", "wrong"),
        ("1, 1, 1, 0", "Right.", "right"),
      ] {
        _ = try browser.value("document.activeElement.value = ''")
        try browser.type(answer)
        try browser.press("Enter")
        let output = try browser.text("document.querySelector('.question output').textContent")
        #expect(output.hasPrefix(verdict), "\(answer): \(output)")
        #expect(try browser.text("document.querySelector('.question output').className") == kind)
      }
      #expect(try browser.text("document.querySelector('.explained').textContent").contains("NAND"))
      // Numbers as people write them.
      for (page, answer) in [("unstable", "50,177,000"), ("sigmoid", "1/4")] {
        try browser.load(address + page + ".html")
        _ = try browser.value("document.querySelector('.question input').focus()")
        try browser.type(answer)
        try browser.press("Enter")
        #expect(
          try browser.text("document.querySelector('.question output').textContent") == "Right.")
      }
    }
  }

  @Test(
    "A link presets sliders, switches, menus and points, and can hide the panels",
    .enabled(if: Browser.executable != nil, "no Chromium here"))
  func links() throws {
    try browsing { browser, _, address in
      try browser.load(address + "sgd.html?minibatch=25&learning-rate=0.5")
      let values = "[...document.querySelectorAll('.control input')].map((i) => i.value).join()"
      #expect(try browser.text(values) == "25,0.5")
      try browser.load(address + "perceptron.html?bus=1&threshold=3")
      let said = "document.querySelector('.control .readout').textContent"
      #expect(try browser.text(said).hasPrefix("sum 8.0 > 3.0"))
      try browser.load(address + "descent.html?landscape=saddle&the-ball-s-start=0.5,-0.25")
      #expect(try browser.text("document.querySelector('.control select').value") == "saddle")
      let place = "document.querySelector('.control [role=slider]').getAttribute('aria-valuetext')"
      #expect(try browser.text(place) == "0.50, −0.25")
      // What the panel itself offers as a link leads to the same state.
      _ = try browser.value("document.querySelector('.control [role=slider]').focus()")
      try browser.press("ArrowUp")
      let moved = try browser.text(place)
      _ = try browser.value("document.querySelector('.state').focus()")
      try browser.load(try browser.text("document.querySelector('.state').href"))
      #expect(try browser.text(place) == moved && moved != "0.50, −0.25")
      try browser.load(address + "descent.html?controls=off")
      #expect(
        try browser.text("getComputedStyle(document.querySelector('.control')).display") == "none")
    }
  }
}
