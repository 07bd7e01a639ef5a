"""`explain` tells what `save` and `load` then do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import frozen

import scitex_io
from scitex_io import Fidelity, LossyWarning, OptionError, UnknownFormatError, explain, load, save
from test_cli import run


@frozen
class Params:
    rate: float


TABLE = pd.DataFrame({"a": [1, 2]})
INDEXED = TABLE.set_axis([3, 4])


@pytest.mark.parametrize(
    ("obj", "ext", "fidelity", "loads_as"),
    [
        (TABLE, ".csv", Fidelity.EXACT, "pandas.DataFrame"),
        (TABLE, "parquet", Fidelity.EXACT, "pandas.DataFrame"),
        (TABLE, "some/table.csv.gz", Fidelity.EXACT, "pandas.DataFrame"),
        (INDEXED, ".csv", Fidelity.LOSSY, "pandas.DataFrame"),
        ([1, 2], ".csv", Fidelity.VALUE, "pandas.DataFrame"),
        ({"a": [1]}, ".json", Fidelity.EXACT, "dict"),
        ({"a": (1,)}, ".json", Fidelity.LOSSY, "dict"),
        (Params(1.0), ".json", Fidelity.VALUE, "dict"),
        (np.arange(3), ".npy", Fidelity.EXACT, "numpy.ndarray"),
    ],
)
def test_it_tells_what_happens(tmp_path: Path, obj: Any, ext: str, fidelity: Fidelity, loads_as: str) -> None:
    told = explain(obj, ext)

    assert (fidelity, loads_as) == (told.fidelity, told.loads_as)
    path = tmp_path / (f"x.{ext.lstrip('.')}" if "/" not in ext else "x.csv.gz")
    if told.losses:
        with pytest.warns(LossyWarning, match=re.escape(told.losses[0])):
            save(obj, path, verbose=False)
    else:
        save(obj, path, verbose=False, verify=True)
    assert type(load(path)).__name__ == loads_as.rpartition(".")[2]


def test_a_refusal_is_told_with_its_reason() -> None:
    told = explain("text", ".npy")

    assert told.fidelity is None
    assert "npy cannot store str; it stores numpy.ndarray" in str(told)
    assert explain(np.array([{1}], object), ".npy").fidelity is None


def test_what_cannot_be_asked_is_an_error() -> None:
    with pytest.raises(UnknownFormatError):
        explain(1, ".nope")
    with pytest.raises(OptionError):
        explain(TABLE, ".csv", sepp=";")


def test_options_count() -> None:
    assert explain(INDEXED, ".csv", index=False).losses != explain(INDEXED, ".csv").losses


def test_a_picture_is_told_as_one() -> None:
    from matplotlib.figure import Figure

    assert "rendered: a picture to look at; it loads as PIL.Image.Image" in str(explain(Figure(), ".png"))


def test_nothing_is_left_and_no_hook_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    called: list[Any] = []
    scitex_io.register_post_save_hook(lambda *given: called.append(given))

    explain(TABLE, ".csv")
    explain({"a": (1,)}, ".json")

    assert [] == called == list(tmp_path.iterdir())


def test_the_matrix_names_every_type_of_every_format() -> None:
    told = json.loads(run("formats", "--fidelity", "--json").stdout)

    assert "csv" in told["pandas.DataFrame"]["exact"]
    assert "csv" in told["list"]["value"]
    assert "png" in told["matplotlib.figure.Figure"]["rendered"]
    rows = json.loads(run("formats", "--json").stdout)
    for row in rows:
        for kind in row["stores"]:
            assert row["name"] in told[kind["type"]][kind["fidelity"]]


def test_the_matrix_of_some_formats_as_a_table() -> None:
    done = run("formats", "npy", "csv", "--fidelity")

    assert done.exit_code == 0
    assert re.search(r"numpy.ndarray +│ npy +│ csv +│", done.stdout)
    assert "parquet" not in done.stdout
