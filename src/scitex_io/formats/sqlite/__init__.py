"""SQLite databases (.db, .sqlite, .sqlite3)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from scitex_io.content.parts import TablePart, key_option
from scitex_io.content.tables import TABLES, as_frame, as_wanted, has_default_index
from scitex_io.errors import (
    KeyExistsError,
    MissingKeyError,
    OptionError,
    UnreadableFileError,
    UnsupportedTypeError,
    type_name,
)
from scitex_io.formats.sqlite.columns import check_names, fetched, frame_of, labels_of, lowered
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option, save_option
from scitex_io.limits import most
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    import pandas as pd

MAGIC = b"SQLite format 3\0"
TABLE = "data"  # what a single frame is called
ENDLESS = 2**62  # rows
LONGEST = 10**9  # bytes of one value, as SQLite has it
READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
STATEMENT: set[int | None] = {
    None,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_SCHEMA,
}  # errors of a query
# What the check says of cells that break a rule of their schema, which is no damage.
RULES = re.compile(r"(NULL|NUMERIC|TEXT|non-\w+) value in |CHECK constraint failed")


def are_frames(tables: Mapping[Any, Any]) -> bool:
    """Is it frames by name?"""
    import pandas as pd

    return bool(tables) and all(isinstance(frame, pd.DataFrame) for frame in tables.values())


@frozen(kw_only=True)
class Sqlite(FormatHandler, TablePart, Saver[Any], Loader[Any], TypedLoader, Describer):
    """Tables by name: numbers, text, bytes, dates and gaps, each column with its type.

    Parameters
    ----------
    table, key
        The one table to save or load. Saving it keeps the others; loading it gives a frame, not a dict of frames.
    query, params
        A SELECT statement to load the result of, and the values for its ``?`` or ``:name``. It cannot change anything.
        Its columns have the types of their values: dates are text there.
    index
        Save the index as leading columns; by default if it is not merely a count.
    override
        Replace a table that is there; False makes it an error.
    """

    name = "sqlite"
    extensions = (".db", ".sqlite", ".sqlite3")
    accepts = (
        Accepts(dict, domain="frames by the name of their table", where=are_frames),
        Accepts("pandas.DataFrame", Fidelity.VALUE, dict, domain=f"as the table '{TABLE}', or table="),
        *(evolve(row, loads_as=dict) for row in TABLES),
    )
    yields = (dict, "pandas.DataFrame", "numpy.ndarray", list)
    requires = ("pandas",)
    in_place_options = frozenset({"table", "key"})
    beside = ("-wal", "-journal")
    magic = (MAGIC,)

    table: str | None = key_option()
    key: str | None = key_option()
    query: str | None = load_option(None)
    params: Sequence[Any] | Mapping[str, Any] | None = load_option(None)
    index: bool | None = save_option(None)
    override: bool = save_option(True)

    def __attrs_post_init__(self) -> None:
        if sum(option is not None for option in (self.table, self.key, self.query)) > 1:
            raise ValueError("one of table, key and query says what to load")
        if self.params is not None and self.query is None:
            raise ValueError("params are for a query")

    def is_cacheable(self) -> bool:
        """Another program may write what is not yet in the file itself."""
        return False

    # -- saving

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the tables as a new database, or one table into that which is there."""
        name = self.table if self.table is not None else self.key
        if isinstance(obj, dict) and are_frames(obj):
            if name is not None:
                reason = "a dict of frames brings the names of its tables"
                raise OptionError(self.name, "save", "table", self.options_for("save"), reason=reason)
            frames = obj
        else:
            frames = {TABLE if name is None else name: as_frame(obj)}
        check_names(frames, "table")
        update = path.exists()
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            # Until it is whole, nobody else sees the file: it needs no journal, and who wants it durable waits later.
            db.execute("PRAGMA synchronous = OFF")
            if not update:
                db.execute("PRAGMA journal_mode = OFF")
            db.execute("BEGIN")
            try:
                for title, frame in frames.items():
                    if update:
                        self._make_room(db, title, path)
                    self._write(db, title, frame)
            except (UnicodeEncodeError, OverflowError) as error:  # a lone surrogate, an integer of more than 64 bits
                raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error
            db.execute("COMMIT")

    def _make_room(self, db: sqlite3.Connection, name: str, path: Path) -> None:
        for there, kind in _objects(db).items():
            if there.lower() == name.lower():
                if kind == "view" or not self.override:
                    raise KeyExistsError(str(path), there)
                db.execute(f"DROP TABLE {_quoted(there)}")

    def _write(self, db: sqlite3.Connection, name: str, frame: pd.DataFrame) -> None:
        if self.index or (self.index is None and not has_default_index(frame)):
            lose("the index becomes leading columns")
            frame = frame.reset_index(allow_duplicates=True)
        labels = labels_of(frame)
        columns = [lowered(frame.iloc[:, at], label) for at, label in enumerate(labels)]
        types = ", ".join(f"{_quoted(label)} {kind}" for label, (kind, _) in zip(labels, columns, strict=True))
        try:
            db.execute(f"CREATE TABLE {_quoted(name)} ({types})")
        except sqlite3.OperationalError as error:  # more columns than it takes
            raise UnsupportedTypeError(self.name, "pandas.DataFrame", reason=str(error)) from error
        places = ", ".join("?" * len(columns))
        rows = zip(*(cells for _, cells in columns), strict=True)
        db.executemany(f"INSERT INTO {_quoted(name)} VALUES ({places})", rows)  # noqa: S608  # quoted

    # -- loading

    def load(self, path: Path, /) -> Any:
        """Every table as a frame, by name; the one frame of ``table=`` or ``query=``.

        Raises
        ------
        MissingKeyError
            There is no such table or view.
        """
        with self._opened(path) as db:
            if self.query is not None:
                return self.picked(self._result(db), path)
            known = _objects(db)
            name = self.table if self.table is not None else self.key
            if name is None:
                self._check(db, path, "PRAGMA quick_check")
                return {title: self._table(db, title, path) for title, kind in known.items() if kind != "view"}
            if name not in known:
                raise MissingKeyError(str(path), name, tuple(known))
            if known[name] == "table":
                self._check(db, path, f"PRAGMA quick_check({_quoted(name)})")
            return self._table(db, name, path)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The one frame that is asked for, or the only one there is; as plain data too."""
        loaded = self.load(path)
        if isinstance(loaded, dict):
            if len(loaded) != 1:
                return loaded  # several are not what is wanted
            (loaded,) = loaded.values()
        return loaded if isinstance(loaded, wanted) else as_wanted(loaded, wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The tables with their numbers of rows and columns; views by their columns."""
        keys = {}
        with self._opened(path) as db:
            for name, kind in _objects(db).items():
                width = f"{len(_columns(db, name))} columns"
                keys[name] = f"view of {width}" if kind == "view" else f"{_height(db, name)} rows x {width}"
        return {"kind": "tables", "keys": keys}

    @contextmanager
    def _opened(self, path: Path) -> Iterator[sqlite3.Connection]:
        with path.open("rb") as file:
            header = file.read(100)
            size = file.seek(0, 2)
        if not header:
            raise UnreadableFileError(str(path), self.name, "the file is empty")
        if not header.startswith(MAGIC):
            raise UnreadableFileError(str(path), self.name, "it is no SQLite database, or an encrypted one")
        log = path.with_name(f"{path.name}-wal")
        unfinished = log.exists() and log.stat().st_size > 0
        page, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
        counted = header[24:28] == header[92:96]  # only then is the number of pages up to date
        if counted and not unfinished and size < pages * (1 << 16 if page == 1 else page):
            raise UnreadableFileError(str(path), self.name, "the file is truncated")
        # A database in this mode (header 19) is given files beside it when it is opened, unless it is called immutable.
        mode = "mode=ro&immutable=1" if header[19] == 2 and not unfinished else "mode=ro"
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as db:
            db.execute("PRAGMA query_only = ON")
            db.execute("PRAGMA trusted_schema = OFF")
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(most() or LONGEST, LONGEST))
            yield db

    def _check(self, db: sqlite3.Connection, path: Path, question: str) -> None:
        db.execute("PRAGMA ignore_check_constraints = ON")
        found = [line for (line,) in db.execute(question) if line != "ok" and not RULES.match(line)]
        if found:
            raise UnreadableFileError(str(path), self.name, f"it is damaged ({found[0]})")

    def _table(self, db: sqlite3.Connection, name: str, path: Path) -> pd.DataFrame:
        import pandas as pd

        declared = _columns(db, name)
        chosen = self.wanted_columns(list(declared), path)
        labels = list(declared) if chosen is None else chosen
        if not labels:  # of columns=[]
            return pd.DataFrame(index=range(_height(db, name))[self.rows or slice(None)])
        # Through an index, the rows would come in another order.
        kind = db.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        order = " NOT INDEXED" if kind[0] == "table" and not kind[1].upper().startswith("CREATE VIRTUAL") else ""
        limit, offset, step = self._span(db, name)
        names = ", ".join(map(_quoted, labels))
        cursor = db.execute(f"SELECT {names} FROM {_quoted(name)}{order} LIMIT {limit} OFFSET {offset}")  # noqa: S608  # quoted
        rows = fetched(cursor) if not order or _computes(db, name) else cursor.fetchall()
        return frame_of(rows[::step], labels, [declared[label] for label in labels])

    def _span(self, db: sqlite3.Connection, name: str) -> tuple[int, int, int]:
        """The rows to read, and the step through them."""
        rows = self.rows or slice(None)
        counts = any(part is not None and part < 0 for part in (rows.start, rows.stop, rows.step))
        wanted = range(*rows.indices(_height(db, name) if counts else ENDLESS))
        if not wanted:
            return 0, 0, 1
        first, last = min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1])
        return last - first + 1, first, wanted.step

    def _result(self, db: sqlite3.Connection) -> pd.DataFrame:
        assert self.query is not None
        db.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY)
        try:
            cursor = db.execute(self.query, () if self.params is None else self.params)
        except sqlite3.DatabaseError as error:
            # What is wrong with the file has other codes; without one, it is more than a statement, or lacks values.
            if getattr(error, "sqlite_errorcode", None) not in STATEMENT:
                raise
            raise OptionError(self.name, "load", "query", self.options_for("load"), reason=str(error)) from error
        labels = [column[0] for column in cursor.description or ()]
        return frame_of(fetched(cursor), labels, [""] * len(labels))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _objects(db: sqlite3.Connection) -> dict[str, str]:
    """``table`` or ``view``, by name."""
    rows = db.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')")
    return {name: kind for name, kind in rows if not name.lower().startswith("sqlite_")}


def _columns(db: sqlite3.Connection, name: str) -> dict[str, str]:
    """The declared types, by column; generated columns too."""
    rows = db.execute(f"PRAGMA table_xinfo({_quoted(name)})")
    return {row[1]: row[2] for row in rows if row[6] != 1}  # 1: arguments of a virtual table


def _computes(db: sqlite3.Connection, name: str) -> bool:
    """Is there a column whose values are not in the file, but made of others?"""
    return any(row[6] for row in db.execute(f"PRAGMA table_xinfo({_quoted(name)})"))


def _height(db: sqlite3.Connection, name: str) -> int:
    count: int = db.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]  # noqa: S608  # quoted
    return count
