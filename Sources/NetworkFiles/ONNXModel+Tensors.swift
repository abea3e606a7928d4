extension ONNXModel {
  /// The elements of a tensor of this file as numbers, the last dimension fastest; `tensor.count` of them.
  ///
  /// Numbers of float16, bfloat16 and smaller integers are themselves, others are rounded to the nearest. Truth values
  /// are 0 and 1.
  ///
  /// - Parameter externalFolder: where files with numbers of the model are; without it those are refused.
  /// - Throws: with the tensor's name, where the file has no numbers of it, other numbers than it says, or what is no
  ///   number.
  package func floats(
    of tensor: ONNXTensor, externalFolder: String? = nil
  ) throws(NetworkFileError) -> [Float] {
    let type = tensor.elementType
    guard type.isReadable else { throw unreadable(tensor, "holds \(type), which is not read") }
    // The most common type, without a choice for every number.
    if type == .float, let floats = try wholeFloats(of: tensor, externalFolder) { return floats }
    return try values(of: tensor, externalFolder) { type.float($0) }
  }

  /// The elements of a tensor of integers or truth values; as with floats.
  ///
  /// - Throws: where a number is above `Int.max`, too.
  package func integers(
    of tensor: ONNXTensor, externalFolder: String? = nil
  ) throws(NetworkFileError) -> [Int] {
    let type = tensor.elementType
    guard type.isInteger else { throw unreadable(tensor, "holds \(type) where integers are needed") }
    return try values(of: tensor, externalFolder) { type.integer($0) }
  }

  // MARK: - Numbers as bits

  private func wholeFloats(
    of tensor: ONNXTensor, _ folder: String?
  ) throws(NetworkFileError) -> [Float]? {
    try withRawBytes(of: tensor, folder) { bytes in
      [Float](unsafeUninitializedCapacity: tensor.count) { floats, filled in
        for index in 0..<tensor.count {
          let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
          floats.initializeElement(at: index, to: Float(bitPattern: bits))
        }
        filled = tensor.count
      }
    }
  }

  /// - Parameter convert: of the bits of an element; nil where the number is too large.
  private func values<Value>(
    of tensor: ONNXTensor, _ folder: String?, _ convert: (UInt64) -> Value?
  ) throws(NetworkFileError) -> [Value] {
    let size = tensor.elementType.byteCount ?? 1
    let raw: [Value]?? = try withRawBytes(of: tensor, folder) { bytes in
      var values: [Value] = []
      values.reserveCapacity(tensor.count)
      for index in 0..<tensor.count {
        guard let value = convert(Self.bits(bytes, index, size)) else { return nil }
        values.append(value)
      }
      return values
    }
    let values = if let raw { raw } else { try fieldValues(of: tensor, convert) }
    guard let values else { throw unreadable(tensor, "holds a number above 2^63 - 1", .tooLarge) }
    return values
  }

  @inline(__always)
  private static func bits(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ size: Int) -> UInt64 {
    let offset = index * size
    return switch size {
    case 1: UInt64(bytes[offset])
    case 2: UInt64(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    case 4: UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    case _: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
  }

  /// Numbers that are not raw stand in a field of the tensor's message, packed or one by one.
  ///
  /// - Returns: nil where `convert` does.
  private func fieldValues<Value>(
    of tensor: ONNXTensor, _ convert: (UInt64) -> Value?
  ) throws(NetworkFileError) -> [Value]? {
    guard case .fields(let number, let message) = tensor.payload, let field = tensor.elementType.field,
      field.number == number
    else {
      guard tensor.count > 0 else { return [] }
      throw unreadable(tensor, "has no numbers in the file")
    }
    var values: [Value] = []
    do {
      let isWhole = try file.withBytes { bytes throws(NetworkFileError) in
        var reader = WireReader(bytes, in: message, what: "a tensor")
        var isWhole = true
        // A number takes a byte at least, so a count that the file makes up reserves no more than the file's own size.
        values.reserveCapacity(min(tensor.count, message.count))
        while let found = try reader.next() {
          guard found.number == number else {
            try reader.skip(found)
            continue
          }
          try reader.numbers(found, field.form) { bits throws(NetworkFileError) in
            guard values.count < tensor.count else { throw .malformed(at: found.position, "there are more numbers") }
            guard let value = convert(bits) else {
              isWhole = false
              return
            }
            values.append(value)
          }
        }
        return isWhole
      }
      guard isWhole else { return nil }
    } catch {
      throw unreadable(tensor, error.reason, error.code, error.position)
    }
    guard values.count == tensor.count else {
      throw unreadable(tensor, "has \(values.count) numbers where its dimensions need \(tensor.count)", .malformed)
    }
    return values
  }

  // MARK: - Bytes

  /// Calls `body` with the bytes of all elements; nil where they are not one after the other.
  private func withRawBytes<Result>(
    of tensor: ONNXTensor, _ folder: String?, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(NetworkFileError) -> Result? {
    let size = tensor.count * (tensor.elementType.byteCount ?? 1)
    func whole(_ bytes: UnsafeRawBufferPointer) throws(NetworkFileError) -> Result {
      guard bytes.count == size else {
        throw unreadable(tensor, "has \(bytes.count) bytes of numbers where its dimensions need \(size)", .malformed)
      }
      return body(bytes)
    }
    switch tensor.payload {
    case .missing: return nil
    case .fields(let number, let message):
      guard let range = packedRange(number, in: message), range.count == size,
        tensor.elementType == .float || tensor.elementType == .double
      else { return nil }
      return file.withBytes(in: range, body)
    case .raw(let range):
      return try file.withBytes(in: range) { bytes throws(NetworkFileError) in try whole(bytes) }
    case .external(let location, let offset, let length):
      guard tensor.count > 0 else { return nil }
      let other: MappedFile
      do {
        other = try ExternalFile.open(location, in: folder)
      } catch {
        throw unreadable(tensor, error.reason, error.code)
      }
      let length = length ?? size
      guard length >= 0, offset >= 0, offset <= other.count, length <= other.count - offset else {
        throw unreadable(
          tensor,
          "has \(length) bytes from byte \(offset) of \(other.name), which has only \(other.count): is it whole?",
          .unreadable)
      }
      return try other.withBytes(in: offset..<offset + length) { bytes throws(NetworkFileError) in try whole(bytes) }
    }
  }

  /// Where all numbers of a field are that stands once in a message, packed; nil otherwise, and where the message is
  /// malformed, which whoever reads number by number tells.
  private func packedRange(_ number: Int, in message: Range<Int>) -> Range<Int>? {
    file.withBytes { bytes in
      var reader = WireReader(bytes, in: message, what: "a tensor")
      var range: Range<Int>?
      while let field = try? reader.next() {
        guard let place = try? reader.skip(field) else { return nil }
        guard field.number == number else { continue }
        guard range == nil, field.form == .counted else { return nil }
        range = place
      }
      return range
    }
  }

  private func unreadable(
    _ tensor: ONNXTensor, _ reason: String, _ code: NetworkFileError.Code = .unsupported, _ position: Int? = nil
  ) -> NetworkFileError {
    let what = tensor.name.isEmpty ? "a tensor without a name" : "the tensor \(quoted(tensor.name))"
    return NetworkFileError(code, "\(file.name): \(what) \(reason)", position: position)
  }
}
