"""What is nearly an array, and arrays in dicts and lists."""

from __future__ import annotations

import string
import tempfile
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.testing.values.arrays import arrays, scalar_dtypes, shapes


def mapped(array: Any) -> Any:
    """The array as a memory map of an anonymous file."""
    with tempfile.TemporaryFile() as file:
        copy = np.memmap(file, array.dtype, "w+", shape=array.shape)
    copy[...] = array
    return copy


def strided(array: Any) -> Any:
    """Every other part, backwards: no order in memory at all."""
    return array[::-2] if array.ndim else array


structured = hnp.array_dtypes(scalar_dtypes, min_size=1, max_size=3)
regular = st.one_of(
    st.lists(st.floats(), max_size=4),
    st.lists(st.booleans(), max_size=4),
    st.lists(st.text(string.printable, max_size=4), max_size=4),
    st.lists(st.lists(st.integers(-9, 9), min_size=2, max_size=2), max_size=3),
)
keys = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
named = st.dictionaries(keys, st.one_of(arrays(), arrays().map(strided)), max_size=4)
plenty = st.lists(arrays(), max_size=4)


def numbered(parts: Any) -> dict[str, Any]:
    """What a list of arrays loads as."""
    return {str(at): part for at, part in enumerate(parts)}


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "numpy.ndarray": st.one_of(arrays(), arrays().map(strided)),
    "numpy.memmap": hnp.arrays(scalar_dtypes, hnp.array_shapes(max_dims=3)).map(mapped),
    "numpy.recarray": hnp.arrays(structured, shapes).map(lambda array: array.view(np.recarray)),
    "numpy.matrix": hnp.arrays(scalar_dtypes, hnp.array_shapes(min_dims=2, max_dims=2)).map(
        lambda array: array.view(np.matrix)
    ),
    "npy:numpy.generic": hnp.arrays(scalar_dtypes, 1).map(lambda array: array[0]),
    "npy:bool": st.booleans(),
    "npy:int": st.integers(-(2**63), 2**64 - 1),
    "npy:float": st.floats(),
    "npy:complex": st.complex_numbers(),
    "npy:list": regular,
    "npy:tuple": regular.map(tuple),
    "npz:dict": named,
    "npz:collections.abc.Mapping": named.map(MappingProxyType),
    "npz:list": plenty,
    "npz:tuple": plenty.map(tuple),
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("npy", "numpy.memmap"): np.asarray,
    ("npy", "numpy.recarray"): np.asarray,
    ("npy", "numpy.matrix"): np.asarray,
    ("npz", "collections.abc.Mapping"): dict,
    ("npz", "list"): numbered,
    ("npz", "tuple"): numbered,
}
