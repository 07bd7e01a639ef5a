"""What the terminal shows, and the exit codes; each behaviour once in a real process, the rest in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import scitex_io
from scitex_io import FormatHandler, load, lose, register_loader, register_saver, registry, save
from scitex_io.cli import main
from scitex_io.cli.demo import Params, Sample, samples, tried

SOURCE = str(Path(scitex_io.__file__).parents[1])


def process(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": SOURCE, "PYTHONWARNINGS": "", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "scitex_io", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(np.arange(12.0).reshape(3, 4), tmp_path / "a.npy", verbose=False)
    return tmp_path


def run(*words: str | Path) -> Result:
    # Wide enough that no text of a table is wrapped.
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, list(map(str, words)))


def lossy(name: str = ".loss") -> None:
    @register_saver(name)
    def save_loss(obj: object, path: Path) -> None:
        lose("half of it is gone")
        path.write_text("half")


# ---------------------------------------------------------------- the program


def test_help_names_every_command_and_needs_no_library(tmp_path: Path) -> None:
    code = "import sys; from scitex_io.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        check=True,
    )

    usage, _, modules = done.stdout.rstrip("\n").rpartition("\n")
    assert all(f"  {name} " in usage for name in ("demo", "formats", "info", "convert"))
    assert not {"numpy", "pandas", "rich", "scitex_io.api", "matplotlib"} & set(modules.split())


@pytest.mark.parametrize("command", ["demo", "formats", "info", "convert"])
def test_every_command_explains_itself(command: str) -> None:
    done = run(command, "--help")

    assert done.exit_code == 0
    assert f"Usage: main {command}" in done.stdout


def test_the_version_is_told(tmp_path: Path) -> None:
    done = process("--version", cwd=tmp_path)

    assert (0, f"scitex-io, version {scitex_io.__version__}\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("words", [["nope"], ["info"], ["convert", "a.npy"], ["formats", "--nope"]])
def test_what_is_not_understood_ends_with_2(words: list[str]) -> None:
    done = run(*words)

    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Usage:" in done.stderr


def test_an_error_of_a_registered_function_is_told_with_its_file(here: Path) -> None:
    @register_loader(".bad")
    def load_bad(path: Path) -> object:
        raise ValueError("what is wrong")

    (here / "x.bad").touch()
    done = run("info", "x.bad")

    assert done.exit_code == 1
    assert "ValueError: what is wrong" in done.stderr
    assert "x.bad" in done.stderr


def test_a_defect_of_ours_keeps_its_traceback(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("scitex_io.facts.info", defect)

    assert isinstance(run("info", "a.npy").exception, RuntimeError)


# ---------------------------------------------------------------- formats


def test_formats_shows_every_extension_and_fidelity() -> None:
    done = run("formats")

    assert done.exit_code == 0
    assert ".npy" in done.stdout
    assert "exact: ndarray" in done.stdout
    assert done.stderr == ""
    assert "numpy.ndarray (no object dtype): exact" in run("formats", "npy").stdout


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "scitex_io", "formats", "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONPATH": SOURCE}

    done = subprocess.run(words, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)

    assert done.stderr == ""


def test_formats_as_json_is_the_catalogue() -> None:
    rows = json.loads(run("formats", "--json").stdout)

    npy = next(row for row in rows if row["name"] == "npy")
    assert npy["extensions"] == [".npy"]
    assert npy["installed"] is True
    assert npy["stores"][0] == {
        "type": "numpy.ndarray", "fidelity": "exact", "loads_as": "", "domain": "no object dtype", "loses": "",
    }  # fmt: skip


def test_formats_of_one_extension() -> None:
    assert [row["name"] for row in json.loads(run("formats", "NPY", "--json").stdout)] == ["npy"]

    done = run("formats", "npyy")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "did you mean .npy" in done.stderr


def test_formats_tells_how_to_install_what_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    class Absent(FormatHandler, scitex_io.Loader[int]):
        """A format of an absent library."""

        name = "absent"
        extensions = (".absent",)
        yields = (int,)
        requires = ("no_such_library",)
        extra = "rare"

        def load(self, path: Path, /) -> int:
            raise ImportError(name="no_such_library")

    scitex_io.register(Absent)

    row = next(row for row in json.loads(run("formats", "absent", "--json").stdout))
    assert row["installed"] is False
    assert row["install"] == 'pip install "scitex-io[rare]"'
    assert 'pip install "scitex-io[rare]"' in run("formats", "absent").stdout.replace("\n", " ")


# ---------------------------------------------------------------- info


def test_info_tells_format_size_and_shape(here: Path) -> None:
    done = process("info", "a.npy", cwd=here)

    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert lines[0] == ["a.npy"]
    assert ["format", "npy"] in lines
    assert ["shape", "3 x 4"] in lines
    assert ["dtype", "float64"] in lines
    assert done.stderr == ""


def test_info_of_several_files_goes_on_after_an_error(here: Path) -> None:
    (here / "broken.npy").write_bytes(b"not an array")

    done = process("info", "nope.npy", "a.npy", "broken.npy", "--json", cwd=here)

    assert done.returncode == 1
    assert [Path(facts["path"]).name for facts in json.loads(done.stdout)] == ["a.npy"]
    assert [line[:7] for line in done.stderr.splitlines()] == ["Error: ", "Error: "]
    assert "nope.npy" in done.stderr
    assert "broken.npy" in done.stderr
    assert "Traceback" not in done.stderr


def test_info_looks_only_where_it_is_told_to(here: Path) -> None:
    done = run("info", "nope.npy")

    assert done.stderr == f"Error: no file '{here / 'nope.npy'}' (looked at {here / 'nope.npy'})\n"


def test_info_reads_a_file_as_another_format(here: Path) -> None:
    (here / "a.npy").rename(here / "array")

    assert "float64" in run("info", "array", "--ext", "npy").stdout


def test_info_tells_a_size_one_can_read(here: Path) -> None:
    save(np.zeros(4096, "u1"), here / "big.npy", verbose=False)

    assert "4224 (4.12 KiB)" in run("info", "big.npy").stdout
    assert "224\n" in run("info", "a.npy").stdout


def test_info_of_a_folder_is_an_error_in_words(here: Path) -> None:
    (here / "sub.npy").mkdir()
    done = run("info", "sub.npy")

    assert done.exit_code == 1
    assert "is a folder" in done.stderr


# ---------------------------------------------------------------- convert


def test_convert_writes_the_other_format(here: Path) -> None:
    done = process("convert", "a.npy", "sub/b.npy.gz", cwd=here)

    assert (done.returncode, done.stdout) == (0, "")
    assert "Saved to: ./sub/b.npy.gz" in done.stderr
    assert np.array_equal(load(here / "a.npy"), load(here / "sub/b.npy.gz"))


def test_convert_replaces_only_when_forced(here: Path) -> None:
    (here / "b.npy").write_bytes(b"mine")

    done = run("convert", "a.npy", "b.npy")
    assert done.exit_code == 1
    assert "--force" in done.stderr
    assert (here / "b.npy").read_bytes() == b"mine"

    assert run("convert", "--force", "--quiet", "a.npy", "b.npy").exit_code == 0
    assert (here / "b.npy").read_bytes() == (here / "a.npy").read_bytes()


def test_convert_tells_losses_on_stderr_and_can_refuse_them(here: Path) -> None:
    lossy()

    refused = run("convert", "a.npy", "x.loss", "--on-loss", "error")
    assert refused.exit_code == 1
    assert "half of it is gone" in refused.stderr
    assert not (here / "x.loss").exists()

    told = run("convert", "-q", "a.npy", "x.loss")
    assert told.exit_code == 0
    assert told.stderr.startswith("Warning: ")
    assert "half of it is gone" in told.stderr

    assert run("convert", "-qf", "a.npy", "x.loss", "--on-loss", "allow").stderr == ""


def test_convert_hands_options_to_both_sides(here: Path) -> None:
    @register_saver(".opt")
    def save_opt(obj: object, path: Path, sep: str = ",", rows: int = 0) -> None:
        path.write_text(f"{sep!r} {rows!r}")

    assert run("convert", "-q", "a.npy", "x.opt", "--save", "sep=;", "--save", "rows=3").exit_code == 0
    assert (here / "x.opt").read_text() == "';' 3"

    wrong = run("convert", "a.npy", "y.opt", "--load", "mmap=r")
    assert wrong.exit_code == 1
    assert "mmap_mode" in wrong.stderr
    assert run("convert", "a.npy", "y.opt", "--load", "mmap").exit_code == 2


def test_convert_of_what_the_target_cannot_hold_names_what_it_can(here: Path) -> None:
    @register_loader(".word")
    def load_word(path: Path) -> str:
        return path.read_text()

    (here / "x.word").write_text("hello")
    done = run("convert", "x.word", "x.npy")

    assert done.exit_code == 1
    assert "npy cannot store str; it stores numpy.ndarray" in done.stderr
    assert not (here / "x.npy").exists()


# ---------------------------------------------------------------- demo


def test_the_demo_gives_back_what_went_in(tmp_path: Path) -> None:
    done = process("demo", "--keep", "files", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "signal.npy" in done.stdout
    assert done.stdout.rstrip().endswith(f"The files are in {tmp_path / 'files'}")
    assert {sample.file for sample in samples()} <= {path.name for path in (tmp_path / "files").iterdir()}


def test_the_demo_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scitex_io.cli.demo.samples", lambda: [Sample("signal.npy", np.zeros(3))])

    told = json.loads(run("demo", "--keep", tmp_path / "files", "--json").stdout)

    assert told["folder"] == str(tmp_path / "files")
    assert [(row["file"], row["verdict"], row["colour"]) for row in told["files"]] == [("signal.npy", "equal", "green")]


def test_the_demo_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text("mine")

    done = run("demo", "--keep", tmp_path)

    assert done.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["params.json"]


def test_the_demo_shows_many_formats_and_each_is_there() -> None:
    shown = {sample.file for sample in samples()}
    registered = registry.REGISTRY.extensions("save")

    if len(registered) > 20:  # all families are installed with this checkout
        assert {"trials.csv.gz", "params.json.zst", "settings.yaml", "session.h5", "figure.png", "figure.csv"} <= shown
        assert len(shown) >= 20


def test_the_demo_fails_if_something_changed_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @register_loader(".npy")
    def load_wrong(path: Path) -> object:
        return np.load(path) + 1e-9

    monkeypatch.setattr("scitex_io.cli.demo.samples", lambda: [Sample("signal.npy", np.zeros(3))])

    done = run("demo", "--keep", tmp_path / "files")

    assert done.exit_code == 1
    assert "3 of 3 elements differ" in done.stdout
    assert "1 FAILED" in done.stdout


def test_a_file_that_cannot_be_saved_is_a_line_of_the_demo_and_not_its_end(tmp_path: Path) -> None:
    outcome = tried(Sample("object.npy", Params(250.0, (1.0, 2.0), [])), tmp_path)

    assert outcome.colour == "red"
    assert "UnsupportedTypeError" in outcome.verdict


def test_an_announced_change_is_shown_as_announced(tmp_path: Path) -> None:
    lossy()
    register_loader(".loss", lambda path: path.read_text())

    outcome = tried(Sample("x.loss", "whole"), tmp_path)

    assert (outcome.colour, outcome.verdict) == ("yellow", "announced: half of it is gone")
