"""What the stores of trees are made of: leaves and branches, and arrays of every dtype as leaves."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import field, frozen

if TYPE_CHECKING:
    import numpy as np

MARK = "scitex_io"
"""The attribute that holds the mark."""

Mark: TypeAlias = "Mapping[str, Any]"
Native: TypeAlias = "Callable[[np.dtype[Any]], bool]"


@frozen
class Leaf:
    """A text, or an array: of numbers, of fixed texts (kind U) or of any texts (kind O, all `str`)."""

    value: Any
    mark: Mark = field(factory=dict[str, Any])


@frozen
class Branch:
    """A group of objects that are lowered in turn."""

    children: Iterable[tuple[Hashable, object]]
    mark: Mark = field(factory=dict[str, Any])


def is_clean(text: str) -> bool:
    """Can a store keep it as text? No NUL, which ends a text in C, and no lone surrogate."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def text(value: str, mark: Mark) -> Leaf:
    """A text with a mark, in a way that every store can keep."""
    import numpy as np

    if is_clean(value):
        return Leaf(value, mark)
    return Leaf(np.frombuffer(value.encode("utf-8", "surrogatepass"), np.uint8), {"coding": "utf-8", **mark})


def lowered_array(array: np.ndarray[Any, Any], native: Native, mark: dict[str, Any]) -> Leaf | Branch | None:
    """The array in terms of the model; None if there is no way."""
    import numpy as np

    dtype = array.dtype
    if dtype.kind == "O":
        if array.ndim and all(type(item) is str and is_clean(item) for item in array.flat):
            return Leaf(array, mark)
        return Branch([("items", array.ravel().tolist())], {"type": "objects", "shape": array.shape})
    if dtype.kind == "T":
        if hasattr(dtype, "na_object"):
            return None
        items = array.astype(object).ravel().tolist()
        return Branch([("items", items)], {"type": "objects", "shape": array.shape, "dtype": "T"})
    if native(dtype):
        # Without a mark, lone bytes would be read as a text or a pickle.
        bare = dtype.kind in "SV" and array.ndim == 0
        return Leaf(array, mark | {"dtype": _told(dtype)} if bare else mark)
    if dtype.hasobject:
        return None
    swapped = dtype.newbyteorder("=")
    if dtype.kind in "mM":
        stored = array.view(np.dtype("i8").newbyteorder(dtype.byteorder))
        return Leaf(
            stored if native(stored.dtype) else stored.astype("i8"), mark | {"dtype": _told(dtype), "coding": "int64"}
        )
    if dtype.kind == "U" and dtype.itemsize:
        points = np.ascontiguousarray(array.astype(swapped, copy=False)).reshape(-1).view(np.uint32)
        if not ((points >= 0xD800) & (points < 0xE000)).any():
            return Leaf(array, mark | {"dtype": _told(dtype), "coding": "text"})
    elif swapped != dtype and native(swapped):
        return Leaf(array.astype(swapped), mark | {"dtype": _told(dtype), "coding": "order"})
    raw = np.frombuffer(array.tobytes(), np.uint8).reshape((*array.shape, dtype.itemsize))
    return Leaf(raw, mark | {"dtype": _told(dtype), "coding": "raw", "shape": array.shape})


def _told(dtype: np.dtype[Any]) -> str:
    import numpy as np

    if dtype.names is None and dtype.subdtype is None:
        return dtype.str
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # metadata of a dtype are not part of its values
        return repr(np.lib.format.dtype_to_descr(dtype))


def _dtype(told: str) -> np.dtype[Any]:
    import numpy as np

    description: Any = ast.literal_eval(told) if told.startswith(("[", "(", "'")) else told
    found: np.dtype[Any] = np.lib.format.descr_to_dtype(description)
    if found.hasobject:
        raise ValueError(f"the data type {told} holds objects")
    return found


def decoded(array: np.ndarray[Any, Any], mark: Mark) -> np.ndarray[Any, Any]:
    """The array as it was before the store could take it."""
    import numpy as np

    dtype = _dtype(mark["dtype"])
    match mark.get("coding"):
        case "int64":
            if array.dtype.kind == dtype.kind:  # a store that knows times by itself
                return array.astype(dtype, copy=False)
            return array.astype(np.dtype("i8").newbyteorder(dtype.byteorder), copy=False).view(dtype)
        case "text":
            if array.dtype.kind == "S":
                array = np.strings.decode(array, "utf-8")
            return array.astype(dtype, copy=False)
        case "raw":
            return np.ndarray(tuple(mark["shape"]), dtype, bytearray(array.tobytes()))
    return array.astype(dtype, copy=False)


def objects(items: list[Any], mark: Mark) -> Any:
    """The array of objects that the items make."""
    import numpy as np

    array = np.empty(len(items), object)
    for at, item in enumerate(items):  # at once, lists would be taken for axes
        array[at] = item
    array = array.reshape(mark["shape"])
    return array.astype(np.dtypes.StringDType()) if mark.get("dtype") == "T" else array
