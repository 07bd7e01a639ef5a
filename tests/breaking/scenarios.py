"""Ways to change files that are cut, broken and repeated by the tests: the old state, the change, what may be there then.

Each works in a folder of its own. `check` raises where the folder holds anything but the whole old or the whole new
content; `again` does the change once more, after which nothing may be left over.
"""

from __future__ import annotations

import copy
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from attrs import frozen

from same import difference
from scitex_io import UnfinishedError, load, recover, save, update, writer
from scitex_io.handler import FormatHandler
from scitex_io.registry import Registry
from scitex_io.typing import is_loader, is_saver
from subjects import CONTENT, SAMPLES

DURABLE = False
"""Set by a test to have all of it fsynced."""


@frozen
class Scenario:
    """One way to change files."""

    old: Callable[[Path], None]
    change: Callable[[Path], None]
    check: Callable[[Path], str]  # which of the states it is
    files: Callable[[Path], set[str]]  # that may be there when nothing is left over

    def again(self, folder: Path) -> None:
        """Do the change once more, undisturbed; nothing else may be there afterwards."""
        try:
            self.change(folder)
        except UnfinishedError as error:
            recover(error.path)
            self.change(folder)
        left = {entry.relative_to(folder).as_posix() for entry in folder.iterdir()} - self.files(folder)
        assert not left, f"left over: {sorted(left)}"
        state = self.check(folder)
        assert state == "new", f"after it was done again: {state}"


def put(obj: object, path: Path, **options: Any) -> None:
    save(obj, path, verbose=False, on_loss="allow", durable=DURABLE, **options)


def get(path: Path, **options: Any) -> Any:
    return load(path, cache=False, trust=True, **options)


# ---------------------------------------------------------------- every format, replaced whole


def every_handler() -> dict[str, FormatHandler]:
    """One handler of each name that saves and loads, and has a sample."""
    found = {handler.name: handler for _, handler in Registry(plugins=False).handlers()}
    return {
        name: handler
        for name, handler in found.items()
        if is_saver(handler) and is_loader(handler) and name in {*SAMPLES, "zarr"}
    }


CODED = {"mp4", "mov", "avi"}
"""Films whose coding gives slightly different pixels each time: how many there are is what is compared."""


def _shape(film: Any) -> Any:
    return film.frames.shape


def _different(one: Any, other: Any) -> str:
    try:
        return difference(one, other) or ""
    except Exception as error:  # noqa: BLE001  # of a library that compares
        return str(error) or "it cannot be compared"


def replaced(name: str, old: Callable[[], Any], new: Callable[[], Any], extension: str, **options: Any) -> Scenario:
    """A save onto a file that is there."""

    def path(folder: Path) -> Path:
        return folder / f"x{extension}"

    def reference(folder: Path, which: str) -> Path:
        place = folder.with_name(f"{folder.name}.{which}")
        if not place.exists():
            put(old() if which == "old" else new(), path(place), **options)
        return place

    def check(folder: Path) -> str:
        content = CONTENT.get(name, lambda value: value)
        if name in CODED:
            content = _shape
        found = content(get(path(folder)))
        told = []
        for which in ("new", "old"):
            wanted, again = (content(get(path(reference(folder, which)))) for _ in range(2))
            # Objects that nothing compares: they loaded, which is all that can be said.
            if _different(again, wanted) or not (different := _different(found, wanted)):
                return which
            told.append(different)
        raise AssertionError(f"neither old nor new: {told}")

    def files(folder: Path) -> set[str]:
        return set(os.listdir(reference(folder, "new"))) | set(os.listdir(reference(folder, "old")))

    return Scenario(
        old=lambda folder: put(old(), path(folder), **options),
        change=lambda folder: put(new(), path(folder), **options),
        check=check,
        files=files,
    )


def frame(number: int) -> pd.DataFrame:
    return pd.DataFrame({"a": np.full(300, number), "b": np.full(300, number / 2), "c": [f"text {number}"] * 300})


PLAIN: dict[str, tuple[str, Callable[[int], Any]]] = {
    "npy": (".npy", lambda n: np.full(5000, n)),
    "npz": (".npz", lambda n: {"a": np.full(500, n), "b": np.full(9, n)}),
    "csv": (".csv", frame),
    "csv.gz": (".csv.gz", frame),
    "parquet": (".parquet", frame),
    "json": (".json", lambda n: {"a": [n] * 2000}),
    "yaml": (".yaml", lambda n: {"a": [n] * 50}),
    "pickle": (".pkl", lambda n: [n] * 3000),
    "hdf5": (".h5", lambda n: {"a": np.full(3000, n), "b": {"c": n}}),
    "zarr": (".zarr", lambda n: {"a": np.full(3000, n), "b": {"c": n}}),
    "excel": (".xlsx", lambda n: {"one": frame(n), "two": frame(n + 1)}),
    "sqlite": (".db", lambda n: {"one": frame(n), "two": frame(n + 1)}),
    "png": (".png", lambda n: np.full((50, 60), n, dtype=np.uint8)),
    "text": (".txt", lambda n: str(n) * 5000),
}


GENERATORS = [
    (found, copy.deepcopy(found.bit_generator.state))
    for name, module in list(sys.modules.items())
    if name.startswith(("strategies", "subjects"))
    for found in vars(module).values()
    if isinstance(found, np.random.Generator)
]


def of_format(name: str) -> Scenario:
    def sample() -> Any:
        # The same in every process, however many were drawn before.
        for generator, state in GENERATORS:
            generator.bit_generator.state = state
        return SAMPLES.get(name, lambda: {"a": np.arange(300.0), "b": {"c": "text"}})()

    return replaced(name, sample, sample, every_handler()[name].extensions[0])


# ---------------------------------------------------------------- parts of a file


def part(name: str, extension: str, option: str, value: Callable[[int], Any]) -> Scenario:
    """One key of a file that holds another."""

    def check(folder: Path) -> str:
        tree = get(folder / f"x{extension}")
        assert difference(tree["one"], value(1)) is None, "the part that was not touched is lost"
        assert set(tree) <= {"one", "two"}, f"it holds {set(tree)}"
        for number, state in ((2, "old"), (3, "new")):
            if "two" in tree and difference(tree["two"], value(number)) is None:
                return state
        raise AssertionError("the part is neither old nor new")

    def old(folder: Path) -> None:
        put({"one": value(1), "two": value(2)}, folder / f"x{extension}")

    return Scenario(
        old=old,
        change=lambda folder: put(value(3), folder / f"x{extension}", **{option: "two"}),
        check=check,
        files=lambda folder: {f"x{extension}"},
    )


def changed(extension: str, value: Callable[[int], Any], **options: Any) -> Scenario:
    """A file changed with `update`."""

    def change(folder: Path) -> None:
        path = folder / f"x{extension}"
        with update(path, verbose=False, on_loss="allow", durable=DURABLE, **options) as tree:
            tree["two"] = value(3)

    def check(folder: Path) -> str:
        tree = get(folder / f"x{extension}", **options)
        assert difference(tree["one"], value(1)) is None, "the part that was not touched is lost"
        if "two" not in tree:
            return "old"
        assert difference(tree["two"], value(3)) is None
        return "new"

    return Scenario(
        old=lambda folder: put({"one": value(1)}, folder / f"x{extension}"),
        change=change,
        check=check,
        files=lambda folder: {f"x{extension}"},
    )


# ---------------------------------------------------------------- sets of files


def figure() -> Scenario:
    """A picture and its data beside it: each of them is whole."""

    def drawn(number: int) -> Any:
        from matplotlib.figure import Figure

        found = Figure()
        found.subplots().plot([0, number], [number, number])
        return found

    def check(folder: Path) -> str:
        get(folder / "x.png")
        table = get(folder / "x.csv")
        assert table.iloc[:, -1].max() in {1, 2}
        return "old" if table.iloc[:, -1].max() == 1 else "new"

    return Scenario(
        old=lambda folder: put(drawn(1), folder / "x.png"),
        change=lambda folder: put(drawn(2), folder / "x.png"),
        check=check,
        files=lambda folder: {"x.png", "x.csv"},
    )


# ---------------------------------------------------------------- batches


def batches(extension: str, value: Callable[[int], Any], joined: Callable[[Any], list[int]]) -> Scenario:
    """A writer of three batches, over a file that is there."""

    def write(folder: Path, numbers: tuple[int, ...]) -> None:
        with writer(folder / f"x{extension}", verbose=False, on_loss="allow", durable=DURABLE) as file:
            for number in numbers:
                file.append(value(number))

    def check(folder: Path) -> str:
        path = folder / f"x{extension}"
        found = joined(get(path))
        assert found in ([9], [1, 2, 3]), f"the file holds {found}"
        left = folder / f"x{extension}.unfinished"
        if left.is_dir() and (left / "ends").is_file() and (left / "ends").stat().st_size >= 16:
            rest = joined(get(recover(path, to=folder.with_name(f"{folder.name}.rest") / f"x{extension}")))
            assert rest in ([1], [1, 2], [1, 2, 3]), f"what is recovered holds {rest}"
            put_back(folder, extension, rest)
        return "old" if found == [9] else "new"

    def put_back(folder: Path, extension: str, numbers: list[int]) -> None:
        # As it was left: what the change meets that comes next.
        broken = writer(folder / f"x{extension}", verbose=False, on_loss="allow")
        file = broken.__enter__()
        for number in numbers:
            file.append(value(number))
        broken.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

    return Scenario(
        old=lambda folder: write(folder, (9,)),
        change=lambda folder: write(folder, (1, 2, 3)),
        check=check,
        files=lambda folder: {f"x{extension}"},
    )


def numbers_of(values: Any) -> list[int]:
    """One number for each batch, each of which repeats its own 50 times."""
    array = np.asarray(values).ravel()
    assert len(array) % 50 == 0
    firsts = array[::50]
    assert np.array_equal(np.repeat(firsts, 50), array)
    return [int(number) for number in firsts]


def rows(number: int) -> pd.DataFrame:
    return pd.DataFrame({"n": np.full(50, number)})


BATCHES: dict[str, Scenario] = {
    "writer.jsonl": batches(".jsonl", lambda n: [n] * 50, numbers_of),
    "writer.csv": batches(".csv", rows, lambda table: numbers_of(table["n"])),
    "writer.parquet": batches(".parquet", rows, lambda table: numbers_of(table["n"])),
    "writer.npy": batches(".npy", lambda n: np.full(50, n), numbers_of),
    "writer.h5": batches(".h5", lambda n: {"s": np.full(50, n)}, lambda tree: numbers_of(tree["s"])),
    "writer.zarr": batches(".zarr", lambda n: {"s": np.full(50, n)}, lambda tree: numbers_of(tree["s"])),
}

SPECIAL: dict[str, Scenario] = {
    "key.h5": part("hdf5", ".h5", "key", lambda n: np.full(500, n)),
    "key.zarr": part("zarr", ".zarr", "key", lambda n: np.full(500, n)),
    "table.db": part("sqlite", ".db", "table", frame),
    "update.json": changed(".json", lambda n: [n] * 500),
    "update.xlsx": changed(".xlsx", frame, sheet_name=None),
    "update.h5": changed(".h5", lambda n: np.full(500, n)),
    "figure": figure(),
    **BATCHES,
}
REPLACED: dict[str, Scenario] = {
    name: replaced(name, lambda make=make: make(1), lambda make=make: make(2), extension)  # type: ignore[misc]  # a default holds the loop's value
    for name, (extension, make) in PLAIN.items()
}


def scenario(name: str) -> Scenario:
    """The one of this name; ``format:NAME`` is a sample of that format."""
    warnings.simplefilter("ignore")
    if name.startswith("format:"):
        return of_format(name.removeprefix("format:"))
    return {**REPLACED, **SPECIAL}[name]
