"""Both programs of `nursery`, and the library that breaks calls."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def built(folder: Path) -> Path:
    """The library, compiled; skipped where there is no compiler, or another system."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("a C compiler on Linux is needed")
    made = folder / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", made, HERE / "shim.c", "-ldl", "-lpthread"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return made


class Nursery:
    """Changes cut or broken, and what is left of the files."""

    def __init__(self, folder: Path, nurse: subprocess.Popen[str], checker: subprocess.Popen[str]) -> None:
        self.folder = folder
        self._nurse = nurse
        self._checker = checker

    @staticmethod
    def _ask(process: subprocess.Popen[str], order: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    def place(self, name: str) -> Path:
        """The folder in which this is tried."""
        return self.folder / name.replace(":", "-") / "here"

    def prepare(self, name: str) -> None:
        """Make the old state."""
        answer = self._ask(self._checker, {"do": "prepare", "name": name, "folder": str(self.place(name))})
        assert "state" in answer, f"{name}: {answer}"

    def warm(self, name: str) -> None:
        """Let the nurse import what the change needs."""
        self.prepare(name)
        answer = self._ask(self._checker, {"do": "modules", "name": name, "folder": str(self.place(name))})
        self._ask(self._nurse, {"import": answer["modules"]})

    def change(self, name: str, mode: str, **order: Any) -> dict[str, Any]:
        """Do the change in a process that this befalls."""
        return self._ask(self._nurse, {"name": name, "folder": str(self.place(name)), "mode": mode, **order})

    def problem(self, name: str) -> str:
        """What is wrong with what is left; nothing if it is whole, and nothing stays after the next change."""
        answer = self._ask(self._checker, {"do": "check", "name": name, "folder": str(self.place(name))})
        return str(answer.get("problem", ""))


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """Both programs, for as long as the block lasts."""
    shim = built(folder)
    paths = [*sys.path, str(HERE.parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONWARNINGS": "ignore"}

    def program(role: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "breaking.nursery", role],
            env={**environment, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    with program("nurse", LD_PRELOAD=str(shim)) as nurse, program("check") as checker:
        try:
            yield Nursery(folder, nurse, checker)
        finally:
            for process in (nurse, checker):
                assert process.stdin is not None
                process.stdin.close()
                process.kill()
