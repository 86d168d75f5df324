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
  /// The files, one for each sample, where samples are pictures.
  private var paths: [String]?
  /// The pictures as the network sees them, if they are to be shown.
  private var pictures: ImageGrid?
  private let file: String
  /// What was read, for messages.
  var source: String { paths?.first ?? file }

  /// Gives the samples of the files to `body`; those of a table for which the model has a contract,
  /// and pictures, come part by part, so that they may be larger than memory.
  static func read(_ files: [String], for model: Model, _ body: (Samples) throws -> Void) throws {
    if let contract = model.card.image {
      return try read(pictures: files, contract, scale: model.card.scale, body)
    }
    for file in files {
      guard let contract = model.card.table else {
        try body(Samples(file: file, for: model))
        continue
      }
      var remarks = TableRemarks(contract, file)
      if SampleArrays.isArrays(file) {
        let rows = try SampleArrays(contentsOf: file).table()
        remarks.look(at: rows)
        try body(Samples(rows: rows, firstRow: 0, contract, file: file))
      } else {
        let stream = try TableStream(contentsOf: file, contract.reading)
        var row = 1
        while let part = try stream.next() {
          remarks.look(at: part)
          try body(Samples(rows: part, firstRow: row, contract, file: file))
          row += part.rowCount
        }
      }
      remarks.show()
    }
  }

  /// A file that was named must be a picture; of a folder those are left out that are not.
  private static func read(
    pictures files: [String], _ contract: ImageContract, scale: Double,
    _ body: (Samples) throws -> Void
  ) throws {
    var paths: [String] = []
    var named: Set<String> = []
    for file in files {
      if PictureFolder.isFolder(file) {
        paths += try PictureFolder.pictures(below: file)
      } else {
        paths.append(file)
        named.insert(file)
      }
    }
    let reader = PictureReader(contract)
    let size = contract.shape.elementCount
    let perPart = max(1, min(256, (64 << 20) / size))
    for start in stride(from: 0, to: paths.count, by: perPart) {
      let part = Array(paths[start..<min(start + perPart, paths.count)])
      let read = try reader.read(part)
      if !read.positions.isEmpty {
        let areShown = paths.count <= 8 && named.count == paths.count
        try body(
          Samples(
            read, part, contract, scale: scale, areShown: areShown))
      }
      for failure in read.unreadable {
        guard !named.contains(failure.path) else { throw failure.reason }
        writeError("left out: \(failure.reason)\n")
      }
    }
  }

  private init(
    _ read: PictureReader.Result, _ all: [String], _ contract: ImageContract, scale: Double,
    areShown: Bool
  ) {
    count = read.positions.count
    inputs = Tensor(read.pixels, shape: Shape([count] + contract.shape.sizes))
    self.scale = scale
    paths = read.positions.map { all[$0] }
    file = ""
    guard areShown else { return }
    let size = contract.shape.elementCount
    pictures = ImageGrid(
      height: contract.height, width: contract.width, channels: contract.channels,
      images: (0..<count).map {
        .init(pixels: Array(read.pixels[($0 * size)..<(($0 + 1) * size)]))
      })
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
    if Picture.isPicture(bytes) {
      let (height, width) = try Self.size(of: model, file)
      let fitted = try Picture(bytes: bytes, path: file).gray.ink(width: width, height: height)
      inputs = Tensor(fitted.pixels, shape: Shape([1] + model.input.sizes))
      scale = model.card.scale
      count = 1
      pictures = ImageGrid(height: height, width: width, images: [.init(pixels: fitted.pixels)])
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
    } else if NPY.isNPY(bytes) || NPZ.isZip(bytes) {
      let array = try SampleArrays(contentsOf: file).inputs
      guard Array(array.shape.dropFirst()) == model.input.sizes else {
        throw DataError.mismatch(
          path: file, found: "samples of \(Array(array.shape.dropFirst()))",
          expected: "samples of \(model.input)",
          remedy: "give an array of [samples, …], even for one sample")
      }
      inputs = array
      // Numbers that are not bytes have been scaled by whoever made them.
      scale = array.dtype == .uint8 ? model.card.scale : 1
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

  /// A sample as the network sees it, if it is a picture to be shown.
  func picture(of row: Int) -> Figure? {
    guard var grid = pictures else { return nil }
    grid.images = [grid.images[row]]
    return Figure(title: "", content: .images(grid))
  }

  /// What a sample is called in the results.
  func name(of row: Int) -> String {
    if let paths { return paths[row] }
    if let firstRow { return "\(firstRow + row)" }
    return count == 1 ? file : "\(file)[\(row)]"
  }
}

extension Picture {
  /// A grey picture as light ink on dark ground in the size that a network wants.
  ///
  /// A picture of another size is taken for a photo or a scan: it is inverted if its border is
  /// light.
  fileprivate func ink(width: Int, height: Int) -> Picture {
    var (sum, count) = (0, 0)
    for y in 0..<self.height {
      for x in 0..<self.width
      where y == 0 || y == self.height - 1 || x == 0 || x == self.width - 1 {
        sum += Int(pixels[y * self.width + x])
        count += 1
      }
    }
    return (sum / count > 127 ? inverted : self).resized(width: width, height: height)
  }
}
