from __future__ import annotations

import datetime
import decimal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from same import difference, same
from scitex_io import (
    FileInUseError,
    KeyExistsError,
    LossError,
    LossyWarning,
    MissingKeyError,
    OptionError,
    UnexpectedTypeError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "007"], "c": [0.5, np.nan, np.inf]})
OTHER = pd.DataFrame({"z": [True, False]})


def database(path: Path, *statements: str) -> Path:
    """A database as other programs make them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)
    return path


def test_tables_come_back_by_name_and_one_of_them_as_a_frame(tmp_path: Path) -> None:
    path = save({"one": FRAME, "zwei drei": OTHER}, tmp_path / "a.db", on_loss="error")

    assert same(load(path), {"one": FRAME, "zwei drei": OTHER})
    assert same(load(path, table="zwei drei"), OTHER)
    assert same(load(path, key="one"), FRAME)
    assert info(path)["keys"] == {"one": "3 rows x 3 columns", "zwei drei": "2 rows x 1 columns"}
    with pytest.raises(MissingKeyError, match="it holds 'one', 'zwei drei'"):
        load(path, table="two")
    with pytest.raises(OptionError, match="one of table, key and query"):
        load(path, table="one", key="one")


@pytest.mark.parametrize("extension", ["db", "sqlite", "sqlite3", "SQLITE", "db.gz"])
def test_a_frame_is_the_table_data(extension: str, tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / f"a.{extension}", on_loss="error")

    assert same(load(path), {"data": FRAME})
    assert same(load(path, as_type=pd.DataFrame), FRAME)
    assert load(path, columns=["a"], as_type=list) == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert same(load(path, table="data", columns=["a"], as_type=np.ndarray), np.array([[1], [2], [3]]))


def test_several_tables_are_no_frame(tmp_path: Path) -> None:
    path = save({"one": FRAME, "two": OTHER}, tmp_path / "a.db")

    with pytest.raises(UnexpectedTypeError):
        load(path, as_type=pd.DataFrame)
    assert same(load(path, table="two", as_type=pd.DataFrame), OTHER)


def test_other_programs_see_the_declared_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": [1],
            "x": [0.5],
            "t": ["é"],
            "y": [True],
            "raw": pd.Series([b"\0"], dtype=object),
            "day": pd.Series([datetime.date(2020, 1, 2)], dtype=object),
            "at": pd.Series([datetime.time(1, 2, 3, 4)], dtype=object),
            "when": pd.Series(["2020-01-02 03:04:05.678901"], dtype="datetime64[us]"),
            "utc": pd.Series(pd.DatetimeIndex(["2020-01-02 03:04:05"], dtype="datetime64[s]").tz_localize("UTC")),
        }
    )
    path = save(frame, tmp_path / "a.db", table="t", on_loss="error")

    with closing(sqlite3.connect(path)) as db:
        types = [row[2] for row in db.execute("PRAGMA table_info(t)")]
        row = db.execute("SELECT * FROM t").fetchone()
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT date(\"when\", '+1 day') FROM t").fetchone() == ("2020-01-03",)
    assert types == ["INTEGER", "REAL", "TEXT", "BOOLEAN", "BLOB", "DATE", "TIME", "TIMESTAMP(6)", "TIMESTAMPTZ(0)"]
    assert row == (
        *(1, 0.5, "é", 1, b"\0", "2020-01-02", "01:02:03.000004"),
        *("2020-01-02 03:04:05.678901", "2020-01-02 03:04:05+00:00"),
    )
    assert same(load(path, table="t"), frame)


def test_an_empty_table_keeps_its_types(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1], "x": [0.5], "t": ["a"], "y": [True], "when": pd.to_datetime(["2020-01-01"])})

    path = save(frame.iloc[:0], tmp_path / "a.db", on_loss="error")

    assert same(load(path, table="data"), frame.iloc[:0])


@pytest.mark.parametrize(
    ("column", "loss"),
    [
        (np.array([1], dtype="int8"), "column 'x': int8 becomes int64"),
        (np.array([0.5], dtype="float32"), "column 'x': float32 becomes float64"),
        (np.array([-0.0]), "column 'x': -0.0 becomes 0.0"),
        (pd.Categorical(["a"]), "column 'x': category becomes str"),
        (pd.Series([1], dtype="Int64"), "column 'x': Int64 becomes int64"),
        (pd.to_timedelta(["1 days"]), "column 'x': durations become text"),
        (pd.to_datetime(["2020"]).tz_localize("Europe/Berlin"), "column 'x': the time zone Europe/Berlin becomes UTC"),
        (pd.Series([True, 1, "a"], dtype=object), "truth values become numbers"),
        (pd.Series([datetime.datetime(2020, 1, 1)], dtype=object), "object becomes datetime64"),
        (pd.Series([1, 2.5], dtype=object), "object becomes float64"),
        (pd.Series([2**60, 2.5, float("nan")], dtype=object), "other types of objects"),
    ],
)
def test_what_a_database_cannot_give_back_is_announced(column: Any, loss: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": column})
    with pytest.raises(LossError, match=loss):
        save(frame, tmp_path / "a.db", on_loss="error")

    assert list(tmp_path.iterdir()) == []
    assert len(load(save(frame, tmp_path / "a.db", on_loss="allow"), table="data")) == len(frame)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (np.array([2**63], dtype="uint64"), "too large"),
        (pd.Series([2**64], dtype=object), "too large|does not fit"),
        (pd.Series(["\ud800"], dtype=object), "surrogates"),
        (np.array([1j]), "it holds complex"),
        (pd.Series([[1]], dtype=object), "it holds list"),
        (pd.Series([decimal.Decimal(1)], dtype=object), "it holds Decimal"),
        (pd.period_range("2020", periods=1, freq="M"), "it holds Period"),
        (pd.Series([datetime.date(2020, 1, 1), "x"], dtype=object), "dates stand beside other values"),
        (np.array(["12020-01-01"], dtype="M8[s]"), "years 1 to 9999"),
    ],
)
def test_what_no_cell_holds_is_refused(column: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=reason):
        save(pd.DataFrame({"x": column}), tmp_path / "a.db", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "A"]), "the column name 'A' stands twice"),
        (pd.DataFrame([[1]], columns=["a\0"]), "is no text"),
        (pd.DataFrame({("a", 1): [1]}), "one name for each"),
        (pd.DataFrame(index=range(3)), "at least one column"),
        (pd.DataFrame(np.zeros((1, 2001))), "too many columns"),
        ({"sqlite_a": FRAME}, "is SQLite's own"),
        ({"a": FRAME, "A": FRAME}, "the table name 'A' stands twice"),
        ({"": FRAME}, "is no text"),
        ({1: FRAME}, "is no text"),
    ],
)
def test_names_that_no_table_has_are_refused(value: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=reason):
        save(value, tmp_path / "a.db", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


def test_labels_and_index_that_say_something_are_announced(tmp_path: Path) -> None:
    frame = pd.DataFrame({0: [1, 2]}, index=pd.Index(["p", "q"], name="who"))
    with pytest.warns(LossyWarning, match=r"index becomes leading columns; names of columns that are no text"):
        path = save(frame, tmp_path / "a.db")

    assert load(path, table="data").to_dict("list") == {"who": ["p", "q"], "0": [1, 2]}
    assert list(load(save(frame, path, index=False, on_loss="allow"), table="data")) == ["0"]


# -- one table of a database


def test_saving_one_table_keeps_the_others(tmp_path: Path) -> None:
    path = save({"one": FRAME, "two": FRAME}, tmp_path / "a.db")

    save(OTHER, path, table="TWO")
    save(OTHER, path, key="three")

    assert list(load(path)) == ["one", "TWO", "three"]
    assert same(load(path, table="one"), FRAME)
    assert same(load(path, table="TWO"), OTHER)
    assert same(load(save(OTHER, path)), {"data": OTHER})


def test_a_table_that_is_there_can_be_kept(tmp_path: Path) -> None:
    path = database(save(FRAME, tmp_path / "a.db"), "CREATE VIEW v AS SELECT a FROM data")

    for name, override in (("data", False), ("v", True)):
        with pytest.raises(KeyExistsError, match=f"already holds '{name}'"):
            save(OTHER, path, table=name, override=override)
    with pytest.raises(OptionError, match="brings the names"):
        save({"x": OTHER}, path, table="data")
    assert same(load(path, table="data"), FRAME)
    assert same(load(path, table="v"), FRAME[["a"]])


def test_a_refused_table_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = save({"one": FRAME}, tmp_path / "a.db")
    before = path.read_bytes()

    with pytest.raises(UnsupportedTypeError):
        save(pd.DataFrame({"x": [2**70]}), path, table="one", on_loss="allow")
    with pytest.raises(LossError):
        save(pd.DataFrame({"x": [-0.0]}), path, table="one", on_loss="error")

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_another_program_made_stays_when_one_table_is_saved(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        "PRAGMA journal_mode = WAL",
        "PRAGMA user_version = 7",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(10) NOT NULL UNIQUE)",
        "INSERT INTO t VALUES (5, 'x')",
        "CREATE VIEW v AS SELECT name FROM t",
    )

    save(OTHER, path, table="new")

    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (7,)
        assert db.execute("SELECT name FROM v").fetchall() == [("x",)]
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO t VALUES (6, 'x')")
    assert sorted(part.name for part in tmp_path.iterdir() if not part.name.endswith(("-wal", "-shm"))) == ["a.db"]


@pytest.mark.parametrize("options", [{}, {"table": "data"}])
def test_a_database_that_is_being_written_is_not_replaced(options: dict[str, Any], tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "PRAGMA journal_mode = WAL", "CREATE TABLE t (a)")
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("INSERT INTO t VALUES (1)")
        for name in (path, link):
            with pytest.raises(FileInUseError, match=r"a\.db-wal' holds changes"):
                save(OTHER, name, **options)
        assert load(path, table="t")["a"].tolist() == [1]
        db.execute("INSERT INTO t VALUES (2)")
        assert load(path, table="t")["a"].tolist() == [1, 2]

    save(OTHER, path, **options)
    assert same(load(path, table="data"), OTHER)


# -- queries


def test_a_query_gives_its_result(tmp_path: Path) -> None:
    path = save({"one": FRAME, "two": OTHER}, tmp_path / "a.db")

    assert load(path, query="SELECT sum(a) AS s, count(*) FROM one").to_dict("list") == {"s": [6], "count(*)": [3]}
    assert load(path, query="SELECT a FROM one WHERE a > ?", params=[1])["a"].tolist() == [2, 3]
    assert load(path, query="SELECT a FROM one WHERE a = :n", params={"n": 2}, as_type=list) == [{"a": 2}]
    assert load(path, query="SELECT a, a FROM one").shape == (3, 2)
    assert load(path, query="SELECT a, b FROM one", columns=["b"], rows=slice(-1, None))["b"].tolist() == ["007"]
    assert load(path, query="SELECT a FROM one WHERE 0").shape == (0, 1)
    with pytest.raises(OptionError, match="params are for a query"):
        load(path, params=[1])
    for query, params, reason in (
        ("SELECT absent FROM one", None, "no such column: absent"),
        ("SELECT 1 FROM absent", None, "no such table: absent"),
        ("SELEKT", None, "syntax error"),
        ("SELECT ?", [1, 2], "1, and there are 2 supplied"),
    ):
        with pytest.raises(OptionError, match=reason):
            load(path, query=query, params=params)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM data",
        "DROP TABLE data",
        "CREATE TEMP TABLE x (a)",
        "ATTACH '{folder}/new.db' AS other",
        "VACUUM INTO '{folder}/new.db'",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')",
        "SELECT 1; DELETE FROM data",
        "UPDATE data SET a = 0 RETURNING a",
    ],
)
def test_a_query_changes_nothing(query: str, tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "a.db")
    before = path.read_bytes()

    with pytest.raises(OptionError, match=r"authoriz|one statement"):
        load(path, query=query.format(folder=tmp_path))

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# -- a part of a table


@pytest.mark.parametrize(
    "rows",
    [
        *(slice(2, 5), slice(None, 3), slice(17, None), slice(-3, None), slice(None, -15), slice(30, None)),
        *(
            slice(1, 18, 5),
            slice(None, None, -1),
            slice(None, None, 3),
            slice(15, 3, -4),
            slice(5, 2),
            slice(-1, 0, -6),
        ),
    ],
    ids=str,
)
def test_rows_are_those_of_the_whole_table(rows: slice, tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": range(20), "b": [f"{at}" for at in range(20)]}), tmp_path / "a.db")
    whole = load(path, table="data")

    part = load(path, table="data", rows=rows, columns=["b", "a"])

    assert difference(part, whole.iloc[rows][["b", "a"]].reset_index(drop=True)) is None


def test_an_index_of_the_database_does_not_change_the_order(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE t (a INTEGER, b TEXT)",
        "INSERT INTO t VALUES (3, 'x'), (1, 'y'), (2, 'z')",
        "CREATE INDEX by_a ON t (a)",
    )

    assert load(path, table="t", columns=["a"])["a"].tolist() == [3, 1, 2]
    assert load(path, table="t", columns=["a"], rows=slice(1))["a"].tolist() == [3]


def test_columns_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "a.db")

    with pytest.raises(MissingKeyError, match="'a', 'b', 'c'"):
        load(path, table="data", columns=["d"])
    assert load(path, table="data", columns=[], rows=slice(1, None)).shape == (2, 0)


# -- databases of other programs


def test_columns_are_typed_by_what_is_declared_and_what_is_there(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        """CREATE TABLE t (
            n INT, gap INTEGER, price DECIMAL(10, 2), loose, mixed INTEGER, flag bool, odd BOOLEAN,
            day DATE, wrong_day DATE, stamp DATETIME, epoch TIMESTAMP, fine TIMESTAMP(0), absent FLOAT, big NUMERIC
        )""",
        """INSERT INTO t VALUES (1, 9007199254740993, 1.0, 'a', 1, 1, 1, '2020-01-01', 'soon',
            '2020-01-01T10:00:00', 1577836800, '2020-01-01 00:00:00.5', NULL, 9007199254740993)""",
        """INSERT INTO t VALUES (2, NULL, 1.5, X'00', 'text', 0, 2, NULL, '2020-01-01',
            '2020-01-02', 1577836801, '2020-01-01 00:00:00', NULL, 0.5)""",
    )

    frame = load(path, table="t")

    dtypes = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert dtypes | {"wrong_day": "", "day": ""} == {
        "n": "int64",
        "gap": "Int64",
        "price": "float64",
        "loose": "object",
        "mixed": "object",
        "flag": "bool",
        "odd": "int64",
        "day": "",
        "wrong_day": "",
        "stamp": "datetime64[us]",
        "epoch": "int64",
        "fine": "datetime64[us]",
        "absent": "float64",
        "big": "object",
    }
    assert frame["gap"].tolist() == [9007199254740993, pd.NA]
    assert frame["loose"].tolist() == ["a", b"\0"]
    assert frame["mixed"].tolist() == [1, "text"]
    assert frame["day"].tolist() == [datetime.date(2020, 1, 1), None]
    assert frame["wrong_day"].tolist() == ["soon", "2020-01-01"]
    assert frame["stamp"].tolist() == [pd.Timestamp("2020-01-01 10:00"), pd.Timestamp("2020-01-02")]
    assert frame["fine"][0] == pd.Timestamp("2020-01-01 00:00:00.5")
    assert frame["big"].tolist() == [9007199254740993, 0.5]


def test_views_and_every_kind_of_table_load(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE w (k TEXT PRIMARY KEY, v, twice AS (v * 2)) WITHOUT ROWID",
        "INSERT INTO w (k, v) VALUES ('b', 1), ('a', 2)",
        "CREATE VIEW v AS SELECT v + 1 AS n FROM w ORDER BY k",
        "CREATE VIRTUAL TABLE places USING rtree(id, low, high)",
        "INSERT INTO places VALUES (7, 0.5, 1.5)",
        "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)",
        'CREATE TABLE "odd ""name""" ("" INTEGER)',
    )

    loaded = load(path)

    assert loaded["w"].to_dict("list") == {"k": ["a", "b"], "v": [2, 1], "twice": [4, 2]}
    assert loaded["places"].to_dict("list") == {"id": [7], "low": [0.5], "high": [1.5]}
    assert list(loaded['odd "name"']) == [""]
    assert "v" not in loaded
    assert "sqlite_sequence" not in loaded
    assert load(path, table="v", rows=slice(1, None))["n"].tolist() == [2]
    assert info(path)["keys"]["v"] == "view of 1 columns"


def test_a_rule_of_the_schema_that_a_row_breaks_is_no_damage(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE t (a INTEGER, b INTEGER CHECK (b > 0))",
        "PRAGMA ignore_check_constraints = ON",
        "INSERT INTO t VALUES (NULL, -1)",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE TABLE t (a INTEGER NOT NULL, b INTEGER CHECK (b > 0))'",
    )

    assert load(path, table="t")["b"].tolist() == [-1]
    assert load(path)["t"]["b"].tolist() == [-1]


def test_a_database_in_a_folder_without_write_permission_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "PRAGMA journal_mode = WAL", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    assert [part.name for part in tmp_path.iterdir()] == ["a.db"]
    tmp_path.chmod(0o500)

    try:
        assert load(path, table="t")["a"].tolist() == [1]
    finally:
        tmp_path.chmod(0o700)
    assert [part.name for part in tmp_path.iterdir()] == ["a.db"]


@pytest.mark.parametrize("name", ["a?mode=rwc&x.db", "a#b.db", "a%20b.db", "ü b.db", "a[1].db"])
def test_a_name_is_no_address(name: str, tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / name, table="t")

    assert same(load(path, table="t"), FRAME)
    assert [part.name for part in tmp_path.iterdir()] == [name]


# -- damage


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"name,age\nx,1\n" * 20, "it is no SQLite database, or an encrypted one"),
        (bytes(range(256)) * 16, "it is no SQLite database, or an encrypted one"),
        (b"SQLite format 3\0" + b"\xff" * 500, "sqlite"),
    ],
    ids=["empty", "text", "encrypted", "header"],
)
def test_what_is_no_database_says_so(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)

    for act in (load, info, lambda path: load(path, table="t"), lambda path: load(path, query="SELECT 1")):
        with pytest.raises(UnreadableFileError, match=says):
            act(path)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    frame = pd.DataFrame({"a": range(2000), "b": [f"text {at}" for at in range(2000)]})
    return save({"one": frame, "two": frame}, tmp_path / "a.db")


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_a_truncated_database_is_an_error_whatever_is_asked_of_it(large: Path, part: float) -> None:
    content = large.read_bytes()
    large.write_bytes(content[: int(len(content) * part)])

    asked: list[dict[str, Any]] = [{}, {"table": "one"}, {"query": "SELECT 1"}]
    for options in asked:
        with pytest.raises(UnreadableFileError, match="truncated"):
            load(large, **options)


def test_a_damaged_page_is_an_error_where_it_is_read(large: Path) -> None:
    content = bytearray(large.read_bytes())
    at = content.index(b"text 1500") // 4096 * 4096
    content[at : at + 100] = bytes(range(100))
    large.write_bytes(content)

    asked: list[dict[str, Any]] = [{}, {"table": "one"}]
    for options in asked:
        with pytest.raises(UnreadableFileError, match=r"damaged|malformed"):
            load(large, **options)
    assert len(load(large, table="two")) == 2000


def test_text_that_is_none_is_an_error(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (CAST(X'ff' AS TEXT))")

    with pytest.raises(UnreadableFileError, match="decode"):
        load(path)


def test_a_change_that_was_cut_off_is_an_error(large: Path) -> None:
    copy = large.with_name("b.db")
    with closing(sqlite3.connect(large, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("UPDATE one SET a = a + 1, b = 'changed'")
        copy.write_bytes(large.read_bytes())
        copy.with_name("b.db-journal").write_bytes(large.with_name("a.db-journal").read_bytes())
        db.execute("ROLLBACK")

    with pytest.raises(UnreadableFileError):
        load(copy, table="one")
    with pytest.raises(FileInUseError):
        save(FRAME, copy)


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    make: Callable[[str], bytes] = lambda name: save({"t": FRAME}, tmp_path / name).read_bytes()  # noqa: E731

    assert make("a.db") == make("b.db")


def test_the_real_database_loads(corpus: Path) -> None:
    path = corpus / "db" / "tests_poll.db"

    assert list(load(path)) == ["tests_poll"]
    assert load(path, table="tests_poll").shape == (0, 4)
