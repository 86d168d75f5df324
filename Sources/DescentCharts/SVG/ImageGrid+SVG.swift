extension ImageGrid {
  func draw(on canvas: inout SVGCanvas) {
    if let note { return canvas.note(note) }
    let margin = SVGCanvas.margin
    // Whole multiples keep the pixels square and equal; big images are shown as they are.
    let zoom = Double(max(1, 84 / max(height, width)))
    let (imageWidth, imageHeight) = (Double(width) * zoom, Double(height) * zoom)
    let widest = images.map { SVGCanvas.width(of: $0.shownCaption) }.max() ?? 0
    let cell = max(imageWidth, min(widest, 2 * imageWidth)) + 14
    let fitting = max(1, Int((canvas.width - 2 * margin + 14) / cell))
    let perRow = max(1, min(columns ?? fitting, images.count, 64))
    canvas.width = max(canvas.width, 2 * margin + Double(perRow) * cell)
    let hasCaptions = images.contains { !$0.shownCaption.isEmpty }
    for (index, image) in images.enumerated() {
      let x = margin + 2 + Double(index % perRow) * cell
      let y = canvas.height + 2
      let picture = png(image)
      canvas.image(picture, x: x, y: y, width: imageWidth, height: imageHeight)
      let border = image.isWrong ? 1.5 : 0.5
      canvas.rectangle(
        x: x - border, y: y - border, width: imageWidth + 2 * border,
        height: imageHeight + 2 * border, class: image.isWrong ? "wrong-frame" : "frame")
      let caption = image.shownCaption
      let wide = SVGCanvas.width(of: caption)
      let most = cell - 8
      canvas.text(
        wide <= most ? caption : caption.truncated(to: Int(Double(caption.count) * most / wide)),
        x: x, y: y + imageHeight + 17, class: image.isWrong ? "wrong-text" : "text")
      if index % perRow == perRow - 1 || index == images.count - 1 {
        canvas.height += imageHeight + (hasCaptions ? 32 : 12)
      }
    }
  }

  private func png(_ image: Image) -> [UInt8] {
    guard channels == 3 else {
      return PNG.grey(height: height, width: width, pixels: image.pixels)
    }
    let pixels = (0..<height * width).flatMap { place in
      let color = color(of: image, at: place)
      return [color.red, color.green, color.blue]
    }
    return PNG.colors(height: height, width: width, pixels: pixels)
  }
}
