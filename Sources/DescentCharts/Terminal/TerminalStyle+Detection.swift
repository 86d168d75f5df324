#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#elseif canImport(Darwin)
  import Darwin
#endif

extension TerminalStyle {
  /// The style of the terminal behind a file descriptor.
  ///
  /// There are colours on a terminal unless `NO_COLOR` is set and not empty (https://no-color.org)
  /// or `TERM` is `dumb`. The width is `COLUMNS` if set, else the window's, else 80.
  ///
  /// - Parameter fileDescriptor: 1 is standard output, 2 is standard error.
  public static func detect(fileDescriptor: Int32 = 1) -> TerminalStyle {
    var window = winsize()
    let hasWindow = ioctl(fileDescriptor, UInt(TIOCGWINSZ), &window) == 0
    return detect(
      isTerminal: isatty(fileDescriptor) == 1, windowWidth: hasWindow ? Int(window.ws_col) : 0,
      environment: { name in getenv(name).map { String(cString: $0) } })
  }

  /// The decision of `detect`, apart from the system calls.
  static func detect(
    isTerminal: Bool, windowWidth: Int, environment: (String) -> String?
  ) -> TerminalStyle {
    let columns = environment("COLUMNS").flatMap { Int($0) } ?? 0
    let width = columns > 0 ? columns : windowWidth > 0 ? windowWidth : 80
    let refuses = !(environment("NO_COLOR") ?? "").isEmpty
    guard isTerminal, !refuses, environment("TERM") != "dumb" else {
      return TerminalStyle(width: width)
    }
    let isFull = ["truecolor", "24bit"].contains(environment("COLORTERM") ?? "")
    return TerminalStyle(width: width, colors: isFull ? .full : .palette)
  }
}
