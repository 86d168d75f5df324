/// Colours for values from low to high: dark blue, grey, yellow.
///
/// Lightness rises evenly, so the order survives greyscale and the common colour blindnesses: the
/// colours are those of Nuñez, Anderton and Renslow, "Optimizing colormaps with consideration for
/// color vision deficiency", PLOS ONE 13 (2018), at five places.
enum Palette {
  struct Color: Hashable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8
  }

  private static let anchors: [(Double, Double, Double)] = [
    (0, 34, 78), (65, 77, 107), (124, 123, 120), (187, 173, 108), (254, 232, 56),
  ]

  /// The colour of a place from 0, the lowest, to 1.
  static func color(_ position: Double) -> Color {
    let place = min(max(position, 0), 1) * Double(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    let part = place - Double(index)
    func mix(_ low: Double, _ high: Double) -> UInt8 {
      UInt8((low + part * (high - low)).rounded())
    }
    let (low, high) = (anchors[index], anchors[index + 1])
    return Color(red: mix(low.0, high.0), green: mix(low.1, high.1), blue: mix(low.2, high.2))
  }

  /// The colours of 255 places; the last entry is for values that cannot be drawn.
  static let table: [Color] =
    (0..<255).map { color(Double($0) / 254) } + [Color(red: 128, green: 128, blue: 128)]

  /// The entry of the table for a place from 0 to 1, or for what has none.
  static func index(_ position: Double?) -> UInt8 {
    position.map { UInt8((min(max($0, 0), 1) * 254).rounded()) } ?? 255
  }
}
