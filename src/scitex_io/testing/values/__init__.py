"""Values of the types that many formats store, hard ones among them; imported when something is drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from scitex_io.handler import Accepts, FormatHandler
from scitex_io.typeref import TypeRef, named, resolve

words: st.SearchStrategy[str] = st.text() | st.sampled_from(
    ["", "NA", "nan", "None", "null", "True", "no", "001", "1e5", "2024-01-01", " a", "a\nb"]
)
leaves: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | words
trees: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=10
)
lists: st.SearchStrategy[Any] = (
    st.lists(st.floats(), max_size=5)
    | st.lists(st.integers(), max_size=5)
    | st.lists(words, max_size=5)
    | st.lists(trees, max_size=4)
)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "NoneType": st.none(),
    "bool": st.booleans(),
    "int": st.integers(),
    "float": st.floats(),
    "complex": st.complex_numbers(),
    "str": words,
    "bytes": st.binary(),
    "bytearray": st.binary().map(bytearray),
    "list": lists,
    "tuple": lists.map(tuple),
    "set": st.sets(st.integers() | words, max_size=4),
    "frozenset": st.frozensets(st.integers() | words, max_size=4),
    "dict": st.dictionaries(words, trees, max_size=4),
    "datetime.datetime": st.datetimes(),
    "datetime.date": st.dates(),
    "datetime.time": st.times(),
    "datetime.timedelta": st.timedeltas(),
    "decimal.Decimal": st.decimals(allow_nan=False),
    "fractions.Fraction": st.fractions(),
    "uuid.UUID": st.uuids(),
}
SIMPLE: dict[str, tuple[Any, ...]] = {
    "str": ("several lines\nof text: é\n" * 3,),
    "bytes": (bytes(range(64)),),
    "list": ([0.5, -1.25, 3.0], [1, 2, 3], ["a", "b"], [{"a": 1, "b": "text"}, {"a": 2, "b": "more"}]),
    "dict": ({"a": 1, "b": [0.5, -1.25], "c": {"d": "text"}}, {"a": "1", "b": "text"}),
    "float": (0.5,),
    "int": (12345,),
}


def derived(ref: TypeRef) -> st.SearchStrategy[Any] | None:
    """Values of a type, as far as it is known here."""
    name = named(ref)
    if name in PLAIN:
        return PLAIN[name]
    if name.startswith("numpy."):
        return _of_numpy(ref)
    if name in {"pandas.DataFrame", "pandas.Series"}:
        from scitex_io.testing.values import tables

        return tables.frames() if name == "pandas.DataFrame" else tables.series
    kind = resolve(ref, load=True)
    return None if kind is None or kind is object else _registered(kind)


def _of_numpy(ref: TypeRef) -> st.SearchStrategy[Any] | None:
    import numpy as np
    from hypothesis.extra import numpy as hnp

    from scitex_io.testing.values import arrays

    kind = resolve(ref, load=True)
    if kind is np.ndarray:
        # Plain ones often: many formats store few kinds.
        plain = st.sampled_from(["f8", "f8", "i8", "f4", "u1", "?", "i2"])
        few = st.integers(1, 3).flatmap(
            lambda ndim: hnp.array_shapes(min_dims=ndim, max_dims=ndim, min_side=0, max_side=5)
        )
        return hnp.arrays(plain, few) | hnp.arrays("f8", st.integers(0, 9)) | arrays.arrays()
    if kind is not None and issubclass(kind, np.generic):
        if kind is np.generic:
            return hnp.arrays(arrays.scalar_dtypes, ()).map(lambda array: array[()])
        return hnp.arrays(np.dtype(kind), ()).map(lambda array: array[()])
    return None


def _registered(kind: type) -> st.SearchStrategy[Any] | None:
    """What hypothesis makes of annotations, or of what was registered with it."""
    found: st.SearchStrategy[Any] = st.from_type(kind)
    try:
        found.validate()
    except Exception:  # noqa: BLE001  # it knows nothing of such a type
        return None
    return found


def example(handler: FormatHandler, row: Accepts) -> Any:
    """A small object of a row with some content; None if there is none at hand."""
    return next((obj for obj in _examples(named(row.type)) if (found := handler.match(obj)) and found[0] is row), None)


def _examples(name: str) -> tuple[Any, ...]:
    if name == "numpy.ndarray":
        import numpy as np

        line = np.linspace(-1, 1, 12)
        return (
            line,
            line.reshape(3, 4),
            np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
            np.arange(12),
            line.astype("f4"),
        )
    if name in {"pandas.DataFrame", "pandas.Series"}:
        import pandas as pd

        frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, -1.25, 3.0], "c": ["x", "y", "z"]})
        return (frame, frame[["b"]]) if name == "pandas.DataFrame" else (frame["b"], frame["c"])
    return SIMPLE.get(name, ())
