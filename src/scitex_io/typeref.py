"""Name a type without importing its library, and tell how near an object is to it.

A reference is a class, or its public name as text (``"pandas.DataFrame"``). An object of a class exists
only where its library is imported already, so text is looked up in `sys.modules` and classes are
compared, never names: ``__module__`` differs between versions of a library.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, TypeAlias

TypeRef: TypeAlias = type | str

FAR = 1000
"""The distance of a virtual base class (``collections.abc.Mapping``) and of ``object``: any real base is nearer."""


def named(ref: TypeRef) -> str:
    """The public name of a reference: ``numpy.ndarray``, ``int``."""
    if isinstance(ref, str):
        return ref
    return ref.__qualname__ if ref.__module__ == "builtins" else f"{ref.__module__}.{ref.__qualname__}"


def resolve(ref: TypeRef, *, load: bool = False) -> type | None:
    """The class behind a reference; None if its library is not imported (or, with *load*, not installed)."""
    if isinstance(ref, type):
        return ref
    module_name, _, attribute = ref.rpartition(".")
    module = sys.modules.get(module_name)
    if module is None and load:
        try:
            module = import_module(module_name)
        except ImportError:
            return None
    found: Any = getattr(module, attribute, None)
    return found if isinstance(found, type) else None


def distance(kind: type, ref: TypeRef) -> int | None:
    """How many steps up from *kind* the type stands: 0 for the type itself, None if it is no base."""
    base = resolve(ref)
    if base is None:
        return None
    if base is object:
        return FAR + 1
    try:
        return kind.__mro__.index(base)
    except ValueError:
        return FAR if issubclass(kind, base) else None


def same_type(kind: type, ref: TypeRef) -> bool:
    """Is *kind* the very type that the reference names?"""
    return resolve(ref) is kind


def type_name(kind: type | object) -> str:
    """The name by which users know a type: ``pandas.DataFrame``, ``int``."""
    if not isinstance(kind, type):
        return str(kind)
    module = kind.__module__
    if module in {"builtins", "__main__"}:
        return kind.__qualname__
    # Libraries define classes deep inside and export them at the top.
    root = module.partition(".")[0]
    exported = getattr(sys.modules.get(root), kind.__name__, None)
    return f"{root if exported is kind else module}.{kind.__qualname__}"
