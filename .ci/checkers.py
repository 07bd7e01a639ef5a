"""What type checkers say beside `mypy` and the tests; fail unless all of it is right.

    python .ci/checkers.py

pyright over the sources (`[tool.pyright]`), the completeness of the public types, the stubs against the libraries; ty and
pyrefly over the cases of `tests/typing`, for information.
"""

# ruff: noqa: INP001, S603, T201  # a script: it belongs to no package, runs the checkers and prints

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUBS = ROOT / "stubs"
CASES = ROOT / "tests" / "typing"
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
PARTIAL = re.compile(r"stub does not have|does not have \*\*kwargs|is not keyword-only$|is a disjoint base at runtime")
"""The stubs hold what is called here: no other parameters, `**options` for those passed on, no layout of extension types."""
FACTS = "Ambiguous base class override"
"""Facts of a format (``extensions = (".csv",)``) are typed once, in `FormatHandler`; pyright wants it again in each class."""
PLUGIN = "scitex_io.mypy_plugin."
"""What mypy loads; nobody else imports it."""
UNTYPED = {"scitex_io.content.pickles.careful.Careful"}  # its base is Python's own unpickler, which has no types


def main() -> int:
    """The number of faults."""
    faults = [*sources(), *completeness(), *stubs()]
    for fault in faults:
        print(fault)
    for_information()
    return len(faults)


def run(*command: str | Path, **variables: str) -> str:
    """What a command prints, whether it succeeds or not."""
    environment = {**ENVIRONMENT, **variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def sources() -> Iterator[str]:
    """What pyright finds in the sources."""
    report = json.loads(run(BIN / "pyright", "--outputjson", "--pythonpath", sys.executable))
    assert report["summary"]["filesAnalyzed"] > 200, report["summary"]
    print(f"pyright strict: {report['summary']['filesAnalyzed']} files")
    for error in report["generalDiagnostics"]:
        place = f"{error['file']}:{error['range']['start']['line'] + 1}"
        yield f"{place}: {error['message']} [{error.get('rule', 'error')}]"


def completeness() -> Iterator[str]:
    """Public names whose type pyright does not know."""
    report = json.loads(run(BIN / "pyright", "--verifytypes", "scitex_io", "--ignoreexternal", "--outputjson"))
    told = [symbol for symbol in report["typeCompleteness"]["symbols"] if symbol["isExported"]]
    symbols = [symbol for symbol in told if not symbol["name"].startswith(PLUGIN)]
    assert len(symbols) > 3000, len(symbols)
    facts = 0
    for symbol in symbols:
        if symbol["isTypeKnown"] and not symbol["isTypeAmbiguous"]:
            continue
        told = [one["message"] for one in symbol["diagnostics"] if one["severity"] == "error"]
        facts += any(FACTS in message for message in told)
        # A class is no better known than its members and bases, which are told themselves.
        wrong = [one for one in told if FACTS not in one and 'Type of base class "scitex_io' not in one]
        if wrong and symbol["name"] not in UNTYPED:
            yield f"{symbol['name']}: {wrong[0]}"
    print(f"types of {len(symbols)} public names; {facts} are facts of formats, typed in the base class alone")


def stubs() -> Iterator[str]:
    """Where the stubs differ from the libraries."""
    names = sorted(path.name for path in STUBS.iterdir() if path.is_dir())
    command = [sys.executable, "-m", "mypy.stubtest", *names, "--ignore-missing-stub", "--concise"]
    out = run(*command, "--allowlist", STUBS / "allowlist.txt", MYPYPATH=str(STUBS))
    print("stubs of", ", ".join(names))
    for line in out.splitlines():
        if line and not PARTIAL.search(line):
            yield f"stubs: {line}"


def for_information() -> None:
    """The cases under checkers that are still being written."""
    extra = [CASES / "thirdparty" / "src", ROOT / "src"]
    expected = sum("# E: " in line for path in CASES.rglob("*.py") for line in path.read_text().splitlines())
    for name, command in {
        "ty": ["check", "--python", sys.executable, "--output-format", "concise"]
        + [part for path in extra for part in ("--extra-search-path", str(path))],
        "pyrefly": ["check", "--python-interpreter-path", sys.executable, "--output-format", "min-text"]
        + [part for path in extra for part in ("--search-path", str(path))],
    }.items():
        out = run(BIN / name, *command, CASES)
        places = set(re.findall(r"tests/typing/([\w/]+\.py):(\d+)", out))
        lines = {
            (file, number)
            for file, number in places
            if "# E: " in (CASES / file).read_text().splitlines()[int(number) - 1]
        }
        print(f"{name}: flags {len(lines)} of {expected} misuses, and {len(places - lines)} other lines")


if __name__ == "__main__":
    sys.exit(min(main(), 100))
