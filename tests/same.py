"""Equality as a user of saved files means it: same type, same values, NaN equal to itself, -0.0 not 0.0."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image


def same(got: Any, want: Any) -> bool:
    """The same type and the same values, all the way down."""
    return difference(got, want) is None


def difference(got: Any, want: Any, where: str = "it") -> str | None:
    """The first difference, in words; None if there is none."""
    if isinstance(got, Image.Image):
        return _images(got, want, where)
    if type(want).__module__.startswith("mne."):
        return _recordings(got, want, where)
    if type(got) is not type(want):
        return f"{where}: {type(got).__name__} instead of {type(want).__name__}"
    if (root := type(want).__module__.partition(".")[0]) in {"scipy", "sparse"}:
        return _sparse(got, want, where, root)
    if isinstance(want, np.ma.MaskedArray):
        return _masked(got, want, where)
    if isinstance(want, pd.Index):
        return difference(got.to_frame(), want.to_frame(), where) or difference(
            list(got.names), list(want.names), where
        )
    root = type(want).__module__.partition(".")[0]
    if root in {"xarray", "nibabel", "astropy"}:
        from same_science import DIFFERENCES

        return DIFFERENCES[root](got, want, where)
    if isinstance(want, np.ndarray):
        return _arrays(got, want, where)
    if (torch := sys.modules.get("torch")) is not None and isinstance(want, torch.Tensor):
        return _tensors(got, want, where)
    if isinstance(want, pd.DataFrame):
        return _frames(got, want, where)
    if isinstance(want, pd.Series):
        return _frames(got.to_frame(), want.to_frame(), where)
    if type(want).__module__.startswith(("polars.", "pyarrow.")):
        return _native(got, want, where)
    if isinstance(want, Mapping):
        if list(map(repr, got)) != list(map(repr, want)):
            return f"{where}: keys {list(got)[:5]} instead of {list(want)[:5]}"
        return next((d for key in want if (d := difference(got[key], want[key], f"{where}[{key!r}]"))), None)
    if isinstance(want, (list, tuple)):
        if len(got) != len(want):
            return f"{where}: {len(got)} items instead of {len(want)}"
        return next((d for at, part in enumerate(want) if (d := difference(got[at], part, f"{where}[{at}]"))), None)
    if isinstance(want, (np.longdouble, np.clongdouble)):
        return _arrays(np.asarray(got), np.asarray(want), where)  # their bytes hold padding, which may be anything
    if isinstance(want, np.generic):
        return (
            None
            if got.dtype == want.dtype and got.tobytes() == want.tobytes()
            else f"{where}: {got!r} instead of {want!r}"
        )
    if isinstance(want, float):
        equal = (math.isnan(got) and math.isnan(want)) or (
            got == want and math.copysign(1, got) == math.copysign(1, want)
        )
        return None if equal else f"{where}: {got!r} instead of {want!r}"
    if isinstance(want, complex):
        return difference(got.real, want.real, where) or difference(got.imag, want.imag, where)
    if want is pd.NA or want is pd.NaT:
        return None if got is want else f"{where}: {got!r} instead of {want!r}"
    return None if got == want else f"{where}: {got!r} instead of {want!r}"


def _arrays(got: Any, want: Any, where: str) -> str | None:
    if got.dtype != want.dtype or got.dtype.names != want.dtype.names:
        return f"{where}: dtype {got.dtype} instead of {want.dtype}"
    if got.shape != want.shape:
        return f"{where}: shape {got.shape} instead of {want.shape}"
    if want.dtype.hasobject:
        return difference(got.ravel().tolist(), want.ravel().tolist(), where)
    if want.dtype.names:
        return next((d for name in want.dtype.names if (d := _arrays(got[name], want[name], f"{where}.{name}"))), None)
    if want.dtype.kind in "fc":
        # Compared as numbers: the payload of a NaN is not a value.
        parts = [(got.real, want.real), (got.imag, want.imag)] if want.dtype.kind == "c" else [(got, want)]
        equal = all(
            np.array_equal(g, w, equal_nan=True) and bool(np.all((np.signbit(g) == np.signbit(w)) | np.isnan(w)))
            for g, w in parts
        )
        return None if equal else f"{where}: other values"
    equal_nat = want.dtype.kind in "mM"
    return None if np.array_equal(got, want, equal_nan=equal_nat) else f"{where}: other values"


def _tensors(got: Any, want: Any, where: str) -> str | None:
    """Tensors are equal in every bit."""
    import torch

    for fact in ("dtype", "shape", "layout", "requires_grad"):
        if getattr(got, fact) != getattr(want, fact):
            return f"{where}: {fact} {getattr(got, fact)} instead of {getattr(want, fact)}"
    parts = (part.detach().to_dense().resolve_conj().resolve_neg() for part in (got, want))
    one, other = (bytes(part.clone(memory_format=torch.contiguous_format).untyped_storage()) for part in parts)
    return None if one == other else f"{where}: other values"


def _masked(got: Any, want: Any, where: str) -> str | None:
    return (
        _arrays(got.data, want.data, where)
        or _arrays(np.ma.getmaskarray(got), np.ma.getmaskarray(want), f"{where}.mask")
        or difference(got.fill_value, want.fill_value, f"{where}.fill_value")
    )


def _sparse(got: Any, want: Any, where: str, root: str) -> str | None:
    """Equal where the stored values and their places are, in their order; SciPy chooses the width of places itself."""
    places = {"scipy": ("indices", "indptr", "offsets", "coords"), "sparse": ("coords",)}[root]
    parts = [name for name in places if hasattr(want, name)]
    told = [
        f"{name} {getattr(got, name)} instead of {getattr(want, name)}"
        for name in ("dtype", "shape")
        if getattr(got, name) != getattr(want, name)
    ]
    told += [
        name for name in parts if np.asarray(getattr(got, name)).tolist() != np.asarray(getattr(want, name)).tolist()
    ]
    if told:
        return f"{where}: {told}"
    fill = difference(got.fill_value, want.fill_value, f"{where}.fill_value") if root == "sparse" else None
    return fill or _arrays(got.data, want.data, f"{where}.data")


def _frames(got: pd.DataFrame, want: pd.DataFrame, where: str) -> str | None:
    try:
        pd.testing.assert_frame_equal(
            got,
            want,
            check_exact=True,
            check_index_type=True,
            check_column_type=True,
            check_freq=False,
            check_flags=False,
        )
    except AssertionError as error:
        return f"{where}: {error}"
    return None


def _recordings(got: Any, want: Any, where: str) -> str | None:
    """The same kind of recording: samples exact; times to a hundredth of a sample, as files of single precision keep them."""
    import mne

    families = (mne.io.BaseRaw, mne.BaseEpochs, mne.Evoked, mne.Annotations)
    if not any(isinstance(got, family) and isinstance(want, family) for family in families):
        return f"{where}: {type(got).__name__} instead of {type(want).__name__}"
    near = 0.01
    if hasattr(want, "info"):
        rate = want.info["sfreq"]
        near = 0.01 / rate
        told = (
            ("ch_names", want.ch_names, got.ch_names),
            ("kinds", want.get_channel_types(), got.get_channel_types()),
            ("bads", sorted(want.info["bads"]), sorted(got.info["bads"])),
            ("sfreq", rate, got.info["sfreq"]),
            ("date", want.info["meas_date"], got.info["meas_date"]),
            *(
                (name, getattr(want, name, None), getattr(got, name, None))
                for name in ("first_samp", "comment", "nave")
            ),
            *(
                (name, getattr(want, name, None), getattr(got, name, None))
                for name in ("event_id", "drop_log", "baseline")
            ),
        )
        for name, one, other in told:
            if one != other:
                return f"{where}.{name}: {other!r} instead of {one!r}"
        if abs(want.times - got.times).max() > near if len(want.times) == len(got.times) else True:
            return f"{where}.times: others"
        if (bad := _arrays(got.get_data(), want.get_data(), where)) is not None:
            return bad
        if hasattr(want, "events") and (
            bad := _arrays(got.events, want.events.astype(got.events.dtype), f"{where}.events")
        ):
            return bad
        if difference(getattr(got, "metadata", None), getattr(want, "metadata", None), f"{where}.metadata"):
            return f"{where}.metadata: another"
        got, want = getattr(got, "annotations", None), getattr(want, "annotations", None)
    if not want:
        return f"{where}: {len(got)} annotations" if got else None
    if list(map(str, got.description)) != list(map(str, want.description)) or got.orig_time != want.orig_time:
        return f"{where}: annotations {got.description} instead of {want.description}"
    moved = max(abs(got.onset - want.onset).max(), abs(got.duration - want.duration).max())
    return f"{where}: annotations move by {moved} s" if moved > near else None


def _native(got: Any, want: Any, where: str) -> str | None:
    """Tables of polars and Arrow: the same names and types, and the same values (a dictionary is a way to store them)."""
    if hasattr(want, "column_names"):
        if not got.schema.equals(want.schema):
            return f"{where}: {got.schema} instead of {want.schema}"
        return difference(got.to_pylist(), want.to_pylist(), where)
    if got.schema != want.schema:
        return f"{where}: {got.schema} instead of {want.schema}"
    return None if got.equals(want, null_equal=True) else f"{where}: {got} instead of {want}"


def _images(got: Image.Image, want: Any, where: str) -> str | None:
    """An image equals an image of the same mode, size and pixels; one of several frames equals the list of them.

    Mode P is compared by its colours: a palette is one way to store them.
    """
    frames = want if isinstance(want, list) else frames_of(want) if isinstance(want, Image.Image) else None
    if frames is None:
        return f"{where}: an image instead of {type(want).__name__}"
    if getattr(got, "n_frames", 1) != len(frames):
        return f"{where}: {getattr(got, 'n_frames', 1)} frames instead of {len(frames)}"
    for at, frame in enumerate(frames):
        if len(frames) > 1:
            got.seek(at)
        if got.size != frame.size:
            return f"{where}, frame {at}: size {got.size} instead of {frame.size}"
        if frame.mode == "P":
            pixels, others = (np.asarray(image.convert("RGBA")) for image in (got, frame))
        elif got.mode == frame.mode:
            pixels, others = np.asarray(got), np.asarray(frame)
        else:
            return f"{where}, frame {at}: mode {got.mode} instead of {frame.mode}"
        if (bad := _arrays(pixels, others, f"{where}, frame {at}")) is not None:
            return bad
    return None


def frames_of(image: Image.Image) -> list[Image.Image]:
    """Each frame as an image of its own."""
    frames = []
    for at in range(getattr(image, "n_frames", 1)):
        if at or getattr(image, "n_frames", 1) > 1:
            image.seek(at)
        frames.append(image.copy())
    return frames
