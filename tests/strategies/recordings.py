"""Recordings of MNE: raw data, epochs, evoked responses."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

ascii_names = st.text("abc XYZ019-+.,:/", min_size=1, max_size=12).filter(lambda name: name.strip() == name)
names = ascii_names | st.text("ab :µé中;/", min_size=1, max_size=12).filter(lambda name: name.strip() == name)
kinds = st.sampled_from(["eeg", "eog", "mag", "stim", "misc"])
rates = st.sampled_from([1.0, 100.0, 250.0, 512.5, 1000.0, 512.3])
dates = st.none() | st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2037, 1, 1), timezones=st.just(dt.UTC))


@st.composite
def infos(draw: st.DrawFn) -> Any:
    import mne

    channels = draw(st.lists(st.tuples(ascii_names, kinds), min_size=1, max_size=3, unique_by=lambda pair: pair[0]))
    info = mne.create_info([name for name, _ in channels], draw(rates), [kind for _, kind in channels], verbose="ERROR")
    info["bads"] = draw(st.lists(st.sampled_from(info["ch_names"]), unique=True))
    info.set_meas_date(draw(dates))
    return info


def samples(shape: tuple[int, ...], *, single: bool = False) -> st.SearchStrategy[Any]:
    numbers = hnp.arrays("f4", shape, elements=st.floats(width=32)) if single else hnp.arrays("f8", shape)
    return numbers.map(lambda array: array.astype(float))


@st.composite
def raws(draw: st.DrawFn, headers: st.SearchStrategy[Any], texts: st.SearchStrategy[str]) -> Any:
    import mne

    info = draw(headers)
    times = draw(st.integers(1, 40))
    raw = mne.io.RawArray(
        draw(samples((len(info["ch_names"]), times))), info, first_samp=draw(st.integers(0, 9)), verbose="ERROR"
    )
    places = draw(st.lists(st.tuples(st.integers(0, times - 1), st.integers(0, times), texts), max_size=3))
    if places:
        onsets, lengths, descriptions = zip(*places, strict=True)
        onset, length = np.array(onsets) / info["sfreq"], np.array(lengths) / info["sfreq"]
        length = np.minimum(length, (times - 1) / info["sfreq"] - onset)  # inside, or MNE cuts them
        origin = info["meas_date"]
        shift = raw.first_time if origin is not None else 0.0
        raw.set_annotations(
            mne.Annotations(onset + shift, length, list(descriptions), orig_time=origin), verbose="ERROR"
        )
    return raw


@st.composite
def epochs(draw: st.DrawFn) -> Any:
    import mne

    info = draw(infos())
    number, times = draw(st.integers(1, 4)), draw(st.integers(2, 9))
    codes = draw(st.lists(st.integers(1, 3), min_size=number, max_size=number))
    called = draw(st.lists(ascii_names, min_size=3, max_size=3, unique=True))
    return mne.EpochsArray(
        draw(samples((number, len(info["ch_names"]), times))),
        info,
        events=np.c_[np.arange(number) * 7, np.zeros(number, int), codes],
        tmin=draw(st.integers(-3, 3)) / info["sfreq"],
        event_id={called[code - 1]: code for code in sorted(set(codes))},
        verbose="ERROR",
    )


@st.composite
def evoked(draw: st.DrawFn, number: int) -> list[Any]:
    import mne

    info = draw(infos())
    values = samples((len(info["ch_names"]), draw(st.integers(1, 9))), single=draw(st.integers(0, 3)) > 0)
    return [
        mne.EvokedArray(draw(values), info, tmin=-1 / info["sfreq"], comment=draw(names), nave=draw(st.integers(1, 9)))
        for _ in range(number)
    ]


@st.composite
def plain_infos(draw: st.DrawFn) -> Any:
    import mne

    labels = draw(st.lists(st.text("abcXYZ0-", min_size=1, max_size=9), min_size=1, max_size=3, unique=True))
    info = mne.create_info(labels, draw(st.sampled_from([1.0, 100.0, 250.0])), "eeg", verbose="ERROR")
    info.set_meas_date(draw(dates))
    return info


def microvolts(raw: Any) -> Any:
    raw.apply_function(lambda row: np.nan_to_num(np.clip(row, -1e3, 1e3)) * 1e-6, verbose="ERROR")
    return raw


exported = raws(plain_infos(), st.text("abcXYZ 09", min_size=1, max_size=9).map(str.strip).filter(bool)).map(microvolts)


def _same(obj: Any) -> Any:
    return obj


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "fif:mne.io.BaseRaw": raws(infos(), names),
    "fif:mne.BaseEpochs": epochs(),
    "fif:mne.Evoked": evoked(1).map(lambda found: found[0]),
    "fif:list": st.integers(2, 3).flatmap(evoked),
    "mne.io.BaseRaw": exported,
    "mne.BaseEpochs": epochs().filter(lambda found: len(found) > 1),
}
EXPECTED = {("fif", kind): _same for kind in ("mne.io.BaseRaw", "mne.BaseEpochs", "mne.Evoked", "list")}


def sample() -> Any:
    """A recording with an annotation and something in every channel."""
    import mne

    info = mne.create_info(["Fp1", "Cz", "Oz"], 100.0, "eeg", verbose="ERROR")
    raw = mne.io.RawArray(np.random.default_rng(0).normal(size=(3, 300)) * 1e-5, info, verbose="ERROR")
    raw.set_meas_date(dt.datetime(2020, 2, 3, 4, 5, 6, tzinfo=dt.UTC))
    return raw.set_annotations(
        mne.Annotations([0.5, 1.5], [0.25, 0], ["blink", "Stimulus/S  3"], raw.info["meas_date"])
    )


SAMPLES = dict.fromkeys(("fif", "edf", "bdf", "brainvision", "eeglab"), sample)
PARTS_ARE_WHOLE = {"brainvision"}
"""Its header is text."""
