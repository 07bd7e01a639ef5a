"""Processes cut at each call that changes files, calls that fail, processes killed at any moment, and the order of fsync.

``SCITEX_IO_CRASH=1000`` kills that many processes at random, and tries every call of every format.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from breaking.runs import Nursery, nursery
from breaking.scenarios import REPLACED, SPECIAL, every_handler
from optional import CI, needs_all_of

LONG = int(os.environ.get("SCITEX_IO_CRASH", "0"))
KILLS = LONG or (40 if CI else 10)
MOST = 10**6 if LONG else 4 if CI else 2
"""Calls of one change that are tried; the others are left out evenly."""

QUICK = ["npy", "csv", "parquet", "json", "hdf5", "zarr", "sqlite", "key.h5", "update.json", "writer.csv", "writer.h5"]
NAMES = [*REPLACED, *SPECIAL] if LONG or CI else QUICK
HIDING = ["format:flac", "format:orc", "format:catboost"]
"""Of libraries that do not look whether they could write, or end the process."""
FORMATS = [f"format:{name}" for name in every_handler()]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """The programs in which things go wrong."""
    with nursery(tmp_path_factory.mktemp("broken")) as found:
        yield found


def calls_of(broken: Nursery, name: str) -> int:
    """How many calls the change makes that alter files; all imports are done afterwards."""
    if name.startswith("format:"):
        needs_all_of(every_handler()[name.removeprefix("format:")])
    broken.warm(name)
    broken.prepare(name)
    answer = broken.change(name, "count")
    assert (answer["status"], answer["error"]) == (0, "")
    assert broken.problem(name) == ""
    calls = int(answer["calls"])
    assert calls > 2
    return calls


def tried(calls: int) -> list[int]:
    return sorted({1 + at * calls // min(MOST, calls) for at in range(min(MOST, calls))})


@pytest.mark.parametrize("name", [*NAMES, *(FORMATS if LONG else ())])
def test_a_process_cut_at_a_call_leaves_the_old_or_the_new_content(name: str, broken: Nursery) -> None:
    for at in tried(calls_of(broken, name)):
        broken.prepare(name)

        answer = broken.change(name, "kill", at=at)

        assert answer["status"] == signal.SIGKILL
        assert broken.problem(name) == "", f"cut at call {at}"


@pytest.mark.parametrize("name", [*NAMES, *(FORMATS if LONG else HIDING)])
def test_a_call_that_fails_leaves_the_old_or_the_new_content(name: str, broken: Nursery) -> None:
    calls = calls_of(broken, name)
    raised = 0
    for at in range(1, calls + 1) if name in HIDING else tried(calls):
        broken.prepare(name)

        answer = broken.change(name, "fail", at=at)

        assert answer["status"] == 0, f"call {at} failed and the process died: {answer}"
        assert broken.problem(name) == "", f"call {at} failed"
        raised += bool(answer["error"])
    assert raised, "no failing call was an error"


def test_processes_killed_at_any_moment_leave_the_old_or_the_new_content(broken: Nursery) -> None:
    names = [*NAMES, *(FORMATS if LONG else ())]
    chance = random.Random(0)
    seconds: dict[str, float] = {}
    kills = 0
    while kills < KILLS:
        name = names[kills % len(names)] if LONG else chance.choice(names)
        if name not in seconds:
            calls_of(broken, name)
            broken.prepare(name)
            seconds[name] = broken.change(name, "count")["seconds"]
        broken.prepare(name)

        answer = broken.change(name, "random", delay=chance.random() * 2 * seconds[name])

        kills += 1
        assert answer["status"] == signal.SIGKILL
        assert not answer["hangs"]
        assert broken.problem(name) == "", f"kill {kills}, {name}"


DURABLE = [*REPLACED, "key.h5", "key.zarr", "table.db", "update.json", "figure"]


@pytest.mark.parametrize("name", DURABLE if CI or LONG else ["json", "hdf5", "zarr", "sqlite", "parquet", "figure"])
def test_durable_content_is_on_the_disk_before_it_has_its_name(name: str, broken: Nursery, tmp_path: Path) -> None:
    broken.warm(name)
    broken.prepare(name)
    record = tmp_path / "record"

    answer = broken.change(name, "count", durable=True, record=str(record))

    assert (answer["status"], answer["error"]) == (0, "")
    place = broken.place(name)
    assert in_order([line.split(" ", 1) for line in record.read_text().splitlines()], place) == []


def in_order(calls: list[list[str]], folder: Path) -> list[str]:
    """What a power cut could take, by the calls in their order: nothing if all was fsynced in time."""
    wrong: list[str] = []
    room = folder / ".scitex-io"
    fsynced: set[str] = set()
    published: set[str] = set()
    for call, path in calls:
        inside = path.startswith((f"{room}/", f"{room}."))
        if call in {"write", "open", "truncate"}:
            fsynced.discard(path)
            if not inside:
                wrong.append(f"{path} is changed where it stands")
        elif call == "fsync":
            fsynced.add(path)
            if Path(path) == folder:
                published.clear()
        elif call in {"mkdir", "unlink", "rmdir"} or (inside and call in {"rename", "link", "symlink"}):
            fsynced.discard(path if call == "mkdir" else "")
            fsynced.discard(str(Path(path).parent))  # its entries
        elif call in {"rename", "exchange"}:
            drafts = f"{room}/{Path(path).name}", f"{room}.{Path(path).name}"
            inside_them = tuple(f"{draft}/" for draft in drafts)
            parts = {line[1] for line in calls if line[1] in drafts or line[1].startswith(inside_them)}
            alive = {part for part in parts if f"{part}" in fsynced or not _is_gone(calls, part)}
            wrong += [f"{part} is not on the disk when it gets its name" for part in sorted(alive - fsynced)]
            published.add(path)
    return wrong + [f"the folder is not fsynced after {path} got its name" for path in sorted(published)]


def _is_gone(calls: list[list[str]], path: str) -> bool:
    """Did a part go again, or was it only a name on the way to another?"""
    names = {line[1] for line in calls if line[0] in {"rename", "link"}}
    return path.endswith(".partial") and path not in names


def test_the_order_of_calls_is_judged_rightly(tmp_path: Path) -> None:
    draft, target = f"{tmp_path}/.scitex-io/x", f"{tmp_path}/x"
    right = [["open", draft], ["write", draft], ["fsync", draft], ["rename", target], ["fsync", str(tmp_path)]]

    assert in_order(right, tmp_path) == []
    for left_out in (2, 4):
        assert in_order(right[:left_out] + right[left_out + 1 :], tmp_path)
    assert in_order([right[0], right[2], right[1], *right[3:]], tmp_path)
    assert in_order([*right[:2], *right[3:], right[2]], tmp_path)
    assert in_order([["write", target], *right], tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="the calls are those of Linux")
def test_each_batch_of_a_durable_writer_is_on_the_disk_when_append_returns(broken: Nursery, tmp_path: Path) -> None:
    broken.warm("writer.csv")
    broken.prepare("writer.csv")
    record = tmp_path / "record"

    broken.change("writer.csv", "count", durable=True, record=str(record))

    journal = broken.place("writer.csv") / "x.csv.unfinished"
    calls = [line.split(" ", 1) for line in record.read_text().splitlines()]
    batch = [["write", "data"], ["fsync", "data"], ["write", "ends"], ["fsync", "ends"]]
    kept = [
        [call, Path(path).name] for call, path in calls if Path(path).parent == journal and call in {"write", "fsync"}
    ]
    assert [line for line in kept if line[1] != "about"] == 3 * batch
    assert ["fsync", str(journal)] in calls[: calls.index(["write", f"{journal}/data"])]
