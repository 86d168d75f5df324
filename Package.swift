// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Descent",
  // macOS 15 and its contemporaries are the first with Synchronization's Mutex.
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Descent", targets: ["Descent", "DescentData"]),
    .library(name: "DescentCharts", targets: ["DescentCharts"]),
    .executable(name: "descent", targets: ["DescentCLI"]),
  ],
  dependencies: [
    // The command lines only: options, help, completions and "did you mean" that we need not write.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    // Configuration files only: YAML, of which JSON is a part; the library brings its C with it.
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .target(name: "DescentKernels"),
    .target(name: "DescentDigits", exclude: ["make_digits.py", "digits.bin"]),
    .target(name: "Descent", dependencies: ["DescentKernels"]),
    .target(name: "DescentData", dependencies: ["Descent", "DescentDigits"]),
    .target(name: "DescentCharts"),
    // The course's pages as they stand: style, panels, and the listings' text.
    .target(name: "DescentCourseAssets"),
    .target(
      name: "DescentCourse",
      dependencies: ["Descent", "DescentData", "DescentCharts", "DescentCourseAssets"],
      exclude: ["Site"]),
    .executableTarget(
      name: "DescentCLI",
      dependencies: [
        "Descent", "DescentData", "DescentCharts", "DescentCourse",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(
      name: "descent-bench",
      dependencies: [
        "Descent", "DescentData", "DescentKernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Bench"),
    .testTarget(name: "DescentKernelsTests", dependencies: ["DescentKernels"]),
    .testTarget(
      name: "DescentTests", dependencies: ["Descent", "DescentData"],
      exclude: ["Fixtures"]),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .testTarget(
      name: "DescentAllocationTests", dependencies: ["Descent", "AllocationCounter"]),
    .testTarget(
      name: "DescentDataTests", dependencies: ["DescentData"],
      exclude: ["Fixtures", "NumPy"]),
    .testTarget(name: "DescentCLITests", dependencies: ["DescentCLI"]),
    .testTarget(name: "DescentChartsTests", dependencies: ["DescentCharts"]),
    .testTarget(name: "DescentCourseTests", dependencies: ["DescentCourse"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c2x
)
