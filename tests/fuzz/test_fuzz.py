"""No changed file hangs a loader, ends the interpreter, takes memory beyond the limit, or raises what nobody promised.

``SCITEX_IO_FUZZ=5000`` gives each loader so many inputs; a finding names its number, and `worker` repeats it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

import scitex_io
from optional import needs_all_of, skipping_what_is_missing
from scitex_io import save
from scitex_io.handler import FormatHandler
from scitex_io.registry import Registry
from scitex_io.typing import is_loader, is_saver
from subjects import SAMPLES

INPUTS = int(os.environ.get("SCITEX_IO_FUZZ", "20"))
FIRST = int(os.environ.get("SCITEX_IO_FUZZ_FROM", "0"))
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
LARGEST = 1 << 18
"""Bytes of a seed: changes in larger ones mostly hit what nothing depends on."""
SLOW = {
    "catboost",
    "fif",
    "edf",
    "bdf",
    "gdf",
    "brainvision",
    "eeg",
    "eeglab",
    "cnt",
    "egi",
    "mff",
    "kit",
    "orc",
    "torch",
}
"""A tenth of the inputs each."""
SEVERAL = 6
WAIT = 300  # seconds


def loaders() -> list[FormatHandler]:
    found = {handler.name: handler for _, handler in Registry(plugins=False).handlers() if is_loader(handler)}
    return list(found.values())


def seeds(handler: FormatHandler, folder: Path) -> None:
    """Small files of the format: one of ours, and real ones where they are."""
    folder.mkdir()
    if is_saver(handler) and handler.name in SAMPLES:
        with skipping_what_is_missing():
            save(SAMPLES[handler.name](), folder / f"x{handler.extensions[0]}", verbose=False, on_loss="allow")
    if handler.name in {"zip", "tar"}:
        (folder / "a.txt").write_text("text " * 100)
        shutil.make_archive(str(folder / "x"), handler.name, folder, "a.txt")
        (folder / "a.txt").unlink()
    real = sorted(
        path for path in CORPUS.rglob("*") if path.name.lower().endswith(handler.extensions) and path.is_file()
    )
    small = [path for path in real if 0 < path.stat().st_size <= LARGEST and not handler.directory]
    for path in small[:: max(len(small) // SEVERAL, 1)][:SEVERAL]:
        (folder / f"{path.stem[:20]}-{len(list(folder.iterdir()))}{handler.extensions[0]}").write_bytes(
            path.read_bytes()
        )


class Worker:
    """The process that loads; another one when that has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # as long as this

    def run(self, name: str, folder: Path, first: int, count: int) -> Iterator[dict[str, Any]]:
        """What was found."""
        end = first + count
        while first < end:
            process = self._running()
            last, done = None, False
            patience = Timer(WAIT + count, process.kill)
            patience.start()
            process.stdin.write(
                json.dumps({"name": name, "folder": str(folder), "first": first, "count": end - first}) + "\n"
            )
            process.stdin.flush()
            for line in process.stdout:
                told = json.loads(line)
                last = told.get("at", last)
                if "found" in told:
                    yield told
                if done := "done" in told:
                    break
            patience.cancel()
            if done:
                return
            self._errors.seek(0)
            trace = self._errors.read().decode(errors="replace")[-2000:]
            yield {"number": last, "found": f"the process ended: {process.wait()}", "trace": trace}
            first = end if last is None else last + 1

    def _running(self) -> Any:
        if self._process is None or self._process.poll() is not None:
            places = (str(Path(__file__).parents[1]), str(Path(scitex_io.__file__).parents[1]))
            self._errors.seek(0)
            self._errors.truncate()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fuzz.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(places), "PYTHONFAULTHANDLER": "1"},
            )
        return self._process

    def end(self) -> None:
        """Let the process go."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._errors.close()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One for all loaders: their libraries are imported once."""
    made = Worker()
    yield made
    made.end()


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured by Linux alone")
@pytest.mark.parametrize("handler", loaders(), ids=lambda handler: handler.name)
def test_no_changed_file_does_harm(handler: FormatHandler, worker: Worker, tmp_path: Path) -> None:
    needs_all_of(handler)
    seeds(handler, tmp_path / "seeds")
    if not any((tmp_path / "seeds").iterdir()):
        pytest.skip("nothing here writes such files, and the corpus of real ones is absent")
    count = INPUTS // 10 if handler.name in SLOW else INPUTS

    findings = list(worker.run(handler.name, tmp_path, FIRST, count))

    assert not findings, json.dumps(findings, indent=1)
