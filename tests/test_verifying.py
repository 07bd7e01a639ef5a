"""``save(..., verify=True)``: what would not load back replaces nothing."""

from __future__ import annotations

import json
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import frozen
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import scitex_io
from optional import needs_all_of, skipping_what_is_missing
from scitex_io import (
    Accepts,
    Fidelity,
    FormatHandler,
    LossError,
    LossyWarning,
    PassThrough,
    UnsupportedTypeError,
    VerificationError,
    load,
    lose,
    register_loader,
    register_saver,
    save,
)
from scitex_io.handler import save_option
from scitex_io.testing import Check, checks
from subjects import handlers, subject


@frozen(kw_only=True)
class Wrong(FormatHandler, PassThrough, scitex_io.Saver[Any], scitex_io.Loader[Any]):
    """JSON, written by someone careless."""

    name = "wrong"
    extensions = (".wrong",)
    accepts = (
        Accepts(dict),
        Accepts(list),
        Accepts(tuple, Fidelity.VALUE, list),
        Accepts(str, Fidelity.LOSSY, loses="everything"),
    )
    yields = (object,)
    library = {"save": "json:dump", "load": "json:load"}

    how: str = save_option("well")

    def save(self, obj: Any, path: Path, /) -> None:
        if self.how == "lost":
            lose("the numbers")
        obj = [0] if self.how in {"changed", "lost"} else obj
        text = json.dumps(obj, **self.extra_options)
        path.write_text(text[:-1] if self.how == "cut" else text)

    def load(self, path: Path, /) -> Any:
        assert not self.extra_options, "those were for saving"
        return json.loads(path.read_text())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    scitex_io.register(Wrong)
    target = tmp_path / "x.wrong"
    save({"old": True}, target, verbose=False, verify=True)
    return target


def everything(folder: Path) -> list[str]:
    return sorted(str(entry.relative_to(folder)) for entry in folder.rglob("*"))


@pytest.mark.parametrize(
    ("obj", "how", "told"),
    [
        ({"a": [1]}, "changed", "dict of 1 is not list of 1 (dict and list)"),
        ([1], "changed", "0: 1 is not 0"),
        ([1], "cut", "UnreadableFileError: cannot load 'x.wrong' as wrong: JSONDecodeError"),
        ("text", "cut", "UnreadableFileError"),
        ([(1, 2)], "well", "0: tuple of 2 is not list of 2 (tuple and list)"),
    ],
)
def test_what_would_not_load_back_is_refused_and_the_old_file_stays(path: Path, obj: Any, how: str, told: str) -> None:
    before = path.read_bytes()

    with pytest.raises(VerificationError) as caught:
        save(obj, path, verbose=False, verify=True, on_loss="allow", how=how)

    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert path.read_bytes() == before
    assert everything(path.parent) == ["x.wrong"]


def test_a_first_save_that_is_refused_leaves_nothing(path: Path) -> None:
    path.unlink()

    with pytest.raises(VerificationError):
        save([1], path, verbose=False, verify=True, how="changed")

    assert everything(path.parent) == []


def test_without_being_asked_nothing_is_verified(path: Path) -> None:
    save([1], path, verbose=False, how="cut")

    assert path.read_bytes() == b"[1"


def test_no_more_than_the_first_differences_are_named(path: Path) -> None:
    with pytest.raises(VerificationError) as caught:
        save({key: (key,) for key in "abcdef"}, path, verbose=False, verify=True)

    assert len(caught.value.differences) == 3


def test_what_was_announced_as_lost_has_only_to_load(path: Path) -> None:
    with pytest.warns(LossyWarning, match="the numbers"):
        save([1], path, verbose=False, verify=True, how="lost")
    assert load(path) == [0]

    with pytest.warns(LossyWarning, match="everything"):
        save("text", path, verbose=False, verify=True, how="changed")


def test_options_for_the_writing_library_are_not_those_of_the_reading_one(path: Path) -> None:
    save([1, 2], path, verbose=False, verify=True, indent=2)

    assert path.read_text() == "[\n  1,\n  2\n]"


def test_functions_are_verified_by_value(tmp_path: Path) -> None:
    @register_saver(".fn")
    def save_fn(obj: Any, path: Path, good: bool = True) -> None:
        path.write_text(json.dumps(obj if good else None))

    with pytest.raises(VerificationError, match="nothing loads such files"):
        save((1, 2), tmp_path / "x.fn", verbose=False, verify=True)

    register_loader(".fn", lambda path: json.loads(path.read_text()))
    save((1, 2), tmp_path / "x.fn", verbose=False, verify=True)
    with pytest.raises(VerificationError):
        save((1, 2), tmp_path / "x.fn", verbose=False, verify=True, good=False)


def test_pictures_of_figures_have_only_to_load(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])

    assert load(save(figure, tmp_path / "x.png", verbose=False, verify=True)).size == (640, 480)


@pytest.mark.parametrize("name", ["x.h5", "x.zarr"])
def test_a_part_of_a_store_is_verified_as_that_part(tmp_path: Path, name: str) -> None:
    save({"kept": 1}, tmp_path / name, verbose=False, verify=True)
    save(np.arange(3), tmp_path / name, verbose=False, verify=True, key="a/b")

    assert load(tmp_path / name)["kept"] == 1


def test_every_sheet_of_a_workbook_is_verified(tmp_path: Path) -> None:
    sheets = {"one": pd.DataFrame({"a": [1]}), "two": pd.DataFrame({"b": ["x"]})}

    save(sheets, tmp_path / "x.xlsx", verbose=False, verify=True)
    save(sheets["one"], tmp_path / "x.xlsx", verbose=False, verify=True, sheet_name="only")


def test_the_content_of_a_compressed_file_is_verified(tmp_path: Path) -> None:
    save(pd.DataFrame({"a": [1, 2]}), tmp_path / "x.csv.gz", verbose=False, verify=True, sep=";", na_rep="-")


def trips() -> list[Any]:
    found = [check for handler in handlers() for check in checks(subject(handler)) if check.row is not None]
    return [pytest.param(each, id=f"{each.subject.handler.name}-{each.row}") for each in found if kept(each)]


def kept(check: Check) -> bool:
    return check.row is not None and check.row.fidelity in {Fidelity.EXACT, Fidelity.VALUE}


@pytest.mark.parametrize("check", trips())
@settings(max_examples=3)  # test_conformance.py looks at more of them
@given(data=st.data())
def test_every_format_passes_with_what_it_declares(check: Check, data: st.DataObject) -> None:
    row = check.row
    assert row is not None
    needs_all_of(check.subject.handler, row)
    obj = data.draw(check.subject.drawn(row))

    with tempfile.TemporaryDirectory() as folder:
        path = check.subject.path(Path(folder))
        try:
            with skipping_what_is_missing():
                save(
                    obj,
                    path,
                    verbose=False,
                    verify=True,
                    on_loss="error",
                    **check.subject.options_for(row),
                )
        except (LossError, UnsupportedTypeError):
            assume(False)  # announced, or refused: outside the claim
        assert path.exists()
