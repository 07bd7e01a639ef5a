"""The types of Arrow and those of Avro."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scitex_io.content.labels import distinct

if TYPE_CHECKING:
    import pyarrow as pa


CALENDAR = (-719_162, 2_932_897)  # the days since 1970 at which the years 1 and 10000 begin


class NoTypeError(TypeError):
    """The other side has no such type."""


def legal_names(names: Sequence[str]) -> list[str]:
    """Distinct names as Avro allows them: letters, digits and underscores."""
    legal = [re.sub(r"[^A-Za-z0-9_]", "_", name) for name in names]
    return [
        name.replace(".", "_")
        for name in distinct(name if re.match("[A-Za-z_]", name) else f"_{name}" for name in legal)
    ]


def kind_of(column: Any) -> pa.DataType:
    """The Arrow type in which the values of a column go into the file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = storable(column.type)
    if not (pa.types.is_timestamp(kind) or kind == pa.date32()):
        return kind
    # Dates are handed over as those of Python; what lies outside its calendar goes as numbers.
    number = pa.int32() if kind == pa.date32() else pa.int64()
    per_day = 1 if kind == pa.date32() else 86_400 * {"ms": 1000, "us": 1_000_000}[kind.unit]
    ends = pc.min_max(column.cast(kind).cast(number)).as_py()
    inside = ends["min"] is None or (CALENDAR[0] * per_day <= ends["min"] and ends["max"] < CALENDAR[1] * per_day)
    return kind if inside else number


def storable(kind: pa.DataType) -> pa.DataType:
    """The Arrow type in which values go into the file: the type itself, or one that every value of it fits in."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(kind):
        return storable(kind.value_type)
    if is_.is_timestamp(kind):
        unit = {"s": "ms"}.get(kind.unit, kind.unit)
        return pa.int64() if unit == "ns" else pa.timestamp(unit, "UTC" if kind.tz else None)
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind):
        return pa.list_(storable(kind.value_type))
    if is_.is_struct(kind):
        return pa.struct([(part.name, storable(part.type)) for part in kind])
    if is_.is_map(kind):
        return pa.map_(storable(kind.key_type), storable(kind.item_type))
    if is_.is_duration(kind):
        return pa.int64()
    if is_.is_fixed_size_binary(kind) and not is_.is_decimal(kind):
        return pa.binary()
    other = {
        **dict.fromkeys((pa.int8(), pa.int16(), pa.uint8(), pa.uint16()), pa.int32()),
        pa.uint32(): pa.int64(),
        pa.uint64(): pa.decimal128(20, 0),
        pa.float16(): pa.float32(),
        **dict.fromkeys((pa.large_string(), pa.string_view()), pa.string()),
        **dict.fromkeys((pa.large_binary(), pa.binary_view()), pa.binary()),
        pa.date64(): pa.date32(),
        pa.time32("s"): pa.time32("ms"),
        pa.time64("ns"): pa.int64(),
    }
    return other.get(kind, kind)


def avro_type(kind: pa.DataType, name: str) -> Any:
    """The Avro type of a storable type, or a gap."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_null(kind):
        return "null"
    found: Any = None
    if is_.is_timestamp(kind):
        unit = {"ms": "millis", "us": "micros"}[kind.unit]
        found = {"type": "long", "logicalType": f"{'' if kind.tz else 'local-'}timestamp-{unit}"}
    elif is_.is_decimal128(kind) and 0 <= kind.scale <= kind.precision:
        found = {"type": "bytes", "logicalType": "decimal", "precision": kind.precision, "scale": kind.scale}
    elif is_.is_list(kind):
        found = {"type": "array", "items": avro_type(kind.value_type, f"{name}_item")}
    elif is_.is_map(kind) and is_.is_string(kind.key_type):
        found = {"type": "map", "values": avro_type(kind.item_type, f"{name}_value")}
    elif is_.is_struct(kind) and [part.name for part in kind] == legal_names([part.name for part in kind]):
        fields = [{"name": part.name, "type": avro_type(part.type, f"{name}_{part.name}")} for part in kind]
        found = {"type": "record", "name": f"{name}_record", "fields": fields}
    else:
        found = {kind: told for told, kind in _plain().items()}.get(kind)
        logical = {pa.date32(): "date", pa.time32("ms"): "time-millis", pa.time64("us"): "time-micros"}.get(kind)
        if logical:
            found = {"type": "long" if kind == pa.time64("us") else "int", "logicalType": logical}
    if found is None:
        raise NoTypeError(f"Avro has no type for {kind} (column {name!r})")
    return ["null", found]


def arrow_type(told: Any, name: str) -> pa.DataType:
    """The Arrow type of what a file by others tells.

    Raises
    ------
    NoTypeError
        Values of several types, or of a type that holds itself.
    """
    import pyarrow as pa

    if isinstance(told, list):
        kinds = [part for part in told if part != "null"]
        if len(kinds) > 1:
            raise NoTypeError(f"column {name!r} holds values of several types")
        return arrow_type(kinds[0], name) if kinds else pa.null()
    if not isinstance(told, dict):
        if told not in _plain():
            raise NoTypeError(f"column {name!r} refers to the type {told!r}")
        return _plain()[told]
    logical = f"{told['type']}-{told.get('logicalType')}"
    if logical in _logical():
        return _logical()[logical]
    if logical in {"bytes-decimal", "fixed-decimal"}:
        return pa.decimal128(told["precision"], told.get("scale", 0))
    match told["type"]:
        case "array":
            return pa.list_(arrow_type(told["items"], name))
        case "map":
            return pa.map_(pa.string(), arrow_type(told["values"], name))
        case "record":
            return pa.struct(
                [(part["name"], arrow_type(part["type"], f"{name}.{part['name']}")) for part in told["fields"]]
            )
        case "enum":
            return pa.string()
        case "fixed":
            return pa.binary(told["size"])
        case plain:
            return arrow_type(plain, name)


def _plain() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {
        "null": pa.null(),
        "boolean": pa.bool_(),
        "int": pa.int32(),
        "long": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "bytes": pa.binary(),
        "string": pa.string(),
    }


def _logical() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {
        "int-date": pa.date32(),
        "int-time-millis": pa.time32("ms"),
        "long-time-micros": pa.time64("us"),
        "long-timestamp-millis": pa.timestamp("ms", "UTC"),
        "long-timestamp-micros": pa.timestamp("us", "UTC"),
        "long-local-timestamp-millis": pa.timestamp("ms"),
        "long-local-timestamp-micros": pa.timestamp("us"),
    }
