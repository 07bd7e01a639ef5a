"""Trees as classes and classes as trees, through cattrs; nothing is coerced that would change a value."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import has

if TYPE_CHECKING:
    from cattrs import Converter

TREE = (dict, list, str, int, float, bool, type(None))


def is_record(obj: object) -> bool:
    """Is it an instance of an attrs class or a dataclass?"""
    return not isinstance(obj, type) and (has(type(obj)) or is_dataclass(obj))


def unstructured(obj: object) -> dict[str, Any]:
    """An attrs or dataclass instance as a dict, its fields' values left for the format to deal with."""
    tree: dict[str, Any] = _converter().unstructure(obj)
    return tree


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
    from cattrs import BaseValidationError, StructureHandlerNotFoundError, transform_error

    try:
        return _converter().structure(tree, wanted)
    except BaseValidationError as error:
        raise StructureError(tuple(transform_error(error, format_exception=_worded))) from error
    except (StructureHandlerNotFoundError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise StructureError((_worded(error, None),)) from error


def _worded(error: BaseException, _: type | None) -> str:
    from cattrs import ForbiddenExtraKeysError

    if isinstance(error, KeyError):
        return f"required field {error} is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown fields {', '.join(sorted(map(repr, error.extra_fields)))}"
    return str(error) or type(error).__name__


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, unstruct_collection_overrides={})
    for kind, sources in _PLAIN.items():
        converter.register_structure_hook(kind, _only(kind, sources))
    for kind, read in _WRITTEN.items():
        converter.register_structure_hook(kind, _read(kind, read))
        converter.register_unstructure_hook(kind, _itself)
    return converter


def _itself(value: object) -> object:
    return value


_PLAIN: dict[type, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    bytes: (bytes,),
}

_WRITTEN: dict[type, Callable[[Any], Any]] = {
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.date: datetime.date.fromisoformat,
    datetime.time: datetime.time.fromisoformat,
    Path: Path,
    UUID: UUID,
    complex: complex,
}


def _only(kind: type, sources: tuple[type, ...]) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        # bool is a subclass of int, and a number where a switch stands is a mistake.
        if not isinstance(value, sources) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"expected {kind.__name__}, found {type(value).__name__} {value!r}")
        return kind(value) if type(value) is not kind else value

    return hook


def _read(kind: type, read: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if isinstance(value, kind):
            return value
        if not isinstance(value, str) and not (kind is complex and isinstance(value, (int, float))):
            raise TypeError(f"expected {kind.__name__} or its text, found {type(value).__name__} {value!r}")
        return read(value)

    return hook
