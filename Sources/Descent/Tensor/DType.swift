/// The type of a tensor's elements.
///
/// A dtype is a value, not a type parameter: one `Tensor` holds any of them, and a derivative
/// check can run the same network in `float64`.
public enum DType: Int32, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// 32-bit floating point, the default.
  case float32 = 0
  /// 64-bit floating point: every differentiable operation has it.
  case float64 = 1
  /// 32-bit integer: class indices, positions.
  case int32 = 2
  /// One byte without a sign: images stay bytes until a kernel reads them.
  case uint8 = 3
  /// True or false, one byte each: the result of comparisons.
  case bool = 4

  /// Bytes for each element.
  public var size: Int {
    switch self {
    case .float32, .int32: 4
    case .float64: 8
    case .uint8, .bool: 1
    }
  }

  /// Whether tensors of this type have derivatives.
  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  public var description: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .uint8: "uint8"
    case .bool: "bool"
    }
  }

  /// The type in which arithmetic between two types is done.
  ///
  /// As in NumPy, except that bytes and integers meet floating point without becoming `float64`.
  static func promoted(_ a: DType, _ b: DType) -> DType {
    if a == b { return a }
    if a == .float64 || b == .float64 { return .float64 }
    if a == .float32 || b == .float32 { return .float32 }
    return .int32
  }

  /// The type in which kernels compute with elements of this type.
  var compute: DType {
    switch self {
    case .float32, .float64, .int32: self
    case .uint8, .bool: .int32
    }
  }
}

/// A Swift type that can be an element of a tensor: `Float`, `Double`, `Int32`, `UInt8`, `Bool`.
public protocol TensorScalar: Sendable {
  /// The dtype of tensors that hold this type.
  static var dtype: DType { get }
}

extension Float: TensorScalar {
  public static var dtype: DType { .float32 }
}
extension Double: TensorScalar {
  public static var dtype: DType { .float64 }
}
extension Int32: TensorScalar {
  public static var dtype: DType { .int32 }
}
extension UInt8: TensorScalar {
  public static var dtype: DType { .uint8 }
}
extension Bool: TensorScalar {
  public static var dtype: DType { .bool }
}
