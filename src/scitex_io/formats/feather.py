"""Feather tables: the Arrow file format (.feather)."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scitex_io.content.arrow import from_arrow, selected, to_arrow
from scitex_io.content.notes import NoteKeeper
from scitex_io.content.notes import feather as notes_in
from scitex_io.content.tables import TABLES, as_frame, as_wanted
from scitex_io.errors import UnreadableFileError
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, load_option, save_option
from scitex_io.typing import Describer, Loader, Saver, TypedLoader, Verb

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

OLD = b"FEA1"


@frozen(kw_only=True)
class Feather(FormatHandler, PassThrough, Saver[Any], Loader["pd.DataFrame"], TypedLoader, Describer, NoteKeeper):
    """A table, exact: every dtype, index and label that Arrow can hold. Reads the old version 1, too."""

    name = "feather"
    extensions = (".feather",)
    accepts = (
        Accepts("pandas.DataFrame"),
        *TABLES,
        Accepts("pyarrow.Table", Fidelity.VALUE, loads_as="pandas.DataFrame"),
    )
    yields = ("pandas.DataFrame", "pyarrow.Table", "numpy.ndarray", list, dict)
    requires = ("pyarrow", "pandas")
    magic = (b"ARROW1", OLD)
    library: ClassVar = {"save": "pyarrow.feather:write_feather", "load": "pyarrow.feather:read_table"}

    compression: str | None = save_option("lz4")
    index: bool | None = save_option(None)  # None: keep it, the default range at no cost; False: drop it
    columns: Sequence[Hashable] | None = load_option(None)  # read only these

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What the library takes beside the table and the place."""
        return frozenset(PassThrough.passes_on(self, verb)) - {"df", "dest", "source", "version"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the table, compressed with LZ4 unless told otherwise."""
        import pyarrow as pa
        from pyarrow import feather

        table = obj if isinstance(obj, pa.Table) else to_arrow(as_frame(obj), self.name, index=self.index)
        feather.write_feather(table, str(path), compression=self.compression or "uncompressed", **self.extra_options)

    def load(self, path: Path, /) -> pd.DataFrame:
        """The frame that was saved; a table by others as pandas reads it."""
        return from_arrow(self._table(path))

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The Arrow table itself, or the frame as plain data."""
        import pyarrow as pa

        return self._table(path) if wanted is pa.Table else as_wanted(self.load(path), wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Rows and columns, from the metadata of the file."""
        import pyarrow as pa
        from pyarrow import dataset

        if _first(path) == OLD:
            table = self._table(path)
            rows, schema = table.num_rows, table.schema
        else:
            rows = dataset.dataset(path, format="feather").count_rows()
            with pa.memory_map(str(path)) as file:
                schema = pa.ipc.open_file(file).schema
        dtypes = from_arrow(schema.empty_table()).dtypes
        return {"kind": "table", "rows": rows, "columns": {str(name): str(dtype) for name, dtype in dtypes.items()}}

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As entries in the metadata of the schema; the batches are written anew."""
        notes_in.put(path, notes)

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return notes_in.get(path, name)

    def _table(self, path: Path) -> pa.Table:
        import pyarrow as pa
        from pyarrow import feather

        # memory_map: the arrays would be the file itself, and change with it.
        options = {"memory_map": False, **self.extra_options}
        with warnings.catch_warnings():
            if _first(path) == OLD:
                warnings.filterwarnings("ignore", "Feather V1", DeprecationWarning)
                columns = list(map(str, self.columns)) if self.columns is not None else None
            elif self.columns is not None:
                with pa.memory_map(str(path)) as file:
                    columns = selected(self.columns, pa.ipc.open_file(file).schema, str(path))
            else:
                columns = None
            try:
                table = feather.read_table(str(path), columns=columns, **options)
            except MemoryError as error:
                advice = "the file is damaged, or needs more memory than there is"
                raise UnreadableFileError(str(path), self.name, str(error), advice) from error
        # Feather has no checksums: at least no offset may lead outside the data.
        table.validate(full=True)
        return notes_in.bare(table)


def _first(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)
