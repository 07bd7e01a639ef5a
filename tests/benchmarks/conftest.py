"""Ratios of our time to that of the best direct call, printed as one table at the end of a run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

TABLE = pytest.StashKey[list[tuple[str, float, float]]]()


@pytest.fixture
def compare(request: pytest.FixtureRequest, benchmark: Any) -> Callable[..., float]:
    """``compare(ours, direct, rounds=, calls=)``: median ratio over interleaved rounds."""

    def run(ours: Callable[[], object], direct: Callable[[], object], *, rounds: int = 9, calls: int = 1) -> float:
        times: dict[str, list[float]] = {"ours": [], "direct": []}
        for at in range(rounds + 1):
            for name, call in (("ours", ours), ("direct", direct)) if at % 2 else (("direct", direct), ("ours", ours)):
                gc.collect()
                gc.disable()  # as timeit does: whose turn a collection falls into is chance
                try:
                    began = time.perf_counter()
                    for _ in range(calls):
                        call()
                    times[name].append((time.perf_counter() - began) / calls)
                finally:
                    gc.enable()
        ratios = [one / other for one, other in zip(times["ours"][1:], times["direct"][1:], strict=True)]
        ratio = statistics.median(ratios)
        extra = statistics.median(
            one - other for one, other in zip(times["ours"][1:], times["direct"][1:], strict=True)
        )
        benchmark.extra_info.update(ratio=ratio, extra_microseconds=extra * 1e6, direct=times["direct"][1:])
        request.config.stash.setdefault(TABLE, []).append((request.node.name, ratio, extra))
        benchmark.pedantic(ours, rounds=1, iterations=1)
        return ratio

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(TABLE, [])
    if rows:
        terminalreporter.section("ours / direct (median of interleaved rounds)")
        for name, ratio, extra in rows:
            terminalreporter.write_line(f"{name:60} {ratio:7.2f} x   {extra * 1e6:+12.1f} us a call")
