"""Arrays of every kind: how many elements differ, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scitex_io.comparing.parts import Difference, Part, Rules
from scitex_io.describe import WIDTH, short

if TYPE_CHECKING:
    from numpy.typing import NDArray


def arrays(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Dtype, shape and elements; fields and objects each for themselves."""
    import numpy as np

    one, other = np.asarray(part.one), np.asarray(part.other)
    if one.shape != other.shape:
        yield Difference(part.path, f"shape {one.shape}", f"shape {other.shape}")
        return
    if rules.strict and one.dtype != other.dtype:
        yield Difference(part.path, f"dtype {one.dtype}", f"dtype {other.dtype}")
        return
    if one.dtype.names or other.dtype.names:
        if set(one.dtype.names or ()) != set(other.dtype.names or ()):
            yield Difference(part.path, f"fields {one.dtype.names}", f"fields {other.dtype.names}")
            return
        for name in one.dtype.names or ():
            yield part.inside(name, one[name], other[name])
        return
    kinds = {one.dtype.kind, other.dtype.kind}
    if "O" in kinds or not (kinds <= set("iufc") or len(kinds) == 1):
        # Objects, and (when not strict) elements of different kinds: as Python sees them.
        for at in np.ndindex(one.shape):
            yield part.inside("/".join(map(str, at)), one[at], other[at])
        return
    if one.dtype.kind == "V":
        different = np.array([a.tobytes() != b.tobytes() for a, b in zip(one.flat, other.flat, strict=True)])
    else:
        with np.errstate(all="ignore"):
            different = ~_same(one, other, rules)
    yield from _told(part.path, one, other, np.asarray(different).reshape(one.shape))


def _same(one: Any, other: Any, rules: Rules) -> Any:
    import numpy as np

    if one.dtype != other.dtype and {one.dtype.kind, other.dtype.kind} & set("iu"):
        # Holds every integer of 64 bits; float64 does not.
        one, other = (each.astype(np.clongdouble if each.dtype.kind == "c" else np.longdouble) for each in (one, other))
    equal = one == other
    kind = one.dtype.kind
    if kind in "mM":
        return equal | (np.isnat(one) & np.isnat(other))
    if kind not in "iufc" or (kind in "iu" and not rules.tolerant):
        return equal
    if kind in "fc" or other.dtype.kind in "fc":
        gaps = np.isnan(one) & np.isnan(other)
        if kind == "c" and rules.strict:
            parts = ((one.real, other.real), (one.imag, other.imag))
            return _same(*parts[0], rules) & _same(*parts[1], rules)
        if rules.strict and not rules.tolerant:
            equal &= np.signbit(one) == np.signbit(other)
        equal |= gaps
    if rules.tolerant:
        distances = _distances(one, other)
        near = distances <= rules.atol + rules.rtol * np.abs(other)
        equal |= near & np.isfinite(one) & np.isfinite(other)
    return equal


def _distances(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    wide: Any = np.clongdouble if "c" in {one.dtype.kind, other.dtype.kind} else np.longdouble
    found: NDArray[Any] = np.abs(one.astype(wide) - other.astype(wide))
    return found


def _told(
    path: str, one: NDArray[Any], other: NDArray[Any], different: NDArray[Any], what: str = "elements"
) -> Iterator[Difference]:
    import numpy as np

    count = int(np.count_nonzero(different))
    if not count:
        return
    if not one.ndim:
        yield Difference(path, _element(one, ()), _element(other, ()))
        return
    at: tuple[Any, ...] = np.unravel_index(int(np.argmax(different)), one.shape)
    largest = ""
    if one.dtype.kind in "iufc" and other.dtype.kind in "iufc":
        with np.errstate(all="ignore"):
            distances = _distances(one[different], other[different])
        if not np.all(np.isnan(distances)):
            most = int(np.nanargmax(distances))
            at = tuple(int(index[most]) for index in np.nonzero(different))
            largest = f", the largest difference is {float(distances[most]):.6g}"
    place = ", ".join(str(int(index)) for index in at)
    detail = f"{count} of {one.size} {what} differ{largest} at [{place}]"
    yield Difference(path, _element(one, at), _element(other, at), detail)


def _element(array: NDArray[Any], at: Any) -> str:
    value = array[at]
    if array.dtype.kind == "S":
        return repr(bytes(value))[:WIDTH]
    return short(value.item() if array.dtype.kind in "iufcbU" and array.dtype.char not in "gG" else value)


def scalars(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Numbers of NumPy, as arrays without dimensions."""
    import numpy as np

    yield from arrays(Part(part.path, np.asarray(part.one), np.asarray(part.other)), rules)


def masked(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Masks first, then what is not masked; what lies under a mask is no value."""
    import numpy as np

    one, other = part.one, part.other
    if one.shape != other.shape or (rules.strict and one.dtype != other.dtype):
        yield from arrays(Part(part.path, np.ma.getdata(one), np.ma.getdata(other)), rules)
        return
    gaps = np.ma.getmaskarray(one), np.ma.getmaskarray(other)
    if not np.array_equal(*gaps):
        # Of a structured array each field has a mask.
        mask, twin = (gap.view(bool).reshape(-1) if gap.dtype.names else gap for gap in gaps)
        yield from _told(part.path, mask, twin, mask != twin, "places of the mask")
        return
    if rules.strict and not _filled_alike(one, other):
        yield part.difference("another fill_value")
    blank: Any = np.zeros((), one.dtype)[()]
    values = (np.ma.array(each, copy=False).filled(blank) for each in (one, other))
    yield from arrays(Part(part.path, *values), rules)


def _filled_alike(one: Any, other: Any) -> bool:
    fills = one.fill_value, other.fill_value
    return bool(fills[0] == fills[1] or repr(fills[0]) == repr(fills[1]))


def sparse(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Format, shape and dtype, then the elements that either stores."""
    one, other = part.one, part.other
    if one.shape != other.shape:
        yield Difference(part.path, f"shape {one.shape}", f"shape {other.shape}")
        return
    for fact in ("format", "dtype") if rules.strict else ():
        if getattr(one, fact) != getattr(other, fact):
            yield Difference(part.path, f"{fact} {getattr(one, fact)}", f"{fact} {getattr(other, fact)}")
            return
    triples = [_by_place(each) for each in (one, other)]
    (places, values), (others, twins) = triples
    if places != others:
        missing = sorted(set(places) ^ set(others))
        detail = f"{len(missing)} elements are stored in only one of them, the first at {list(missing[0])}"
        yield Difference(part.path, f"{len(places)} elements", f"{len(others)} elements", detail)
        return
    yield from arrays(Part(part.path, values, twins), rules)


def _by_place(matrix: Any) -> tuple[list[tuple[int, ...]], NDArray[Any]]:
    """Where elements are stored and what they are, in order."""
    import numpy as np

    found = matrix.tocoo(copy=True)
    found.sum_duplicates()
    coordinates = found.coords if hasattr(found, "coords") else (found.row, found.col)
    order = np.lexsort(tuple(reversed(coordinates)))
    places = list(zip(*(axis[order].tolist() for axis in coordinates), strict=True))
    return places, found.data[order]
