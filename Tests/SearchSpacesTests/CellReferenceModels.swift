import SearchSpaces
import Testing

/// Layers and weights of the reference's cell networks for images of `size` x `size` and 10 classes, as
/// `Tests/Fixtures/describe_cell_networks.py` prints them.
struct CellReferenceModel: Sendable, CustomTestStringConvertible {
  /// A genotype, or the name of one.
  var text: String
  var macroArchitecture: CellNetwork
  var size: Int
  var parameters: Int
  var layers: Int
  var layersChecksum: UInt64
  var weights: Int
  var weightsChecksum: UInt64
  var relus: Int
  /// Of the names of the ReLUs in execution order.
  var relusChecksum: UInt64

  var testDescription: String {
    "\(text.prefix(60)), width \(macroArchitecture.width), depth \(macroArchitecture.depth)"
  }

  /// Known genotypes, in all kinds of macro architectures and as published; one with every operation in each kind of
  /// cell, but those that change the shape with stride 1 only in the reduction; and the first that seed 1 draws of each
  /// family.
  static let all = [
    CellReferenceModel(
      text: "DARTS_V2",
      macroArchitecture: CellNetwork(width: 36, depth: 20), size: 32,
      parameters: 3_349_342, layers: 927, layersChecksum: 0x1614_5A02_6153_33D5,
      weights: 439, weightsChecksum: 0xF414_2F0C_F7F2_BBEA,
      relus: 238, relusChecksum: 0x5DC1_B32F_3E66_A863),
    CellReferenceModel(
      text: "DARTS_V2",
      macroArchitecture: CellNetwork(width: 16, depth: 8, hasAuxiliaryHead: true), size: 32,
      parameters: 681_572, layers: 336, layersChecksum: 0xE989_5648_DB46_0758,
      weights: 153, weightsChecksum: 0xA3B2_681D_1CFC_6E7E,
      relus: 85, relusChecksum: 0x2C02_C957_187F_C6D1),
    CellReferenceModel(
      text: "PC_DARTS_image",
      macroArchitecture: CellNetwork(width: 8, depth: 3, hasAuxiliaryHead: true, hasImageNetStem: true), size: 224,
      parameters: 449_280, layers: 179, layersChecksum: 0xCBA5_875C_CB38_92DD,
      weights: 83, weightsChecksum: 0xC3BF_D0AB_03DF_A954,
      relus: 46, relusChecksum: 0xA32D_D455_2E16_AFC1),
    CellReferenceModel(
      text: "NASNet",
      macroArchitecture: CellNetwork(width: 6, depth: 5, hasImageNetStem: true), size: 64,
      parameters: 42_979, layers: 259, layersChecksum: 0x64CB_608C_C6F1_2F31,
      weights: 116, weightsChecksum: 0x1A10_99E3_EA51_EC06,
      relus: 62, relusChecksum: 0x3D49_8648_17DA_A47C),
    CellReferenceModel(
      text: "AmoebaNet",
      macroArchitecture: CellNetwork(width: 4, depth: 4, hasAuxiliaryHead: true), size: 32,
      parameters: 429_488, layers: 192, layersChecksum: 0x73E6_86D7_54A0_9844,
      weights: 81, weightsChecksum: 0x37C0_1568_B1CA_C2ED,
      relus: 45, relusChecksum: 0xCF16_28D0_E5D8_24F1),
    CellReferenceModel(
      text: "PNASNet",
      macroArchitecture: CellNetwork(width: 4, depth: 1), size: 16,
      parameters: 4038, layers: 64, layersChecksum: 0xFFDF_8FFA_B3DF_F791,
      weights: 29, weightsChecksum: 0x401C_536C_613B_6D92,
      relus: 15, relusChecksum: 0x3686_666B_851F_3D91),
    CellReferenceModel(
      text: """
        Genotype(normal=[('none', 1), ('skip_connect', 0), ('avg_pool_3x3', 2), ('avg_pool_5x5', 1), \
        ('max_pool_3x3', 3), ('max_pool_5x5', 2), ('max_pool_7x7', 4), ('conv_1x1', 3), ('conv_3x3', 5), \
        ('sep_conv_3x3', 4), ('sep_conv_5x5', 6), ('sep_conv_7x7', 5), ('dil_conv_3x3', 7), \
        ('dil_conv_5x5', 6), ('dil_sep_conv_3x3', 8), ('conv_3x1_1x3', 7), ('conv_7x1_1x7', 9), \
        ('none', 8)], normal_concat=[10, 2, 0], reduce=[('none', 0), ('skip_connect', 1), ('avg_pool_2x2', 0), \
        ('avg_pool_3x3', 1), ('avg_pool_5x5', 0), ('max_pool_2x2', 1), ('max_pool_3x3', 0), \
        ('max_pool_5x5', 1), ('max_pool_7x7', 0), ('conv_1x1', 1), ('conv_3x3', 0), ('sep_conv_3x3', 1), \
        ('sep_conv_5x5', 0), ('sep_conv_7x7', 1), ('dil_conv_3x3', 0), ('dil_conv_5x5', 1), \
        ('dil_sep_conv_3x3', 0), ('conv_3x1_1x3', 1), ('conv_7x1_1x7', 0), ('none', 1)], \
        reduce_concat=[11, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        """,
      macroArchitecture: CellNetwork(width: 4, depth: 3), size: 16,
      parameters: 24_526, layers: 211, layersChecksum: 0x4D88_B4E4_4EE5_5CAA,
      weights: 90, weightsChecksum: 0xB328_C79F_B9CF_99A9,
      relus: 50, relusChecksum: 0xEABD_3EAB_FD0E_CC11),
    CellReferenceModel(
      text: """
        Genotype(normal=[('sep_conv_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), \
        ('sep_conv_5x5', 0), ('dil_conv_5x5', 2), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('skip_connect', 0)], \
        normal_concat=[2, 3, 4, 5], reduce=[('avg_pool_3x3', 1), ('skip_connect', 0), \
        ('sep_conv_3x3', 2), ('dil_conv_5x5', 0), ('dil_conv_3x3', 3), ('sep_conv_5x5', 0), ('dil_conv_5x5', 0), \
        ('avg_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])
        """,
      macroArchitecture: CellNetwork(width: 4, depth: 4), size: 15,
      parameters: 15_178, layers: 171, layersChecksum: 0xDF75_0C85_37F7_8C32,
      weights: 79, weightsChecksum: 0xD667_9475_A4CD_E69E,
      relus: 42, relusChecksum: 0x10FE_3375_B645_193C),
    CellReferenceModel(
      text: """
        Genotype(normal=[('sep_conv_5x5', 1), ('skip_connect', 0), ('sep_conv_3x3', 2), \
        ('avg_pool_3x3', 0), ('max_pool_3x3', 2), ('sep_conv_5x5', 0), ('sep_conv_5x5', 1), ('sep_conv_3x3', 1), \
        ('skip_connect', 5), ('sep_conv_3x3', 5)], normal_concat=[3, 4, 6], reduce=[('sep_conv_5x5', 1), \
        ('max_pool_3x3', 0), ('avg_pool_3x3', 2), ('avg_pool_3x3', 0), ('max_pool_3x3', 0), \
        ('sep_conv_3x3', 0), ('sep_conv_5x5', 3), ('avg_pool_3x3', 0), ('sep_conv_5x5', 2), \
        ('sep_conv_5x5', 4)], reduce_concat=[5, 6])
        """,
      macroArchitecture: CellNetwork(width: 4, depth: 5), size: 16,
      parameters: 22_422, layers: 275, layersChecksum: 0x4800_6C11_141B_C68C,
      weights: 125, weightsChecksum: 0x0147_C627_7389_1125,
      relus: 66, relusChecksum: 0xF3FE_1D18_058F_0C64),
    CellReferenceModel(
      text: """
        Genotype(normal=[('conv_7x1_1x7', 1), ('sep_conv_3x3', 0), ('sep_conv_7x7', 2), \
        ('skip_connect', 0), ('dil_conv_3x3', 2), ('conv_7x1_1x7', 0), ('skip_connect', 1), ('sep_conv_7x7', 1), \
        ('sep_conv_5x5', 5), ('sep_conv_7x7', 5)], normal_concat=[2, 3, 4, 5, 6], \
        reduce=[('conv_7x1_1x7', 1), ('dil_conv_3x3', 0), ('max_pool_3x3', 2), ('avg_pool_3x3', 0), \
        ('dil_conv_3x3', 0), ('sep_conv_7x7', 0), ('skip_connect', 3), ('avg_pool_3x3', 0), \
        ('conv_7x1_1x7', 2), ('skip_connect', 4)], reduce_concat=[2, 3, 4, 5, 6])
        """,
      macroArchitecture: CellNetwork(width: 4, depth: 6), size: 16,
      parameters: 45_350, layers: 303, layersChecksum: 0xBE36_3B53_1DF0_7F96,
      weights: 143, weightsChecksum: 0x8369_9235_F57F_1B0F,
      relus: 76, relusChecksum: 0x22E5_0485_C9C5_FD56),
    CellReferenceModel(
      text: """
        Genotype(normal=[('max_pool_5x5', 1), ('skip_connect', 0), ('dil_conv_3x3', 2), \
        ('max_pool_7x7', 0), ('sep_conv_7x7', 2), ('max_pool_5x5', 0), ('max_pool_7x7', 1), ('dil_conv_3x3', 1), \
        ('conv_7x1_1x7', 5), ('dil_conv_3x3', 5)], normal_concat=[3, 4, 6], reduce=[('max_pool_5x5', 1), \
        ('sep_conv_7x7', 0), ('conv_3x3', 2), ('conv_1x1', 0), ('sep_conv_7x7', 0), ('dil_conv_3x3', 0), \
        ('max_pool_7x7', 3), ('conv_1x1', 0), ('max_pool_5x5', 2), ('max_pool_5x5', 4)], \
        reduce_concat=[5, 6])
        """,
      macroArchitecture: CellNetwork(width: 4, depth: 3), size: 16,
      parameters: 12_802, layers: 116, layersChecksum: 0x61AF_9D91_0EAF_1396,
      weights: 46, weightsChecksum: 0x82F6_F2FE_5C25_28A2,
      relus: 28, relusChecksum: 0xAD92_9381_EC8C_49FA),
    CellReferenceModel(
      text: """
        Genotype(normal=[('sep_conv_7x7', 1), ('skip_connect', 0), ('sep_conv_5x5', 2), \
        ('avg_pool_3x3', 0), ('conv_7x1_1x7', 2), ('sep_conv_7x7', 0), ('avg_pool_3x3', 1), ('sep_conv_5x5', 1), \
        ('sep_conv_3x3', 5), ('sep_conv_5x5', 5)], normal_concat=[3, 4, 6], reduce=[('sep_conv_7x7', 1), \
        ('conv_7x1_1x7', 0), ('dil_sep_conv_3x3', 2), ('max_pool_3x3', 0), ('conv_7x1_1x7', 0), \
        ('sep_conv_5x5', 0), ('avg_pool_3x3', 3), ('max_pool_3x3', 0), ('sep_conv_7x7', 2), \
        ('avg_pool_3x3', 4)], reduce_concat=[5, 6])
        """,
      macroArchitecture: CellNetwork(width: 4, depth: 3), size: 17,
      parameters: 21_838, layers: 164, layersChecksum: 0x549C_EEAC_EAD0_C717,
      weights: 74, weightsChecksum: 0x4864_360D_0F3C_42FA,
      relus: 39, relusChecksum: 0xA1EB_0F4E_02F8_BC8F),
    CellReferenceModel(
      text: "DARTS_V1",
      macroArchitecture: CellNetwork(width: 36, depth: 20), size: 32,
      parameters: 3_169_414, layers: 855, layersChecksum: 0x97AA_6CF9_DB47_8EFD,
      weights: 403, weightsChecksum: 0x2517_CC7B_F6A3_7168,
      relus: 220, relusChecksum: 0x7572_10C8_690E_119B),
    CellReferenceModel(
      text: "PDARTS",
      macroArchitecture: CellNetwork(width: 36, depth: 20), size: 32,
      parameters: 3_433_798, layers: 913, layersChecksum: 0xF476_10D2_6078_E3BF,
      weights: 435, weightsChecksum: 0x52D6_8907_6EF8_ECC0,
      relus: 236, relusChecksum: 0x83DA_5066_566D_C143),
    CellReferenceModel(
      text: "PC_DARTS_cifar",
      macroArchitecture: CellNetwork(width: 36, depth: 20), size: 32,
      parameters: 3_634_678, layers: 977, layersChecksum: 0xB438_A6CC_6084_27DF,
      weights: 459, weightsChecksum: 0x60BB_9A29_5456_CF02,
      relus: 248, relusChecksum: 0xB05F_67EF_9E47_3AC5),
    CellReferenceModel(
      text: "NASNet",
      macroArchitecture: CellNetwork(width: 36, depth: 20), size: 32,
      parameters: 3_830_950, layers: 987, layersChecksum: 0x559A_0F3C_6C0E_5494,
      weights: 443, weightsChecksum: 0xDD24_E5DF_AFD9_414C,
      relus: 240, relusChecksum: 0x5B31_DC1E_E519_B61D),
    CellReferenceModel(
      text: "AmoebaNet",
      macroArchitecture: CellNetwork(width: 36, depth: 20), size: 32,
      parameters: 3_145_078, layers: 855, layersChecksum: 0x9C06_6E03_892D_C983,
      weights: 367, weightsChecksum: 0x511D_76F1_A8FE_515E,
      relus: 202, relusChecksum: 0xD27D_9F69_847D_C229),
    CellReferenceModel(
      text: "PNASNet",
      macroArchitecture: CellNetwork(width: 36, depth: 20), size: 32,
      parameters: 4_481_110, layers: 1153, layersChecksum: 0xB015_B2C5_50B5_9F64,
      weights: 527, weightsChecksum: 0xA55E_2D07_B716_91F2,
      relus: 282, relusChecksum: 0x1545_BD27_A413_8813),
  ]
}
