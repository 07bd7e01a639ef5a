from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import frozen

import scitex_io.errors
from scitex_io import (
    Accepts,
    CompanionWriter,
    Fidelity,
    FolderError,
    FormatHandler,
    Loader,
    LossError,
    LossyWarning,
    MissingDependencyError,
    MissingFileError,
    OptionError,
    Saver,
    ScitexIOError,
    UnexpectedTypeError,
    UnknownFormatError,
    UnreadableFileError,
    info,
    load,
    lose,
    register,
    register_loader,
    register_saver,
    save,
)

ARRAY = np.arange(3)


@frozen(kw_only=True)
class Lower(FormatHandler, Saver[Any], Loader[str]):
    """Text that loses its capitals."""

    name = "lower"
    extensions = (".lower",)
    accepts = (
        Accepts(str),
        Accepts(bytes, Fidelity.LOSSY, loads_as=str, loses="bytes become text"),
        Accepts(tuple, Fidelity.VALUE, loads_as=str),
    )
    yields = (str,)

    def save(self, obj: Any, path: Path, /) -> None:
        text = obj.decode() if isinstance(obj, bytes) else "".join(obj)
        if text != text.lower():
            lose("capitals become small")
        path.write_text(text.lower())

    def load(self, path: Path, /) -> str:
        return path.read_text()


# -- save


def test_save_returns_the_path_written(tmp_path: Path) -> None:
    assert save(ARRAY, str(tmp_path / "a.npy")) == tmp_path / "a.npy"


def test_parent_folders_are_made_unless_forbidden(tmp_path: Path) -> None:
    assert save(ARRAY, tmp_path / "x" / "y" / "a.npy").exists()
    with pytest.raises(FileNotFoundError, match="makedirs=False"):
        save(ARRAY, tmp_path / "z" / "a.npy", makedirs=False)

    assert not (tmp_path / "z").exists()


def test_a_dry_run_prints_and_returns_the_path_and_touches_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(ARRAY, tmp_path / "x" / "a.npy", dry_run=True, symlink_to=tmp_path / "link.npy")

    assert path == tmp_path / "x" / "a.npy"
    assert str(path) in capsys.readouterr().out
    assert os.listdir(tmp_path) == []


def test_a_dry_run_of_an_unknown_format_is_still_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError):
        save(ARRAY, tmp_path / "a.nope", dry_run=True)


def test_verbose_reports_one_line_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    save(ARRAY, tmp_path / "a.npy")
    load("a.npy", verbose=True)

    captured = capsys.readouterr()
    assert captured.out == ""
    saved, loaded = captured.err.splitlines()
    assert re.fullmatch(r"Saved to: \./a\.npy \(npy, 152 B, \S+ s\)", saved)
    assert re.fullmatch(r"Loaded: \./a\.npy \(npy, 152 B, \S+ s\)", loaded)


def test_not_verbose_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(save(ARRAY, tmp_path / "a.npy", verbose=False))

    assert capsys.readouterr() == ("", "")


def test_the_reference_order_of_arguments_works(tmp_path: Path) -> None:
    path = save(ARRAY, tmp_path / "a.npy", True, False, False, None, False, False, False)

    assert load(path, "npy", False, False, True).tolist() == [0, 1, 2]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    @register_saver(".foo")
    def broken(obj: Any, path: Path) -> None:
        path.write_text("half")
        raise ZeroDivisionError

    (tmp_path / "a.foo").write_text("old")

    with pytest.raises(ZeroDivisionError):
        save(1, tmp_path / "a.foo")

    assert (tmp_path / "a.foo").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.foo"]


def test_a_refused_save_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ScitexIOError):
        save(object(), tmp_path / "x" / "a.npy")

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["folder", "folder.npy"])
def test_saving_onto_a_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises((FolderError, UnknownFormatError)):
        save(ARRAY, tmp_path / name)

    assert os.listdir(tmp_path) == [name]


def test_a_folder_without_write_permission_is_the_systems_error(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            save(ARRAY, tmp_path / "a.npy")
    finally:
        tmp_path.chmod(0o700)


# -- losses


def test_a_loss_is_one_warning_that_names_file_and_loss(tmp_path: Path) -> None:
    register(Lower)

    with pytest.warns(LossyWarning, match=r"a\.lower.*bytes become text; capitals become small") as caught:
        save(b"Abc", tmp_path / "a.lower")

    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_on_loss_error_refuses_and_writes_nothing(tmp_path: Path) -> None:
    register(Lower)
    save("old", tmp_path / "a.lower")

    with pytest.raises(LossError, match="capitals") as caught:
        save("New", tmp_path / "a.lower", on_loss="error")

    assert caught.value.losses == ("capitals become small",)
    assert load(tmp_path / "a.lower") == "old"


def test_on_loss_allow_is_silent(tmp_path: Path) -> None:
    register(Lower)

    assert load(save("New", tmp_path / "a.lower", on_loss="allow")) == "new"


def test_equal_values_in_another_container_are_no_loss(tmp_path: Path) -> None:
    register(Lower)

    save(("a", "b"), tmp_path / "a.lower", on_loss="error")


def test_what_a_subclass_adds_is_announced(tmp_path: Path) -> None:
    register(Lower)

    class Tagged(str):
        __slots__ = ()

    with pytest.warns(LossyWarning, match="Tagged is stored as str"):
        save(Tagged("x"), tmp_path / "a.lower")


def test_on_loss_is_one_of_three(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="warn, error, allow"):
        save(ARRAY, tmp_path / "a.npy", on_loss="ignore")  # type: ignore[arg-type]  # what this test is about


def test_a_loss_outside_of_save_is_a_warning(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="capitals"):
        Lower().save("A", tmp_path / "a.lower")


# -- companions


@frozen(kw_only=True)
class Chart(FormatHandler, Saver[list[int]], CompanionWriter):
    """A chart with its numbers beside it."""

    name = "chart"
    extensions = (".chart",)
    accepts = (Accepts(list, Fidelity.RENDERED),)

    def save(self, obj: list[int], path: Path, /) -> None:
        path.write_text("*" * sum(obj))

    def companions(self, obj: list[int], /) -> dict[str, object]:
        return {".lower": "header\n" + " ".join(map(str, obj))}


def test_a_companion_lies_beside_the_file_unless_switched_off(tmp_path: Path) -> None:
    register(Lower)
    register(Chart)

    save([1, 2], tmp_path / "a.chart")
    save([1, 2], tmp_path / "b.chart", no_csv=True)

    assert sorted(os.listdir(tmp_path)) == ["a.chart", "a.lower", "b.chart"]
    assert load(tmp_path / "a.lower") == "header\n1 2"


def test_a_companion_replaces_an_earlier_one_but_no_file_of_the_user(tmp_path: Path) -> None:
    register(Lower)
    register(Chart)
    (tmp_path / "mine.lower").write_text("my results")

    save([1], tmp_path / "a.chart")
    save([2], tmp_path / "a.chart")
    with pytest.warns(UserWarning, match="another file"):
        save([3], tmp_path / "mine.chart")

    assert load(tmp_path / "a.lower") == "header\n2"
    assert load(tmp_path / "mine.lower") == "my results"


# -- load


def test_a_pattern_gives_a_list_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        save(np.array([number]), tmp_path / f"run{number}.npy")

    assert [int(array[0]) for array in load(tmp_path / "run*.npy")] == [1, 9, 10]
    assert [int(array[0]) for array in load(str(tmp_path / "run?.npy"))] == [1, 9]
    assert [int(array[0]) for array in load(str(tmp_path / "run[19].npy"))] == [1, 9]


def test_a_pattern_without_match_names_the_pattern(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No files found matching pattern '.*\*\.npy'"):
        load(tmp_path / "*.npy")


def test_a_file_that_exists_is_no_pattern(tmp_path: Path) -> None:
    save(ARRAY, tmp_path / "a[1].npy")
    save(np.array([9]), tmp_path / "a1.npy")

    assert load(tmp_path / "a[1].npy").tolist() == [0, 1, 2]


@pytest.mark.parametrize("ext", ["npy", ".npy", "NPY"])
def test_ext_overrides_the_name(ext: str, tmp_path: Path) -> None:
    save(ARRAY, tmp_path / "a.npy")
    (tmp_path / "a.npy").rename(tmp_path / "f2694ccb-1b6f")

    assert load(tmp_path / "f2694ccb-1b6f", ext=ext).tolist() == [0, 1, 2]


def test_a_name_without_extension_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    save(ARRAY, tmp_path / "a.npy")
    (tmp_path / "a.npy").rename(tmp_path / "a")

    assert load(tmp_path / "a").tolist() == [0, 1, 2]


def test_an_unknown_extension_says_what_the_content_looks_like(tmp_path: Path) -> None:
    save(ARRAY, tmp_path / "a.npy")
    (tmp_path / "a.npy").rename(tmp_path / "a.dat")

    with pytest.raises(ValueError, match=r"'\.dat'.*looks like npy: load it with ext='npy'"):
        load(tmp_path / "a.dat")


def test_a_missing_file_is_a_file_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a\.npy"):
        load(tmp_path / "a.npy")


def test_a_link_to_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.npy").symlink_to("gone.npy")

    with pytest.raises(MissingFileError, match=r"a link to nothing \('gone\.npy'\)"):
        load(tmp_path / "a.npy")


def test_a_folder_where_a_file_should_be_is_an_is_a_directory_error(tmp_path: Path) -> None:
    (tmp_path / "a.npy").mkdir()

    with pytest.raises(IsADirectoryError, match=r"a\.npy"):
        load(tmp_path / "a.npy")


def test_something_that_is_no_path_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        load(3)  # type: ignore[call-overload]  # what this test is about
    with pytest.raises(TypeError):
        save(ARRAY, 3)  # type: ignore[arg-type]  # what this test is about


def test_damaged_content_names_file_format_and_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x89PNG\r\n\x1a\n0000")

    with pytest.raises(ValueError, match=r"a\.npy' as npy: .*; its content looks like png: try ext='png'") as caught:
        load(tmp_path / "a.npy")

    assert isinstance(caught.value, UnreadableFileError)
    assert caught.value.__cause__ is not None


def test_an_empty_file_says_that_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"")

    with pytest.raises(UnreadableFileError, match="the file is empty"):
        load(tmp_path / "a.npy")


def test_a_missing_library_gives_the_exact_pip_line(tmp_path: Path) -> None:
    @frozen(kw_only=True)
    class Rare(Lower):
        name = "rare"
        extensions = (".rare",)
        requires = ("no_such_library",)
        extra = "rare"

        def save(self, obj: Any, path: Path, /) -> None:
            import no_such_library  # type: ignore[import-not-found]  # noqa: F401  # what this test is about

        def load(self, path: Path, /) -> str:
            import no_such_library.deep  # type: ignore[import-not-found]  # noqa: F401  # what this test is about

            return ""

    register(Rare)
    (tmp_path / "a.rare").write_text("")

    with pytest.raises(ImportError, match=r'pip install "scitex-io\[rare\]"') as caught:
        save("x", tmp_path / "b.rare")
    with pytest.raises(MissingDependencyError, match="no_such_library"):
        load(tmp_path / "a.rare")

    assert isinstance(caught.value, MissingDependencyError)
    assert os.listdir(tmp_path) == ["a.rare"]


def test_an_option_of_the_other_verb_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="it is an option of load"):
        save(ARRAY, tmp_path / "a.npy", mmap_mode="r")
    with pytest.raises(TypeError, match="did you mean mmap_mode"):
        load(save(ARRAY, tmp_path / "a.npy"), mmap_mod="r")


def test_show_tells_what_was_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(save(ARRAY, tmp_path / "a.npy", verbose=False), show=True)

    assert "shape: (3,)" in capsys.readouterr().err


# -- as_type


def test_as_type_is_a_promise(tmp_path: Path) -> None:
    path = save(ARRAY, tmp_path / "a.npy")

    assert isinstance(load(path, as_type=np.ndarray), np.ndarray)
    with pytest.raises(UnexpectedTypeError, match=r"holds numpy\.ndarray, which is not dict"):
        load(path, as_type=dict)


def test_info_tells_without_giving_the_content(tmp_path: Path) -> None:
    path = save(ARRAY, tmp_path / "a.npy")

    facts = info(path)

    assert facts["format"] == "npy"
    assert (facts["bytes"], facts["shape"]) == (152, (3,))


# -- everywhere


def test_every_error_survives_a_process_boundary() -> None:
    for kind in vars(scitex_io.errors).values():
        if isinstance(kind, type) and issubclass(kind, ScitexIOError) and kind is not ScitexIOError:
            fields = [field.name for field in kind.__attrs_attrs__]  # type: ignore[attr-defined]  # all leaves are attrs classes
            error = kind(
                *[
                    ("x",) if name in {"losses", "places", "errors", "stores", "close", "options", "keys"} else "x"
                    for name in fields
                ]
            )
            copy = pickle.loads(pickle.dumps(error))

            assert str(copy) == str(error)
            assert type(copy) is kind


def test_sixteen_threads_save_and_load(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(10):
                path = save(np.full(100, number), tmp_path / f"{number % 4}.npy", verbose=False)
                assert len(set(load(path, cache=step % 2 == 0).tolist())) == 1
        except BaseException as error:  # noqa: BLE001  # a thread has no other way to tell
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(os.listdir(tmp_path)) == [f"{n}.npy" for n in range(4)]


def test_a_loader_may_be_registered_for_files_of_ours(tmp_path: Path) -> None:
    register_loader(".npy", lambda path: "mine")

    assert load(save(ARRAY, tmp_path / "a.npy")) == "mine"


def test_the_deep_end_of_a_call_stack_costs_nothing_special(tmp_path: Path) -> None:
    def deep(level: int) -> Path:
        return deep(level - 1) if level else save(ARRAY, "a.npy", verbose=False, env_detector=lambda: "interactive")

    assert deep(300).name == "a.npy"


def test_a_save_in_an_exit_handler_works(tmp_path: Path) -> None:
    code = f"import atexit, numpy as np\nfrom scitex_io import save\natexit.register(lambda: save(np.arange(3), {str(tmp_path / 'a.npy')!r}))"

    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

    assert load(tmp_path / "a.npy").tolist() == [0, 1, 2]
