"""Every way to run mypy says the same, and notices what has changed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from mypy.version import __version__

from mypy_plugin.runner import ROOT, Said, alone, revealed, run, said, settings

USE = """\
from scitex_io import load, save
from settings import CONFIG

reveal_type(load("a.npy"))
reveal_type(CONFIG.MODEL.HIDDEN_DIM)
reveal_type(load(CONFIG.PATHS.LABELS))
CONFIG.MODEL.HIDEN_DIM
save(lambda: 0, "x.csv")
load("x.qqq")
load("x.csv", sepp=";")
load("x.lab")
"""
SETTINGS = "from scitex_io import load_configs\n\nCONFIG = load_configs()\n"
CODES = ["scitex-config", "scitex-save", "scitex-ext", "scitex-option", "scitex-ext"]


@pytest.fixture
def project(tmp_path: Path, report: list[Said], cache: Path) -> Path:
    """A project, and what mypy remembers of libraries."""
    (tmp_path / "use.py").write_text(USE)
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "model.yaml").write_text("hidden_dim: 64\n")
    (tmp_path / "config" / "paths.yaml").write_text("root: ${env:LAB}/data\nlabels: ${PATHS.ROOT}/labels.npy\n")
    with alone(cache):
        shutil.copytree(cache / "cases", tmp_path / "cache")
    settings(tmp_path)
    return tmp_path


def check(folder: Path, *arguments: str) -> str:
    return run(folder, "--cache-dir", "cache", *arguments, "use.py")


def test_serial_parallel_and_warm_runs_say_the_same(project: Path) -> None:
    cold = check(project)
    others = [check(project)]
    (project / "use.py").write_text(f"{USE}\n")
    others.append(check(project))
    if int(__version__.partition(".")[0]) >= 2:
        (project / "use.py").write_text(f"{USE}\n\n")
        others.append(command(project, "mypy", "--hide-error-context", "--cache-dir", "cache", "-n", "2", "use.py"))

    assert [line.code for line in said(cold) if line.kind == "error"] == CODES
    assert list(revealed(said(cold)).values()) == ["array", "int", "array"]
    assert others == [cold] * len(others)


def command(project: Path, module: str, *arguments: str) -> str:
    """What a process of its own says."""
    line = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(line, cwd=project, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return re.sub(r"Daemon st.*\n|(Found|Success).*\n", "", done.stdout)


LIGHT = """\
follow_imports = skip
[mypy-settings,scitex_io,scitex_io.api,scitex_io.session,scitex_io.session.configs,scitex_io.dotdict,scitex_io.typing]
follow_imports = normal
"""
"""Without all that a daemon and a run without the plug-in would read for the first time."""
LIGHT_USE = """\
from scitex_io import load, save
from settings import CONFIG

reveal_type(load("notes.txt"))
reveal_type(CONFIG.MODEL.HIDDEN_DIM)
CONFIG.MODEL.HIDEN_DIM
save(lambda: 0, "x.json")
load("x.qqq")
load("x.txt", encodng="utf-8")
"""


def test_the_daemon_says_the_same(project: Path) -> None:
    settings(project, LIGHT)
    (project / "config" / "paths.yaml").unlink()
    (project / "use.py").write_text(LIGHT_USE)
    cold = run(project, "--cache-dir", "light", "use.py")
    daemon = ("--status-file", "status.json")
    try:
        first = command(
            project, "mypy.dmypy", *daemon, "run", "--", "--hide-error-context", "--cache-dir", "light", "use.py"
        )
        (project / "use.py").write_text(f"{LIGHT_USE}\n")
        second = command(project, "mypy.dmypy", *daemon, "check", "use.py")
    finally:
        command(project, "mypy.dmypy", *daemon, "stop")

    assert [line.code for line in said(cold) if line.kind == "error"] == CODES[:4]
    assert list(revealed(said(cold)).values()) == ["text", "int"]
    assert [first, second] == [cold, cold]


def test_a_changed_config_and_a_new_registration_are_noticed_in_files_that_did_not_change(project: Path) -> None:
    check(project)
    (project / "config" / "model.yaml").write_text("hidden_dim: wide\nhiden_dim: 3\n")
    (project / "config" / "paths.yaml").write_text("labels: labels.csv\n")
    (project / "formats.py").write_text("from scitex_io import register_loader\n\nregister_loader('.lab', open)\n")
    found = said(check(project))

    assert [line.code for line in found if line.kind == "error"] == CODES[1:4]
    assert list(revealed(found).values()) == ["array", "text", "table"]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("[mypy-use]\ndisable_error_code = scitex-config, scitex-save, scitex-ext", ["scitex-option"]),
        ("[mypy-use]\ndisable_error_code = scitex-ext, scitex-option", ["scitex-config", "scitex-save"]),
        ("[mypy-use]\nignore_errors = true", []),
    ],
)
def test_each_code_can_be_switched_off(project: Path, line: str, left: list[str]) -> None:
    settings(project, line)

    assert [line.code for line in said(check(project)) if line.kind == "error"] == left


def test_missing_and_broken_configs_leave_any(project: Path) -> None:
    (project / "config" / "model.yaml").write_text("a: [1\n")
    (project / "mypy.ini").write_text((project / "mypy.ini").read_text().replace("show_traceback = true", ""))
    (project / "settings.py").write_text(SETTINGS + 'NONE = load_configs(config_dir="nowhere")\nNONE.A.B\n')
    found = said(check(project, "settings.py"))

    assert "scitex-config" not in [line.code for line in found]
    assert list(revealed(found).values()) == ["array", "Any", "Any"]


PLANTED = """\
import pandas as pd
import scitex_io
from scitex_io import load, save

table = load("trials.csv")
save(table.groupby("condition").mean(), "means.csv")
save(lambda: 0, "function.csv")
load("trials.cvs")
load("trials.csv", sepp=";")
scitex_io.lod("trials.csv")
"""


def test_planted_mistakes_are_found_and_nothing_else(project: Path) -> None:
    (project / "use.py").write_text(PLANTED)

    assert [line.line for line in said(check(project)) if line.kind == "error"] == [7, 8, 9, 10]


def test_without_the_plugin_the_misspelt_function_is_still_found(project: Path) -> None:
    (project / "use.py").write_text(PLANTED)
    settings(project, LIGHT, plugin=False)

    assert [line.line for line in said(run(project, "--cache-dir", "light", "use.py")) if line.file == "use.py"] == [10]


FORMAT = '''\
from pathlib import Path

from attrs import frozen
from scitex_io import Accepts, FormatHandler, Loader, Saver, load_option


@frozen(kw_only=True)
class Spikes(FormatHandler, Saver[list[float]], Loader[list[float]]):
    """Times, one to a line."""

    name = "spikes"
    extensions = (".spk",)
    accepts = (Accepts(list),)
    yields = (list,)

    first: int = load_option(0)

    def save(self, obj: list[float], path: Path, /) -> None:
        path.write_text("\\n".join(map(str, obj)))

    def load(self, path: Path, /) -> list[float]:
        return [float(line) for line in path.read_text().splitlines()][self.first :]


raise RuntimeError("imported")
'''


@pytest.fixture
def installed(project: Path) -> Callable[[], str]:
    """The project, checked for another environment, in which a package with a format is installed."""
    venv.create(project / "env", with_pip=False)
    (site,) = (project / "env" / "lib").glob("python*/site-packages")
    here = Path(pytest.__file__).parents[1]
    (site / "also.pth").write_text(f"{here}\n{ROOT / 'src'}\n")
    (site / "spikelab").mkdir()
    (site / "spikelab" / "__init__.py").write_text(FORMAT)
    (site / "spikelab" / "py.typed").write_text("")
    (site / "spikelab-1.0.dist-info").mkdir()
    (site / "spikelab-1.0.dist-info" / "entry_points.txt").write_text("[scitex_io.formats]\nspk = spikelab:Spikes\n")
    return lambda: check(project, "--python-executable", str(project / "env" / "bin" / "python"))


def test_formats_of_installed_packages_are_read_in_the_environment_that_is_checked(
    project: Path, installed: Callable[[], str]
) -> None:
    lines = [
        "from scitex_io import load, save",
        'reveal_type(load("a.spk"))',
        'reveal_type(load("a.spk.gz", first=3))',
        'load("a.spk", frist=3)',
        'load("a.skp")',
        'save({1}, "a.spk")',
        'save([1.0], "a.spk")',
        "",
    ]
    (project / "use.py").write_text("\n".join(lines))
    found = said(installed())

    assert list(revealed(found).values()) == ["list[float]", "list[float]"]
    assert [(line.line, line.code) for line in found if line.kind == "error"] == [
        (4, "scitex-option"), (5, "scitex-ext"), (6, "scitex-save"),
    ]  # fmt: skip
