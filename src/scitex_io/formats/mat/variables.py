"""Python values as variables of MATLAB, with every change announced and the impossible refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from scitex_io.content.arrays import kinds
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.losses import lose

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
GIVEN = frozenset({"__header__", "__version__", "__globals__"})
"""What loading adds to the variables: not saved again."""


@define(kw_only=True)
class Variables:
    """Makes variables of values and remembers what changes on the way."""

    one_dimensional: str
    _changes: dict[str, list[str]] = field(factory=dict)

    def of(self, values: Any) -> dict[str, Any]:
        """The variables, ready for scipy; each change is announced once.

        Raises
        ------
        UnsupportedTypeError
            A name or value that MATLAB has no word for.
        """
        pairs = dict(values.items())
        try:
            made = {
                _checked(name, "a variable"): self.value(value, str(name))
                for name, value in pairs.items()
                if name not in GIVEN
            }
        except RecursionError as error:
            raise _refused(values, "it is nested too deeply, or contains itself") from error
        for change, places in self._changes.items():
            more = f" and {len(places) - 3} more" if len(places) > 3 else ""
            lose(f"{change} (at {', '.join(map(repr, places[:3]))}{more})")
        return made

    def _note(self, change: str, where: str) -> None:
        self._changes.setdefault(change, []).append(where)

    def value(self, value: Any, where: str) -> Any:
        """One value, and all below it."""
        import numpy as np
        from scipy.sparse import issparse

        if isinstance(value, np.ma.MaskedArray):
            self._note("masked arrays lose their mask", where)
            value = value.data
        if issparse(value):
            return self._sparse(value, where)
        if isinstance(value, np.ndarray):
            return self._array(np.asarray(value), where)
        if isinstance(value, Mapping) or (hasattr(value, "columns") and hasattr(value, "items")):
            return self._struct(value, where)
        if hasattr(value, "to_numpy") and hasattr(value, "index"):
            self._note(f"a {type(value).__name__} becomes an array, without its labels", where)
            return self._array(np.asarray(value.to_numpy()), where)
        if isinstance(value, (list, tuple)):
            return self._list(value, where)
        if isinstance(value, (str, bytes, np.str_, np.bytes_)):
            self._note("texts become arrays of one text", where)
            return self._text(np.asarray(value), where)
        if isinstance(value, (bool, int, float, complex, np.generic)):
            self._note("numbers become arrays of shape (1, 1)", where)
            number = np.asarray(value).reshape(1, 1)
            if number.dtype.hasobject:
                raise _refused(value, f"MATLAB's integers end at 2**64 (at '{where}')")
            return self._array(number, where)
        what = "MATLAB has no None: use nan or an empty array" if value is None else "MATLAB has no such value"
        raise _refused(value, f"{what} (at '{where}')")

    # ------------------------------------------------------------ arrays

    def _array(self, array: NDArray[Any], where: str) -> Any:
        match array.dtype.kind:
            case "U" | "S":
                return self._text(array, where)
            case "V" if array.dtype.names:
                return self._records(self._shaped(array, where), where)
            case "O":
                return self._cells(self._shaped(array, where), where)
            case "b" | "i" | "u" | "f" | "c":
                return self._numbers(self._shaped(array, where), where)
        raise _refused(array, f"MATLAB has no {array.dtype} (at '{where}')")

    def _shaped(self, array: NDArray[Any], where: str) -> NDArray[Any]:
        if array.ndim >= 2:
            return array
        if array.ndim == 0:
            self._note("arrays without dimensions get the shape (1, 1)", where)
            return array.reshape(1, 1)
        self._note(f"1-d arrays become {self.one_dimensional}s", where)
        return array.reshape((1, -1) if self.one_dimensional == "row" else (-1, 1))

    def _numbers(self, array: NDArray[Any], where: str) -> NDArray[Any]:
        import numpy as np

        if array.dtype.kind == "b":
            self._note("booleans load as uint8 unless mat_dtype=True", where)
        if not array.dtype.isnative:
            self._note("a foreign byte order becomes the native one", where)
            array = array.astype(array.dtype.newbyteorder("="))
        for odd, plain in ((np.float16, np.float64), (np.longdouble, np.float64), (np.clongdouble, np.complex128)):
            if array.dtype == odd and array.dtype != plain:
                self._note(f"{array.dtype} becomes {np.dtype(plain)}", where)
                array = array.astype(plain)
        return array

    def _text(self, array: NDArray[Any], where: str) -> NDArray[Any]:
        if not array.dtype.isnative:
            self._note("a foreign byte order becomes the native one", where)
        try:
            texts = array.astype(str)
            "".join(texts.flat).encode()
        except UnicodeError as error:
            raise _refused(array, f"{error} (at '{where}')") from error
        if array.dtype.kind == "S":
            self._note("bytes become text", where)
        lengths = {len(text) for text in texts.flat}
        if any("\0" in text for text in texts.flat):
            raise _refused(array, f"NUL in a text (at '{where}')")
        if array.ndim == 0 or not array.size or lengths == {0}:
            self._note("empty and single texts change their shape", where)
        elif lengths != {texts.dtype.itemsize // 4}:
            self._note("shorter texts are filled up with blanks", where)
        return texts

    def _sparse(self, matrix: Any, where: str) -> Any:
        from scipy.sparse import csc_matrix

        if matrix.ndim != 2 or matrix.dtype.kind not in "biufc":
            raise _refused(matrix, f"only sparse matrices of numbers (at '{where}')")
        if type(matrix) is not csc_matrix:
            self._note("sparse matrices become scipy.sparse.csc_matrix", where)
        compressed = csc_matrix(matrix)
        compressed.data = self._numbers(compressed.data, where)
        return compressed

    # ------------------------------------------------------------ trees

    def _list(self, values: Any, where: str) -> Any:
        import numpy as np

        if not values:
            self._note("empty lists become arrays of shape (0, 0)", where)
            return np.empty((0, 0))
        if set(kinds(values)) in ({"numbers"}, {"booleans"}):
            try:
                array = np.asarray(values)
            except ValueError:  # of several lengths
                array = np.empty(0, object)
            if array.dtype.kind in "biufc":
                self._note(f"{type(values).__name__}s become arrays", where)
                return self._array(array, where)
        self._note(f"{type(values).__name__}s become cell arrays", where)
        cells = np.empty((1, len(values)), object)
        for at, value in enumerate(values):
            cells[0, at] = self.value(value, f"{where}[{at}]")
        return cells

    def _cells(self, array: NDArray[Any], where: str) -> NDArray[Any]:
        return _filled(array.shape, object, lambda at: self.value(array[at], f"{where}{list(at)}"))

    def _struct(self, values: Any, where: str) -> Any:
        import numpy as np

        self._note(f"a {type(values).__name__} becomes a struct of shape (1, 1)", where)
        fields = {_checked(n, "a field", where): self.value(v, f"{where}.{n}") for n, v in values.items()}
        if not fields:
            return {}  # what scipy takes for a struct without fields
        struct = np.empty((1, 1), [(name, object) for name in fields])
        for name, value in fields.items():
            struct[name][0, 0] = value
        return struct

    def _reader(self, column: NDArray[Any], where: str) -> Callable[[tuple[int, ...]], Any]:
        return lambda at: self.value(column[at], where)

    def _records(self, array: NDArray[Any], where: str) -> NDArray[Any]:
        import numpy as np

        self._note("records become structs whose fields are arrays", where)
        names = [_checked(name, "a field", where) for name in array.dtype.names or ()]
        records = np.empty(array.shape, [(name, object) for name in names])
        for name in names:
            records[name] = _filled(array.shape, object, self._reader(array[name], f"{where}.{name}"))
        return records


def _filled(shape: tuple[int, ...], dtype: Any, read: Callable[[tuple[int, ...]], Any]) -> NDArray[Any]:
    import numpy as np

    filled = np.empty(shape, dtype)
    for at in np.ndindex(shape):
        filled[at] = read(at)
    return filled


def _checked(name: object, what: str, where: str = "") -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        at = f" (at '{where}')" if where else ""
        reason = f"the name of {what} in MATLAB is a letter and up to 62 letters, digits and underscores{at}"
        raise UnsupportedTypeError("mat", f"the key {name!r:.80}", reason=reason)
    return name


def _refused(value: object, reason: str) -> UnsupportedTypeError:
    return UnsupportedTypeError("mat", type_name(type(value)), reason=reason)
