extension ImageGrid: Chart {
  /// What a screen reader is told if the author says nothing.
  var summary: String {
    let captions = images.map { $0.caption + ($0.isWrong ? " (wrong)" : "") }
    return "\(images.count) images of \(height)×\(width) pixels: "
      + captions.map(printable).joined(separator: ", ") + "."
  }

  /// The images side by side, two pixels to a character.
  ///
  /// With colours each half of a character is a pixel; without, the character's density is the mean
  /// of both, so that ink is where the image is bright.
  func lines(style: TerminalStyle) -> [String] {
    if let note { return [note.truncated(to: style.width)] }
    // Images wider than the terminal are shown at a whole fraction of their size.
    let reduction = (width + style.width - 1) / style.width
    let shownWidth = (width + reduction - 1) / reduction
    let widestCaption = images.map(\.shownCaption.count).max() ?? 0
    let cellWidth = max(shownWidth, min(widestCaption, 16, style.width))
    let fitting = max(1, (style.width + 2) / (cellWidth + 2))
    let perRow = max(1, min(columns ?? fitting, fitting))
    var result: [String] = []
    for start in stride(from: 0, to: images.count, by: perRow) {
      let row = images[start..<min(start + perRow, images.count)]
      let pictures = row.map { picture($0, reduction: reduction, style: style) }
      if start > 0 { result.append("") }
      let margin = String(repeating: " ", count: cellWidth - shownWidth + 2)
      for line in 0..<(pictures.first?.count ?? 0) {
        let joined = pictures.map { $0[line] }.joined(separator: margin)
        result.append(joined.trimmedEnd)
      }
      let captions = row.map { image in
        let caption = image.shownCaption.truncated(to: cellWidth).padded(to: cellWidth, .leading)
        return image.isWrong ? style.paint(caption, .wrong) : caption
      }
      let line = captions.joined(separator: "  ").trimmedEnd
      if !line.isEmpty { result.append(line) }
    }
    return result
  }

  private func picture(_ image: Image, reduction: Int, style: TerminalStyle) -> [String] {
    let (rows, columns) = (
      (height + reduction - 1) / reduction, (width + reduction - 1) / reduction
    )
    // The mean of a block of pixels; black below the last row, where a half line is left over.
    func grey(_ row: Int, _ column: Int) -> Int {
      var (sum, count) = (0, 0)
      for y in stride(from: row * reduction, to: min((row + 1) * reduction, height), by: 1) {
        for x in column * reduction..<min((column + 1) * reduction, width) {
          let place = y * width + x
          sum += place < image.pixels.count ? Int(image.pixels[place]) : 0
          count += 1
        }
      }
      return count > 0 ? sum / count : 0
    }
    return stride(from: 0, to: rows, by: 2).map { row in
      let pairs = (0..<columns).map { (upper: grey(row, $0), lower: grey(row + 1, $0)) }
      return style.colors == .none
        ? String(pairs.map { density(($0.upper + $0.lower) / 2) }) : halfBlocks(pairs, style: style)
    }
  }

  private func density(_ grey: Int) -> Character {
    TerminalStyle.density(Double(grey) / 256)
  }

  /// Upper halves in the text colour over lower halves in the background colour.
  private func halfBlocks(_ pairs: [(upper: Int, lower: Int)], style: TerminalStyle) -> String {
    func color(_ grey: Int) -> String {
      if style.colors == .full { return "2;\(grey);\(grey);\(grey)" }
      // The palette has greys 232 … 255, from 8 to 238 in steps of 10; 16 is black and 231 white.
      return "5;\(grey < 4 ? 16 : grey > 246 ? 231 : 232 + min(23, (grey - 3) / 10))"
    }
    var result = ""
    var last = ""
    for pair in pairs {
      let code = "\u{1B}[38;\(color(pair.upper));48;\(color(pair.lower))m"
      if code != last { result += code }
      last = code
      result += "▀"
    }
    return result + "\u{1B}[0m"
  }
}
