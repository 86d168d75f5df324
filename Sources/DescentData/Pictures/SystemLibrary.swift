#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

/// A library of the system that is looked for when it is needed, not when the program is built.
struct SystemLibrary: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer

  /// Opens the first of these files that is there; a bare name is looked for where the system looks.
  init?(_ names: [String]) {
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        self.handle = handle
        return
      }
    }
    return nil
  }

  /// The function of this name; `type` is its type in C, which nothing can check.
  func function<Function>(_ name: String, as type: Function.Type) -> Function? {
    dlsym(handle, name).map { unsafeBitCast($0, to: type) }
  }
}
