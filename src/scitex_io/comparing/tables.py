"""Tables of pandas: names, index and dtypes, then column by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scitex_io.comparing.parts import Difference, Part, Rules

if TYPE_CHECKING:
    import pandas as pd


def frames(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """The names of the columns, the index, and each column."""
    one, other = part.one, part.other
    names = [list(map(str, each.columns)) for each in (one, other)]
    order = list(range(len(names[1])))
    if not rules.strict and sorted(names[0]) == sorted(names[1]) and len(set(names[0])) == len(names[0]):
        order = [names[1].index(name) for name in names[0]]
    elif names[0] != names[1]:
        yield from _columns(part, *names)
        return
    elif rules.strict:
        yield part.inside("columns", one.columns, other.columns)
    if len(one) != len(other):
        yield Difference(part.path, f"{len(one)} rows", f"{len(other)} rows")
        return
    yield from _index(part, one.index, other.index, rules)
    for at, (name, twin) in enumerate(zip(names[0], order, strict=True)):
        yield part.inside(name, *_arrays(one.iloc[:, at], other.iloc[:, twin]))


def _columns(part: Part, names: list[str], others: list[str]) -> Iterator[Difference]:
    absent, more = [name for name in names if name not in others], [name for name in others if name not in names]
    for name in absent:
        yield Difference(part.inside(name, None, None).path, "a column", "nothing")
    for name in more:
        yield Difference(part.inside(name, None, None).path, "nothing", "a column")
    if not absent and not more:
        yield Difference(part.path, f"columns {names}", f"columns {others}")


def _index(part: Part, one: pd.Index[Any], other: pd.Index[Any], rules: Rules) -> Iterator[Part]:
    # A plain count is what a table without an index has.
    if rules.strict or not (_is_count(one) and _is_count(other)):
        yield part.inside("index", one, other)


def _is_count(index: pd.Index[Any]) -> bool:
    import pandas as pd

    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _arrays(one: Any, other: Any) -> tuple[Any, Any]:
    """The values of two columns: of NumPy where both are, else of pandas."""
    import numpy as np

    plain = isinstance(one.dtype, np.dtype) and isinstance(other.dtype, np.dtype)
    return (one.to_numpy(), other.to_numpy()) if plain else (one.array, other.array)


def series(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """The name, the index and the values."""
    one, other = part.one, part.other
    if rules.strict:
        yield part.inside("name", one.name, other.name)
    if len(one) != len(other):
        yield Difference(part.path, f"{len(one)} values", f"{len(other)} values")
        return
    yield from _index(part, one.index, other.index, rules)
    yield Part(part.path, *_arrays(one, other))


def indexes(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """The names, and the values level by level."""
    one, other = part.one, part.other
    if rules.strict:
        yield part.inside("names", list(one.names), list(other.names))
    if len(one) != len(other) or one.nlevels != other.nlevels:
        levels = " on {} levels" if one.nlevels != other.nlevels else ""
        yield Difference(part.path, *(f"{len(each)} labels{levels.format(each.nlevels)}" for each in (one, other)))
    elif one.nlevels > 1:
        for level in range(one.nlevels):
            yield part.inside(level, one.get_level_values(level), other.get_level_values(level))
    else:
        yield Part(part.path, *_arrays(one, other))


def columns(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Values with gaps, categories, zones: dtype, gaps, then what is there."""
    import numpy as np
    import pandas as pd

    one: Any = pd.array(part.one, copy=False)
    other: Any = pd.array(part.other, copy=False)
    if len(one) != len(other):
        yield Difference(part.path, f"{len(one)} values", f"{len(other)} values")
        return
    if rules.strict and all(isinstance(each.dtype, pd.CategoricalDtype) for each in (one, other)):
        yield part.inside("categories", one.categories, other.categories)
        if one.ordered != other.ordered:
            yield Difference(part.path, f"ordered={one.ordered}", f"ordered={other.ordered}")
    elif rules.strict and one.dtype != other.dtype:
        yield Difference(part.path, f"dtype {one.dtype}", f"dtype {other.dtype}")
        return
    gaps = np.asarray(one.isna()) != np.asarray(other.isna())
    if gaps.any():
        at = int(np.argmax(gaps))
        told = ("missing" if pd.isna(each[at]) else repr(each[at]) for each in (one, other))
        detail = f"{int(gaps.sum())} of {len(one)} values are missing in only one, the first at [{at}]"
        yield Difference(part.path, next(told), next(told), detail)
        return
    yield Part(part.path, _numpy(one), _numpy(other))


def _numpy(values: Any) -> Any:
    """Values as an array of NumPy: of numbers, times or objects; gaps, compared before, are alike."""
    import numpy as np

    kind = getattr(values.dtype, "kind", "O")
    if kind in "biufc":
        return values.to_numpy(dtype=getattr(values.dtype, "numpy_dtype", None), na_value=0)
    if kind in "mM" and getattr(values.dtype, "tz", None) is None:
        return np.asarray(values)
    return values.to_numpy(dtype=object, na_value=None)
