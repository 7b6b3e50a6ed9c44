"""One form for the columns of every reader, and a digest of their bits."""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc


def canonical(table: pa.Table) -> pa.Table:
    """Columns by name, in types that do not depend on the reader: text and bytes large, timestamps in UTC
    microseconds, dictionaries decoded, nested values as text."""
    names = sorted(table.column_names)
    return pa.table({name: _canonical(table[name]) for name in names})


def _canonical(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _canonical(column.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.large_string())
    if pa.types.is_binary(kind) or pa.types.is_binary_view(kind):
        return column.cast(pa.large_binary())
    if pa.types.is_timestamp(kind):
        # without a zone a reader has lost something: keep it apart, so that it shows as a difference
        return column.cast(pa.timestamp("us", tz="UTC" if kind.tz else None))
    if pa.types.is_nested(kind):
        return pa.chunked_array([[_text(value) for value in column.to_pylist()]], type=pa.large_string())
    return column


def _text(value: object) -> str | None:
    if value is None:
        return None
    # a map comes as pairs or as a list of {key, value}
    if isinstance(value, list) and all(isinstance(item, dict) and item.keys() == {"key", "value"} for item in value):
        value = [(item["key"], item["value"]) for item in value]
    if isinstance(value, list) and all(isinstance(item, tuple) for item in value):
        value = sorted(value)
    return repr(value)


def digest(column: pa.ChunkedArray) -> str:
    """SHA-256 over type, nulls and values; what lies under a null does not count."""
    sha = hashlib.sha256(str(column.type).encode())
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    sha.update(_bytes(pc.is_null(array).cast(pa.int8())))
    if pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type):
        array = pc.fill_null(array.cast(pa.large_binary()), b"")
        sha.update(_bytes(pc.binary_length(array)))
        offsets, data = array.buffers()[1], array.buffers()[2]
        edges = memoryview(offsets).cast("q")
        if data is not None and len(array):
            sha.update(memoryview(data)[edges[array.offset] : edges[array.offset + len(array)]])
    elif pa.types.is_null(array.type):
        pass
    else:
        if pa.types.is_boolean(array.type):
            array = array.cast(pa.int8())
        sha.update(_bytes(_without_nulls(array)))
    return sha.hexdigest()


def _without_nulls(array: pa.Array) -> pa.Array:
    if array.null_count == 0:
        return array
    zero = pa.array([0], type=pa.int32() if array.type.bit_width == 32 else pa.int64())
    return pc.fill_null(array, zero.view(array.type)[0])


def _bytes(array: pa.Array) -> memoryview:
    width = array.type.bit_width // 8
    buffer = array.buffers()[1]
    if buffer is None:
        return memoryview(b"")
    return memoryview(buffer)[array.offset * width : (array.offset + len(array)) * width]


def first_difference(one: pa.Table, other: pa.Table, column: str) -> str:
    """The first row, in sorted order, whose values differ."""
    if one[column].type != other[column].type:
        return f"type {one[column].type} against {other[column].type}"
    for row, (a, b) in enumerate(zip(one[column].to_pylist(), other[column].to_pylist())):
        if a != b and not (a != a and b != b):
            return f"sorted row {row}: {a!r} against {b!r}"
    return "in bits only (sign of zero or of NaN)"
