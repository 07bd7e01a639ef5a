"""Ours, the direct call, the quickest library known and the limit in turn; one table of their ratios at the end of a run."""

from __future__ import annotations

import gc
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import pytest

ROWS = pytest.StashKey[list[dict[str, Any]]]()
SIDES = ("direct", "best", "limit")
"""What ours is compared with: what a skilled user writes, what the quickest library known does, the bytes alone."""
LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "orjson", "msgspec", "PyYAML", "zarr", "h5py")

Call = Callable[[], object]


class Compare(Protocol):
    """Runs the sides in turn and keeps the medians; what it returns is the ratio of ours to direct."""

    def __call__(
        self, ours: Call, direct: Call, *, best: Call | None = ..., limit: Call | None = ..., rounds: int = ...,
        calls: int = ..., name: str = ..., why: str = ...,
    ) -> float: ...  # fmt: skip


def cpu() -> float:
    """Seconds of the processors, of this process and of those it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(call: Call, calls: int) -> tuple[float, float]:
    """Seconds of the clock and of the processors for one call."""
    gc.collect()
    gc.disable()  # as timeit does: whose turn a collection falls into is chance
    try:
        began, spent = time.perf_counter(), cpu()
        for _ in range(calls):
            call()
        return (time.perf_counter() - began) / calls, (cpu() - spent) / calls
    finally:
        gc.enable()


def measured(sides: Mapping[str, Call], rounds: int, calls: int) -> dict[str, Any]:
    """Medians over interleaved rounds, after one that does not count."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for at in range(rounds + 1):
        for name in sides if at % 2 else reversed(list(sides)):
            times[name].append(timed(sides[name], calls))
    walls = {name: [wall for wall, _ in found[1:]] for name, found in times.items()}
    row: dict[str, Any] = {name: statistics.median(found) for name, found in walls.items()}
    for name in sides.keys() - {"ours"}:
        row[f"ours/{name}"] = statistics.median(
            one / other for one, other in zip(walls["ours"], walls[name], strict=True)
        )
    used = {name: statistics.median(spent for _, spent in times[name][1:]) for name in ("ours", "direct")}
    row["processors"] = used["ours"] / used["direct"] if used["direct"] else None
    pairs = zip(walls["ours"], walls["direct"], strict=True)
    row["extra"] = statistics.median(one - other for one, other in pairs)
    return row


@pytest.fixture
def compare(request: pytest.FixtureRequest, benchmark: Any) -> Compare:
    def run(
        ours: Call,
        direct: Call,
        *,
        best: Call | None = None,
        limit: Call | None = None,
        rounds: int = 9,
        calls: int = 1,
        name: str = "",
        why: str = "",
    ) -> float:
        sides = {"ours": ours, "direct": direct, "best": best, "limit": limit}
        row = measured({name: call for name, call in sides.items() if call is not None}, rounds, calls)
        said = name or request.node.name.removeprefix("test_").replace("_", " ")
        row = {"name": said, **row, **({"why": why} if why else {})}
        request.config.stash.setdefault(ROWS, []).append(row)
        if (path := request.config.getoption("--ratios")) is not None:
            keep(path, row)  # at once: a run that is cut short has not been in vain
        benchmark.extra_info.update(row)
        benchmark.pedantic(ours, rounds=1, iterations=1)
        return float(row["ours/direct"])

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ratios", type=Path, help="write what was measured to this JSON file, beside what it holds")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    terminalreporter.section("medians of interleaved rounds; above 1 ours takes longer")
    terminalreporter.write_line(f"{'':58}{'ours':>11}   " + "".join(f"{f'/ {side}':>10}" for side in SIDES) + "   cpu")
    for row in rows:
        ratios = "".join(f"{row[f'ours/{side}']:10.2f}" if side in row else f"{'':10}" for side in SIDES)
        spent = f"{row['processors']:6.2f}" if row["processors"] else ""
        terminalreporter.write_line(f"{row['name']:58}{row['ours'] * 1e3:8.3f} ms   {ratios}{spent}")


def keep(path: Path, row: dict[str, Any]) -> None:
    """Write a row beside those there are, three digits of each number; one of the same name is replaced."""
    known = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    found = {one["name"]: one for one in [*known, {name: short(value) for name, value in row.items()}]}
    where = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    lines = ",\n".join(f"  {json.dumps(row)}" for row in found.values())
    path.write_text(f'{{"where": {json.dumps(where)},\n "rows": [\n{lines}\n]}}\n', encoding="utf-8")


def short(value: object) -> object:
    return float(f"{value:.3g}") if isinstance(value, float) else value
