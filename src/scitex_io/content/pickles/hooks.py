"""Attributes by which an object makes a library call it, or believe what it says of memory.

NumPy takes the address in an ``__array_interface__`` for granted, also where an instance has it and not its class; Arrow
and pandas ask for others. A file can give attributes to instances, so names of two underscores have no place among them.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from typing import Any

LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})
HOLDING = (list, tuple, set, frozenset, deque)


def hooked(values: Iterable[Any]) -> bool:
    """Has one of the values, or what it holds, such an attribute of its own?"""
    numpy = sys.modules.get("numpy")
    seen: dict[int, Any] = {}
    stack = [values]
    while stack:
        value = stack.pop()
        if id(value) in seen or isinstance(value, type):
            continue
        seen[id(value)] = value  # alive, so that its id stays its own
        attributes = getattr(value, "__dict__", None)
        parts: list[Any] = []
        array: Any = value
        if type(attributes) is dict:
            if names_hook(attributes):
                return True
            parts += attributes.values()
        if isinstance(value, dict):
            parts += [*value, *value.values()]
        elif isinstance(value, HOLDING):
            parts += value
        elif numpy is not None and isinstance(array, numpy.ndarray) and array.dtype.kind == "O":
            parts += array.ravel().tolist()
        if not LEAVES.issuperset(map(type, parts)):
            stack += [part for part in parts if type(part) not in LEAVES]
    return False


def names_hook(state: Any) -> bool:
    """Does the state of an instance, as pickles hold it, name such an attribute?"""
    parts = state if type(state) is tuple and len(state) == 2 else (state,)
    return any(str(name).startswith("__") for part in parts if isinstance(part, dict) for name in part)
