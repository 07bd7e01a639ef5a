"""Apache Parquet tables (.parquet)."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scitex_io.content.arrow import from_arrow, selected, to_arrow
from scitex_io.content.tables import TABLES, as_frame, as_wanted
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, load_option, save_option
from scitex_io.typing import Describer, Loader, Saver, TypedLoader, Verb

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@frozen(kw_only=True)
class Parquet(FormatHandler, PassThrough, Saver[Any], Loader["pd.DataFrame"], TypedLoader, Describer):
    """A table, exact: every dtype, index and label that Arrow can hold."""

    name = "parquet"
    extensions = (".parquet",)
    accepts = (
        Accepts("pandas.DataFrame"),
        *TABLES,
        Accepts("pyarrow.Table", Fidelity.VALUE, loads_as="pandas.DataFrame"),
    )
    yields = ("pandas.DataFrame", "pyarrow.Table", "numpy.ndarray", list, dict)
    requires = ("pyarrow", "pandas")
    magic = (b"PAR1",)
    parallel = "threads"
    library: ClassVar = {"save": "pyarrow.parquet:write_table", "load": "pyarrow.parquet:read_table"}

    compression: str | Mapping[str, str] | None = save_option("snappy")  # or by column
    index: bool | None = save_option(None)  # None: keep it, the default range at no cost; False: drop it
    columns: Sequence[Hashable] | None = load_option(None)  # read only these

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What the library takes beside the table and the place."""
        taken = {"table", "where", "source", "filesystem", "partitioning", "use_pandas_metadata", "schema"}
        return frozenset(PassThrough.passes_on(self, verb)) - taken

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the table with a checksum for each page, so that damage is noticed."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = obj if isinstance(obj, pa.Table) else to_arrow(as_frame(obj), self.name, index=self.index)
        options = {"write_page_checksum": True, **self.extra_options}
        try:
            pq.write_table(table, path, compression=self.compression or "none", **options)
        except pa.ArrowInvalid as error:  # a value that Parquet's narrower types have no room for
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error

    def load(self, path: Path, /) -> pd.DataFrame:
        """The frame that was saved; a table by others as pandas reads it."""
        return from_arrow(self._table(path))

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The Arrow table itself, or the frame as plain data."""
        import pyarrow as pa

        return self._table(path) if wanted is pa.Table else as_wanted(self.load(path), wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Rows and columns, from the footer of the file."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            rows, schema = file.metadata.num_rows, file.schema_arrow
        dtypes = from_arrow(schema.empty_table()).dtypes
        return {"kind": "table", "rows": rows, "columns": {str(name): str(dtype) for name, dtype in dtypes.items()}}

    def _table(self, path: Path) -> pa.Table:
        import pyarrow.parquet as pq

        columns = selected(self.columns, pq.read_schema(path), str(path)) if self.columns is not None else None
        options = {"page_checksum_verification": True, **self.extra_options}
        # partitioning: a folder called "day=3" would become a column.
        return pq.read_table(path, columns=columns, partitioning=None, **options)
