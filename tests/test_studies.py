from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optional import needs
from scitex_io import load, save_optuna_study_as_csv_and_pngs

needs("optuna", "sklearn")
import optuna  # noqa: E402  # behind the skip
from matplotlib import pyplot as plt  # noqa: E402

PICTURES = {"optimization_history", "param_importances", "slice", "contour", "parallel_coordinate"}


def studied(objective: Callable[[Any], Any], trials: int, **options: Any) -> Any:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), **options)
    study.optimize(objective, n_trials=trials, catch=(ArithmeticError,))
    return study


def objective(trial: Any) -> float:
    rate = trial.suggest_float("rate", 0.1, 1, log=True)
    layers = trial.suggest_int("layers", 1, 4)
    kind = trial.suggest_categorical("kind", ["a", "b", None])
    trial.set_user_attr("scores", [rate, layers])
    if trial.number == 2:
        raise optuna.TrialPruned
    if trial.number == 3:
        raise ArithmeticError
    return float(rate * layers + (kind == "a"))


def test_every_trial_is_a_row_and_every_view_a_picture(tmp_path: Path) -> None:
    study = studied(objective, 8)
    style = dict(plt.rcParams)

    written = save_optuna_study_as_csv_and_pngs(study, tmp_path / "study")

    assert {path.name for path in written} == {"trials.csv"} | {f"{name}.png" for name in PICTURES}
    assert sorted(written) == sorted((tmp_path / "study").iterdir())
    table = load(tmp_path / "study" / "trials.csv")
    assert table["state"].tolist() == ["COMPLETE", "COMPLETE", "PRUNED", "FAIL", *["COMPLETE"] * 4]
    assert table["value"].dropna().tolist() == [trial.value for trial in study.trials if trial.value is not None]
    assert table["params_layers"].tolist() == [trial.params["layers"] for trial in study.trials]
    assert table["user_attrs_scores"][0] == f"[{study.trials[0].params['rate']}, {study.trials[0].params['layers']}]"
    assert all(load(path).size[0] > 100 for path in written[1:])
    assert plt.get_fignums() == []
    assert dict(plt.rcParams) == style


@pytest.mark.parametrize("trials", [0, 1])
def test_what_cannot_be_drawn_is_left_out_and_named(trials: int, tmp_path: Path) -> None:
    study = studied(lambda trial: trial.suggest_float("x", 0, 1), trials)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        written = save_optuna_study_as_csv_and_pngs(study, tmp_path)

    told = [str(warning.message) for warning in caught]
    assert {path.stem for path in written[1:]} == PICTURES - {text[1 : text.index(".png")] for text in told}
    assert "'contour.png' was not drawn: the finished trials are too few, or have too few parameters" in told
    assert {warning.filename for warning in caught} == {__file__}
    assert written[0] == tmp_path / "trials.csv"
    assert len(load(written[0])) == trials
    assert not (tmp_path / "contour.png").exists()


def test_an_error_of_a_picture_loses_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import optuna.visualization.matplotlib as drawing

    def fails(study: Any) -> None:
        plt.figure()
        raise RuntimeError("no evaluator")

    monkeypatch.setattr(drawing, "plot_param_importances", fails)

    with pytest.warns(UserWarning, match=r"'param_importances\.png' was not drawn: no evaluator"):
        written = save_optuna_study_as_csv_and_pngs(studied(objective, 8), tmp_path)

    assert {path.stem for path in written} == {"trials"} | PICTURES - {"param_importances"}
    assert plt.get_fignums() == []


def test_of_several_objectives_the_front_is_drawn(tmp_path: Path) -> None:
    study = studied(
        lambda trial: (trial.suggest_float("x", 0, 1), trial.params["x"] ** 2), 4, directions=["minimize", "maximize"]
    )

    written = save_optuna_study_as_csv_and_pngs(study, tmp_path)

    assert [path.name for path in written] == ["trials.csv", "pareto_front.png"]
    assert {"values_0", "values_1"} <= set(load(written[0]).columns)


def test_a_relative_folder_is_where_save_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scitex_io.disk import routing

    monkeypatch.setattr(routing, "anchor", lambda **_: tmp_path)

    written = save_optuna_study_as_csv_and_pngs(studied(objective, 8), "study")

    assert written[0] == tmp_path / "study" / "trials.csv"
