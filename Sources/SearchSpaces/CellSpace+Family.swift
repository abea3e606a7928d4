extension CellSpace {
  /// The publication that the operations and the number of nodes of a random architecture are from.
  ///
  /// As compared by Radosavovic et al. ("On Network Design Spaces for Visual Recognition", ICCV 2019), with the
  /// operations of facebookresearch/unnas, `pycls/models/nas/genotypes.py`:
  ///
  /// | | nodes | operations | the cell's output |
  /// | --- | --- | --- | --- |
  /// | `darts` | 4 | 7 | all nodes |
  /// | `enas` | 5 | 5 | loose ends |
  /// | `pnas` | 5 | 8 | all nodes |
  /// | `nasnet` | 5 | 13 | loose ends |
  /// | `amoeba` | 5 | 8 | loose ends |
  ///
  /// The two sources of a node are drawn one by one from the states before it. Not so for DARTS: there they differ, and
  /// `none` is no operation, because that is what a genotype that DARTS itself derives is like. Its authors' eighth
  /// operation serves only while searching.
  public enum Family: String, CaseIterable, Sendable {
    case darts, enas, pnas, nasnet, amoeba

    /// Nodes of a cell.
    public var nodes: Int { self == .darts ? 4 : 5 }

    /// Whether a cell's output is made of the nodes that no other node reads rather than of all.
    public var concatenatesLooseEnds: Bool {
      switch self {
      case .darts, .pnas: false
      case .enas, .nasnet, .amoeba: true
      }
    }

    /// Whether the two edges of a node come from two states.
    public var hasDistinctSources: Bool { self == .darts }

    /// What an edge can be.
    public var operations: [CellOperation] {
      switch self {
      case .darts:
        [
          .maxPool3x3, .averagePool3x3, .skipConnect, .separableConvolution3x3, .separableConvolution5x5,
          .dilatedConvolution3x3, .dilatedConvolution5x5,
        ]
      case .enas:
        [.skipConnect, .separableConvolution3x3, .separableConvolution5x5, .averagePool3x3, .maxPool3x3]
      case .pnas:
        [
          .separableConvolution3x3, .separableConvolution5x5, .separableConvolution7x7, .factoredConvolution7,
          .skipConnect, .averagePool3x3, .maxPool3x3, .dilatedConvolution3x3,
        ]
      case .nasnet:
        [
          .skipConnect, .factoredConvolution3, .factoredConvolution7, .dilatedConvolution3x3, .averagePool3x3,
          .maxPool3x3, .maxPool5x5, .maxPool7x7, .convolution1x1, .convolution3x3,
          .separableConvolution3x3, .separableConvolution5x5, .separableConvolution7x7,
        ]
      case .amoeba:
        [
          .skipConnect, .separableConvolution3x3, .separableConvolution5x5, .separableConvolution7x7, .averagePool3x3,
          .maxPool3x3, .dilatedSeparableConvolution3x3, .factoredConvolution7,
        ]
      }
    }
  }
}
