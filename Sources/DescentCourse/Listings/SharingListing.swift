import Descent

func sharingListing(print: Listing.Printer) throws {
  // Twenty filters of 5 by 5, each with a bias, over an image of 28 by 28.
  let filters = try Model(Conv2D(20, kernel: 5), input: [1, 28, 28])
  print(filters.parameterCount, "parameters,", filters.output)

  // A row of pixels, and the same row two pixels later.
  let kernel = Tensor([1, -2, 1] as [Float], shape: [1, 1, 1, 3])
  let row = Tensor([0, 0, 5, 1, 4, 0, 0, 0, 0, 0] as [Float], shape: [1, 1, 1, 10])
  let later = Tensor([0, 0, 0, 0, 5, 1, 4, 0, 0, 0] as [Float], shape: [1, 1, 1, 10])
  print(convolution(row, kernel).flattened())
  print(convolution(later, kernel).flattened())
}
