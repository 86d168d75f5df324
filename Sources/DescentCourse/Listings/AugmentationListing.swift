import Descent
import DescentData

func augmentationListing(print: Listing.Printer) throws {
  let (training, _) = try Digits.load()
  let images = Dataset(training).inputs
  let five = images.slice(0, 5..<6)

  // What an image becomes depends on the seed, the epoch and its position, and on nothing else.
  let augmentation: Augmentation = [.shift(pixels: 2), .rotate(degrees: 15), .zoom(fraction: 0.1)]
  let first = try augmentation(five, seed: 1, epoch: 0)
  let second = try augmentation(five, seed: 1, epoch: 1)
  let again = try augmentation(five, seed: 1, epoch: 0)
  print("another epoch, another image:", first.doubles() != second.doubles())
  print("the same epoch, the same bytes:", first.doubles() == again.doubles())

  let nothing = try Augmentation("rotate:0")(five, seed: 1)
  print("rotated by up to 0 degrees, no pixel changes:", nothing.doubles() == five.doubles())
}
