/// Small grey images of one size, each with a caption.
public struct ImageGrid: Hashable, Sendable {
  /// Rows of pixels in every image.
  public var height: Int
  /// Columns of pixels in every image.
  public var width: Int
  /// The images in reading order.
  public var images: [Image]
  /// Images in a row; as many as fit if nil.
  public var columns: Int?

  /// One image of the grid.
  public struct Image: Hashable, Sendable {
    /// Grey values row by row, 0 black and 255 white; missing ones are black.
    public var pixels: [UInt8]
    /// The text below the image.
    public var caption: String
    /// Whether the image is marked as a mistake, by a frame and a cross.
    public var isWrong: Bool

    /// An image of the given grey values.
    public init(pixels: [UInt8], caption: String = "", isWrong: Bool = false) {
      self.pixels = pixels
      self.caption = caption
      self.isWrong = isWrong
    }
  }

  /// A grid of images of height × width pixels.
  public init(height: Int, width: Int, images: [Image], columns: Int? = nil) {
    self.height = height
    self.width = width
    self.images = images
    self.columns = columns
  }
}

extension ImageGrid {
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
