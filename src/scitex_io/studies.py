"""Studies of optuna as a table of trials and pictures."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.api import save
from scitex_io.errors import MissingDependencyError
from scitex_io.messages import warn
from scitex_io.typing import StrPath

if TYPE_CHECKING:
    import optuna
    from matplotlib.figure import Figure

PICTURES = ("optimization_history", "param_importances", "slice", "contour", "parallel_coordinate")
FRONT = "pareto_front"
"""The picture of several objectives, which the others do not show."""


def save_optuna_study_as_csv_and_pngs(study: optuna.Study, sdir: StrPath) -> list[Path]:
    """The files written: ``trials.csv``, one row for each trial, and a picture for each way to look at the study.

    Pictures are ``optimization_history.png``, ``param_importances.png``, ``slice.png``, ``contour.png``,
    ``parallel_coordinate.png``; of several objectives ``pareto_front.png``. One that cannot be drawn (importances
    of a single trial, say) is left out with a warning that tells why. Attributes that are lists or dicts are written
    as JSON.

    Parameters
    ----------
    study
        Finished or not; trials that failed or were pruned are in the table.
    sdir
        The folder; a relative one is put where `save` puts relative paths.
    """
    try:
        import matplotlib as mpl
        import optuna.visualization.matplotlib as drawing
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingDependencyError("optuna study", "optuna", 'pip install "scitex-io[optuna]"') from error

    frame = study.trials_dataframe()
    if not len(frame):  # without trials it has no columns either
        frame = frame.reindex(columns=["number", "value", "state"])
    for name in (name for name, dtype in frame.dtypes.items() if dtype.kind == "O"):
        frame[name] = [json.dumps(cell) if isinstance(cell, (list, tuple, dict)) else cell for cell in frame[name]]
    written = [save(frame, Path(sdir, "trials.csv"), on_loss="allow")]  # a table in text, as its name says
    for name in PICTURES if len(study.directions) == 1 else (FRONT,):
        # optuna sets a style for everything that is drawn afterwards.
        with mpl.rc_context():
            before = set(plt.get_fignums())
            try:
                figure = _drawn(getattr(drawing, f"plot_{name}"), study)
                written.append(save(figure, Path(sdir, f"{name}.png"), no_csv=True))
            except Exception as error:  # noqa: BLE001  # whatever optuna raises: the other files are not lost for it
                warn(f"'{name}.png' was not drawn: {error}", UserWarning)
            finally:
                for number in set(plt.get_fignums()) - before:
                    plt.close(number)
    return written


def _drawn(plot: Callable[[optuna.Study], Any], study: optuna.Study) -> Figure:
    """The picture.

    Raises
    ------
    ValueError
        There is nothing to see in it.
    """
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that its pictures are an experiment
        axes = plot(study)
    figure: Figure = np.atleast_1d(axes).flat[0].figure
    if not any(part.has_data() for part in figure.axes):
        raise ValueError("the finished trials are too few, or have too few parameters")
    return figure
