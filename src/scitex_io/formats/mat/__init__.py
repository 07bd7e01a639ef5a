"""MATLAB's files (.mat): version 5 written, versions 4 to 7.3 read."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from scitex_io.content.arrays import one_of, text_keys
from scitex_io.content.parts import RowPart, load_key_option
from scitex_io.content.rows import no_rows, sliced
from scitex_io.errors import MissingKeyError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option, save_option
from scitex_io.typing import Describer, Loader, Saver

HEADER = b"MATLAB 5.0 MAT-file, written by scitex_io".ljust(116)
"""The text that a file begins with; scipy's has the time in it, and equal content would give different files."""
SMALL = 1 << 28
"""Bytes; a file below this that asks for more memory than there is has a damaged length in it."""


def _names(given: str | Iterable[str] | None) -> tuple[str, ...] | None:
    return given if given is None else (given,) if isinstance(given, str) else tuple(given)


@frozen(kw_only=True)
class Mat(FormatHandler, RowPart, Saver[Any], Loader[Any], Describer):
    """Variables by name; MATLAB knows no arrays of fewer than two dimensions, and only some dtypes.

    Parameters
    ----------
    do_compression
        Pack the variables; they take less room and more time.
    oned_as
        What a 1-d array becomes: a ``"row"`` or a ``"column"``.
    key
        Load only the variable of this name, and give it itself.
    rows
        Only these rows of the variable that *key* names.
    variable_names
        Load only these variables.
    squeeze_me, struct_as_record, simplify_cells, mat_dtype, chars_as_strings, byte_order, uint16_codec
        As in `scipy.io.loadmat`.
    verify_compressed_data_integrity
        Compare the checksums of packed variables.
    """

    name = "mat"
    extensions = (".mat",)
    accepts = (
        Accepts(dict, Fidelity.VALUE, loads_as=dict, domain="MATLAB names, numbers in 2-d arrays", where=text_keys),
        Accepts(Mapping, Fidelity.VALUE, loads_as=dict, domain="MATLAB names, numbers in 2-d arrays", where=text_keys),
        Accepts("pandas.DataFrame", Fidelity.LOSSY, loads_as=dict, loses="the index; columns become arrays"),
        Accepts("pandas.Series", Fidelity.LOSSY, loads_as=dict, loses="the index; it becomes an array"),
        Accepts("pandas.Index", Fidelity.LOSSY, loads_as=dict, loses="it becomes an array", subclasses=True),
    )
    yields = (dict,)
    requires = ("scipy", "h5py")
    magic = (b"MATLAB",)

    do_compression: bool = save_option(False)
    oned_as: Literal["row", "column"] = field(
        default="row", validator=one_of("row", "column"), metadata={"verb": "save"}
    )
    key: str | None = load_key_option()
    variable_names: tuple[str, ...] | None = field(default=None, converter=_names, metadata={"verb": "load"})
    squeeze_me: bool = load_option(False)
    struct_as_record: bool = load_option(True)
    simplify_cells: bool = load_option(False)
    mat_dtype: bool = load_option(False)
    chars_as_strings: bool = load_option(True)
    byte_order: str | None = load_option(None)
    uint16_codec: str | None = load_option(None)
    verify_compressed_data_integrity: bool = load_option(True)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write one variable for each key; a DataFrame's columns are the variables, a Series is one."""
        from scipy.io import savemat
        from scipy.io.matlab import MatWriteError

        from scitex_io.formats.mat.variables import NAME, Variables

        if (
            not hasattr(obj, "items") or not hasattr(obj, "keys") or getattr(obj, "ndim", 0) == 1
        ):  # a Series or an Index
            named = isinstance(obj.name, str) and NAME.fullmatch(obj.name)
            obj = {obj.name if named else "values": obj.to_numpy()}
        variables = Variables(one_dimensional=self.oned_as).of(obj)
        try:
            savemat(
                str(path),
                variables,
                appendmat=False,
                long_field_names=True,
                do_compression=self.do_compression,
                oned_as=self.oned_as,
            )
        except MatWriteError as error:
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error
        with path.open("r+b") as file:
            file.write(HEADER)

    def load(self, path: Path, /) -> Any:
        """The variables, behind ``__header__``, ``__version__`` and ``__globals__``; or the one that ``key`` names."""
        if self.rows is not None and self.key is None:
            raise no_rows(
                self.name, f"name one variable with key=: {', '.join(map(repr, self.describe(path)['keys']))}"
            )
        wanted = (self.key,) if self.key is not None else self.variable_names
        is_part = False
        try:
            if self._is_hdf5(path):
                content, is_part = self._from_hdf5(path, wanted)
            else:
                content = self._from_mat(path, wanted)
        except TypeError as error:  # scipy's word for what is no variable
            raise UnreadableFileError(str(path), self.name, str(error)) from error
        except MemoryError as error:
            if path.stat().st_size >= SMALL:
                raise
            raise UnreadableFileError(str(path), self.name, "a length in it is beyond any memory") from error
        for name in wanted or ():
            if name not in content:
                raise MissingKeyError(str(path), name, tuple(self.describe(path)["keys"]))
        if self.key is None:
            return content
        found = content[self.key]
        return found if self.rows is None or is_part else sliced(found, self.rows, self.name)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The variables with class and shape, without their data."""
        from scipy.io import whosmat

        if self._is_hdf5(path):
            from scitex_io.formats.mat.version73 import Reader

            return {"kind": "tree", "keys": Reader(path=path).describe()}
        told = whosmat(str(path), appendmat=False)
        return {"kind": "tree", "keys": {name: f"{kind} {shape}" for name, shape, kind in told}}

    @staticmethod
    def _is_hdf5(path: Path) -> bool:
        with path.open("rb") as file:
            first = file.read(520)
        signature = b"\x89HDF\r\n\x1a\n"
        return first.startswith(signature) or first[512:] == signature  # behind MATLAB's own header, or plain

    def _from_mat(self, path: Path, wanted: tuple[str, ...] | None) -> dict[str, Any]:
        from scipy.io import loadmat

        from scitex_io.formats.mat.version5 import check

        check(path, whole=wanted is None)
        options: dict[str, Any] = {
            "variable_names": wanted,
            "squeeze_me": self.squeeze_me,
            "struct_as_record": self.struct_as_record,
            "simplify_cells": self.simplify_cells,
            "mat_dtype": self.mat_dtype,
            "chars_as_strings": self.chars_as_strings,
            "byte_order": self.byte_order,
            "verify_compressed_data_integrity": self.verify_compressed_data_integrity,
        }
        if self.uint16_codec is not None:  # version 4 has no such text
            options["uint16_codec"] = self.uint16_codec
        with warnings.catch_warnings():
            # scipy would give the text of the error as the value of the variable.
            warnings.filterwarnings("error", "Unreadable variable")
            content: dict[Any, Any] = loadmat(str(path), appendmat=False, **options)
        return content

    def _from_hdf5(self, path: Path, wanted: tuple[str, ...] | None) -> tuple[dict[str, Any], bool]:
        from scitex_io.formats.mat.version73 import Reader

        reader = Reader(
            path=path,
            squeeze=self.squeeze_me or self.simplify_cells,
            records=self.struct_as_record and not self.simplify_cells,
            simple=self.simplify_cells,
            logical=self.mat_dtype,
            texts=self.chars_as_strings,
        )
        if self.rows is not None and self.key is not None:
            part = reader.rows_of(self.key, self.rows)
            if part is not None:
                return {self.key: part}, True
        return reader.read(wanted), False
