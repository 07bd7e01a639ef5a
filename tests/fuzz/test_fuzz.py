"""No changed file hangs a loader, ends the interpreter, takes memory beyond the limit, or raises what nobody promised.

``SCITEX_IO_FUZZ=5000`` gives each loader so many inputs; a finding names its number, and `worker` repeats it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import scitex_io
from optional import needs_all_of, skipping_what_is_missing
from scitex_io import save
from scitex_io.handler import FormatHandler
from scitex_io.registry import Registry
from scitex_io.typing import is_loader, is_saver
from test_damage import SAMPLES

INPUTS = int(os.environ.get("SCITEX_IO_FUZZ", "40"))
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


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured by Linux alone")
@pytest.mark.parametrize("handler", loaders(), ids=lambda handler: handler.name)
def test_no_changed_file_does_harm(handler: FormatHandler, tmp_path: Path) -> None:
    needs_all_of(handler)
    seeds(handler, tmp_path / "seeds")
    if not any((tmp_path / "seeds").iterdir()):
        pytest.skip("nothing here writes such files, and the corpus of real ones is absent")
    count = INPUTS // 10 if handler.name in SLOW else INPUTS

    findings = list(run(handler.name, tmp_path, FIRST, count))

    assert not findings, json.dumps(findings, indent=1)


def run(name: str, folder: Path, first: int, count: int) -> Any:
    """What was found, in as many processes as that takes."""
    places = (str(Path(__file__).parents[1]), str(Path(scitex_io.__file__).parents[1]))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places), "PYTHONFAULTHANDLER": "1"}
    end = first + count
    while first < end:
        command = [sys.executable, "-m", "fuzz.worker", name, str(folder), str(first), str(end - first)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=environment, timeout=WAIT + count
            )
            code: int | str = done.returncode
            told, errors = done.stdout, done.stderr
        except subprocess.TimeoutExpired as error:
            code, told, errors = "none", (error.stdout or b"").decode(), ""
        lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        yield from (line for line in lines if "found" in line)
        if any("done" in line for line in lines):
            return
        last = next((line["at"] for line in reversed(lines) if "at" in line), None)
        if last is None:
            yield {"number": first, "found": f"it did not begin: {code}", "trace": errors[-2000:]}
            return
        yield {"number": last, "found": f"the process ended: {code}", "trace": errors[-2000:]}
        first = last + 1
