import Descent

func receptiveListing(print: Listing.Printer) {
  // Where a kernel looks for a step from dark to bright, from left to right.
  let kernel = Tensor(rows: [[-1, 1], [-1, 1]]).reshaped([1, 1, 2, 2])
  let image = Tensor(rows: [
    [0, 0, 9, 9, 0],
    [0, 0, 9, 9, 0],
    [0, 0, 9, 9, 0],
  ]).reshaped([1, 1, 3, 5])

  // It goes up in the middle, and down again on the right.
  let map = convolution(image, kernel)
  print(map.shape)
  print(map.reshaped([2, 4]))

  // Zeros around the image, and two pixels a step.
  print(convolution(image, kernel, stride: 2, padding: 1).shape)
}
