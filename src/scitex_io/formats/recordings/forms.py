"""MNE's objects as arrays, tables, facts and parts of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.content.parts import TablePart
from scitex_io.errors import MissingKeyError, OptionError, UnexpectedTypeError, type_name

if TYPE_CHECKING:
    import pandas as pd


def as_wanted(found: Any, wanted: type, path: Path) -> Any:
    """The samples in volts (tesla, ...) as an array or as a table.

    Raises
    ------
    UnexpectedTypeError
        It holds something else, several recordings or none.
    """
    if isinstance(found, wanted):
        return found
    table = wanted.__name__ == "DataFrame"
    if table and hasattr(found, "onset"):
        return _annotations(found)
    if not hasattr(found, "get_data") or not (table or wanted.__name__ == "ndarray"):
        held = f"{len(found)} evoked responses" if isinstance(found, list) else type_name(type(found))
        raise UnexpectedTypeError(str(path), held, type_name(wanted))
    return _table(found) if table else found.get_data()


def _table(found: Any) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    data, names = found.get_data(), pd.Index(found.ch_names)
    if data.ndim == 2:
        frame = pd.DataFrame(data.T, columns=names, copy=False)
        frame.insert(0, "time", found.times, allow_duplicates=True)
        return frame
    epochs, channels, times = data.shape
    conditions = {code: name for name, code in found.event_id.items()}
    frame = pd.DataFrame(data.transpose(0, 2, 1).reshape(-1, channels), columns=names)
    frame.insert(0, "time", np.tile(found.times, epochs), allow_duplicates=True)
    named = np.array([conditions.get(code, str(code)) for code in found.events[:, 2]], dtype=object)
    frame.insert(1, "condition", np.repeat(named, times), allow_duplicates=True)
    frame.insert(2, "epoch", np.repeat(found.selection, times), allow_duplicates=True)
    return frame


def _annotations(found: Any) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {"onset": found.onset, "duration": found.duration, "description": [str(text) for text in found.description]}
    )


def part_of(asked: TablePart, found: Any, path: Path) -> Any:
    """The channels and samples asked for; of epochs, those epochs.

    Raises
    ------
    MissingKeyError
        There is no such channel.
    OptionError
        No samples are left, or it is not an interval.
    """
    if asked.rows is None and asked.columns is None:
        return found
    if isinstance(found, list):
        return [part_of(asked, item, path) for item in found]
    if not hasattr(found, "ch_names") or hasattr(found, "onset"):
        raise OptionError("recording", "load", "rows/columns", reason="the file holds annotations alone")
    if asked.columns is not None:
        names = list(dict.fromkeys(map(str, asked.columns)))
        for name in names:
            if name not in found.ch_names:
                raise MissingKeyError(str(path), name, tuple(found.ch_names))
        found.pick(names, verbose="WARNING")
    return found if asked.rows is None else _rows(found, asked.rows)


def _rows(found: Any, rows: slice) -> Any:
    if hasattr(found, "drop_log"):
        return found[rows]
    start, stop, step = rows.indices(len(found.times))
    if step != 1 or stop <= start:
        there = f"there are {len(found.times)} samples, and a part of them is slice(start, stop), not empty"
        raise OptionError("recording", "load", "rows", reason=there)
    times = found.times
    return found.crop(times[start], times[stop - 1], verbose="WARNING")


def facts(found: Any) -> dict[str, Any]:
    """What describes a recording: its size, channels with their kinds, and what its header tells of it."""
    if isinstance(found, list):
        return {"kind": "recording", "keys": {item.comment: _size(item) for item in found}, **_header(found[0])}
    if hasattr(found, "onset"):
        return {"kind": "table", "rows": len(found), "columns": dict.fromkeys(("onset", "duration", "description"), "")}
    shape: tuple[int, ...] = (len(found.ch_names), len(found.times))
    if hasattr(found, "drop_log"):
        shape = (len(found.events), *shape)
    told = {"kind": "recording", "shape": shape, **_header(found)}
    if hasattr(found, "first_samp") or hasattr(found, "drop_log"):
        told["annotations"] = len(found.annotations or ())
    return told


def _size(found: Any) -> str:
    return f"{len(found.ch_names)} channels x {len(found.times)} samples"


def _header(found: Any) -> dict[str, Any]:
    info = found.info
    about = {"measured": info["meas_date"] and info["meas_date"].isoformat()}
    about |= {name: float(info[name]) for name in ("highpass", "lowpass", "line_freq") if info[name] is not None}
    return {
        "sfreq": float(info["sfreq"]),
        "duration": len(found.times) / float(info["sfreq"]),
        "columns": dict(zip(found.ch_names, found.get_channel_types(), strict=True)),
        "metadata": about,
    }
