/// An operation of a cell's edge: those of DARTS, ENAS, PNAS, NASNet and AmoebaNet. Raw values are the names in
/// genotypes.
public enum CellOperation: String, CaseIterable, Sendable {
  case none
  /// The identity, or a factorised reduction where the edge has stride 2.
  case skipConnect = "skip_connect"
  case averagePool2x2 = "avg_pool_2x2"
  case averagePool3x3 = "avg_pool_3x3"
  case averagePool5x5 = "avg_pool_5x5"
  case maxPool2x2 = "max_pool_2x2"
  case maxPool3x3 = "max_pool_3x3"
  case maxPool5x5 = "max_pool_5x5"
  case maxPool7x7 = "max_pool_7x7"
  case convolution1x1 = "conv_1x1"
  case convolution3x3 = "conv_3x3"
  /// Depthwise and pointwise, twice.
  case separableConvolution3x3 = "sep_conv_3x3"
  case separableConvolution5x5 = "sep_conv_5x5"
  case separableConvolution7x7 = "sep_conv_7x7"
  /// Depthwise with dilation 2 and pointwise, once.
  case dilatedConvolution3x3 = "dil_conv_3x3"
  case dilatedConvolution5x5 = "dil_conv_5x5"
  /// Depthwise with dilation 2 and pointwise, twice.
  case dilatedSeparableConvolution3x3 = "dil_sep_conv_3x3"
  /// A row kernel, then a column kernel.
  case factoredConvolution3 = "conv_3x1_1x3"
  case factoredConvolution7 = "conv_7x1_1x7"
}
