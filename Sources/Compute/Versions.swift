/// The version of the program, in every row.
public let programVersion = "0.2.0"

/// The version of the numerics contract in Docs/Numerics.md, in every row.
public let numericsVersion = 3
