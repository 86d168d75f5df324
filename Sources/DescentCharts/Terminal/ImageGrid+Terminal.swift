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
    var reduction = (width + style.width - 1) / style.width
    let widestCaption = images.map(\.shownCaption.count).max() ?? 0
    var shownWidth: Int { (width + reduction - 1) / reduction }
    var cellWidth: Int { max(shownWidth, min(widestCaption, 16, style.width)) }
    var fitting: Int { max(1, (style.width + 2) / (cellWidth + 2)) }
    let wanted = max(1, columns ?? fitting)
    // Below a dozen pixels nothing can be made out.
    if keepsRows && wanted > fitting && shownWidth >= 24 { reduction *= 2 }
    var result: [String] = []
    for row in rows(of: wanted, fitting: fitting) {
      let pictures = row.map { picture($0, reduction: reduction, style: style) }
      if !result.isEmpty { result.append("") }
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

  /// The images of each line; rows that are kept together are cut into even parts where they must be.
  private func rows(of wanted: Int, fitting: Int) -> [ArraySlice<Image>] {
    let group = keepsRows ? wanted : images.count
    let lines = (wanted + fitting - 1) / fitting
    let perLine = keepsRows ? (wanted + lines - 1) / lines : min(wanted, fitting)
    return stride(from: 0, to: images.count, by: group).flatMap { first in
      let end = min(first + group, images.count)
      return stride(from: first, to: end, by: perLine).map { images[$0..<min($0 + perLine, end)] }
    }
  }

  private func picture(_ image: Image, reduction: Int, style: TerminalStyle) -> [String] {
    let (rows, columns) = (
      (height + reduction - 1) / reduction, (width + reduction - 1) / reduction
    )
    // The mean of a block of pixels; black below the last row, where a half line is left over.
    func color(_ row: Int, _ column: Int) -> Palette.Color {
      var (red, green, blue, count) = (0, 0, 0, 0)
      for y in stride(from: row * reduction, to: min((row + 1) * reduction, height), by: 1) {
        for x in column * reduction..<min((column + 1) * reduction, width) {
          let color = self.color(of: image, at: y * width + x)
          red += Int(color.red)
          green += Int(color.green)
          blue += Int(color.blue)
          count += 1
        }
      }
      guard count > 0 else { return Palette.Color(red: 0, green: 0, blue: 0) }
      return Palette.Color(
        red: UInt8(red / count), green: UInt8(green / count), blue: UInt8(blue / count))
    }
    return stride(from: 0, to: rows, by: 2).map { row in
      let pairs = (0..<columns).map { (upper: color(row, $0), lower: color(row + 1, $0)) }
      return style.colors == .none
        ? String(pairs.map { density(($0.upper.grey + $0.lower.grey) / 2) })
        : halfBlocks(pairs, style: style)
    }
  }

  private func density(_ grey: Int) -> Character {
    TerminalStyle.density(Double(grey) / 256)
  }

  /// Upper halves in the text colour over lower halves in the background colour.
  private func halfBlocks(
    _ pairs: [(upper: Palette.Color, lower: Palette.Color)], style: TerminalStyle
  ) -> String {
    func code(_ color: Palette.Color) -> String {
      if style.colors == .full { return "2;\(color.red);\(color.green);\(color.blue)" }
      guard color.red == color.green && color.red == color.blue else {
        // The palette has a cube of 6 × 6 × 6 colours from 16 on: 0, 95, 135, 175, 215 and 255.
        func level(_ value: UInt8) -> Int {
          value < 48 ? 0 : value < 115 ? 1 : (Int(value) - 35) / 40
        }
        return "5;\(16 + 36 * level(color.red) + 6 * level(color.green) + level(color.blue))"
      }
      // The palette has greys 232 … 255, from 8 to 238 in steps of 10; 16 is black and 231 white.
      let grey = Int(color.red)
      return "5;\(grey < 4 ? 16 : grey > 246 ? 231 : 232 + min(23, (grey - 3) / 10))"
    }
    var result = ""
    var last = ""
    for pair in pairs {
      let code = "\u{1B}[38;\(code(pair.upper));48;\(code(pair.lower))m"
      if code != last { result += code }
      last = code
      result += "▀"
    }
    return result + "\u{1B}[0m"
  }
}

extension Palette.Color {
  /// How bright the colour is, by the weights of ITU-R BT.601.
  fileprivate var grey: Int { (299 * Int(red) + 587 * Int(green) + 114 * Int(blue)) / 1000 }
}
