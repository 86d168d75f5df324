/// Small images of one size, in grey or in colour, each with a caption.
public struct ImageGrid: Hashable, Sendable {
  /// Rows of pixels in every image.
  public var height: Int
  /// Columns of pixels in every image.
  public var width: Int
  /// 1 for grey images, 3 for red, green and blue.
  public var channels: Int
  /// The images in reading order.
  public var images: [Image]
  /// Images in a row; as many as fit if nil.
  public var columns: Int?
  /// Whether the `columns` images of a row belong together: in a terminal that is too narrow for them
  /// they are halved, and what still does not fit goes on in a line of its own.
  public var keepsRows = false

  /// One image of the grid.
  public struct Image: Hashable, Sendable {
    /// The values row by row and, in colour, all of red before all of green before all of blue:
    /// `[channels, height, width]`, 0 dark and 255 bright; missing ones are dark.
    public var pixels: [UInt8]
    /// The text below the image.
    public var caption: String
    /// Whether the image is marked as a mistake, by a frame and a cross.
    public var isWrong: Bool

    /// An image of the given values.
    public init(pixels: [UInt8], caption: String = "", isWrong: Bool = false) {
      self.pixels = pixels
      self.caption = caption
      self.isWrong = isWrong
    }
  }

  /// A grid of images of height × width pixels.
  public init(
    height: Int, width: Int, channels: Int = 1, images: [Image], columns: Int? = nil,
    keepsRows: Bool = false
  ) {
    self.height = height
    self.width = width
    self.channels = channels
    self.images = images
    self.columns = columns
    self.keepsRows = keepsRows
  }
}

extension ImageGrid {
  /// Red, green and blue of a pixel of an image, by its place in row-major order.
  func color(of image: Image, at place: Int) -> Palette.Color {
    func value(_ channel: Int) -> UInt8 {
      let index = (channels == 3 ? channel * height * width : 0) + place
      return index < image.pixels.count ? image.pixels[index] : 0
    }
    return Palette.Color(red: value(0), green: value(1), blue: value(2))
  }

  /// Why nothing can be drawn, or nil if something can.
  var note: String? {
    if images.isEmpty { return "no images" }
    // A thousand pixels a side is far beyond what a grid of thumbnails is for.
    if height < 1 || width < 1 || height > 1024 || width > 1024 {
      return "images of \(height)×\(width) pixels cannot be drawn"
    }
    return nil
  }
}

extension ImageGrid.Image {
  /// The caption as it is shown: mistakes carry a cross, so that colour is not needed to see them.
  var shownCaption: String { (isWrong ? "✗ " : "") + printable(caption) }
}
