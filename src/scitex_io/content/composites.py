"""Arrays made of arrays: sparse and masked ones, as the named arrays that their own libraries write.

The layout of `scipy.sparse.save_npz` and `sparse.save_npz` is a dict of arrays whose entry ``format`` says what
it is; a masked array is written alike, with the ``format`` ``"numpy.ma.MaskedArray"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scitex_io.errors import type_name
from scitex_io.handler import Accepts, Fidelity
from scitex_io.losses import lose
from scitex_io.typeref import named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MASKED = "numpy.ma.MaskedArray"
SCIPY: dict[str, tuple[frozenset[str], ...]] = {
    **dict.fromkeys(("csr", "csc", "bsr"), (frozenset({"indices", "indptr"}),)),
    "dia": (frozenset({"offsets"}),),
    "coo": (frozenset({"row", "col"}), frozenset({"coords"})),
}
"""What each layout of SciPy has beside format, shape and data."""


def apart(obj: Any) -> dict[str, Any] | None:
    """The named arrays of a sparse or masked array; None for anything else."""
    import numpy as np

    if isinstance(obj, np.ma.MaskedArray):
        return _masked(obj)
    module = type(obj).__module__
    if module.startswith("scipy.sparse.") and hasattr(obj, "format"):
        return _scipy(obj)
    if module.partition(".")[0] == "sparse" and hasattr(obj, "fill_value"):
        return _pydata(obj)
    return None


def _masked(array: np.ma.MaskedArray[Any, Any]) -> dict[str, Any]:
    import numpy as np

    if type(array) is not np.ma.MaskedArray:
        lose(f"{type_name(type(array))} becomes {MASKED}")
    if array.hardmask:
        lose("the hard mask becomes a soft one")
    # Without a fill value of its own it has that of its dtype, which is no part of the value.
    filled = {} if array._fill_value is None else {"fill_value": np.asarray(array.fill_value)}  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way to know
    mask = np.asarray(np.ma.getmask(array))
    return {"format": np.array(MASKED), "data": np.asarray(array.data), "mask": mask, **filled}


def _scipy(matrix: Any) -> dict[str, Any]:
    import numpy as np
    from scipy.sparse import sparray

    if matrix.format in {"lil", "dok"}:  # for building, not for keeping
        matrix = matrix.tocsr() if matrix.format == "lil" else matrix.tocoo()
    form = matrix.format
    if form == "dia":
        parts = {"offsets": matrix.offsets}
    elif form != "coo":
        parts = {"indices": matrix.indices, "indptr": matrix.indptr}
    else:
        both = matrix.ndim == 2
        parts = {"row": matrix.row, "col": matrix.col} if both else {"coords": np.stack(matrix.coords)}
    parts |= {"format": np.array(form.encode()), "shape": np.array(matrix.shape), "data": matrix.data}
    return parts | ({"_is_array": np.array(True)} if isinstance(matrix, sparray) else {})


def _pydata(array: Any) -> dict[str, Any]:
    import numpy as np

    array = array if type(array).__name__ == "COO" else array.asformat("coo")
    told = {"format": np.array("coo"), "shape": np.array(array.shape, np.int64), "data": array.data}
    return told | {"coords": array.coords, "fill_value": np.asarray(array.fill_value)}


def kind_of(parts: Mapping[Any, Any]) -> str:
    """What the named arrays are the parts of; nothing if they are just arrays."""
    told: Any = parts.get("format")
    if "data" not in parts or getattr(told, "shape", None) != () or told.dtype.kind not in "SU":
        return ""
    form = told.item()
    form = form.decode("latin1") if isinstance(form, bytes) else form
    rest = set(parts) - {"format", "data"}
    if form == MASKED:
        return MASKED if rest - {"fill_value"} == {"mask"} else ""
    if form == "coo" and rest == {"shape", "coords", "fill_value"}:
        return "sparse.COO"
    if any(rest - {"_is_array"} == {"shape", *names} for names in SCIPY.get(form, ())):
        is_array = "_is_array" in parts and bool(parts["_is_array"].all())
        return f"scipy.sparse.{form}_{'array' if is_array else 'matrix'}"
    return ""


def together(kind: str, parts: Mapping[str, NDArray[Any]]) -> Any:
    """The array of this kind (see `kind_of`) that the named arrays are the parts of.

    Raises
    ------
    ValueError
        They do not fit together.
    """
    import numpy as np

    data = parts["data"]
    if kind == MASKED:
        mask = parts["mask"]
        bare = mask.shape == () and mask.dtype == bool and not mask
        if not bare and (mask.shape != data.shape or mask.dtype != np.ma.make_mask_descr(data.dtype)):
            raise ValueError(f"a mask of shape {mask.shape} and {mask.dtype} for data of shape {data.shape}")
        fill: Any = parts["fill_value"][()] if "fill_value" in parts else None
        return np.ma.MaskedArray(data, np.ma.nomask if bare else mask, fill_value=fill)
    shape = tuple(map(int, parts["shape"].ravel()))
    if kind == "sparse.COO":
        return _grown_pydata(parts, shape)
    import scipy.sparse

    made = getattr(scipy.sparse, kind.rpartition(".")[2])
    if "offsets" in parts:
        return made((data, parts["offsets"]), shape=shape)
    if "indptr" in parts:
        matrix = made((data, parts["indices"], parts["indptr"]), shape=shape)
        matrix.check_format(full_check=True)  # a place outside would be written to, later
        return matrix
    coords = tuple(parts["coords"]) if "coords" in parts else (parts["row"], parts["col"])
    return made((data, coords), shape=shape)


def _grown_pydata(parts: Mapping[str, NDArray[Any]], shape: tuple[int, ...]) -> Any:
    import numpy as np
    import sparse

    coords = parts["coords"]
    fits = coords.ndim == 2 and coords.dtype.kind in "iu" and coords.shape == (len(shape), parts["data"].size)
    bounds = np.array(shape)[:, None] if shape else np.empty((0, 1))
    if not fits or (coords < 0).any() or (coords >= bounds).any():
        raise ValueError(f"coordinates that do not lie in the shape {shape}")
    return sparse.COO(coords, parts["data"], shape, fill_value=parts["fill_value"][()])


def announce(parts: Mapping[str, Any]) -> None:
    """Say of a plain dict that it will be taken for one of these."""
    if kind := kind_of(parts):
        lose(f"a dict of such keys loads as {kind}")


COMPOSITES: tuple[Accepts, ...] = (
    Accepts(MASKED),
    *(Accepts(f"scipy.sparse.{form}_{kind}") for form in SCIPY for kind in ("array", "matrix")),
    *(
        Accepts(f"scipy.sparse.{form}_{kind}", Fidelity.VALUE, loads_as=f"scipy.sparse.{held}_{kind}")
        for form, held in (("lil", "csr"), ("dok", "coo"))
        for kind in ("array", "matrix")
    ),
    Accepts("sparse.COO"),
    Accepts("sparse.GCXS", Fidelity.VALUE, loads_as="sparse.COO"),
    Accepts("sparse.DOK", Fidelity.VALUE, loads_as="sparse.COO"),
)
"""What `apart` takes to pieces and `together` puts together again."""
KINDS = frozenset(named(row.loads_as or row.type) for row in COMPOSITES)
"""What `kind_of` tells of."""
