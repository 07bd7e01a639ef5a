"""Where files land, as real scripts, modules, shells and notebooks see it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat.v4
import numpy as np
import pytest
from nbclient import NotebookClient

from scitex_io import AmbiguousPathWarning, InvalidPathError, MissingFileError, load, save
from scitex_io.disk import routing

SAVE = "import numpy as np\nfrom scitex_io import save, load\nprint(save(np.arange(3), 'sub/a.npy', verbose=False))\n"


def run(*words: object, cwd: Path, piped: str | None = None, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd, input=piped, capture_output=True, text=True, check=False,
        env={**os.environ, **env},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def cache() -> Path:
    return Path(os.environ["SCITEX_DIR"], "io", "runtime", "cache")


def test_a_script_saves_beside_itself_wherever_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p" / "analysis.py").write_text(SAVE)

    assert run("../p/analysis.py", cwd=tmp_path / "elsewhere") == str(tmp_path / "p" / "analysis_out" / "sub" / "a.npy")


def test_a_module_run_with_m_saves_beside_its_file(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(SAVE)

    assert run("-m", "mod", cwd=tmp_path) == str(tmp_path / "mod_out" / "sub" / "a.npy")


def test_a_module_of_functions_anchors_its_own_saves(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text(
        "def keep():\n    from scitex_io import save\n    return save(b'', 'a.foo', verbose=False)\n"
    )
    (tmp_path / "main.py").write_text(
        "from scitex_io import register_saver\nregister_saver('.foo', lambda obj, path: path.write_bytes(obj))\nimport lib\nprint(lib.keep())\n"
    )

    assert run("main.py", cwd=tmp_path) == str(tmp_path / "lib_out" / "a.foo")


def test_use_caller_path_skips_installed_wrappers(tmp_path: Path) -> None:
    site = tmp_path / "env" / "site-packages"
    site.mkdir(parents=True)
    (site / "wrapper.py").write_text(
        "import numpy as np\nfrom scitex_io import save\n"
        "def keep(**options):\n    return save(np.arange(3), 'a.npy', verbose=False, **options)\n"
    )  # fmt: skip
    (tmp_path / "main.py").write_text(
        f"import sys\nsys.path.insert(0, {str(site)!r})\nimport wrapper\nprint(wrapper.keep(use_caller_path=True))\nprint(wrapper.keep())\n"
    )

    skipped, plain = run("main.py", cwd=tmp_path).splitlines()

    assert skipped == str(tmp_path / "main_out" / "a.npy")
    assert plain == str(site / "wrapper_out" / "a.npy")


@pytest.mark.parametrize(
    ("words", "piped"),
    [(("-c", SAVE), None), (("-",), SAVE), ((), SAVE), (("-i", "-q"), SAVE)],
    ids=["-c", "stdin", "piped", "-i"],
)
def test_typed_and_piped_code_saves_in_the_cache_folder(
    words: tuple[str, ...], piped: str | None, tmp_path: Path
) -> None:
    assert run(*words, cwd=tmp_path, piped=piped).splitlines()[0].removeprefix(">>> ") == str(cache() / "sub" / "a.npy")
    assert os.listdir(tmp_path) == []


def test_a_script_kept_open_with_i_is_interactive(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SAVE)

    assert run("-i", "a.py", cwd=tmp_path, piped="").splitlines()[0] == str(cache() / "sub" / "a.npy")


def test_executed_text_is_interactive(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"exec({SAVE!r})")

    assert run("a.py", cwd=tmp_path) == str(cache() / "sub" / "a.npy")


def test_ipython_saves_in_the_cache_folder(tmp_path: Path) -> None:
    out = run(
        "-m",
        "IPython",
        "--no-banner",
        "--colors=NoColor",
        "--classic",
        "-c",
        SAVE,
        cwd=tmp_path,
        IPYTHONDIR=str(tmp_path / "ipython"),
    )

    assert str(cache() / "sub" / "a.npy") in out


@pytest.mark.parametrize("named", [True, False])
def test_a_notebook_saves_beside_itself(named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = tmp_path / "exp.ipynb"
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SAVE)])
    nbformat.write(content, notebook)
    if named:
        monkeypatch.setenv("SCITEX_NOTEBOOK_PATH", str(notebook))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    os.environ.pop("SCITEX_IO_QUIET_NOTEBOOK_WARN", None)

    NotebookClient(content, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()

    outputs = {entry.name: entry.text for entry in content.cells[0].outputs}
    expected = tmp_path / ("exp_out" if named else "notebook_out") / "sub" / "a.npy"
    assert outputs["stdout"].strip() == str(expected)
    assert ("SCITEX_NOTEBOOK_PATH" in outputs.get("stderr", "")) is not named


def test_the_vs_code_name_of_a_notebook_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "__vsc_ipynb_file__", str(tmp_path / "vs.ipynb"))

    path = save(np.arange(3), "a.npy", verbose=False, env_detector=lambda: "jupyter")

    assert path == tmp_path / "vs_out" / "a.npy"


def test_the_notebook_on_the_command_line_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["runner", str(tmp_path / "arg.ipynb")])

    path = save(np.arange(3), "a.npy", verbose=False, env_detector=lambda: "jupyter")

    assert path == tmp_path / "arg_out" / "a.npy"


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ValueError, match="refusing to guess"):
        save(np.arange(3), "a.npy", env_detector=lambda: "moon")


def test_an_absolute_path_is_used_as_it_is(tmp_path: Path) -> None:
    assert save(np.arange(3), tmp_path / "x" / "a.npy", verbose=False) == tmp_path / "x" / "a.npy"


def test_tilde_is_the_home_folder_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    path = save(np.arange(3), "~/a.npy", verbose=False)

    assert path == tmp_path / "a.npy"
    assert load("~/a.npy").tolist() == [0, 1, 2]


def test_dots_are_normalised_away(tmp_path: Path) -> None:
    assert save(np.arange(3), tmp_path / "x" / ".." / "y" / "." / "a.npy", verbose=False) == tmp_path / "y" / "a.npy"


@pytest.mark.parametrize(
    "name", ["with space.npy", "ünï-日本.npy", "a[1].npy", "x" * 250 + ".npy", "-dash.npy", "D.NPY"]
)
def test_unusual_names_work_exactly_as_asked(name: str, tmp_path: Path) -> None:
    path = save(np.arange(3), tmp_path / name, verbose=False)

    assert os.listdir(tmp_path) == [name]
    assert load(path).tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["a\0b.npy", ""])
def test_a_name_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidPathError):
        save(np.arange(3), name)
    with pytest.raises(InvalidPathError):
        load(name)


def test_a_name_too_long_is_refused_both_ways(tmp_path: Path) -> None:
    name = tmp_path / ("x" * 300 + ".npy")

    with pytest.raises(InvalidPathError, match="too long"):
        save(np.arange(3), name)
    with pytest.raises(MissingFileError):
        load(name)


def in_script(folder: Path, body: str) -> str:
    (folder / "p").mkdir(exist_ok=True)
    (folder / "cwd").mkdir(exist_ok=True)
    (folder / "p" / "a.py").write_text("import numpy as np, warnings\nfrom scitex_io import save, load\n" + body)
    return run("../p/a.py", cwd=folder / "cwd")


def test_what_a_script_saved_it_loads_by_the_same_name(tmp_path: Path) -> None:
    assert in_script(tmp_path, "save(np.arange(3), 'r.npy', verbose=False)\nprint(load('r.npy'))") == "[0 1 2]"


def test_the_current_directory_wins_with_a_warning_naming_both(tmp_path: Path) -> None:
    body = """
save(np.arange(3), 'r.npy', verbose=False)
np.save('r.npy', np.arange(5))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    print(load('r.npy'))
import os
print([(w.category.__name__, os.path.realpath(w.filename)) for w in caught], 'cwd/r.npy' in str(caught[0].message), 'a_out/r.npy' in str(caught[0].message))
"""

    loaded, told = in_script(tmp_path, body).splitlines()

    assert loaded == "[0 1 2 3 4]"
    assert told == f"[('AmbiguousPathWarning', '{tmp_path / 'p' / 'a.py'}')] True True"


def test_equal_files_at_both_places_need_no_warning(tmp_path: Path) -> None:
    body = "save(np.arange(3), 'r.npy', verbose=False)\nnp.save('r.npy', np.arange(3))\nwarnings.simplefilter('error')\nprint(load('r.npy'))"

    assert in_script(tmp_path, body) == "[0 1 2]"


def test_a_missing_file_is_one_error_that_lists_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(FileNotFoundError) as caught:
        load("none.npy")

    here = Path(__file__).with_name("test_routing_out") / "none.npy"
    assert isinstance(caught.value, MissingFileError)
    assert caught.value.places == (str(tmp_path / "none.npy"), str(here))


def test_a_warning_points_at_the_line_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(routing, "anchor", lambda **_: tmp_path / "other")
    (tmp_path / "other").mkdir()
    np.save(tmp_path / "a.npy", np.arange(3))
    np.save(tmp_path / "other" / "a.npy", np.arange(4))

    with pytest.warns(AmbiguousPathWarning) as caught:
        load("a.npy")

    assert caught[0].filename == __file__
