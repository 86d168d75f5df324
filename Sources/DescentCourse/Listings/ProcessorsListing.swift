import Descent

func processorsListing(print: Listing.Printer) {
  for n in [16, 256] {
    let a = Tensor((0..<n * n).map { Float($0 % 7) }, shape: [n, n])
    let b = Tensor((0..<n * n).map { Float($0 % 5) }, shape: [n, n])
    // Whoever asks for the numbers has the product computed. The first time a plan is made.
    let seconds = (0..<8).map { _ in
      ContinuousClock().measure { _ = a.matmul(b).scalars(as: Float.self) }.seconds
    }
    let median = seconds.dropFirst().sorted()[3]
    let speed = Double(2 * n * n * n) / median / 1e6
    print(n, "x", n, "products:", Int(speed), "million operations a second")
  }
}
