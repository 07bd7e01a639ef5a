"""Load the real files beside the checkout in a judge's hands; fail unless every one is right.

    python .ci/corpus.py SHARED PYTHON

A good file has to give what is known about it, a bad one a clear error. Which formats are judged follows from
the registry, so a new format is judged from its first day.
"""

# ruff: noqa: INP001, S603, T201  # a script: it belongs to no package, runs the judge and prints

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from scitex_io.registry import Registry, suffixes

FINE = {"good": {"right"}, "bad": {"error"}, "any": {"survived"}}


def main(shared: Path, python: str) -> int:
    """Judge the corpus with the library of *python*; the number of files that are not as they should be."""
    entries = json.loads((shared / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))["files"]
    known = set(Registry(plugins=False).extensions("load"))
    covered = sorted(entry["id"] for entry in entries if known & set(suffixes(entry["name"])))
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.json")
        subprocess.run(
            [
                *(sys.executable, shared / "tools" / "check_corpus.py", "--corpus", shared / "corpus"),
                *("--impl", python, "--json", results, "--only", ",".join(covered)),
            ],
            check=True,
        )
        files = json.loads(results.read_text(encoding="utf-8"))["files"]
    wrong = [file for file in files if file["outcome"] not in FINE[file["want"]]]
    for file in wrong:
        detail = file.get("why") or file.get("message") or ""
        print(f"{file['id']}: {file['want']} file, {file['outcome']}: {file['file']} {detail}")
    missing = set(covered) - {file["id"] for file in files}
    print(
        f"{len(files) - len(wrong)} of {len(files)} files as they should be; not covered: {len(entries) - len(covered)}"
    )
    return len(wrong) + len(missing)


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1]), sys.argv[2]) else 0)
