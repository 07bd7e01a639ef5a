from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optional import needs
from scitex_io import UnreadableFileError, UnsupportedTypeError, info, load, save
from strategies.models import KINDS, fitted

needs("catboost")
import catboost  # noqa: E402  # behind the skip

X = np.random.default_rng(1).random((20, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_comes_back_as_its_class_and_predicts_the_same(kind: str, tmp_path: Path) -> None:
    model = fitted(kind)

    path = save(model, tmp_path / "A.CBM")

    assert path.name == "A.CBM"
    for loaded in (load(path), load(path), load(path, cache=False)):
        assert type(loaded) is type(model)
        assert loaded == model
        assert np.array_equal(model.predict(X), loaded.predict(X))
        assert model.get_params().items() <= loaded.get_params().items()
        assert set(loaded.get_metadata()) == set(model.get_metadata())


def test_categories_and_labels_of_text_come_back(tmp_path: Path) -> None:
    rows = [["a", 1.0], ["b", 2.0], ["c", 0.5], ["a", 3.0]] * 10
    model = catboost.CatBoostClassifier(
        iterations=3, verbose=0, allow_writing_files=False, thread_count=1, cat_features=[0]
    ).fit(rows, ["yes", "no", "maybe", "yes"] * 10)

    path = save(model, tmp_path / "a.cbm")

    assert load(path).predict(rows).tolist() == model.predict(rows).tolist()
    assert load(path).classes_.tolist() == ["maybe", "no", "yes"]
    assert info(path)["columns"] == {"0": "category", "1": "number"}


@pytest.mark.parametrize("kind", KINDS)
def test_catboost_reads_what_is_saved_and_the_other_way(kind: str, tmp_path: Path) -> None:
    model = fitted(kind)

    assert type(model)().load_model(str(save(model, tmp_path / "a.cbm"))) == model
    model.save_model(str(tmp_path / "b.cbm"))
    loaded = load(tmp_path / "b.cbm")
    assert loaded == model
    # A file of CatBoost tells its objective, and no more: of the plain class too.
    assert type(loaded).__name__ == ("CatBoostClassifier" if kind == "CatBoost" else kind)


def test_the_class_can_be_chosen(tmp_path: Path) -> None:
    path = save(fitted("CatBoostClassifier"), tmp_path / "a.cbm")

    assert type(load(path, as_type=catboost.CatBoostRegressor)) is catboost.CatBoostRegressor


def test_facts_are_told(tmp_path: Path) -> None:
    facts = info(save(fitted("CatBoostRanker"), tmp_path / "a.cbm"))

    assert (facts["type"], facts["objective"], facts["trees"]) == ("catboost.CatBoostRanker", "YetiRank", 3)
    assert facts["columns"] == dict.fromkeys("012", "number")


@pytest.mark.parametrize("model", [catboost.CatBoostClassifier(), {"a": 1}, fitted])
def test_what_is_no_fitted_model_is_refused_and_leaves_nothing(model: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(model, tmp_path / "a.cbm")

    assert list(tmp_path.iterdir()) == []


def test_a_flipped_bit_is_an_error_where_catboost_ends_the_process(tmp_path: Path) -> None:
    path = save(fitted("CatBoostClassifier"), tmp_path / "a.cbm")
    content = path.read_bytes()

    for at in range(4, len(content) - 12, 97):
        path.write_bytes(content[:at] + bytes([content[at] ^ 32]) + content[at + 1 :])
        with pytest.raises(UnreadableFileError, match="checksum"):
            load(path)


@pytest.mark.parametrize("size", [0, 3, 4, 8, 500, -13])
def test_a_truncated_file_is_an_error(size: int, tmp_path: Path) -> None:
    path = save(fitted("CatBoostClassifier"), tmp_path / "a.cbm")
    path.write_bytes(path.read_bytes()[:size])

    with pytest.raises(UnreadableFileError, match=r"a\.cbm"):
        load(path)


def test_nothing_is_left_beside_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    load(save(fitted("CatBoostRegressor"), tmp_path / "a.cbm"))

    assert [path.name for path in tmp_path.iterdir()] == ["a.cbm"]


def test_damage_in_a_file_of_others_ends_another_process(tmp_path: Path) -> None:
    path = tmp_path / "a.cbm"
    fitted("CatBoostRegressor").save_model(str(path))
    content = path.read_bytes()
    chance = random.Random(3)

    for _ in range(6):
        changed = bytearray(content)
        for _ in range(40):
            changed[chance.randrange(8, len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        with suppress(UnreadableFileError):
            load(path, cache=False)


def test_a_process_that_is_stopped_by_a_file_is_an_error_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted("CatBoostRegressor").save_model(str(tmp_path / "a.cbm"))
    monkeypatch.setattr("scitex_io.formats.catboost.TRIAL", "import os; os.kill(os.getpid(), 11)")

    with pytest.raises(UnreadableFileError, match=r"a\.cbm.*signal 11"):
        load(tmp_path / "a.cbm")
