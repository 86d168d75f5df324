import DescentKernels

/// How exact the products of matrices are while a model is trained.
///
/// Parameters, gradients, sums and everything that is not a product are float32 in any case, and so is
/// evaluation (mixed precision: Micikevicius et al., "Mixed Precision Training", 2018; with bfloat16,
/// which has the range of float32 and so needs no scaling of the loss: Kalamkar et al., "A Study of
/// BFLOAT16 for Deep Learning Training", 2019).
public enum Precision: String, Sendable, CaseIterable {
  /// The model's own type.
  case float32
  /// In a model of float32 the factors of each product are rounded to bfloat16, which keeps 8 of 24
  /// binary digits; they are summed in float32. Convolutions are not rounded, but for kernels as large as
  /// the image, which are products; nor are small products, with fewer than 8 rows, 16 columns or 32
  /// terms to a sum.
  case bfloat16

  /// Whether the processor multiplies bfloat16 by an instruction of its own, twice as fast.
  ///
  /// Elsewhere the same numbers come from ordinary multiplications, and no time is gained.
  public static var hasFastBFloat16: Bool { descent_has_bfloat16() }
}

extension Precision {
  /// Whether the factors of a product `[m, k]` by `[k, n]` are rounded.
  func rounds(_ dtype: DType, m: Int, n: Int, k: Int) -> Bool {
    self == .bfloat16 && dtype == .float32 && m >= 8 && n >= 16 && k >= 32
  }
}
