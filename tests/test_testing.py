"""The checks for formats catch what is broken, and are reached in three ways."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import frozen
from hypothesis import strategies as st

from scitex_io import Accepts, Fidelity, FormatHandler, Loader, MissingDependencyError, Saver, UnreadableFileError, lose
from scitex_io.handler import save_option
from scitex_io.testing import Effort, Outcome, Subject, check_handler, checks, outcomes
from scitex_io.typeref import TypeRef

ROOT = Path(__file__).resolve().parents[1]
FEW = Effort(cuts=40, flips=20, examples=20)
NUMBERS = st.integers(-(2**31), 2**31 - 1)


@frozen(kw_only=True)
class Number(FormatHandler, Saver[int], Loader[int]):
    """One number, in words that end in a full stop; broken on request."""

    name = "number"
    extensions = (".num",)
    accepts = (Accepts(int, domain="below 2**31", where=lambda value: type(value) is int and abs(value) < 2**31),)
    yields: ClassVar[tuple[TypeRef, ...]] = (int,)

    broken: str = save_option("")

    def save(self, obj: int, path: Path, /) -> None:
        """Write the digits."""
        if self.broken == "false alarm":
            lose("numbers are rounded")
        text = str(obj - obj % 10 if self.broken == "rounds" else obj)
        path.write_text(text if self.broken == "endless" else f"{text}.")

    def load(self, path: Path, /) -> int:
        """Read the digits."""
        text = path.read_text()
        if self.broken == "crashes" and text == "":
            raise OSError(5, "the disk does not answer")
        if self.broken == "unpickles" and path.read_bytes().startswith(b"cos"):
            pickle.loads(path.read_bytes())
        if not re.fullmatch(r"-?\d+" + ("" if self.broken == "endless" else r"\."), text):
            raise UnreadableFileError(str(path), self.name, "no number")
        return int(text.rstrip("."))


class Alike(Number):
    """It declares less than it keeps."""

    accepts = (Accepts(int, Fidelity.VALUE, domain="below 2**31", where=Number.accepts[0].where),)


class Lossy(Number):
    """It declares a loss that never happens."""

    accepts = (Accepts(int, Fidelity.LOSSY, loses="digits", domain="small", where=Number.accepts[0].where),)


class Undocumented(Number):
    __doc__ = None


class Elsewhere(Number):
    """It names a type that is not there."""

    yields: ClassVar[tuple[TypeRef, ...]] = (int, "collections.Nothing")


def failed(handler: Any, **facts: Any) -> dict[str, str]:
    subject = Subject(handler=handler, values=NUMBERS, sample=lambda: 12345, **facts)
    return {found.check: found.detail for found in outcomes(subject, FEW) if found.status == "failed"}


def test_a_format_that_keeps_its_promises_passes() -> None:
    assert failed(Number) == {}


@pytest.mark.parametrize(
    ("handler", "check", "words"),
    [
        (Number(broken="rounds"), "round trip: int (below 2**31)", "too strong a claim"),
        (Number(broken="false alarm"), "round trip: int (below 2**31)", "too weak a claim: 'numbers are rounded'"),
        (Alike(), "round trip: int (below 2**31)", "too weak a claim: int (below 2**31) is declared VALUE"),
        (Lossy(), "round trip: int (small)", "too weak a claim: 'digits'"),
        (Number(broken="endless"), "cut at any byte", "1 of 5 bytes load as something else"),
        (Number(broken="crashes"), "cut at any byte", "OSError, which is none of our errors"),
        (Number(broken="unpickles"), "runs no code", "a file ran a command while it was loaded"),
        (Undocumented(), "documented", "the class has no docstring"),
        (Elsewhere(), "types are declared", "there is no such type: collections.Nothing"),
    ],
    ids=lambda part: getattr(part, "broken", None) or type(part).__name__ if isinstance(part, Number) else None,
)
def test_what_is_broken_is_found(handler: Number, check: str, words: str) -> None:
    found = failed(handler)

    assert words in found[check]


def test_what_is_said_of_a_format_is_taken_into_account() -> None:
    assert "cut at any byte" not in failed(Number(broken="endless"), parts_are_whole=True)
    assert "changes the content unnoticed" in failed(Number(), checksummed=True)["flipped bits"]
    assert failed(Alike(), weak={"int (below 2**31)": "a reason"}) == {}


def test_check_handler_raises_with_all_that_is_broken() -> None:
    with pytest.raises(AssertionError, match=r"(?s)number breaks 1 of 16:\nfailed: round trip.*too strong a claim"):
        check_handler(Number(broken="rounds"), NUMBERS, effort=FEW, sample=lambda: 12345)


def test_values_that_are_not_known_are_asked_for() -> None:
    @frozen(kw_only=True)
    class Images(Number):
        """Of a type that nobody can make."""

        accepts = (Accepts("fractions.Nothing"),)

    (trip,) = (check for check in checks(Subject(handler=Images)) if check.row is not None)

    with pytest.raises(AssertionError, match=r"give values={'fractions.Nothing': a strategy}"):
        trip.run(Path())


def test_without_hypothesis_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scitex_io.testing.subject.find_spec", lambda name: None)

    with pytest.raises(MissingDependencyError, match=r'pip install "scitex-io\[testing\]"'):
        check_handler(Number)


def test_an_outcome_is_a_line() -> None:
    assert str(Outcome("documented", "passed", "")) == "passed: documented"


# ------------------------------------------------------------ the page, the command, the plug-in


def page() -> list[str]:
    return re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs" / "testing.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.fixture
def spikes(tmp_path: Path) -> Path:
    (tmp_path / "spikes.py").write_text(page()[0])
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_format_of_the_page_is_short_and_its_table_is_green(spikes: Path) -> None:
    body = page()[0].partition("@frozen")[2]
    done = run(spikes, "-m", "scitex_io.testing", "spikes:Spikes", "--examples", "20")

    assert len([line for line in body.splitlines() if line.strip()]) <= 15
    assert done.returncode == 0, done.stdout + done.stderr
    assert "spikes: 16 passed" in done.stdout
    assert "104 bytes, cut at every byte" in done.stdout


def test_the_other_code_of_the_page_runs(spikes: Path) -> None:
    done = run(spikes, "-W", "error", "-c", "\n".join(page()[1:]))

    assert done.returncode == 0, done.stderr


def test_the_plug_in_makes_a_test_of_each_check(spikes: Path) -> None:
    (spikes / "test_own.py").write_text("def test_own(): pass\n")
    plug_in = () if _installed() else ("-p", "scitex_io.testing.plugin")
    words = ("-m", "pytest", "-v", "-p", "no:cacheprovider", *plug_in, "--scitex-io-handler")
    broken = (spikes / "spikes.py").read_text().replace("if count.tolist() != [len(times)]:", "if False:")
    (spikes / "careless.py").write_text(broken)

    whole = run(spikes, *words, "spikes:Spikes")
    chosen = run(spikes, *words, "careless:Spikes", "-k", "cut or test_own")
    wrong = run(spikes, *words, "spikes:Spike")

    assert whole.returncode == 0, whole.stdout
    assert "17 passed" in whole.stdout
    assert "spikes:Spikes::threads PASSED" in whole.stdout
    assert "1 failed, 1 passed, 15 deselected" in chosen.stdout, chosen.stdout
    assert "bytes load as numpy.ndarray: raise UnreadableFileError" in chosen.stdout
    assert wrong.returncode == 4
    assert "'spikes:Spike' cannot be imported" in wrong.stderr


def _installed() -> bool:
    from importlib.metadata import entry_points

    return any(entry.value == "scitex_io.testing.plugin" for entry in entry_points(group="pytest11"))


@pytest.mark.parametrize("reference", ["spikes", "spikes:Nothing", "nowhere:X", "spikes:np"])
def test_a_wrong_reference_is_told(reference: str, spikes: Path) -> None:
    done = run(spikes, "-m", "scitex_io.testing", reference)

    assert done.returncode == 2
    assert f"'{reference}'" in done.stderr
