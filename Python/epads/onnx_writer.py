"""ONNX files, written byte by byte: the part of the format that an exported network needs, without a dependency.

The numbers are the field numbers of onnx.proto3. A message is the concatenation of its fields, in any order.
"""

import struct

OPSET = 20  # the first one with Gelu; ONNX Runtime reads it since 1.17
IR_VERSION = 9

FLOAT, INT32, INT64, BOOL, DOUBLE = 1, 6, 7, 9, 11


def _varint(value):
    value &= (1 << 64) - 1  # a negative number is written as its two's complement in ten bytes
    out = bytearray()
    while True:
        low, value = value & 0x7F, value >> 7
        if not value:
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def _integer(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _float(field, value):
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def tensor(name, element, shape, data):
    """An initializer; `data` is little endian and row-major."""
    return b"".join(_integer(1, size) for size in shape) + _integer(2, element) + _bytes(8, name) + _bytes(9, data)


def value(name, element, shape):
    """A graph input or output. A size that is text is a symbolic one, for instance `batch`."""
    sizes = (_bytes(2, size) if isinstance(size, str) else _integer(1, size) for size in shape)
    tensor_type = _integer(1, element) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor_type))


def _attribute(name, content):
    if isinstance(content, bool):
        content = int(content)
    if isinstance(content, int):
        return _bytes(1, name) + _integer(3, content) + _integer(20, 2)
    if isinstance(content, float):
        return _bytes(1, name) + _float(2, content) + _integer(20, 1)
    if isinstance(content, str):
        return _bytes(1, name) + _bytes(4, content) + _integer(20, 3)
    return _bytes(1, name) + b"".join(_integer(8, number) for number in content) + _integer(20, 7)


def node(operator, inputs, outputs, name, attributes, description=""):
    """A node. An input that is left out has no name; attributes are integers, floats, texts or lists of integers."""
    out = b"".join(_bytes(1, each) for each in inputs) + b"".join(_bytes(2, each) for each in outputs)
    out += _bytes(3, name) + _bytes(4, operator) + (_bytes(6, description) if description else b"")
    return out + b"".join(_bytes(5, _attribute(key, attributes[key])) for key in sorted(attributes))


def model(name, nodes, initializers, inputs, outputs, metadata, producer_version):
    """The file. The lists hold what the functions above return."""
    graph = [_bytes(1, each) for each in nodes] + [_bytes(2, name)] + [_bytes(5, each) for each in initializers]
    graph += [_bytes(11, each) for each in inputs] + [_bytes(12, each) for each in outputs]
    out = [_integer(1, IR_VERSION), _bytes(2, "epads"), _bytes(3, producer_version), _bytes(7, b"".join(graph))]
    out.append(_bytes(8, _bytes(1, "") + _integer(2, OPSET)))
    out += [_bytes(14, _bytes(1, key) + _bytes(2, text)) for key, text in metadata.items()]
    return b"".join(out)
