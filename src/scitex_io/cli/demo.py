"""The demonstration: objects of a small experiment, saved, loaded and compared before your eyes."""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import asdict, frozen

from scitex_io import registry
from scitex_io.api import load, save
from scitex_io.cli.tables import print_table
from scitex_io.cli.telling import as_json
from scitex_io.comparing import differences
from scitex_io.describe import short
from scitex_io.facts import info
from scitex_io.messages import size
from scitex_io.notices import LossyWarning

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def change(before: Any, after: Any) -> str | None:
    """The first difference between two values; None if types and values are the same."""
    return next(map(str, differences(before, after, limit=1)), None)


@frozen
class Params:
    """The settings of an analysis, as one would write them for one's own."""

    sfreq: float
    band: tuple[float, float]
    channels: list[str]
    reference: str | None = None


@frozen
class Sample:
    """One object and the file it goes through."""

    file: str
    obj: Any
    as_type: type | None = None
    judge: Callable[[Any, Any], str | None] = change  # (what went in, what came back) -> what differs
    good: str = "equal"
    beside: bool = False  # written by the save of the sample before


@frozen
class Outcome:
    """What became of one sample."""

    file: str
    format: str
    went_in: str
    came_back: str
    verdict: str
    colour: str  # green: as it was; yellow: changed, and announced; red: changed without a word, or lost
    size: str
    seconds: float


def show(keep: Path | None, *, json: bool = False) -> bool:
    """Print the table of the demonstration, or its rows as JSON; True if everything came back."""
    from rich.console import Console
    from rich.progress import track

    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    folder = keep if keep is not None else Path(tempfile.mkdtemp(prefix="scitex-io-demo-"))
    errors = Console(stderr=True)
    found = samples()
    outcomes = [
        tried(sample, folder)
        for sample in track(
            found, "Saving and loading", console=errors, transient=True, disable=not sys.stderr.isatty()
        )
    ]
    if json:
        click.echo(as_json({"folder": str(folder.absolute()), "files": list(map(asdict, outcomes))}))
        return all(outcome.colour != "red" for outcome in outcomes)
    print_table(_table(outcomes))
    count = Counter(outcome.colour for outcome in outcomes)
    lines = [f"{count['green']} of {len(outcomes)} files gave back what went in."]
    if count["yellow"]:
        lines.append(f"{count['yellow']} changed something, and a warning said what.")
    if count["red"]:
        lines.append(f"{count['red']} FAILED.")
    lines.append(f"The files are in {folder.absolute()}")
    if keep is None:
        lines.append("(a temporary folder; scitex-io demo --keep DIR puts them where you like)")
    sys.stdout.write("\n".join(lines) + "\n")
    return not count["red"]


def tried(sample: Sample, folder: Path) -> Outcome:
    """Save the sample, load it, compare."""
    path = (folder / sample.file).absolute()
    went_in = said(sample.obj)
    try:
        through(sample, path)  # the first round pays for imports
        began = time.perf_counter()
        back, losses = through(sample, path)
        seconds = time.perf_counter() - began
        format_name = info(path)["format"]
        came_back, verdict = said(back), sample.judge(sample.obj, back)
    except Exception as error:  # noqa: BLE001  # whatever goes wrong with one file is its line in the table
        return Outcome(sample.file, "", went_in, "nothing", f"{type(error).__name__}: {error}", "red", "", 0)
    colour = "green"
    if verdict is not None:
        # "'path' (format): what changes" without what the other columns say
        told = "; ".join(loss.partition("): ")[2] or loss for loss in losses)
        verdict, colour = (f"announced: {told}", "yellow") if losses else (verdict, "red")
    return Outcome(sample.file, format_name, went_in, came_back, verdict or sample.good, colour, size(path), seconds)


def through(sample: Sample, path: Path) -> tuple[Any, list[str]]:
    """What comes back from the file, and the losses that were announced."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if not sample.beside:
            save(sample.obj, path, verbose=False)
        back = load(path, cache=False, as_type=sample.as_type)
    return back, [str(warned.message) for warned in caught if issubclass(warned.category, LossyWarning)]


def said(obj: Any) -> str:
    """An object in a few words, with its type."""
    if isinstance(obj, Params):
        return f"Params (attrs class), sfreq={obj.sfreq}"
    if type(obj).__name__ == "Figure":
        return f"Figure, {len(obj.axes[0].lines)} lines"
    if isinstance(obj, dict):
        return f"dict: {', '.join(name for name in obj if not name.startswith('__'))}"
    if isinstance(obj, str):
        return f"str of {len(obj)}"
    return short(obj).removeprefix("array ").replace("table", type(obj).__name__, 1)


def samples() -> list[Sample]:
    """The objects of the demonstration, each with the file that it goes through."""
    eeg, trials, params, figure = signal(), table(), settings(), drawn()
    own = Params(sfreq=250.0, band=(8.0, 13.0), channels=["Fz", "Cz", "Pz", "Oz"])
    session = {"eeg": eeg, "trials": trials, "params": params, "note": "eyes closed, 12 µV"}
    wanted = [
        Sample("signal.npy", eeg),
        Sample("arrays.npz", {"eeg": eeg, "onsets": trials["onset"].to_numpy()}),
        Sample("arrays.mat", {"eeg": eeg, "sfreq": 250.0}),
        Sample("trials.csv", trials),
        Sample("trials.csv.gz", trials),
        Sample("trials.tsv", trials),
        Sample("trials.parquet", trials),
        Sample("trials.feather", trials),
        Sample("trials.xlsx", trials),
        Sample("params.json", params),
        Sample("params.json.zst", params),
        Sample("params.yaml", params),
        Sample("params.toml", params),
        Sample("settings.yaml", own, as_type=Params),
        Sample("changed.json", {"band": (8.0, 13.0), "weights": eeg[0, :3].round(3)}),
        Sample("notes.txt", "Subject slept during run 2.\n"),
        Sample("session.h5", session),
        Sample("session.zarr", session),
        Sample("session.pkl", session),
        Sample("model.joblib", session),
        Sample("photo.png", photo(), as_type=type(eeg)),
        Sample("photo.tif", photo(), as_type=type(eeg)),
        Sample("figure.png", figure, judge=is_drawn, good="drawn"),
        Sample("figure.csv", figure, judge=has_the_data, good="every point, saved with the picture", beside=True),
        Sample("figure.svg", figure, judge=is_drawn, good="drawn"),
        # Reading one takes the libraries of an extra.
        *([Sample("figure.pdf", figure, judge=is_drawn, good="drawn")] if find_spec("pypdf") else []),
    ]
    known = set(registry.REGISTRY.extensions("save")) & set(registry.REGISTRY.extensions("load"))
    return [sample for sample in wanted if f".{sample.file.split('.')[1]}" in known]


def signal() -> NDArray[np.float64]:
    """Four channels, four seconds at 250 Hz: alpha waves over noise, in microvolts."""
    import numpy as np

    random = np.random.default_rng(7)
    times = np.arange(1000) / 250
    alpha = np.sin(2 * np.pi * 10 * times) * np.array([[5.0], [8.0], [15.0], [25.0]])
    eeg: NDArray[np.float64] = alpha + random.normal(0, 4, (4, 1000))
    return eeg


def table() -> pd.DataFrame:
    """Twelve trials, one without an answer."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    rt = random.gamma(8, 0.06, 12)
    rt[4] = np.nan
    return pd.DataFrame(
        {
            "trial": np.arange(1, 13),
            "condition": ["rest", "task, left", 'task, "right"'] * 4,
            "onset": np.arange(12) * 2.5 + 0.1,
            "rt": rt,
            "correct": random.random(12) > 0.2,
        }
    )


def settings() -> dict[str, Any]:
    """Nested parameters, with words that lesser YAML takes for booleans."""
    return {
        "sfreq": 250.0,
        "filter": {"band": [1.0, 40.0], "order": 4, "zero_phase": True},
        "subjects": {"001": {"group": "control", "handed": "no"}, "002": {"group": "patient", "handed": "on"}},
    }


def photo() -> NDArray[np.uint8]:
    """A colour picture of 48 x 64 pixels."""
    import numpy as np

    y, x = np.mgrid[0:48, 0:64]
    return np.stack([x * 4, y * 5, (x + y) * 2], axis=-1).astype(np.uint8)


def drawn() -> Figure:
    """Two channels over one second."""
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    times, eeg = np.arange(250) / 250, signal()
    axes.plot(times, eeg[0, :250], label="Fz")
    axes.plot(times, eeg[3, :250], label="Oz")
    axes.set(xlabel="time (s)", ylabel="EEG (µV)", title="Alpha is strongest at the back")
    axes.legend()
    return figure


def is_drawn(figure: Figure, back: Any) -> str | None:
    """What is missing in the file made of a figure; None if the picture shows it."""
    if hasattr(back, "getcolors"):
        if back.size[0] < 300 or back.convert("RGB").getcolors(16) is not None:
            return "the picture is empty"
        return None
    title = figure.axes[0].get_title()
    return None if title in str(back) or "<path" in str(back) else "the picture lacks its title"


def has_the_data(figure: Figure, back: Any) -> str | None:
    """What the data beside a picture lacks; None if every point is there, with all its digits."""
    import numpy as np

    written = back.select_dtypes("number").to_numpy()
    points = np.concatenate([np.asarray(line.get_xydata()).ravel() for line in figure.axes[0].lines])
    absent = int((~np.isin(points, written)).sum())
    return f"{absent} of {points.size} values are missing" if absent else None


def _table(outcomes: list[Outcome]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    rich = Table(title="save(obj, file), then load(file)", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for title in ("File", "Format", "Went in", "Came back", "Compared"):
        rich.add_column(title)
    for title in ("Size", "Time"):
        rich.add_column(title, justify="right", no_wrap=True)
    for row in outcomes:
        rich.add_row(
            row.file,
            row.format,
            escape(row.went_in),
            escape(row.came_back),
            f"[{row.colour}]{escape(row.verdict)}[/]",
            row.size,
            f"{row.seconds * 1000:.1f} ms",
        )
    return rich
