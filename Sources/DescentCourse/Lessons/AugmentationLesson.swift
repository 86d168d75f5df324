import Descent
import DescentCharts
import DescentData

extension Lesson {
  static let augmentation = Lesson(
    id: "augmentation",
    title: "Data augmentation: more from the same images",
    summary: "A five that is turned a little is still a five: images changed anew in every epoch.",
    assumes: ["lenet", "unstable"],
    keywords: [
      "rotate", "rotation", "shift", "zoom", "shear", "bilinear", "interpolation", "expanded",
    ],
    question: Question(
      text: """
        50,000 images are kept, and each is also moved by one pixel up, down, left and right. How many \
        images is that in all?
        """,
      answer: .numbers([250_000], tolerance: 0),
      explanation: "Five for each: itself and four that are moved. 5 · 50,000 = 250,000.")
  ) {
    let strip = try Turning.strip.get()
    let experiment = try ExperimentResult.committed("augmentation")
    let names = ImageChanges.allCases.map(\.rawValue)
    let accuracy = names.map { experiment["\($0): last test, %"] }
    let round = strip.round
    return [
      .paragraph(
        """
        The best remedy for overfitting is more data. But labelled images are dear. Here are some for \
        nothing: a five that is turned by fifteen degrees, or moved by two pixels, is a five. To the \
        network it is another image: most of the inputs that hold ink are other numbers.
        """),
      .figure(strip.figure),
      .paragraph(
        """
        Which changes are allowed, only the person who knows the task can say. A six that is turned by \
        180 degrees is a nine. A photograph of a cat may be mirrored, a letter may not.
        """),
      .heading("Where does each pixel come from?"),
      .paragraph(
        """
        To turn an image, do not ask where each pixel goes: two could go to one place, and leave holes. Ask \
        of each pixel of the *result* where it comes from. For a turn by $\\alpha$ about the centre that is
        """),
      .formula(
        "x' = x \\cos \\alpha + y \\sin \\alpha, \\quad y' = y \\cos \\alpha - x \\sin \\alpha"),
      .paragraph(
        """
        The place lies between four pixels, and *bilinear interpolation* takes the mean of the four, each \
        weighted by how near it is: first along the row above and the row below, and then between the two. \
        Outside the image all is 0. Shifts, zooms and slants are other maps of the same kind.
        """),
      .paragraph(
        """
        With 0 degrees each pixel comes from its own place, and \(strip.changedByNothing) of \
        784 change. With 15 degrees \(strip.changed) do. Each interpolation blurs a little. After \
        24 turns of 15 degrees, one after another, the five is upright again, and its pixels are off by \
        \(round.steps, places: 1) of 255 on average. The errors of the 24 single steps add up to \
        \(round.bound, places: 0), which would be the worst case; the real error stays below it. But it \
        need not be blurred so often. Two maps one after the other are a single map; all 24 as one give an \
        image with a largest error of \(round.composed, digits: 1). Descent puts all changes of an image \
        together first, and interpolates once.
        """),
      .figure(strip.roundFigure),
      .listing(try Listing("Augmentation", augmentationListing)),
      .control(strip.control),
      .heading("An expanded set, or a new one in each epoch"),
      .paragraph(
        """
        A plain way is to store the changed images: each one moved by a pixel in four directions, and \
        50,000 become \(5 * 50_000). The embedded 4,000 become \(strip.expandedCount). The other way \
        stores nothing: whenever an image is met, it is changed anew, with random numbers that depend on \
        the epoch and on the image's position. No epoch sees the same twice.
        """),
      .figure(strip.epochs),
      .paragraph(
        """
        LeNet again, the same number of steps, three beginnings each, on the digits that are part of \
        Descent; changed anew means moved by up to 2 pixels, turned by up to 10 degrees and zoomed by up \
        to a tenth:
        """),
      .table(
        NumberTable(
          ["4,000 training images", "test, %", "of three beginnings", "last training loss"],
          names.enumerated().map { index, name in
            let values = experiment.values("\(name): last test, %").sorted()
            return [
              name, decimal(accuracy[index], 1),
              "\(decimal(values.first ?? 0, 1)) to \(decimal(values.last ?? 0, 1))",
              decimal(experiment["\(name): last training loss"], 4),
            ]
          },
          caption: "After 3,125 minibatches of 32; medians of \(experiment.seeds.count) beginnings")
      ),
      .figure(
        experiment.figure(
          "Test accuracy with and without augmentation", names, "test accuracy in %",
          x: Axis("epochs of 4,000 images"),
          description: "Test accuracy by epoch, of the first beginning: the changed images give "
            + "the highest curve for most of the way.")),
      .paragraph(
        """
        Of every \(100 / (100 - accuracy[0]), places: 0) images one was read wrongly, and with images that are \
        changed anew one of \(100 / (100 - accuracy[2]), places: 0). The training loss tells why: as they \
        are, the images are known by heart in the end; changed images never are.
        """),
      .paragraph(
        """
        Four stored shifts did not help here: \(accuracy[1], places: 1) % against \
        \(accuracy[0], places: 1) % as they are, and the beginnings differ by more than that. In the same \
        number of steps each of the five versions is met only five times, and a convolutional network \
        with pooling is hardly troubled by a pixel. Turned and resized images tell it something new.
        """),
      .paragraph(
        """
        Never change the images that you test with. They stand for those that the world will send.
        """),
      .slip(
        claim:
          "A turned image is a new sample, so five times as many images are worth five times the data.",
        correction: """
          Changed images are not independent of each other. They say nothing of fives that were written \
          in another way, and what the changes cannot reach is not learned from them.
          """),
    ]
  }
}

// MARK: The lesson's code

/// A five, changed.
struct Turning: Sendable {
  /// The five's pixels.
  let five: [UInt8]
  /// It in a data set of its own.
  private let alone: Tensor
  let expandedCount: Int

  static let strip = Result { try Turning() }

  init() throws {
    let data = Dataset(try Digits.load().training)
    alone = data.inputs.slice(0, 5..<6)
    five = alone.scalars(as: UInt8.self)
    expandedCount = data.withShifts.count
  }

  /// The five by a map of places.
  func changed(by map: PixelMap) -> [UInt8] { Self.changed(five, by: map) }

  static func changed(_ pixels: [UInt8], by map: PixelMap) -> [UInt8] {
    map.resampled(pixels, height: 28, width: 28).map { UInt8($0 + 0.5) }
  }

  /// How many pixels a turn by 0 and by 15 degrees change.
  var changedByNothing: Int { differences(.rotation(degrees: 0)) }
  var changed: Int { differences(.rotation(degrees: 15)) }
  private func differences(_ map: PixelMap) -> Int {
    zip(five, changed(by: map)).count { $0 != $1 }
  }

  /// The five after 0, 1, … 24 turns of 15 degrees, each an image of its own.
  private var turns: [[UInt8]] {
    (0..<24).reduce(into: [five]) { turns, _ in
      turns.append(Self.changed(turns.last!, by: .rotation(degrees: 15)))
    }
  }

  private static func meanError(_ one: [UInt8], _ other: [UInt8]) -> Double {
    zip(one, other).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(one.count)
  }

  /// A whole turn in 24 steps: the mean error of a pixel; the sum of the steps' own errors, each
  /// against a single turn by as much; and the largest error of all 24 maps as one.
  var round: (steps: Double, bound: Double, composed: Double) {
    let once = (0...24).map { changed(by: .rotation(degrees: 15 * Double($0))) }
    let bound = (0..<24).reduce(0.0) { sum, step in
      let stepped = Self.changed(once[step], by: .rotation(degrees: 15))
      return sum + Self.meanError(stepped, once[step + 1])
    }
    let all = (0..<24).reduce(PixelMap.identity) { map, _ in
      map.followed(by: .rotation(degrees: 15))
    }
    let composed = zip(five, all.resampled(five, height: 28, width: 28)).map {
      abs(Double($0) - Double($1))
    }
    return (Self.meanError(turns[24], five), bound, composed.max() ?? 0)
  }

  // MARK: Pictures

  private func grid(
    _ title: String, _ description: String, _ images: [(caption: String, pixels: [UInt8])]
  ) -> Figure {
    Figure(
      title: title, description: description,
      content: .images(
        ImageGrid(
          height: 28, width: 28,
          images: images.map { .init(pixels: $0.pixels, caption: $0.caption) },
          columns: 4)))
  }

  var figure: Figure {
    grid(
      "A five, and what is still one",
      "A five as it is, and turned by 15 degrees either way, moved, enlarged, reduced and slanted.",
      [
        ("as it is", five), ("turned by 15°", changed(by: .rotation(degrees: 15))),
        ("by −15°", changed(by: .rotation(degrees: -15))), ("moved", changed(by: .shift(3, -2))),
        ("enlarged", changed(by: .zoom(1.2))), ("reduced", changed(by: .zoom(1 / 1.2))),
        ("slanted", changed(by: .shear(degrees: 15))),
        (
          "all at once",
          changed(
            by: .shift(2, 1).followed(by: .rotation(degrees: -10)).followed(by: .zoom(1.1)))
        ),
      ])
  }

  var roundFigure: Figure {
    let turns = turns
    return grid(
      "Once around in steps of 15 degrees",
      "The five before, after 6, 12 and 24 turns, each interpolated anew and more blurred, and after "
        + "all of them as one map, which is as sharp as before.",
      [
        ("before", five), ("6 turns", turns[6]), ("12 turns", turns[12]), ("24 turns", turns[24]),
        (
          "24 as one",
          changed(
            by: (0..<24).reduce(PixelMap.identity) { map, _ in
              map.followed(by: .rotation(degrees: 15))
            })
        ),
      ])
  }

  var epochs: Figure {
    let changes: Augmentation = [.shift(pixels: 2), .rotate(degrees: 15), .zoom(fraction: 0.1)]
    return grid(
      "The same five in eight epochs",
      "Eight versions of the five, each moved, turned and zoomed a little in another way.",
      (0..<8).map { epoch in
        let image = (try? changes(alone, seed: 1, epoch: epoch))?.scalars(as: UInt8.self) ?? []
        return ("epoch \(epoch + 1)", image)
      })
  }

  /// The changes of the panel, in the order in which it makes them.
  static func map(_ x: Double, _ y: Double, turn: Double, zoom: Double, slant: Double) -> PixelMap {
    .shift(x, y).followed(by: .rotation(degrees: turn)).followed(by: .zoom(zoom))
      .followed(by: .shear(degrees: slant))
  }

  var control: Control {
    let cases: [(x: Double, y: Double, turn: Double, zoom: Double, slant: Double)] = [
      (0, 0, 0, 1, 0), (2, -1, 0, 1, 0), (0, 0, 15, 1, 0), (0.5, 0.25, -30, 1.2, 10),
      (-6, 5, 170, 0.7, -25),
    ]
    let pixels = five.map { Int($0) }
    return Control(
      "augmentation", label: "Move, turn, zoom and slant the five",
      parameters: ["pixels": pixels],
      vectors: cases.map { change in
        let map = Self.map(
          change.x, change.y, turn: change.turn, zoom: change.zoom, slant: change.slant)
        return Control.Vector(
          "warp", pixels, change.x, change.y, change.turn, change.zoom, change.slant,
          gives: map.resampled(five, height: 28, width: 28).map { Double($0) / 255 }, within: 1e-4)
      })
  }
}
