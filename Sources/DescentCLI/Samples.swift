import Descent
import DescentCharts
import DescentData

/// Samples to predict, as a model wants them: those of a file, or of a part of it.
struct Samples {
  let inputs: Tensor
  let scale: Double
  let count: Int
  /// The number of the first row in its file, for rows of a table.
  private var firstRow: Int?
  /// The picture as the network sees it, if the file is one.
  var picture: Figure?
  private let file: String

  /// Gives the samples of a file to `body`; those of a table for which the model has a contract come
  /// part by part, so that the file may be larger than memory.
  static func read(file: String, for model: Model, _ body: (Samples) throws -> Void) throws {
    guard let contract = model.card.table else { return try body(Samples(file: file, for: model)) }
    let stream = try TableStream(contentsOf: file, contract.reading)
    var row = 1
    while let part = try stream.next() {
      try body(Samples(rows: part, firstRow: row, contract, file: file))
      row += part.rowCount
    }
  }

  private init(rows: Table, firstRow: Int, _ contract: TableContract, file: String) throws {
    count = rows.rowCount
    inputs = Tensor(try contract.encode(rows), shape: [count, contract.inputCount])
    scale = 1
    self.firstRow = firstRow
    self.file = file
  }

  /// Reads a picture, an IDX file or a CSV file for a model.
  init(file: String, for model: Model) throws {
    self.file = file
    let bytes = try readFile(file)
    if let image = try GrayImage.read(bytes, path: file) {
      let (height, width) = try Self.size(of: model, file)
      let fitted = image.fitted(width: width, height: height)
      inputs = Tensor(fitted.pixels, shape: Shape([1] + model.input.sizes))
      scale = model.card.scale
      count = 1
      picture = Figure(
        title: "",
        content: .images(
          ImageGrid(height: height, width: width, images: [.init(pixels: fitted.pixels)])))
    } else if Gzip.isGzip(bytes) || bytes.prefix(2) == [0, 0] {
      let array = try IDXArray(bytes: bytes, path: file)
      guard array.dtype == .uint8, Array(array.shape.dropFirst()) == model.input.sizes else {
        throw DataError.mismatch(
          path: file, found: "\(array.dtype) samples of \(Array(array.shape.dropFirst()))",
          expected: "bytes, samples of \(model.input)",
          remedy: "use the model on data like that which it was trained on")
      }
      inputs = Tensor(array.bytes, shape: Shape(array.shape))
      scale = model.card.scale
      count = array.shape[0]
    } else {
      let rows = try CSV.numbers(bytes, path: file)
      let wanted = model.input.elementCount
      guard rows.columnCount == wanted else {
        throw DataError.mismatch(
          path: file, found: "\(rows.columnCount) columns",
          expected: "\(wanted), one for each input of the model",
          remedy: "give one sample a line, without its target")
      }
      count = rows.values.count / max(wanted, 1)
      inputs = Tensor(rows.values, shape: Shape([count] + model.input.sizes))
      scale = model.card.scale
    }
  }

  private static func size(of model: Model, _ file: String) throws -> (Int, Int) {
    guard model.input.rank >= 2, model.input.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw DataError.mismatch(
        path: file, found: "a picture", expected: "samples of \(model.input)",
        remedy: "this model was not trained on pictures: give it rows of numbers")
    }
    return (model.input[model.input.rank - 2], model.input.last)
  }

  /// What a sample is called in the results.
  func name(of row: Int) -> String {
    if let firstRow { return "\(firstRow + row)" }
    return count == 1 ? file : "\(file)[\(row)]"
  }
}

extension GrayImage {
  /// The picture in a file, or nil if the file is something else.
  static func read(_ bytes: [UInt8], path: String) throws -> GrayImage? {
    if PNG.isPNG(bytes) { return try PNG.decode(bytes, path: path) }
    if PGM.isPGM(bytes) { return try PGM.decode(bytes, path: path) }
    return nil
  }

  /// The picture as light ink on dark ground in the size that a network wants.
  ///
  /// A picture of another size is taken for a photo or a scan: it is inverted if its border is
  /// light.
  func fitted(width: Int, height: Int) -> GrayImage {
    var (sum, count) = (0, 0)
    for y in 0..<self.height {
      for x in 0..<self.width
      where y == 0 || y == self.height - 1 || x == 0 || x == self.width - 1 {
        sum += Int(pixels[y * self.width + x])
        count += 1
      }
    }
    let mean = sum / count
    let ink =
      mean > 127
      ? GrayImage(width: self.width, height: self.height, pixels: pixels.map { 255 - $0 }) : self
    return ink.width == width && ink.height == height
      ? ink : ink.resized(width: width, height: height)
  }
}
