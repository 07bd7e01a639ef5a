"""`writer` and `recover`: files that come in batches."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from same import difference
from scitex_io import (
    Accepts,
    Appender,
    BatchError,
    BeingWrittenError,
    FormatHandler,
    Loader,
    LossError,
    LossyWarning,
    MissingFileError,
    OptionError,
    Saver,
    UnfinishedError,
    UnknownFormatError,
    UnreadableFileError,
    UnsupportedTypeError,
    load,
    recover,
    register,
    save,
    writer,
)
from test_cli import run

FRAME = pd.DataFrame(
    {
        "n": range(10),
        "x": np.linspace(0, 1, 10),
        "text": ["plain", 'quo"te', "com,ma", "new\nline", "", " ", "ünï", "a\tb", "0", "-"],
        "flag": [True, False] * 5,
    }
)
TABLES = [".csv", ".tsv", ".parquet", ".feather", ".arrow", ".orc"]
ARRAYS = [".npz", ".h5", ".zarr"]


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def written(path: Path, batches: Sequence[Any], **options: Any) -> Any:
    with writer(path, verbose=False, on_loss="allow", **options) as file:
        for batch in batches:
            file.append(batch)
    return load(path)


def interrupted(path: Path, batches: Sequence[Any], **options: Any) -> None:
    with pytest.raises(KeyboardInterrupt), writer(path, verbose=False, on_loss="allow", **options) as file:
        for batch in batches:
            file.append(batch)
        raise KeyboardInterrupt


@pytest.mark.parametrize("extension", TABLES)
@pytest.mark.parametrize("parts", [[10], [1, 9], [3, 3, 4], [5, 0, 5]])
def test_the_batches_of_a_table_are_the_table(extension: str, parts: list[int], tmp_path: Path) -> None:
    ends = np.cumsum([0, *parts])
    got = written(tmp_path / f"a{extension}", [FRAME[a:b] for a, b in pairwise(ends)])

    assert difference(got, load(save(FRAME, tmp_path / f"b{extension}", verbose=False, on_loss="allow"))) is None
    assert names(tmp_path) == [f"a{extension}", f"b{extension}"]


@pytest.mark.parametrize("extension", TABLES)
def test_a_table_comes_as_records_columns_or_of_arrow_too(extension: str, tmp_path: Path) -> None:
    import pyarrow as pa

    table = FRAME[["n", "x"]]
    kinds: list[list[Any]] = [
        [table.to_dict("records")],
        [table.to_dict("list")],
        [pa.Table.from_pandas(table, preserve_index=False)],
    ]
    for batches in kinds:
        got = written(tmp_path / f"a{extension}", batches)

        assert got.to_dict("list") == table.to_dict("list")


def test_the_index_of_a_table_goes_on(tmp_path: Path) -> None:
    frame = FRAME[["x"]].set_axis(pd.date_range("2020", periods=10, name="when"))

    got = written(tmp_path / "a.parquet", [frame[:4], frame[4:]])

    pd.testing.assert_frame_equal(got, frame, check_freq=False)


@given(
    rows=st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3, max_size=3), min_size=1, max_size=20),
    size=st.integers(1, 7),
)
def test_the_batches_of_an_array_are_the_array(
    rows: list[list[int]], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    array = np.array(rows, dtype="<i4")
    batches = [array[at : at + size] for at in range(0, len(array), size)]
    path = tmp_path_factory.mktemp("w") / "a.npy"

    got = written(path, batches)

    assert difference(got, array) is None


@pytest.mark.parametrize("extension", ARRAYS)
def test_arrays_of_several_names_go_on_each_at_its_own_pace(extension: str, tmp_path: Path) -> None:
    signal_, events = np.arange(24.0).reshape(6, 4), np.arange(3, dtype="int16")

    got = written(
        tmp_path / f"a{extension}",
        [{"eeg": signal_[:4], "events": events[:0]}, {"eeg": signal_[4:], "events": events}],
    )

    assert difference(got, {"eeg": signal_, "events": events}) is None


def test_lines_of_json_come_one_or_several_at_a_time(tmp_path: Path) -> None:
    got = written(tmp_path / "a.jsonl", [{"a": 1}, [{"a": 2}, "text"], [], [[3]]])

    assert got == [{"a": 1}, {"a": 2}, "text", [3]]


def test_one_part_of_a_file_is_written_in_batches(tmp_path: Path) -> None:
    path = save({"kept": 1}, tmp_path / "a.h5", verbose=False)

    got = written(path, [np.arange(3), np.arange(2)], key="rec/one")

    assert difference(got, {"kept": 1, "rec": {"one": np.array([0, 1, 2, 0, 1])}}) is None


def test_the_options_of_the_format_hold(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", [FRAME[["n"]][:2], FRAME[["n"]][2:3]], sep=";", na_rep="-")
    written(tmp_path / "a.parquet", [FRAME] * 50, compression="zstd")
    written(tmp_path / "b.parquet", [FRAME] * 50, compression="none")

    assert (tmp_path / "a.csv").read_text() == "n\n0\n1\n2\n"
    assert (tmp_path / "a.parquet").stat().st_size < (tmp_path / "b.parquet").stat().st_size
    with pytest.raises(OptionError, match="no option 'sap'"):
        writer(tmp_path / "a.csv", sap=";")
    with pytest.raises(OptionError, match="JSON"):
        writer(tmp_path / "a.csv", sep=";", float_format=str)


@pytest.mark.parametrize(
    ("extension", "first", "other", "told"),
    [
        (".csv", FRAME, FRAME[["n", "x"]], "text"),
        (".csv", FRAME, FRAME[["x", "n", "text", "flag"]], "'n'"),
        (".parquet", FRAME, FRAME.astype({"n": float}), "int64, now double"),
        (".parquet", FRAME, FRAME.assign(more=1), "now int64"),
        (".npy", np.zeros((2, 3)), np.zeros((2, 4)), r"n, 3\), now <f8 \(n, 4"),
        (".npy", np.zeros((2, 3)), np.zeros((2, 3), int), "<f8"),
        (".h5", {"a": np.zeros(2)}, {"b": np.zeros(2)}, "b: nothing"),
    ],
)
def test_a_batch_unlike_the_first_one_is_refused_and_the_others_stay(
    extension: str, first: Any, other: Any, told: str, tmp_path: Path
) -> None:
    path = tmp_path / f"a{extension}"
    with writer(path, verbose=False, on_loss="allow") as file:
        file.append(first)
        with pytest.raises(BatchError, match=told):
            file.append(other)
        file.append(first)

    assert len(load(path)["a"] if extension == ".h5" else load(path)) == 2 * len(
        first["a"] if extension == ".h5" else first
    )


@pytest.mark.parametrize(
    ("name", "batch"),
    [
        ("a.npy", np.array([object()])),
        ("a.npy", np.float64(1)),
        ("a.npy", {"a": np.zeros(2)}),
        ("a.h5", {"a": pd.DataFrame({"b": [1]})}),
        ("a.h5", {}),
        ("a.csv", np.zeros((2, 2, 2))),
        ("a.parquet", pd.DataFrame({"a": [object()]})),
        ("a.jsonl", [object()]),
    ],
)
def test_what_the_format_cannot_take_is_refused_before_anything_is_written(
    name: str, batch: Any, tmp_path: Path
) -> None:
    with pytest.raises((UnsupportedTypeError, TypeError)), writer(tmp_path / name) as file:
        file.append(batch)

    assert names(tmp_path) == []


def test_a_loss_is_told_once_or_refused(tmp_path: Path) -> None:
    frame = FRAME.assign(when=pd.Timestamp("2020"))
    with writer(tmp_path / "a.csv", verbose=False) as file:
        with pytest.warns(LossyWarning, match="dates") as told:
            file.append(frame)
        file.append(frame)
    with pytest.raises(LossError), writer(tmp_path / "b.csv", on_loss="error") as file:
        file.append(frame)

    assert len(told) == 1
    assert told[0].filename == __file__
    assert names(tmp_path) == ["a.csv"]


def test_nothing_appended_is_an_error_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = save([1], tmp_path / "a.jsonl", verbose=False)

    with pytest.raises(BatchError, match="no batch"), writer(path):
        pass

    assert load(path) == [1]
    assert names(tmp_path) == ["a.jsonl"]


def test_formats_that_take_no_batches_say_which_do(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"csv.*jsonl.*npy"):
        writer(tmp_path / "a.json")
    with pytest.raises(UnknownFormatError):
        writer(tmp_path / "a.nonsense")


# ---------------------------------------------------------------- what is left


def test_an_error_keeps_the_batches_and_what_was_at_the_path(tmp_path: Path) -> None:
    path = save([0], tmp_path / "a.jsonl", verbose=False)

    with pytest.raises(ZeroDivisionError) as caught, writer(path) as file:
        file.append([1])
        file.append([2])
        raise ZeroDivisionError

    assert any("2 batches are kept" in note and "recover" in note for note in caught.value.__notes__)
    assert load(path) == [0]
    with pytest.raises(UnfinishedError, match="2 batches"), writer(path):
        pass
    assert recover(path) == path
    assert load(path) == [1, 2]
    assert names(tmp_path) == ["a.jsonl"]


def test_a_killed_writer_loses_at_most_the_batch_it_was_writing(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nimport numpy as np\nfrom scitex_io import writer\n"
        "with writer(sys.argv[1]) as w:\n"
        "    for n in range(5):\n        w.append(np.full((2, 3), n))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "a.npy"
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -signal.SIGKILL
    assert names(tmp_path) == ["a.npy.unfinished"]
    save(1, tmp_path / "other.json", verbose=False)  # sweeps what it may

    recover(path, to=tmp_path / "b.npy")

    assert load(tmp_path / "b.npy")[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert names(tmp_path) == ["b.npy", "other.json"]


def test_a_path_has_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"

    with writer(path, verbose=False) as file:
        file.append([1])
        with pytest.raises(BeingWrittenError, match="another writer"), writer(path):
            pass
        with pytest.raises(BeingWrittenError):
            recover(path)
        assert run("doctor", str(tmp_path)).exit_code == 0

    assert load(path) == [1]


def test_recovering_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no writer left anything"):
        recover(tmp_path / "a.csv")


@pytest.mark.parametrize("extension", [".jsonl", ".csv", ".parquet", ".npy", ".h5"])
def test_a_journal_cut_anywhere_gives_the_batches_before(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{extension}"
    make: dict[str, Callable[[int], Any]] = {
        ".jsonl": lambda n: [n] * 3,
        ".csv": lambda n: FRAME.assign(n=n),
        ".parquet": lambda n: FRAME.assign(n=n),
        ".npy": lambda n: np.full(3, n),
        ".h5": lambda n: np.full(3, n),
    }
    batches = [make[extension](n) for n in range(4)]
    interrupted(path, batches)
    data = tmp_path / f"a{extension}.unfinished" / "data"
    whole = data.read_bytes()

    for size in sorted({0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 1, len(whole)}):
        if not (tmp_path / f"a{extension}.unfinished").exists():
            interrupted(path, batches)
        data.write_bytes(whole[:size])
        records = data.with_name("ends").read_bytes()
        ends = [int.from_bytes(records[at : at + 8], "little") for at in range(0, len(records), 16)]
        count = sum(end <= size for end in ends)
        if not count:
            with pytest.raises(UnreadableFileError, match="none of them is whole"):
                recover(path)
        elif count == 4:
            recover(path)
        else:
            with pytest.warns(RuntimeWarning, match=f"{4 - count} of 4 batches are damaged"):
                recover(path)
        if count:
            written(tmp_path / f"b{extension}", batches[:count])
            assert difference(load(path), load(tmp_path / f"b{extension}")) is None


def test_a_record_that_was_cut_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    interrupted(path, [[1], [2]])
    ends = tmp_path / "a.jsonl.unfinished" / "ends"
    ends.write_bytes(ends.read_bytes()[:-1])

    recover(path)

    assert load(path) == [1]


def test_a_flipped_bit_in_a_journal_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for name in ("data", "ends"):
        interrupted(path, [[11], [22], [33]])
        part = tmp_path / "a.jsonl.unfinished" / name
        damaged = bytearray(part.read_bytes())
        damaged[len(damaged) // 2] ^= 4
        part.write_bytes(damaged)

        with pytest.warns(RuntimeWarning, match="2 of 3 batches are damaged"):
            recover(path)

        assert load(path) == [11]
        assert part.exists()  # nothing is deleted that may be wanted
        for entry in part.parent.iterdir():
            entry.unlink()
        part.parent.rmdir()


def test_a_full_disk_loses_one_batch_and_not_the_file(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\nimport numpy as np\nfrom scitex_io import writer\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with writer(sys.argv[1], verbose=False) as w:\n"
        "    w.append(np.zeros(100))\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))\n"
        "    try:\n        w.append(np.ones(200))\n    except OSError as error:\n        print(error.errno)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)\n"
        "    w.append(np.full(100, 2.0))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.npy"], capture_output=True, text=True, check=True)

    assert done.stdout == "27\n"
    assert np.unique(load(tmp_path / "a.npy"), return_counts=True)[1].tolist() == [100, 100]
    assert names(tmp_path) == ["a.npy"]


def test_the_doctor_tells_and_never_removes_what_a_writer_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    interrupted(tmp_path / "d" / "a.csv", [FRAME, FRAME])

    done = run("doctor", "d", "--fix", "--json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["path"], finding["problem"], finding["fixed"]) == ("d/a.csv.unfinished", "unfinished", False)
    assert "2 whole batches" in finding["detail"]

    assert run("recover", "d/a.csv").stdout == f"{tmp_path}/d/a.csv\n"
    assert len(load(tmp_path / "d" / "a.csv")) == 20
    assert run("doctor", "d").exit_code == 0
    assert run("recover", "d/a.csv").exit_code == 1


def test_the_folder_of_a_journal_can_be_given_to_recover(tmp_path: Path) -> None:
    interrupted(tmp_path / "a.jsonl", [[1]])

    assert recover(f"{tmp_path}/a.jsonl.unfinished/") == tmp_path / "a.jsonl"


def test_a_relative_path_is_placed_as_save_does(tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text("from scitex_io import writer\nwith writer('a.jsonl') as w:\n    w.append([1])\n")

    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd=tmp_path)

    assert load(tmp_path / "s_out" / "a.jsonl") == [1]
    assert done.stderr == "Saved to: ./s_out/a.jsonl (jsonl, 2 B)\n"


def test_a_format_of_ones_own_takes_batches(tmp_path: Path) -> None:
    @register
    @frozen(kw_only=True)
    class Words(FormatHandler, Saver[Any], Loader[Any], Appender[Any]):
        name = "words"
        extensions = (".words",)
        accepts = (Accepts(str),)

        def save(self, obj: Any, path: Path, /) -> None:
            path.write_text(obj)

        def load(self, path: Path, /) -> Any:
            return path.read_text()

        def likeness(self, batch: Any, /) -> Mapping[str, str]:
            return {"case": "upper" if batch.isupper() else "lower"}

        def encode(self, batch: Any, /, *, first: bool) -> bytes:
            return f"{'' if first else ' '}{batch}".encode()

        def compose(self, data: Path, ends: Sequence[int], path: Path, /) -> None:
            path.write_bytes(data.read_bytes()[: ends[-1]])

    assert written(tmp_path / "a.words", ["two", "words"]) == "two words"
    with pytest.raises(BatchError, match="lower, now upper"):
        written(tmp_path / "b.words", ["two", "WORDS"])
    recover(tmp_path / "b.words")
    assert load(tmp_path / "b.words") == "two"
