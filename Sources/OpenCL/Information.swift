internal import COpenCL

/// What OpenCL says of an object, through its many functions of one form: (size, address, size of the answer) to
/// status.
struct Information {
  typealias Query = (_ size: Int, _ answer: UnsafeMutableRawPointer?, _ needed: UnsafeMutablePointer<Int>?) -> cl_int

  var library: OpenCLLibrary
  /// The function that `query` calls.
  var call: String
  var device: String?
  var query: (_ name: cl_uint) -> Query

  /// A longer answer than this is a driver's mistake.
  private static let limit = 1 << 20

  /// A number or a handle.
  func value<Value: BitwiseCopyable>(_ name: some BinaryInteger, _ initial: Value) throws(OpenCLError) -> Value {
    var value = initial
    let status = withUnsafeMutableBytes(of: &value) { query(cl_uint(name))($0.count, $0.baseAddress, nil) }
    try library.check(call, status, device: device)
    return value
  }

  /// An unsigned number that Swift counts with; what does not fit is as large as it can be.
  func count<Value: BitwiseCopyable & FixedWidthInteger>(
    _ name: some BinaryInteger, _ type: Value.Type
  ) throws(OpenCLError) -> Int {
    Int(clamping: try value(name, type.init(0)))
  }

  /// Bytes of any number.
  func bytes(_ name: some BinaryInteger) throws(OpenCLError) -> [UInt8] {
    var needed = 0
    try library.check(call, query(cl_uint(name))(0, nil, &needed), device: device)
    guard (1...Self.limit).contains(needed) else { return [] }
    var status = CL_SUCCESS
    let bytes = [UInt8](unsafeUninitializedCapacity: needed) { storage, initialized in
      storage.initialize(repeating: 0)
      status = query(cl_uint(name))(needed, storage.baseAddress, nil)
      initialized = needed
    }
    try library.check(call, status, device: device)
    return bytes
  }

  /// A text, without white space around it.
  func text(_ name: some BinaryInteger) throws(OpenCLError) -> String {
    let text = String(decoding: try bytes(name).prefix { $0 != 0 }, as: UTF8.self)
    guard let first = text.firstIndex(where: { !$0.isWhitespace }),
      let last = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[first...last])
  }
}
