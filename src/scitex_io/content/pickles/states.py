"""States in a pickle that would be believed where they must not be."""

from __future__ import annotations

import math
from typing import Any

from scitex_io.content.pickles.rules import check, is_array_class


def check_state(instance: Any, state: Any) -> None:
    """Refuse a state that would be believed where it must not be."""
    kind = type(instance).__name__
    if kind == "NumpyArrayWrapper":  # of joblib, which reads an array by it
        _check_wrapper(state)
    elif kind == "MT19937":
        check(0 <= int(state["state"]["pos"] if isinstance(state, dict) else state[0]["state"]["pos"]) <= 624)
    elif kind == "Philox":
        check(0 <= int(state["buffer_pos"] if isinstance(state, dict) else state[0]["buffer_pos"]) <= 4)


def check_array(state: Any) -> None:
    """Refuse the state of an array whose objects are not as many as its elements, which NumPy believes."""
    import numpy as np

    shape, kind, _, content = (state[1:] if type(state[0]) is int else state)[:4]
    check(isinstance(kind, np.dtype) and type(shape) is tuple)
    check(all(isinstance(side, int) and side >= 0 for side in shape))
    if kind.hasobject or kind.kind == "T":
        check(type(content) is list and len(content) == math.prod(shape))


def _check_wrapper(state: Any) -> None:
    import numpy as np

    known = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
    check(type(state) is dict and state.keys() <= known and is_array_class(state["subclass"]))
    shape: Any = state["shape"]
    check(type(shape) is tuple and all(type(side) is int and side >= 0 for side in shape))
    check(isinstance(state["dtype"], np.dtype) and state["order"] in {"C", "F"})
    check(state.get("allow_mmap", False) in {True, False})
    check(state.get("numpy_array_alignment_bytes") in {None, 8, 16, 32, 64, 128})
