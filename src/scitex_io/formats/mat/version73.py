"""Files of MATLAB 7.3, which are HDF5, given as scipy gives those of the older versions.

What MATLAB adds to HDF5: every variable is a dataset or group below the root, with its axes reversed;
the attribute ``MATLAB_class`` names its class, ``MATLAB_empty`` says that the data are its shape,
``MATLAB_fields`` keeps the order of a struct's fields; cells and the fields of struct arrays are
references into ``#refs#``; a sparse matrix is a group of ``data``, ``ir`` and ``jc`` (compressed columns).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from scitex_io.content.rows import forward
from scitex_io.errors import UnreadableFileError, UntrustedFileError
from scitex_io.limits import take
from scitex_io.policy import trusted

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMPTY: dict[str, Any] = {"cell": object, "char": "U1", "single": "f4", "logical": "u1"} | {
    f"{sign}int{bits}": f"{sign or 'i'}{bits // 8}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""The dtype of an empty variable, by its class; the others are doubles."""
NUMERIC = frozenset({"", "double", "single", "logical", *EMPTY}) - {"cell", "char"}
"""The classes of plain arrays; files of other programs have none."""
ELSEWHERE = "load that file itself, or give trust=True"


@frozen(kw_only=True)
class Reader:
    """One file, read with the options of `scipy.io.loadmat`."""

    path: Path
    squeeze: bool = False
    records: bool = True
    simple: bool = False
    logical: bool = False  # as bool instead of uint8
    texts: bool = True

    def read(self, wanted: Collection[str] | None) -> dict[str, Any]:
        """The variables, or the *wanted* ones, behind the three entries that scipy adds."""
        import h5py

        with h5py.File(self.path, "r") as file:
            names = [name for name in file if not name.startswith("#") and (wanted is None or name in wanted)]
            marked = [name for name in names if file[name].attrs.get("MATLAB_global", 0)]
            with self.path.open("rb") as start:
                first = start.read(116).strip(b" \t\n\x00") if file.userblock_size else b""
            content: dict[str, Any] = {"__header__": first, "__version__": "2.0", "__globals__": marked}
            return content | {name: self._whole(self._value(self._inside(file, name), file)) for name in names}

    def rows_of(self, name: str, rows: slice) -> NDArray[Any] | None:
        """The rows of a variable, which lie along the last axis in the file; None if it is no plain array of numbers."""
        import h5py

        with h5py.File(self.path, "r") as file:
            node: Any = self._inside(file, name) if name in file else None
            plain = isinstance(node, h5py.Dataset) and node.ndim > 1 and node.dtype.kind in "biufV"
            if not plain or self.squeeze or "MATLAB_empty" in node.attrs or _class_of(node) not in NUMERIC:
                return None
            where, turned = forward(rows, node.shape[-1])
            part = self._numbers(node[..., where], _class_of(node))
        return cast("NDArray[Any]", part[::-1] if turned else part)  # whatever numpy is known as

    def describe(self) -> dict[str, str]:
        """The variables with class and shape, without their data."""
        import h5py

        with h5py.File(self.path, "r") as file:
            return {name: _told(self._inside(file, name)) for name in file if not name.startswith("#")}

    def check(self) -> None:
        """Refuse a file whose content lies in another one: for those that read it by another library.

        Raises
        ------
        UntrustedFileError
            Some of it does.
        """
        import h5py

        with h5py.File(self.path, "r") as file:
            groups: list[Any] = [file]
            seen = set(groups)
            while groups:
                group = groups.pop()
                inside = {self._inside(group, name) for name in group}
                groups += [node for node in inside - seen if isinstance(node, h5py.Group)]
                seen |= inside

    def _inside(self, group: Any, name: str) -> Any:
        import h5py

        # A link to another file, or by a path through one, would hand out what this file does not hold.
        if not isinstance(group.get(name, getlink=True), h5py.HardLink) and not trusted().everything:
            raise UntrustedFileError(str(self.path), f"'{name}' may lie in another file", ELSEWHERE)
        return self._own(group[name])

    def _own(self, node: Any) -> Any:
        """The node, if its data lie in this file."""
        if (getattr(node, "external", None) or getattr(node, "is_virtual", False)) and not trusted().everything:
            raise UntrustedFileError(str(self.path), f"'{node.name}' lies in another file", ELSEWHERE)
        return node

    def _held(self, node: Any) -> Any:
        """All that a dataset holds."""
        take(self._own(node).nbytes if node.size else 0, f"'{node.name}', of shape {node.shape},")
        return node[()]

    # ------------------------------------------------------------ values

    def _value(self, node: Any, file: Any) -> Any:
        import h5py
        import numpy as np

        kind = _class_of(node)
        if isinstance(node, h5py.Group):
            if "MATLAB_sparse" in node.attrs:
                return self._sparse(node, kind)
            return self._struct(node, file)
        if "MATLAB_object_decode" in node.attrs:
            return _opaque(self._held(node), kind)
        if np.any(node.attrs.get("MATLAB_empty", 0)):
            return self._empty(node, kind)
        if node.dtype == h5py.ref_dtype:
            return self._each(self._held(node).T, lambda reference: self._referred(file, reference))
        if kind == "char":
            return self._text(self._held(node).T)
        if h5py.check_string_dtype(node.dtype) is not None:  # not by MATLAB
            self._held(node)
            return np.asarray(node.asstr()[()]).T
        return self._numbers(self._held(node), kind)

    def _numbers(self, stored: Any, kind: str) -> Any:
        import numpy as np

        array = np.asarray(stored).T
        if array.dtype.names == ("real", "imag"):
            both = np.result_type(array.dtype["real"], np.complex64)
            parts = np.empty(array.shape, both)
            parts.real, parts.imag = array["real"], array["imag"]
            array = parts
        array = np.atleast_2d(array)
        return array.astype(bool) if kind == "logical" and self.logical else array

    def _text(self, codes: NDArray[Any]) -> Any:
        import numpy as np

        units = np.ascontiguousarray(np.atleast_2d(codes).astype("<u2"))
        if not self.texts:
            return units.astype("<u4").view("<U1")
        width = units.shape[-1]
        lines = [line.tobytes().decode("utf-16-le", "surrogatepass") for line in units.reshape(-1, width)]
        return np.array(lines, dtype=str).reshape(units.shape[:-1])

    def _empty(self, node: Any, kind: str) -> Any:
        import numpy as np

        shape = tuple(int(side) for side in np.ravel(self._held(node)))
        if math.prod(shape) or any(side < 0 for side in shape):
            raise UnreadableFileError(str(self.path), "mat", f"'{node.name}' is marked as empty and has shape {shape}")
        if kind == "struct":
            return self._records(_fields(node), shape, {})
        if kind == "char" and self.texts:
            return np.empty(shape[:1] if 0 in shape[:1] else (0,), "U1")
        return np.empty(shape, bool if kind == "logical" and self.logical else EMPTY.get(kind, "f8"))

    def _sparse(self, node: Any, kind: str) -> Any:
        from scipy.sparse import csc_matrix

        columns = self._held(self._inside(node, "jc"))
        shape = int(node.attrs["MATLAB_sparse"]), len(columns) - 1
        if "data" not in node:
            return csc_matrix(shape, dtype=bool if kind == "logical" else float)
        data = self._numbers(self._held(self._inside(node, "data")), "")[0]
        if kind == "logical":
            data = data.astype(bool)
        matrix = csc_matrix((data, self._held(self._inside(node, "ir")), columns), shape=shape)
        matrix.check_format()
        return matrix

    # ------------------------------------------------------------ cells and structs

    def _referred(self, file: Any, reference: Any) -> Any:
        import numpy as np

        return self._whole(self._value(file[reference], file)) if reference else np.empty((0, 0))

    def _each(self, references: Any, read: Callable[[Any], Any]) -> NDArray[Any]:
        import numpy as np

        cells = np.empty(np.shape(references), object)
        for at in np.ndindex(cells.shape):
            cells[at] = read(references[at])
        return cells

    def _struct(self, group: Any, file: Any) -> Any:
        import numpy as np

        names = _fields(group) or list(group)
        nodes = {name: self._inside(group, name) for name in names}
        # The fields of a struct array are references without a class of their own; those of a single struct have one.
        if nodes and all(_is_spread(node) for node in nodes.values()):
            columns = {
                name: self._each(self._held(node).T, lambda reference: self._referred(file, reference))
                for name, node in nodes.items()
            }
            if len({column.shape for column in columns.values()}) > 1:
                raise UnreadableFileError(str(self.path), "mat", f"the fields of '{group.name}' differ in shape")
            return self._records(names, next(iter(columns.values())).shape, columns)
        single = {}
        for name, node in nodes.items():
            single[name] = np.empty((1, 1), object)
            single[name][0, 0] = self._whole(self._value(node, file))
        return self._records(names, (1, 1), single)

    def _records(self, names: list[str], shape: tuple[int, ...], columns: dict[str, NDArray[Any]]) -> Any:
        import numpy as np
        from scipy.io.matlab import mat_struct

        if self.records:
            if not names:
                return np.full(shape, None, object)
            records = np.empty(shape, [(name, object) for name in names])
            for name, column in columns.items():
                records[name] = column
            return records
        structs = np.empty(shape, object)
        for at in np.ndindex(shape):
            struct: Any = mat_struct()
            vars(struct).update({name: column[at] for name, column in columns.items()}, _fieldnames=names)
            structs[at] = struct
        return structs

    def _whole(self, value: Any) -> Any:
        """The value squeezed and simplified, as the options ask."""
        import numpy as np

        if not self.squeeze or not isinstance(value, np.ndarray):
            return value
        value = np.squeeze(value) if value.size else np.array([], value.dtype)
        if not value.shape and not value.dtype.names:
            value = value.item()
        return _simple(value) if self.simple else value


def _simple(value: Any) -> Any:
    import numpy as np
    from scipy.io.matlab import mat_struct

    if isinstance(value, mat_struct):
        return {name: getattr(value, name) for name in vars(value)["_fieldnames"]}
    if isinstance(value, np.ndarray) and value.dtype == object and any(isinstance(p, mat_struct) for p in value.flat):
        return [_simple(part) for part in value]
    return value


def _class_of(node: Any) -> str:
    found = node.attrs.get("MATLAB_class", b"")
    return found.decode("latin1") if isinstance(found, bytes) else str(found)


def _fields(node: Any) -> list[str]:
    return [b"".join(letters).decode() for letters in node.attrs.get("MATLAB_fields", ())]


def _is_spread(node: Any) -> bool:
    import h5py

    return isinstance(node, h5py.Dataset) and node.dtype == h5py.ref_dtype and "MATLAB_class" not in node.attrs


def _opaque(ids: Any, kind: str) -> Any:
    """An object of a MATLAB class: what scipy gives for it, since only MATLAB can read the rest."""
    import numpy as np
    from scipy.io.matlab import MatlabOpaque

    held = np.empty((1,), [(name, object) for name in ("s0", "s1", "s2", "arr")])
    held[0] = (b"", b"MCOS", kind.encode(), np.asarray(ids).T)
    return MatlabOpaque(held)


def _told(node: Any) -> str:
    import h5py

    kind = _class_of(node)
    if isinstance(node, h5py.Group):
        return kind or "struct"
    return f"{kind or node.dtype} {node.shape[::-1]}"
