from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import os
import pathlib
import pickle
import shutil
import stat
import subprocess
import sys
import uuid
import warnings
import zipfile
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from same import difference
from scitex_io import UntrustedFileError, load, save
from scitex_io.disk import trust
from scitex_io.dotdict import DotDict


class Mine:
    def __init__(self, value: Any = 1) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mine) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]  # compared by value

    class Inner(int): ...


def of_mine(value: int) -> Mine:
    return Mine(value)


NAMES = ["a.pkl", "a.pickle", "a.pkl.gz", "a.joblib", "a.pkl.zst", "a.joblib.gz"]
ME = f"{__name__}.Mine"


# ------------------------------------------------------------ what this user wrote


@pytest.mark.parametrize("name", NAMES)
def test_ones_own_objects_come_back_without_asking(name: str, tmp_path: Path) -> None:
    path = save([Mine(), {"x": Mine(2)}], tmp_path / name)

    assert load(path, cache=False) == [Mine(), {"x": Mine(2)}]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_another_is_refused_with_what_it_wants_and_three_ways(
    name: str, elsewhere: Callable[[], None], tmp_path: Path
) -> None:
    path = save(Mine(), tmp_path / name)
    elsewhere()

    with pytest.raises(UntrustedFileError) as caught:
        load(path)

    assert caught.value.wanted == (ME,)
    assert caught.value.path == str(path)
    for words in (name, f"it wants {ME}", f"trust=['{ME}']", "trust=True", "SCITEX_IO_TRUST=all"):
        assert words in str(caught.value)
    assert isinstance(caught.value, PermissionError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_each_way_allows_it(
    name: str, elsewhere: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(Mine(), tmp_path / name)
    elsewhere()

    for allowed in (True, [ME], (Mine,), {f"{__name__}.*"}):
        assert load(path, trust=allowed) == Mine()
    for said in ("all", ME, f"other.Name, {ME}", f"{__name__}.*"):
        monkeypatch.setenv("SCITEX_IO_TRUST", said)
        assert load(path, cache=False) == Mine()
    monkeypatch.setenv("SCITEX_IO_TRUST", "other.Name")
    with pytest.raises(UntrustedFileError):
        load(path)


def test_what_was_loaded_with_trust_is_not_handed_out_without(elsewhere: Callable[[], None], tmp_path: Path) -> None:
    path = save(Mine(), tmp_path / "a.pkl")
    elsewhere()
    assert load(path, trust=True) == Mine()

    with pytest.raises(UntrustedFileError):
        load(path)


def test_a_moved_or_copied_file_is_still_ones_own(tmp_path: Path) -> None:
    path = save(Mine(), tmp_path / "a.pkl")
    shutil.copyfile(path, tmp_path / "b.pickle")
    path.rename(tmp_path / "c.pkl")

    assert load(tmp_path / "b.pickle") == load(tmp_path / "c.pkl") == Mine()


def test_a_changed_file_is_not_ones_own(tmp_path: Path) -> None:
    path = save(Mine("text"), tmp_path / "a.pkl")
    path.write_bytes(path.read_bytes().replace(b"text", b"TEXT"))

    with pytest.raises(UntrustedFileError):
        load(path)


def test_a_member_of_an_archive_counts_by_its_own_content(elsewhere: Callable[[], None], tmp_path: Path) -> None:
    path = save(Mine(), tmp_path / "a.pkl")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "inner/a.pkl")

    assert load(tmp_path / "a.zip", member="inner/a.pkl") == Mine()
    elsewhere()
    with pytest.raises(UntrustedFileError, match=r"a\.zip/a\.pkl"):
        load(tmp_path / "a.zip", member="inner/a.pkl")
    assert load(tmp_path / "a.zip", member="inner/a.pkl", trust=[ME]) == Mine()


# ------------------------------------------------------------ the names that are allowed


def test_a_name_allows_no_other(elsewhere: Callable[[], None], tmp_path: Path) -> None:
    path = save([Mine(), Mine.Inner(3), of_mine], tmp_path / "a.pkl")
    elsewhere()

    with pytest.raises(UntrustedFileError) as caught:
        load(path, trust=[Mine])
    assert set(caught.value.wanted) == {f"{ME}.Inner", f"{__name__}.of_mine"}
    assert load(path, trust=[Mine, Mine.Inner, f"{__name__}.of_mine"]) == [Mine(), 3, of_mine]


def worded(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


@pytest.mark.parametrize("name", ["a.pkl", "a.joblib"])
def test_a_package_allows_what_it_defines_and_not_what_it_imports(name: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    command = f"touch '{canary}'"

    for target in ("os.system", "subprocess.getoutput"):  # modules that this one imports
        (tmp_path / name).write_bytes(
            b"\x80\x04" + b"".join(map(worded, (__name__, target))) + b"\x93" + worded(command) + b"\x85R."
        )
        with pytest.raises(UntrustedFileError):
            load(tmp_path / name, trust=[f"{__name__}.*"])

    assert not canary.exists()


@pytest.mark.parametrize("wrong", ["pkg.Class", b"x", 1, None, [1], ["a b"], ["*"], ["pkg.*.x"]])
def test_trust_is_a_yes_or_names(wrong: Any, tmp_path: Path) -> None:
    path = save(1, tmp_path / "a.pkl")

    with pytest.raises(TypeError, match="trust is True, False, or a list of names"):
        load(path, trust=wrong)


# ------------------------------------------------------------ the ledger


def test_the_ledger_is_private_and_a_line_a_file(tmp_path: Path) -> None:
    for number in range(3):
        save(Mine(number), tmp_path / "a.pkl")
    save({"a": 1}, tmp_path / "a.json")

    assert stat.S_IMODE(trust.ledger().stat().st_mode) == 0o600
    assert len(trust.ledger().read_text().split()) == 3


def test_a_ledger_that_others_could_write_is_not_believed(tmp_path: Path) -> None:
    path = save(Mine(), tmp_path / "a.pkl")
    trust.ledger().chmod(0o622)

    with pytest.raises(UntrustedFileError):
        load(path)


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"nonsense\n"])
def test_a_damaged_ledger_trusts_nothing(damage: bytes, tmp_path: Path) -> None:
    path = save(Mine(), tmp_path / "a.pkl")
    trust.ledger().write_bytes(damage)

    with pytest.raises(UntrustedFileError):
        load(path)
    assert load(save(Mine(2), path)) == Mine(2)


def test_without_a_ledger_data_load_all_the_same(tmp_path: Path) -> None:
    path = save({"a": [np.arange(3), pd.Timestamp("2020")]}, tmp_path / "a.pkl")
    trust.ledger().unlink()

    assert difference(load(path), {"a": [np.arange(3), pd.Timestamp("2020")]}) is None


def test_a_ledger_that_cannot_be_written_fails_no_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SCITEX_DIR", str(tmp_path / "file"))

    with pytest.warns(RuntimeWarning, match="cannot be noted as trusted"):
        path = save({"a": 1}, tmp_path / "a.pkl")

    assert load(path) == {"a": 1}


def test_the_ledger_forgets_its_older_half_when_it_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "MOST", 10)
    paths = [save(Mine(number), tmp_path / f"{number}.pkl", verbose=False) for number in range(40)]

    assert len(trust.ledger().read_bytes().split()) <= 11
    assert load(paths[-1]) == Mine(39)
    with pytest.raises(UntrustedFileError):
        load(paths[0])


def test_many_processes_enter_their_files_whole(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom scitex_io import save\n"
        "for n in range(25): save([sys.argv[2], n], f'{sys.argv[1]}/{sys.argv[2]}-{n}.pkl', verbose=False)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(number)], env=os.environ)
        for number in range(4)
    ]
    assert [process.wait(120) for process in running] == [0] * 4

    lines = trust.ledger().read_bytes().split()
    assert len(lines) == len(set(lines)) == 100
    assert {len(line) for line in lines} == {64}


def test_a_large_file_of_data_needs_no_fingerprint(tmp_path: Path) -> None:
    large = np.zeros(3_000_000)  # 24 MB

    for name in ("a.pkl", "a.joblib"):
        save({"x": [large]}, tmp_path / name)
    assert not trust.ledger().exists()

    for name in ("b.pkl", "b.joblib"):
        assert load(save([large, Mine()], tmp_path / name))[1] == Mine()
    assert len(trust.ledger().read_text().split()) == 2


# ------------------------------------------------------------ data of others

DATA: dict[str, Any] = {
    "builtins": [None, True, 1, 2.5, 1j, "x", b"x", bytearray(b"x"), {1}, frozenset({2}), (1,), range(3), slice(1, 2), ...],
    "types": [int, float, str, list, dict, bool, np.float64, type(None)],
    "collections": [
        collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.Counter("aab"),
        collections.deque([1, 2], 5),
    ],
    "times": [
        datetime.date(2020, 1, 1), datetime.time(1), datetime.timedelta(1),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Paris")),
        datetime.timezone(datetime.timedelta(hours=1)),
    ],
    "numbers": [decimal.Decimal("1.50"), fractions.Fraction(1, 3), 2**100],
    "names": [pathlib.Path("a/b"), pathlib.PureWindowsPath("c:/x"), uuid.UUID(int=7)],
    "namespace": SimpleNamespace(a=1, b=SimpleNamespace(c=[2])),
    "dotdict": DotDict({"a": {"b": 1}}),
    "arrays": {
        "c": np.arange(6.0).reshape(2, 3), "f": np.asfortranarray(np.eye(3)), "strided": np.arange(10)[::3],
        "swapped": np.arange(3, dtype=">i4"), "dates": np.array(["2020", "NaT"], "M8[ns]"), "text": np.array(["a", "bc"]),
        "objects": np.array([1, "a", None, [2]], dtype=object), "empty": np.zeros((0, 3)), "scalar": np.float32(1.5),
        "record": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", ">f8")]), "masked": np.ma.array([1, 2], mask=[False, True]),
        "bool": np.array([True]), "complex": np.array([1j]), "dtype": np.dtype("f4"), "when": np.datetime64("2020-01-01"),
    },
    "frame": pd.DataFrame({
        "x": [1, 2], "s": ["a", "b"], "o": [1, "a"], "c": pd.Categorical(["u", "v"]), "I": pd.array([1, None], "Int64"),
        "t": pd.date_range("2020", periods=2, tz="Europe/Paris"), "d": pd.to_timedelta([1, 2], unit="s"),
        "p": pd.period_range("2020", periods=2, freq="M"), "i": pd.interval_range(0, 2), "b": pd.array([True, None]),
    }, index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", "m"])),
    "series": pd.Series([1.5, np.nan], index=pd.date_range("2020", periods=2, freq="MS"), name="s"),
    "scalars": [pd.Timestamp("2020", tz="UTC"), pd.Timedelta(5), pd.NaT, pd.NA, pd.Period("2020-01"), pd.Interval(0, 1)],
    "offsets": [pd.offsets.MonthEnd(2), pd.DateOffset(days=1), pd.offsets.BDay()],
    "sparse": [scipy.sparse.csr_matrix(np.eye(3)), scipy.sparse.coo_array(np.eye(2)), scipy.sparse.lil_matrix(np.eye(2))],
    "shared": (lambda part: [part, part, {"again": part}])(np.arange(3)),
    "deep": [[[{"a": [(np.arange(2), [np.arange(3)])]}]]],
}  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", DATA)
def test_data_of_others_load_as_pickle_loads_them(kind: str, protocol: int, tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(content := pickle.dumps(DATA[kind], protocol))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joblib.dump(DATA[kind], tmp_path / "a.joblib", protocol=protocol)
        expected = joblib.load(tmp_path / "a.joblib", ensure_native_byte_order=False)

        assert difference(load(tmp_path / "a.pkl"), pickle.loads(content)) is None
        assert difference(load(tmp_path / "a.joblib"), expected) is None


def test_what_is_shared_stays_shared_and_loops_stay_loops(tmp_path: Path) -> None:
    part = np.arange(3)
    loop: list[Any] = [part, {"a": part}, (part,)]
    loop.append(loop)
    for protocol in range(6):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(loop, protocol))

        loaded = load(tmp_path / "a.pkl", cache=False)

        assert loaded[3] is loaded
        assert loaded[0] is loaded[1]["a"] is loaded[2][0]
        assert type(loaded[0]) is np.ndarray
        assert loaded[0].flags.writeable


@pytest.mark.parametrize("make", [np.random.MT19937, np.random.PCG64, np.random.Philox, np.random.SFC64])
def test_a_random_generator_goes_on_where_it_was(make: Any, tmp_path: Path) -> None:
    generator = np.random.Generator(make(3))
    generator.random(5)
    for protocol in (2, 5):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps([generator, np.random.RandomState(1)], protocol))

        loaded = load(tmp_path / "a.pkl", cache=False)

        assert loaded[0].bit_generator.random_raw() == pickle.loads(pickle.dumps(generator)).bit_generator.random_raw()
        assert loaded[1].rand() == np.random.RandomState(1).rand()


def test_arrays_of_objects_can_be_allowed_by_name(elsewhere: Callable[[], None], tmp_path: Path) -> None:
    array = np.array([Mine(), 1], dtype=object)
    single = save(array, tmp_path / "a.npy", allow_pickle=True)
    several = save({"x": array}, tmp_path / "a.npz", allow_pickle=True)
    assert load(single).tolist() == load(several)["x"].tolist() == [Mine(), 1]
    elsewhere()

    for path in (single, several):
        with pytest.raises(UntrustedFileError) as caught:
            load(path)
        assert caught.value.wanted == (ME,)
        with pytest.raises(UntrustedFileError):
            load(path, trust=["other.Name"])
        for allowed in (True, [Mine]):
            found = load(path, trust=allowed)
            assert (found if path == single else found["x"]).tolist() == [Mine(), 1]
