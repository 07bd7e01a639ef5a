"""Classes as trees and trees as classes, through cattrs; nothing is coerced that would change a value."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any

from attrs import fields as attrs_fields
from attrs import has

from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.losses import lose

TREE = (dict, list, str, int, float, bool, type(None))


def is_record(obj: object) -> bool:
    """Is it an instance of an attrs class or a dataclass?"""
    return not isinstance(obj, type) and (has(type(obj)) or is_dataclass(obj))


def fields_of(kind: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the fields that make a record, and of those that its ``__init__`` does not take."""
    fields: tuple[Any, ...] = attrs_fields(kind) if has(kind) else dataclass_fields(kind)
    return tuple(f.name for f in fields if f.init), tuple(f.name for f in fields if not f.init)


def unstructured(obj: object) -> dict[str, Any]:
    """A record as a dict, records inside too; other values are left for the format to deal with."""
    try:
        tree: dict[str, Any] = _unstructured(obj)
    except RecursionError:
        reason = "it contains itself, or is nested too deeply"
        raise UnsupportedTypeError("a dict", type_name(type(obj)), reason=reason) from None
    return tree


def _unstructured(obj: Any) -> Any:
    kind = type(obj)
    if kind is dict:
        return {key: _unstructured(part) for key, part in obj.items()}
    if kind is list or kind is tuple:
        return kind(map(_unstructured, obj))
    if not is_record(obj):
        return obj
    names, left_out = fields_of(kind)
    if left_out:
        lose(f"what {type_name(kind)}() does not take is left out: {', '.join(left_out)}")
    return {name: _unstructured(getattr(obj, name)) for name in names}


class StructureError(Exception):
    """Every error found, each with the path of keys that leads to it."""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__(*errors)
        self.errors = errors


def structured(tree: object, wanted: Any) -> Any:
    """*tree* as *wanted*: an attrs class, a dataclass, ``list[Params]``, ``dict[str, float]``, ``Params | None``.

    Raises
    ------
    StructureError
        It does not fit.
    """
    from cattrs import BaseValidationError, transform_error
    from cattrs.errors import StructureHandlerNotFoundError

    from scitex_io.structure.converter import converter

    try:
        return converter().structure(tree, wanted)
    except BaseValidationError as error:
        raise StructureError(tuple(transform_error(error, format_exception=_worded))) from error
    except (
        StructureHandlerNotFoundError,
        TypeError,
        ValueError,
        ArithmeticError,
        KeyError,
        AttributeError,
        NameError,
    ) as error:
        raise StructureError((_worded(error, None),)) from error
    except RecursionError as error:
        raise StructureError(("nested too deeply",)) from error


def _worded(error: BaseException, _: type | None) -> str:
    from cattrs import ForbiddenExtraKeysError

    if isinstance(error, KeyError):
        return f"required field {error} is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown fields {', '.join(sorted(map(repr, error.extra_fields)))}"
    return str(error) or type(error).__name__
