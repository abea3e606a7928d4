/// Genotypes that publications found, under the names of their authors' code. Raw values are these names.
///
/// As in `cnn/genotypes.py` of quark0/darts (NASNet, AmoebaNet, DARTS_V1) and `genotypes.py` of chenxin061/pdarts
/// (DARTS_V2, PDARTS) and of yuhuixu1993/PC-DARTS (the last two); PNASNet, and all of the others once more, as in
/// `pycls/models/nas/genotypes.py` of facebookresearch/unnas. ENAS is left out: the copies of its cells in use differ.
public enum KnownGenotype: String, CaseIterable, Sendable {
  /// Zoph, Vasudevan, Shlens and Le, CVPR 2018.
  case nasNet = "NASNet"
  /// Real, Aggarwal, Huang and Le, AAAI 2019: AmoebaNet-A.
  case amoebaNet = "AmoebaNet"
  /// Liu et al., ECCV 2018: PNASNet-5.
  case pnasNet = "PNASNet"
  /// Liu, Simonyan and Yang, ICLR 2019: first order.
  case dartsV1 = "DARTS_V1"
  /// Liu, Simonyan and Yang, ICLR 2019: second order.
  case dartsV2 = "DARTS_V2"
  /// Chen, Xie, Wu and Tian, ICCV 2019.
  case pdarts = "PDARTS"
  /// Xu et al., ICLR 2020: searched on CIFAR-10.
  case pcDartsCIFAR = "PC_DARTS_cifar"
  /// Xu et al., ICLR 2020: searched on ImageNet.
  case pcDartsImageNet = "PC_DARTS_image"

  /// The genotype of a name, in any case.
  public init?(name: some StringProtocol) {
    let name = name.lowercased()
    guard let known = Self.allCases.first(where: { $0.rawValue.lowercased() == name }) else { return nil }
    self = known
  }

  /// All names, for messages.
  static let names = allCases.map(\.rawValue).joined(separator: ", ")

  /// What `Genotype(text:)` reads.
  public var text: String {
    switch self {
    case .nasNet:
      """
      Genotype(
        normal=[
          ('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 0), ('sep_conv_3x3', 0), ('avg_pool_3x3', 1),
          ('skip_connect', 0), ('avg_pool_3x3', 0), ('avg_pool_3x3', 0), ('sep_conv_3x3', 1), ('skip_connect', 1)],
        normal_concat=[2, 3, 4, 5, 6],
        reduce=[
          ('sep_conv_5x5', 1), ('sep_conv_7x7', 0), ('max_pool_3x3', 1), ('sep_conv_7x7', 0), ('avg_pool_3x3', 1),
          ('sep_conv_5x5', 0), ('skip_connect', 3), ('avg_pool_3x3', 2), ('sep_conv_3x3', 2), ('max_pool_3x3', 1)],
        reduce_concat=[4, 5, 6])
      """
    case .amoebaNet:
      """
      Genotype(
        normal=[
          ('avg_pool_3x3', 0), ('max_pool_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 2), ('sep_conv_3x3', 0),
          ('avg_pool_3x3', 3), ('sep_conv_3x3', 1), ('skip_connect', 1), ('skip_connect', 0), ('avg_pool_3x3', 1)],
        normal_concat=[4, 5, 6],
        reduce=[
          ('avg_pool_3x3', 0), ('sep_conv_3x3', 1), ('max_pool_3x3', 0), ('sep_conv_7x7', 2), ('sep_conv_7x7', 0),
          ('avg_pool_3x3', 1), ('max_pool_3x3', 0), ('max_pool_3x3', 1), ('conv_7x1_1x7', 0), ('sep_conv_3x3', 5)],
        reduce_concat=[3, 4, 6])
      """
    case .pnasNet:
      """
      Genotype(
        normal=[
          ('sep_conv_5x5', 0), ('max_pool_3x3', 0), ('sep_conv_7x7', 1), ('max_pool_3x3', 1), ('sep_conv_5x5', 1),
          ('sep_conv_3x3', 1), ('sep_conv_3x3', 4), ('max_pool_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 1)],
        normal_concat=[2, 3, 4, 5, 6],
        reduce=[
          ('sep_conv_5x5', 0), ('max_pool_3x3', 0), ('sep_conv_7x7', 1), ('max_pool_3x3', 1), ('sep_conv_5x5', 1),
          ('sep_conv_3x3', 1), ('sep_conv_3x3', 4), ('max_pool_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 1)],
        reduce_concat=[2, 3, 4, 5, 6])
      """
    case .dartsV1:
      """
      Genotype(
        normal=[
          ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('sep_conv_3x3', 1),
          ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)],
        normal_concat=[2, 3, 4, 5],
        reduce=[
          ('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0),
          ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)],
        reduce_concat=[2, 3, 4, 5])
      """
    case .dartsV2:
      """
      Genotype(
        normal=[
          ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1),
          ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)],
        normal_concat=[2, 3, 4, 5],
        reduce=[
          ('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1),
          ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)],
        reduce_concat=[2, 3, 4, 5])
      """
    case .pdarts:
      """
      Genotype(
        normal=[
          ('skip_connect', 0), ('dil_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1),
          ('sep_conv_3x3', 1), ('sep_conv_3x3', 3), ('sep_conv_3x3', 0), ('dil_conv_5x5', 4)],
        normal_concat=range(2, 6),
        reduce=[
          ('avg_pool_3x3', 0), ('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('dil_conv_5x5', 2),
          ('max_pool_3x3', 0), ('dil_conv_3x3', 1), ('dil_conv_3x3', 1), ('dil_conv_5x5', 3)],
        reduce_concat=range(2, 6))
      """
    case .pcDartsCIFAR:
      """
      Genotype(
        normal=[
          ('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 0), ('dil_conv_3x3', 1),
          ('sep_conv_5x5', 0), ('sep_conv_3x3', 1), ('avg_pool_3x3', 0), ('dil_conv_3x3', 1)],
        normal_concat=range(2, 6),
        reduce=[
          ('sep_conv_5x5', 1), ('max_pool_3x3', 0), ('sep_conv_5x5', 1), ('sep_conv_5x5', 2),
          ('sep_conv_3x3', 0), ('sep_conv_3x3', 3), ('sep_conv_3x3', 1), ('sep_conv_3x3', 2)],
        reduce_concat=range(2, 6))
      """
    case .pcDartsImageNet:
      """
      Genotype(
        normal=[
          ('skip_connect', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 0), ('skip_connect', 1),
          ('sep_conv_3x3', 1), ('sep_conv_3x3', 3), ('sep_conv_3x3', 1), ('dil_conv_5x5', 4)],
        normal_concat=range(2, 6),
        reduce=[
          ('sep_conv_3x3', 0), ('skip_connect', 1), ('dil_conv_5x5', 2), ('max_pool_3x3', 1),
          ('sep_conv_3x3', 2), ('sep_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_3x3', 3)],
        reduce_concat=range(2, 6))
      """
    }
  }
}
