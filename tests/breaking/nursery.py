"""Processes that are cut or broken at one call, or killed at any moment, one after the other.

Two programs that read one JSON object on each line of standard input and answer likewise: ``nurse`` imports everything,
does nothing itself, and forks a child for each change; ``check`` looks at what is left.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MODES = {"count": 0, "fail": 1, "kill": 2}
PATIENCE = 60.0
"""Seconds after which a child hangs."""


def nurse(order: dict[str, Any]) -> dict[str, Any]:
    """Fork a child for the change; what became of it."""
    for module in order.get("import", ()):
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001  # then the child does
            continue
    if "name" not in order:
        return {}
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 3
        try:
            os.close(reading)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            _be_changed(order, writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    told = b""
    end = time.monotonic() + PATIENCE
    hangs = False
    if order["mode"] == "random":
        select.select([reading], [], [], PATIENCE)  # it is about to begin
        time.sleep(order["delay"])
        os.kill(child, signal.SIGKILL)
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            hangs = True
            break
        if not (piece := os.read(reading, 1 << 16)):
            break
        told += piece
    os.close(reading)
    _, status = os.waitpid(child, 0)
    lines = told.decode().splitlines()
    answer: dict[str, Any] = json.loads(lines[-1]) if len(lines) > 1 else {}
    return answer | {"status": status, "hangs": hangs}


def _be_changed(order: dict[str, Any], answer: int) -> None:
    from breaking import scenarios

    warnings.simplefilter("ignore")
    scenarios.DURABLE = order.get("durable", False)
    folder = Path(order["folder"])
    change = scenarios.scenario(order["name"]).change
    record = os.open(order["record"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666) if "record" in order else -1
    error = ""
    os.write(answer, b"begins\n")
    shim = ctypes.CDLL(None)
    if order["mode"] in MODES:
        shim.shim_arm(os.fsencode(folder), ctypes.c_long(order.get("at", 0)), MODES[order["mode"]], record)
    began = time.perf_counter()
    try:
        while True:
            change(folder)
            if order["mode"] != "random":
                break
    except Exception as found:  # noqa: BLE001  # what it says is part of what is tested
        error = f"{type(found).__name__}: {found}"
    seconds = time.perf_counter() - began
    calls = shim.shim_disarm() if order["mode"] in MODES else 0
    os.write(answer, json.dumps({"calls": calls, "error": error, "seconds": seconds}).encode() + b"\n")


def check(order: dict[str, Any]) -> dict[str, Any]:
    """Make a folder with the old state, or look at what became of it."""
    from breaking import scenarios

    folder = Path(order["folder"])
    scenario = scenarios.scenario(order["name"])
    for place in folder.parent.glob(f"{folder.name}.rest"):
        shutil.rmtree(place)
    if order["do"] == "prepare":
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        scenario.old(folder)
        return {"state": scenario.check(folder)}
    if order["do"] == "modules":
        scenario.change(folder)
        return {"modules": sorted(name for name in sys.modules if not name.startswith("_"))}
    try:
        state = scenario.check(folder)
        scenario.again(folder)
    except Exception as error:  # noqa: BLE001  # told, with where it was
        return {"problem": f"{type(error).__name__}: {error}"}
    return {"state": state}


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


if __name__ == "__main__":
    work = {"nurse": nurse, "check": check}[sys.argv[1]]
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    for asked in _orders():
        try:
            answered = work(asked)
        except Exception as error:  # noqa: BLE001  # told, whatever it is
            answered = {"problem": f"{type(error).__name__}: {error}"}
        os.write(out, json.dumps(answered).encode() + b"\n")
