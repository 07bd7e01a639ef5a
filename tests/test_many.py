from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import textwrap
import threading
import time
import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

import scitex_io
from optional import needs
from scitex_io import (
    CombineError,
    FormatHandler,
    Loader,
    LossyWarning,
    MissingFileError,
    OptionError,
    UnexpectedTypeError,
    UnknownFormatError,
    UnreadableFileError,
    UntrustedFileError,
    get_cache_info,
    load,
    load_all,
    loading,
    lose,
    register,
    register_loader,
    register_post_load_hook,
    save,
)
from scitex_io.many import engine, progress, remote


def write(obj: object, path: Path, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save(obj, path, verbose=False, **options)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study(here: Path) -> Path:
    for sub in ("002", "010"):
        for run in (1, 2, 10):
            table = pd.DataFrame({"x": [run, run + 1], "word": ["a", sub]})
            write(table, here / f"sub-{sub}" / f"run-{run}.csv")
    return here


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any file is large enough for threads, any work long enough for a process."""
    for name in ("SMALL", "SHORT", "FEW", "LONG"):
        monkeypatch.setattr(engine, name, 0)


@frozen(kw_only=True)
class Slow(FormatHandler, Loader[str]):
    """Text; two files have to be there at the same time before either is loaded."""

    name = "slow"
    extensions = (".slow",)
    yields = (str,)
    parallel = "threads"
    meeting: ClassVar[threading.Barrier] = threading.Barrier(2)
    threads: ClassVar[list[str]] = []

    def load(self, path: Path, /) -> str:
        self.meeting.wait(20)
        self.threads.append(threading.current_thread().name)
        return path.read_text()


@frozen(kw_only=True)
class Told(FormatHandler, Loader[str]):
    """Text that is warned about."""

    name = "told"
    extensions = (".told",)
    yields = (str,)
    parallel = "threads"

    def load(self, path: Path, /) -> str:
        lose(f"{path.name} loses something")
        return path.read_text()


# -- which files


def test_files_come_in_natural_order_and_those_of_a_list_in_its_own(here: Path) -> None:
    for number in (10, 1, 2):
        write(np.array([number]), here / f"f{number}.npy")

    assert [int(array[0]) for array in load_all("f*.npy")] == [1, 2, 10]
    assert [int(array[0]) for array in load_all(["f10.npy", Path("f1.npy"), here / "f2.npy"])] == [10, 1, 2]
    assert [int(array[0]) for array in load_all(iter(["f2.npy", "f{1,10}.npy"]))] == [2, 1, 10]
    assert [int(array[0]) for array in load_all("f2.npy")] == [2]
    assert load_all([]) == []


def test_load_of_a_pattern_has_the_same_grammar(study: Path) -> None:
    assert len(load("sub-{sub}/run-{run:d}.csv")) == 6
    assert [int(table.x[0]) for table in load("sub-002/run-{1,10}.csv")] == [1, 10]
    assert 6 == len(load("**/*.csv")) == len(load(study / "*" / "*.csv"))
    assert len(load("../" + study.name + "/sub-002/*")) == 3


def test_a_folder_is_no_part_of_the_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a[1]{b}"
    write(np.arange(2), folder / "x.npy")
    monkeypatch.chdir(folder)

    assert 1 == len(load_all("*.npy")) == len(load_all("../*/{name}.npy"))


def test_what_a_script_saved_it_loads_by_the_same_pattern(tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text(
        "from scitex_io import load_all, save\n"
        "for n in (1, 10, 2): save({'n': n}, f'd/r-{n}.json', verbose=False)\n"
        "print(load_all('d/r-{n}.json', combine='dict'))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd="/")

    assert done.stdout == "{'1': {'n': 1}, '2': {'n': 2}, '10': {'n': 10}}\n"


def test_a_pattern_without_match_is_an_error_in_either_mode(here: Path) -> None:
    for on_error in ("raise", "collect"):
        with pytest.raises(MissingFileError, match="No files found"):
            load_all("*.npy", on_error=on_error)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"on_error": "ignore"}, {"combine": "join"}])
def test_a_wrong_choice_is_an_error_before_anything_is_loaded(wrong: dict[str, Any], here: Path) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        load_all("*.npy", **wrong)


# -- several at a time


def test_files_of_formats_that_bear_it_are_loaded_in_threads(here: Path, small: None) -> None:
    register(Slow)
    Slow.threads.clear()
    for number in range(4):
        (here / f"{number}.slow").write_text(str(number))

    assert load_all("*.slow", workers=2) == ["0", "1", "2", "3"]
    assert threading.current_thread().name not in Slow.threads


def test_threads_are_chosen_for_large_files_alone(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(Slow)
    Slow.threads.clear()
    monkeypatch.setattr(Slow, "meeting", threading.Barrier(1))
    monkeypatch.setattr(engine, "_cores", lambda: 2)
    for number, size in enumerate((10, engine.SHORT // 4, engine.SHORT // 4, engine.SHORT)):
        (here / f"{number}.slow").write_text("x" * size)
    here_alone = threading.current_thread().name

    load_all("[01].slow", cache=False)
    load_all("[12].slow", cache=False)
    load_all(["0.slow"] * 100 + ["3.slow"], cache=False)
    assert set(Slow.threads) == {here_alone}
    Slow.threads.clear()
    load_all("[23].slow", cache=False)
    assert here_alone not in Slow.threads


def test_other_files_and_small_ones_are_loaded_in_the_calling_thread(here: Path) -> None:
    threads: list[threading.Thread] = []
    register_loader(".own", lambda path: threads.append(threading.current_thread()))
    for number in range(3):
        (here / f"{number}.own").write_text("")

    load_all("*.own")

    assert {threading.current_thread()} == set(threads)
    load_all("*.own", workers=2)
    assert threading.current_thread() not in threads[3:]


@given(
    sizes=st.lists(st.integers(0, 2000), min_size=1, max_size=8),
    kind=st.sampled_from(["csv", "json", "npz", "npy.gz", "yaml", "png"]),
    workers=st.sampled_from([1, 2, 5]),
)
def test_the_result_does_not_depend_on_the_workers(
    sizes: list[int], kind: str, workers: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("many")
    for at, size in enumerate(sizes):
        column = np.arange(at, at + size)
        obj: Any = {"csv": pd.DataFrame({"a": column, "b": column / 3}), "npy.gz": column, "npz": {"a": column}}.get(
            kind
        )
        if kind == "png":
            obj = np.full((3, 4), at, np.uint8)
        write(column.tolist() if obj is None else obj, folder / f"{at}.{kind}", on_loss="allow")
    as_type = np.ndarray if kind == "png" else None

    expected: list[Any] = [load(path, as_type=as_type, cache=False) for path in scitex_io.glob(folder / "*")]
    found: list[Any] = load_all(folder / "*", as_type=as_type, workers=workers, cache=False)

    for one, other in zip(expected, found, strict=True):
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other)
        else:
            np.testing.assert_equal(one, other)


def test_hooks_are_told_in_order_in_the_calling_thread(here: Path, small: None) -> None:
    for number in range(12):
        write(np.arange(number), here / f"{number}.npy")
    told: list[tuple[str, int, threading.Thread]] = []
    register_post_load_hook(lambda path, obj: told.append((path.name, len(obj), threading.current_thread())))

    load_all("*.npy", workers=3)
    load("*.npy")

    assert 2 * [(f"{n}.npy", n, threading.current_thread()) for n in range(12)] == told


def test_the_first_error_in_order_is_raised_and_those_before_it_are_told(here: Path, small: None) -> None:
    for number in range(6):
        write(np.arange(1000), here / f"{number}.npy")
    for number in (2, 4):
        (here / f"{number}.npy").write_bytes(b"no array")
    told: list[str] = []
    register_post_load_hook(lambda path, obj: told.append(path.name))

    with pytest.raises(UnreadableFileError, match=r"2\.npy"):
        load_all("*.npy", workers=2)

    assert told == ["0.npy", "1.npy"]


def test_warnings_are_shown_in_order_where_the_call_stands(here: Path, small: None) -> None:
    register(Told)
    for number in range(6):
        (here / f"{number}.told").write_text("x")

    with pytest.warns(LossyWarning) as caught:
        load_all("*.told", workers=3)

    assert [f"{n}.told loses something" for n in range(6)] == [str(one.message) for one in caught]
    assert {__file__} == {one.filename for one in caught}


def test_a_warning_that_is_an_error_is_the_error_of_its_file(here: Path, small: None) -> None:
    register(Told)
    for number in range(3):
        (here / f"{number}.told").write_text("x")

    with warnings.catch_warnings():
        warnings.simplefilter("error", LossyWarning)
        loaded, failures = load_all("*.told", workers=2, on_error="collect")

    assert loaded == []
    assert len(failures) == 3
    assert failures.message.str.contains("loses something").all()


def test_threads_leave_the_filters_of_warnings_as_they_were(here: Path, small: None) -> None:
    mixed = "a\n" + "1\n" * 300_000 + "x\n" * 300_000
    for number in range(4):
        (here / f"{number}.csv").write_text(mixed)
    before, show = list(warnings.filters), warnings.showwarning

    tables = load_all("*.csv", workers=4, cache=False)

    assert (before, show) == (list(warnings.filters), warnings.showwarning)
    assert all({str} == set(map(type, table.a)) for table in tables)


def test_a_loss_outside_is_collected_from_threads(here: Path, small: None) -> None:
    from scitex_io.losses import collecting

    register(Told)
    for number in range(3):
        (here / f"{number}.told").write_text("x")

    with collecting() as losses:
        load_all("*.told", workers=3)

    assert {f"{n}.told loses something" for n in range(3)} == set(losses)


def test_threads_share_the_load_cache(here: Path, small: None) -> None:
    for number in range(20):
        write(np.arange(number), here / f"{number}.npy")
        os.utime(here / f"{number}.npy", (1, 1))

    first = load_all("*.npy", workers=4)
    first[3][:] = -1
    second = load_all("*.npy", workers=4)

    assert [*range(3)] == second[3].tolist()
    assert get_cache_info()["stats"] == {"hits": 20, "misses": 20, "evictions": 0}


def test_more_files_than_the_cache_keeps_do_not_pass_through_it(here: Path) -> None:
    for number in range(40):
        write(np.arange(number), here / f"{number}.npy")

    load_all("*.npy")

    assert 0 == get_cache_info()["metadata_size"] == get_cache_info()["stats"]["evictions"]


def test_many_threads_at_the_cache_count_every_call(here: Path) -> None:
    write({"a": [1, 2]}, here / "a.json")
    os.utime(here / "a.json", (1, 1))
    load(here / "a.json")

    threads = [threading.Thread(target=lambda: [load(here / "a.json") for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert get_cache_info()["stats"]["hits"] == 400


# -- other processes


@pytest.fixture
def asked(small: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that another process loaded; this one waits for it at the first file."""
    names: list[str] = []
    begun, by_remote = threading.Event(), remote.Remote.read

    def waiting(handler: FormatHandler, path: Path, as_type: Any, trust: Any = False) -> Any:
        begun.wait(60)
        return loading.read(handler, path, as_type, trust)

    def elsewhere(self: remote.Remote, handler: FormatHandler, path: Path, as_type: Any, trust: Any = False) -> Any:
        names.append(path.name)
        begun.set()
        return by_remote(self, handler, path, as_type, trust)

    monkeypatch.setattr(engine, "read", waiting)
    monkeypatch.setattr(remote.Remote, "read", elsewhere)
    return names


@frozen
class Params:
    rate: float


def test_what_holds_the_lock_is_loaded_by_another_process_too(here: Path, asked: list[str]) -> None:
    for number in range(40):
        write({"rate": number / 2, "date": pd.Timestamp(number).date()}, here / f"{number}.yaml")

    found = load_all("*.yaml", workers=2)

    assert [number / 2 for number in range(40)] == [tree["rate"] for tree in found]
    assert [load(here / f"{number}.yaml", cache=False) for number in range(40)] == found
    assert asked


def test_tables_are_loaded_in_threads_until_a_process_takes_over_from_one(
    here: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        (here / f"{number}.csv").write_text(f"a,b\n{number},x\n")
    ended: list[tuple[str, Any]] = []
    work = engine._Pool._work

    def working(self: Any, by: Any = None) -> None:
        work(self, by)
        ended.append(("here" if by is None else "there", self))

    monkeypatch.setattr(engine._Pool, "_work", working)
    found = load_all("*.csv", workers=2, cache=False)

    assert [frame["a"].item() for frame in found] == list(range(60))
    assert [str(frame["b"].dtype) for frame in found] == [str(load("0.csv", cache=False)["b"].dtype)] * 60
    assert asked
    assert sorted(where for where, _ in ended) == ["here", "here", "there"]
    assert (ended[0][1]._relievable, ended[0][1]._spare) == (0, 0)  # one of the threads has made room


def test_errors_of_another_process_are_those_of_this_one(here: Path, asked: list[str]) -> None:
    for number in range(40):
        (here / f"{number}.yaml").write_text("a: [1, 2" if number % 2 else "a: 1")

    loaded, failures = load_all("*.yaml", workers=2, on_error="collect")

    assert loaded == [{"a": 1}] * 20
    assert asked
    with pytest.raises(UnreadableFileError) as error:
        load("1.yaml")
    assert [str(error.value).replace("1.yaml", f"{n}.yaml") for n in range(1, 40, 2)] == list(failures.message)
    assert {"scitex_io.UnreadableFileError"} == set(failures.error)


def test_classes_of_the_script_are_made_here(here: Path, asked: list[str]) -> None:
    for number in range(30):
        write({"rate": float(number)}, here / f"{number}.toml")

    assert [Params(float(number)) for number in range(30)] == load_all("*.toml", workers=2, as_type=Params)
    assert asked


def test_a_process_that_dies_is_the_error_of_its_file_alone(
    here: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "deadly.py").write_text(
        textwrap.dedent("""
        import os
        from attrs import frozen
        from scitex_io import FormatHandler, Loader

        @frozen(kw_only=True)
        class Deadly(FormatHandler, Loader[str]):
            name = "deadly"
            extensions = (".deadly",)
            yields = (str,)
            parallel = "processes"

            def load(self, path, /):
                if os.getpid() != int(path.read_text()):
                    os._exit(7)
                return "alive"
        """)
    )
    monkeypatch.syspath_prepend(str(here))
    register(__import__("deadly").Deadly)
    for number in range(30):
        (here / f"{number}.deadly").write_text(str(os.getpid()))

    loaded, failures = load_all("*.deadly", workers=2, on_error="collect")

    assert loaded == ["alive"] * 29
    assert 1 == len(asked) == len(failures)
    assert "the process that read it ended (7)" in failures.message[0]


def test_a_script_without_a_guard_runs_once(here: Path) -> None:
    for number in range(6):
        write({"rows": [{"a": n, "b": "x" * 9} for n in range(300)]}, here / f"{number}.yaml")
    script = here / "s.py"
    script.write_text(
        textwrap.dedent("""
        from attrs import frozen
        from scitex_io import load_all
        from scitex_io.many import engine, remote

        engine.LONG = 0
        is_ready = remote.Remote.is_ready
        remote.Remote.is_ready = lambda self: print("remote", is_ready(self)) or True

        @frozen
        class Row:
            a: int
            b: str

        print("main")
        print([len(one["rows"]) for one in load_all("*.yaml", as_type=dict[str, list[Row]], workers=2)])
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)

    assert done.stderr == ""
    assert [line for line in done.stdout.splitlines() if not line.startswith("remote")] == [
        "main",
        "[300, 300, 300, 300, 300, 300]",
    ]


def test_without_an_interpreter_to_start_the_files_are_loaded_here(
    here: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        write({"n": number}, here / f"{number}.yaml")

    for executable in ("", "/opt/app/application", str(here / "python3-that-is-not-there")):
        monkeypatch.setattr(sys, "executable", executable)
        assert [{"n": n} for n in range(4)] == load_all("*.yaml", workers=3, cache=False)


# -- interrupted, and watched


SCRIPT = """
import time, sys
from attrs import frozen
from scitex_io import FormatHandler, Loader, load_all, register
from scitex_io.many import engine, progress
progress.DELAY = 0.05

@register
@frozen(kw_only=True)
class Sleepy(FormatHandler, Loader[str]):
    name = "sleepy"
    extensions = (".sleepy",)
    yields = (str,)
    parallel = {parallel!r}

    def load(self, path, /):
        print("at", path.name, flush=True)
        time.sleep({seconds})
        return ""

print(len(load_all("*.sleepy", workers={workers})), "loaded")
"""


def started(folder: Path, command: list[Any], **pipes: Any) -> subprocess.Popen[str]:
    for number in range(6):
        (folder / f"{number}.sleepy").write_text("")
    script = folder / "s.py"
    script.write_text(command[0])
    return subprocess.Popen([sys.executable, script], text=True, cwd=folder, **pipes)


@pytest.mark.parametrize(("parallel", "workers"), [("threads", 2), ("none", 1)])
def test_ctrl_c_ends_it_promptly(parallel: str, workers: int, tmp_path: Path) -> None:
    code = SCRIPT.format(parallel=parallel, seconds=60, workers=workers)
    process = started(tmp_path, [code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(workers):
        process.stdout.readline()
    began = time.monotonic()

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)

    assert "KeyboardInterrupt" in errors
    assert time.monotonic() - began < 10


def terminal(folder: Path, code: str) -> str:
    """What a process writes on a terminal as its standard error."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 80))
    with started(folder, [code], stdout=subprocess.DEVNULL, stderr=follower) as process:
        os.close(follower)
        found = b""
        while True:
            try:
                data = os.read(leader, 1 << 12)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            found += data
    os.close(leader)
    assert process.returncode == 0
    return found.decode()


@pytest.mark.parametrize(("parallel", "workers"), [("threads", 2), ("none", 1)])
def test_long_work_shows_a_bar_on_a_terminal(parallel: str, workers: int, tmp_path: Path) -> None:
    shown = terminal(tmp_path, SCRIPT.format(parallel=parallel, seconds=0.2, workers=workers))

    assert "Loading" in shown
    assert "/6 " in shown
    assert shown.endswith("\r"), "the bar is gone at the end"


def test_short_work_shows_none(tmp_path: Path) -> None:
    code = SCRIPT.format(parallel="none", seconds=0, workers=1).replace("DELAY = 0.05", "DELAY = 60")

    assert terminal(tmp_path, code) == ""


def test_a_pipe_gets_no_bar(tmp_path: Path) -> None:
    code = SCRIPT.format(parallel="none", seconds=0.1, workers=1)
    process = started(tmp_path, [code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, errors = process.communicate(timeout=60)

    assert errors == ""
    assert "6 loaded" in out


def test_a_bar_asked_for_is_shown_anywhere_and_one_refused_nowhere(
    here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, show = threading.Event(), progress.Bar._show
    register_loader(".own", lambda path: shown.wait(20))

    def told(self: progress.Bar) -> None:
        show(self)
        shown.set()

    monkeypatch.setattr(progress.Bar, "_show", told)
    for number in range(3):
        (here / f"{number}.own").write_text("")

    load_all("*.own", progress=True)
    assert "/3 " in capfd.readouterr().err
    load_all("*.own", progress=False)
    assert capfd.readouterr().err == ""


def test_notebooks_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shell:
        kernel = object()

    class IPython:
        get_ipython = staticmethod(Shell)

    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert not progress._is_seen()
    monkeypatch.setitem(sys.modules, "IPython", IPython)
    assert progress._is_seen()


# -- failures


def test_failures_are_a_table_with_reasons_in_the_order_of_the_files(here: Path) -> None:
    write({"a": 1}, here / "1.json")
    (here / "2.json").write_text("{")
    (here / "3.unheard").write_text("")
    write({"a": 4}, here / "4.json")

    loaded, failures = load_all(["0.json", *sorted(map(str, here.iterdir()))], on_error="collect")

    assert loaded == [{"a": 1}, {"a": 4}]
    assert list(failures.columns) == ["path", "error", "message"]
    assert [str(here / name) for name in ("0.json", "2.json", "3.unheard")] == list(failures.path)
    names = [kind.__name__ for kind in (MissingFileError, UnreadableFileError, UnknownFormatError)]
    assert [f"scitex_io.{name}" for name in names] == list(failures.error)
    assert "no file '0.json'" in failures.message[0]


def test_no_failures_are_an_empty_table(here: Path) -> None:
    write({"a": 1}, here / "1.json")

    loaded, failures = load_all("*.json", on_error="collect", combine="dict")

    assert loaded == {"1.json": {"a": 1}}
    assert failures.shape == (0, 3)


def test_a_wrong_option_is_no_failure_of_a_file(here: Path) -> None:
    write({"a": 1}, here / "1.json")

    with pytest.raises(OptionError, match="no option 'sep'"):
        load_all("*.json", on_error="collect", sep=";")


def test_the_wrong_type_is_a_failure(here: Path) -> None:
    write({"rate": 1.0}, here / "1.json")
    write({"rate": "fast"}, here / "2.json")

    loaded, failures = load_all("*.json", as_type=Params, on_error="collect")

    assert [Params(1.0)] == loaded
    assert failures.error[0] == "scitex_io.UnexpectedTypeError"
    with pytest.raises(UnexpectedTypeError, match=r"2\.json"):
        load_all("*.json", as_type=Params)


# -- as one object


def test_tables_under_one_another_have_the_placeholders_as_columns(study: Path) -> None:
    table = load_all("sub-{sub}/run-{run:d}.csv", combine="concat")

    assert list(table.columns) == ["sub", "run", "x", "word"]
    assert list(table["sub"]) == ["002"] * 6 + ["010"] * 6
    assert list(table["run"]) == [1, 1, 2, 2, 10, 10] * 2
    assert np.int64 == table["run"].dtype
    assert table["sub"].dtype == pd.Series(["a"]).dtype
    assert pd.RangeIndex(12).equals(table.index)
    assert list(table["x"]) == [n for run in table["run"][::2] for n in (run, run + 1)]


def test_concat_without_placeholders_adds_nothing(study: Path) -> None:
    assert list(load_all("**/*.csv", combine="concat").columns) == ["x", "word"]
    assert len(load_all(["sub-002/run-1.csv"] * 3, combine="concat")) == 6


def test_an_index_is_kept(here: Path) -> None:
    for number in (1, 2):
        write(pd.DataFrame({"x": [number]}, index=pd.Index([f"t{number}"], name="t")), here / f"{number}.parquet")

    table = load_all("{n:d}.parquet", combine="concat")

    assert list(table.index) == ["t1", "t2"]
    assert table.index.name == "t"
    assert list(table["n"]) == [1, 2]


def test_columns_in_another_order_are_put_in_that_of_the_first(here: Path) -> None:
    (here / "1.csv").write_text("a,b\n1,x\n")
    (here / "2.csv").write_text("b,a\ny,2\n")

    assert load_all("*.csv", combine="concat").to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


def test_columns_without_values_fit_every_other(here: Path) -> None:
    (here / "1.csv").write_text("a,b,c,d\n1,x,2020-01-01,True\n")
    (here / "2.csv").write_text("a,b,c,d\n,,,\n")
    (here / "3.csv").write_text("a,b,c,d\n")

    table = load_all("*.csv", combine="concat", parse_dates=["c"])

    assert table["a"].dtype.kind == "f"
    assert table["b"].dtype == pd.Series(["a"]).dtype
    assert table["c"].dtype.kind == "M"
    assert len(table) == 2
    assert load_all("[13].csv", combine="concat")["a"].dtype.kind == "i"
    assert load_all(["3.csv", "1.csv"], combine="concat")["a"].dtype.kind == "i"


def test_integers_beside_floats_are_floats_unless_that_changes_them(here: Path) -> None:
    (here / "1.csv").write_text("a\n1.5\n")
    (here / "2.csv").write_text(f"a\n{2**53}\n")
    (here / "3.csv").write_text(f"a\n{-(2**53) - 1}\n")

    assert list(load_all("[12].csv", combine="concat")["a"]) == [1.5, 2**53]
    with pytest.raises(CombineError, match=r"3\.csv.* column 'a' holds integers"):
        load_all("*.csv", combine="concat")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a\n1\n", "the column 'b' is not there"),
        ("a,b,c\n1,2,3\n", "the first one has no column 'c'"),
        ("a,b\nword,2\n", "its column 'a' holds text or objects, that of the first one numbers"),
        ("a,b\nTrue,2\n", "its column 'a' holds booleans"),
    ],
)
def test_tables_that_do_not_fit_are_refused_by_name(content: str, reason: str, here: Path) -> None:
    (here / "1.csv").write_text("a,b\n1,2\n")
    (here / "2.csv").write_text("a,b\n3,4\n")
    (here / "3.csv").write_text(content)

    with pytest.raises(CombineError, match=rf"3\.csv.*{reason}"):
        load_all("*.csv", combine="concat")
    table, failures = load_all("*.csv", combine="concat", on_error="collect")
    assert list(table["a"]) == [1, 3]
    assert [str(here / "3.csv")] == list(failures.path)
    assert reason in failures.message[0]


def test_a_placeholder_does_not_replace_a_column(here: Path) -> None:
    (here / "1.csv").write_text("a,n\n1,2\n")

    with pytest.raises(CombineError, match="column 'n'"):
        load_all("{n}.csv", combine="concat")


def test_arrays_one_after_the_other_and_on_top_of_each_other(here: Path) -> None:
    for number in (1, 2):
        write(np.full((number, 3), number, np.int16), here / f"a{number}.npy")
        write(np.full((2, 3), number), here / f"s{number}.npy")
        write({"x": np.arange(number), "y": np.ones((number, 2))}, here / f"{number}.npz")

    joined = load_all("a{n}.npy", combine="concat")
    assert ((3, 3), np.int16) == (joined.shape, joined.dtype)
    assert list(joined[:, 0]) == [1, 2, 2]
    assert load_all("s*.npy", combine="stack").shape == (2, 2, 3)
    named = load_all("*.npz", combine="concat")
    assert list(named["x"]) == [0, 0, 1]
    assert named["y"].shape == (3, 2)
    assert load_all(["1.npz", "1.npz"], combine="stack", key="y").shape[:1] == (2,)


@pytest.mark.parametrize(
    ("other", "how", "reason"),
    [
        (np.zeros((2, 4)), "concat", r"its shape is \(2, 4\), that of the first one \(2, 3\)"),
        (np.zeros((3, 3)), "stack", r"its shape is \(3, 3\)"),
        (np.zeros((2, 3), np.float32), "stack", "its dtype is float32"),
        (np.zeros((2, 3), int), "concat", "its dtype is int64"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(other: Any, how: Any, reason: str, here: Path) -> None:
    write(np.zeros((2, 3)), here / "1.npy")
    write(other, here / "2.npy")
    write({"k": np.zeros((2, 3))}, here / "1.npz")
    write({"k": other}, here / "2.npz")

    with pytest.raises(CombineError, match=rf"2\.npy.*{reason}"):
        load_all("*.npy", combine=how)
    with pytest.raises(CombineError, match=rf"2\.npz.*under 'k', {reason}"):
        load_all("*.npz", combine=how)


def test_what_cannot_be_joined_is_refused_by_name(here: Path) -> None:
    write([1, 2], here / "1.json")
    write(pd.DataFrame({"a": [1]}), here / "1.csv")
    write(np.array(1.0), here / "0.npy")
    write(np.arange(2), here / "1.pkl")

    with pytest.raises(CombineError, match=r"1\.json.*not list"):
        load_all("*.json", combine="concat")
    with pytest.raises(CombineError, match=r"'stack' joins arrays.*not pandas\.DataFrame"):
        load_all("*.csv", combine="stack")
    with pytest.raises(CombineError, match=r"0\.npy"):
        load_all("*.npy", combine="concat")
    assert load_all("*.npy", combine="stack").shape == (1,)
    assert load_all("*.csv", combine="concat", as_type=np.ndarray).shape == (1, 1)
    with pytest.raises(CombineError, match=r"1\.csv.*pandas.DataFrame, the first one numpy.ndarray"):
        load_all(["1.pkl", "1.csv"], combine="concat")


def test_nothing_to_combine_is_an_error_but_no_dict(here: Path) -> None:
    (here / "1.npy").write_bytes(b"no array")

    assert load_all([], combine="dict") == {}
    with pytest.raises(ValueError, match="nothing to stack"):
        load_all([], combine="stack")
    with pytest.raises(UnreadableFileError) as error:
        load_all("*.npy", combine="concat", on_error="collect")
    assert error.value.__notes__ == ["none of the 1 files could be loaded, so there is nothing to combine"]


def test_a_dict_is_keyed_by_placeholders_or_else_by_names_that_load(study: Path) -> None:
    by_two = load_all("sub-{sub}/run-{run:d}.csv", combine="dict")
    by_one = load_all("sub-{sub}/run-1.csv", combine="dict")
    by_name = load_all("sub-002/*.csv", combine="dict")
    by_path = load_all([study / "sub-002" / "run-1.csv", "sub-010/run-1.csv"], combine="dict")

    assert list(by_two)[:3] == [("002", 1), ("002", 2), ("002", 10)]
    assert list(by_one) == ["002", "010"]
    assert list(by_name) == ["sub-002/run-1.csv", "sub-002/run-2.csv", "sub-002/run-10.csv"]
    assert [str(study / "sub-002" / "run-1.csv"), "sub-010/run-1.csv"] == list(by_path)
    for name, table in {**by_name, **by_path}.items():
        pd.testing.assert_frame_equal(load(name), table)


def test_two_files_of_one_key_are_an_error(study: Path) -> None:
    with pytest.raises(CombineError, match=r"run-2\.csv'.*: '.*run-1\.csv' has the key '002' as well"):
        load_all("sub-{sub}/*.csv", combine="dict")


def test_frames_of_polars_are_joined_as_well(here: Path) -> None:
    needs("polars")
    import polars as pl

    @register
    @frozen(kw_only=True)
    class Pl(FormatHandler, Loader[pl.DataFrame]):
        """Tables of polars."""

        name = "pl"
        extensions = (".pl",)
        yields = (pl.DataFrame,)

        def load(self, path: Path, /) -> pl.DataFrame:
            return pl.read_csv(path)

    (here / "1.pl").write_text("a,b\n1,x\n")
    (here / "2.pl").write_text("b,a\ny,2\n")
    (here / "3.pl").write_text("b,a\ny,2.5\n")

    table = load_all("{n:d}.pl", combine="concat", on_error="collect")[0]
    assert table.to_dict(as_series=False) == {"n": [1, 2], "a": [1, 2], "b": ["x", "y"]}
    with pytest.raises(CombineError, match=r"3\.pl.*column 'a' is Float64, that of the first one Int64"):
        load_all("*.pl", combine="concat")


def test_recordings_are_loaded_in_threads_and_the_log_of_mne_stays_as_it_was(
    here: Path, small: None, capfd: pytest.CaptureFixture[str]
) -> None:
    needs("edfio")
    import mne

    for number in range(4):
        signal = np.random.default_rng(number).normal(scale=1e-5, size=(2, 500))
        raw = mne.io.RawArray(signal, mne.create_info(["Fz", "Cz"], 100.0, "eeg"), verbose="ERROR")
        write(raw, here / f"{number}.edf", on_loss="allow")
    level = mne.utils.logger.level
    capfd.readouterr()

    found = load_all("*.edf", workers=4, cache=False)

    assert mne.utils.logger.level == level
    assert capfd.readouterr() == ("", "")
    for number, raw in enumerate(found):
        np.testing.assert_array_equal(load(f"{number}.edf", cache=False).get_data(), raw.get_data())
    assert load_all("*.edf", as_type=np.ndarray, combine="stack").shape == (4, 2, 500)


def test_the_files_are_noted_as_inputs_in_their_order(here: Path, small: None) -> None:
    from scitex_io.disk import inputs

    for number in range(12):
        write(np.arange(number), here / f"{number}.npy")

    load_all("*.npy", workers=3)

    assert [path for path, _ in inputs.loaded() if path.parent == here] == [here / f"{n}.npy" for n in range(12)]


def test_what_is_trusted_is_trusted_of_every_file_of_a_pattern(tmp_path: Path, elsewhere: Any) -> None:
    for number in range(2):
        save(Whatever(number), tmp_path / f"{number}.pkl", verbose=False)
    elsewhere()

    with pytest.raises(UntrustedFileError):
        load(tmp_path / "*.pkl")
    assert [one.number for one in load(tmp_path / "*.pkl", trust=True)] == [0, 1]


class Whatever:
    """A class of somebody."""

    def __init__(self, number: int) -> None:
        self.number = number
