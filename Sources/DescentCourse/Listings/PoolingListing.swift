import Descent

func poolingListing(print: Listing.Printer) {
  let map = Tensor(rows: [
    [4, 1, 0, 2],
    [3, 8, 2, 1],
  ]).reshaped([1, 1, 2, 4])
  print(maxPool(map, kernel: 2).flattened(), averagePool(map, kernel: 2).flattened())

  // Two windows, and two pixels that count; of the two 2s the first.
  let slopes = gradient(at: map) { map in maxPool(map, kernel: 2).sum() }
  print(slopes.reshaped([2, 4]))
}
