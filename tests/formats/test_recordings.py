"""Recordings: MNE's objects, arrays, tables and facts, whatever the file; parts of them; what is missing or damaged."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pandas as pd
import pytest

from optional import needs
from same import difference
from scitex_io import (
    LossError,
    LossyWarning,
    MissingDependencyError,
    MissingFileError,
    MissingKeyError,
    OptionError,
    UnexpectedTypeError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)
from strategies.recordings import sample

needs("edfio", "pybv", "eeglabio", "pymatreader")

WRITTEN = (".fif", ".edf", ".bdf", ".vhdr", ".set")
NEAR = {".fif": 0, ".edf": 2e-9, ".bdf": 1e-11, ".vhdr": 1e-11, ".set": 1e-11}  # volts, of some 1e-5


def stored(folder: Path, extension: str, obj: Any = None) -> Path:
    path: Path = save(sample() if obj is None else obj, folder / f"x{extension}", verbose=False, on_loss="allow")
    return path


# -- what comes back


@pytest.mark.parametrize("extension", WRITTEN)
def test_what_is_written_comes_back_in_volts(extension: str, tmp_path: Path) -> None:
    raw = sample()

    loaded = load(stored(tmp_path, extension, raw))

    assert isinstance(loaded, mne.io.BaseRaw)
    assert loaded.preload
    assert loaded.ch_names == raw.ch_names
    assert loaded.info["sfreq"] == 100.0
    assert np.abs(loaded.get_data() - raw.get_data()).max() <= NEAR[extension]
    assert [round(onset, 3) for onset in loaded.annotations.onset] == [0.5, 1.5]


@pytest.mark.parametrize("extension", WRITTEN)
def test_an_array_has_channels_and_times_and_a_table_has_a_column_for_each_channel(
    extension: str, tmp_path: Path
) -> None:
    path = stored(tmp_path, extension)

    array, frame = load(path, as_type=np.ndarray), load(path, as_type=pd.DataFrame)

    assert array.shape == (3, 300)
    assert list(frame.columns) == ["time", "Fp1", "Cz", "Oz"]
    assert np.array_equal(frame["Cz"], array[1])
    assert frame["time"].iloc[-1] == pytest.approx(2.99)
    assert isinstance(load(path, as_type=mne.io.BaseRaw), mne.io.BaseRaw)


@pytest.mark.parametrize("extension", WRITTEN)
def test_a_part_is_that_part_of_the_whole(extension: str, tmp_path: Path) -> None:
    path = stored(tmp_path, extension)
    whole = load(path, as_type=np.ndarray)

    part = load(path, rows=slice(20, 50), columns=["Oz", "Fp1"])

    assert part.ch_names == ["Oz", "Fp1"]
    assert np.array_equal(part.get_data(), whole[[2, 0], 20:50])
    assert np.array_equal(load(path, as_type=np.ndarray, rows=slice(-10, None)), whole[:, -10:])


def test_a_part_that_does_not_exist_is_an_error_that_tells_what_does(tmp_path: Path) -> None:
    path = stored(tmp_path, ".edf")

    with pytest.raises(MissingKeyError, match="Fp1"):
        load(path, columns=["Pz"])
    for rows in (slice(300, None), slice(0, 10, 2)):
        with pytest.raises(OptionError, match="300 samples"):
            load(path, rows=rows)


@pytest.mark.parametrize("extension", WRITTEN)
def test_facts_tell_channels_rate_duration_annotations_and_date(extension: str, tmp_path: Path) -> None:
    facts = info(stored(tmp_path, extension))

    assert facts["kind"] == "recording"
    assert facts["shape"] == (3, 300)
    assert facts["sfreq"] == 100.0
    assert facts["duration"] == 3.0
    assert facts["columns"] == {"Fp1": "eeg", "Cz": "eeg", "Oz": "eeg"}
    assert facts["annotations"] == 2
    if extension != ".set":
        assert facts["metadata"]["measured"] == "2020-02-03T04:05:06+00:00"


def test_without_preload_samples_are_read_later_and_nothing_is_cached(tmp_path: Path) -> None:
    path = stored(tmp_path, ".edf")
    raw = load(path, preload=False)

    assert not raw.preload
    assert load(path, preload=False) is not raw
    assert np.array_equal(raw.get_data(), load(path, as_type=np.ndarray))


@pytest.mark.parametrize("extension", [".fif", ".edf", ".set"])
def test_a_compressed_recording_is_in_memory_whatever_was_asked(extension: str, tmp_path: Path) -> None:
    path = stored(tmp_path, f"{extension}.gz")

    raw = load(path, preload=False)

    assert raw.preload
    assert np.array_equal(raw.get_data(), load(path, as_type=np.ndarray))


def test_a_recording_of_several_files_is_not_compressed_as_one(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="several files"):
        stored(tmp_path, ".vhdr.gz")

    assert list(tmp_path.iterdir()) == []


def test_options_of_the_library_are_passed_on_and_others_refused(tmp_path: Path) -> None:
    path = stored(tmp_path, ".edf")

    assert load(path, misc=["Oz"]).get_channel_types() == ["eeg", "eeg", "misc"]
    assert load(path, mne_module=mne, isfile=lambda _: True).ch_names == ["Fp1", "Cz", "Oz"]
    with pytest.raises(OptionError, match="miscc"):
        load(path, miscc=["Oz"])
    with pytest.raises(OptionError, match="not for such content"):
        load(stored(tmp_path, ".fif"), condition=0)


@pytest.mark.parametrize("extension", WRITTEN)
def test_a_name_in_upper_case_is_written_and_read_as_it_is(extension: str, tmp_path: Path) -> None:
    path = save(sample(), tmp_path / f"X.1{extension}".upper(), verbose=False, on_loss="allow")

    assert path.name in {place.name for place in tmp_path.iterdir()}
    assert load(path).ch_names == ["Fp1", "Cz", "Oz"]


@pytest.mark.parametrize("extension", [".fif", ".edf", ".bdf", ".set"])
def test_a_name_without_extension_is_read_as_what_is_said(extension: str, tmp_path: Path) -> None:
    path = stored(tmp_path, extension).rename(tmp_path / "recording")

    raw = load(path, ext=extension, preload=False)

    assert raw.get_data().shape == (3, 300)


@pytest.mark.parametrize("extension", WRITTEN)
def test_the_object_saved_is_not_changed(extension: str, tmp_path: Path) -> None:
    source = load(stored(tmp_path, ".fif"), preload=False)
    before = source.info.copy()

    save(source, tmp_path / f"y{extension}", verbose=False, on_loss="allow")

    assert not source.preload
    assert mne.utils.object_diff(before, source.info) == ""


@pytest.mark.parametrize("extension", [".fif", ".edf", ".vhdr"])
def test_a_recording_is_not_saved_over_the_file_that_it_still_reads(extension: str, tmp_path: Path) -> None:
    path = stored(tmp_path, extension)
    raw = load(path, preload=False)

    with pytest.raises(UnsupportedTypeError, match="load_data"):
        save(raw, path, on_loss="allow")
    (tmp_path / "below").mkdir()
    save(raw, tmp_path / "below" / path.name, verbose=False, on_loss="allow")
    save(raw, tmp_path / "x.set", verbose=False, on_loss="allow")
    save(raw.load_data(), path, verbose=False, on_loss="allow")

    assert np.abs(load(path, as_type=np.ndarray) - sample().get_data()).max() < 2e-9


def test_another_kind_than_the_file_holds_is_an_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(UnexpectedTypeError, match=r"mne\.io\..*Raw.*Epochs"):
        load(stored(tmp_path, ".fif"), as_type=mne.BaseEpochs)


@pytest.mark.parametrize("extension", [".edf", ".bdf", ".vhdr", ".set"])
def test_equal_recordings_give_equal_files(extension: str, tmp_path: Path) -> None:
    one, other = (save(sample(), tmp_path / name / f"x{extension}", verbose=False, on_loss="allow") for name in "ab")

    for path in one.parent.iterdir():
        assert path.read_bytes() == (other.parent / path.name).read_bytes()


@pytest.mark.parametrize("extension", WRITTEN)
def test_complex_samples_are_refused(extension: str, tmp_path: Path) -> None:
    header = mne.create_info(["a", "b"], 100.0, "eeg", verbose="ERROR")
    raw = mne.io.RawArray(np.ones((2, 50)) * 1j, header, verbose="ERROR")

    with pytest.raises(UnsupportedTypeError, match="complex"):
        stored(tmp_path, extension, raw)


def test_mne_prints_and_warns_nothing_about_names(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load(stored(tmp_path, ".fif"))
    load(stored(tmp_path, ".set"))

    assert capfd.readouterr() == ("", "")


# -- .fif


def three(kind: str) -> Any:
    random = np.random.default_rng(1)
    header = mne.create_info(["a", "b"], 100.0, ["eeg", "mag"], verbose="ERROR")
    if kind == "epochs":
        events = np.array([[0, 0, 1], [50, 0, 2], [100, 0, 1]])
        data = random.normal(size=(3, 2, 20))
        return mne.EpochsArray(data, header, events, -0.1, {"go": 1, "stop/late": 2}, verbose="ERROR")
    data = random.normal(size=(2, 20)).astype("f4").astype(float)
    return mne.EvokedArray(data, header, -0.1, kind, 7, verbose="ERROR")


def test_epochs_come_back_with_events_and_their_table(tmp_path: Path) -> None:
    epochs = three("epochs")
    epochs.metadata = pd.DataFrame({"reaction": [0.5, 0.25, 1.5], "hand": ["left", "right", "left"]})

    path = save(epochs, tmp_path / "x.fif", verbose=False)
    loaded = load(path)

    assert difference(loaded, epochs) is None
    assert load(path, as_type=np.ndarray).shape == (3, 2, 20)
    assert info(path)["shape"] == (3, 2, 20)
    table = load(path, as_type=pd.DataFrame)
    assert list(table.columns) == ["time", "condition", "epoch", "a", "b"]
    assert table["condition"].tolist() == ["go"] * 20 + ["stop/late"] * 20 + ["go"] * 20
    assert len(load(path, rows=slice(1, 3))) == 2


def test_metadata_of_epochs_that_json_changes_is_announced(tmp_path: Path) -> None:
    epochs = three("epochs")
    epochs.metadata = pd.DataFrame({"kind": pd.Categorical(["a", "b", "a"])})

    with pytest.raises(LossError, match="metadata"):
        save(epochs, tmp_path / "x.fif", verbose=False, on_loss="error")


def test_one_evoked_response_comes_back_as_it_is_and_several_as_a_list(tmp_path: Path) -> None:
    go, stop = three("go"), three("stop")

    one = load(save(go, tmp_path / "one.fif", verbose=False))
    path = save([go, stop], tmp_path / "two.fif", verbose=False)

    assert difference(one, go) is None
    assert [evoked.comment for evoked in load(path)] == ["go", "stop"]
    assert load(path, condition="stop").comment == "stop"
    assert set(info(path)["keys"]) == {"go", "stop"}
    with pytest.raises(UnexpectedTypeError, match="2 evoked"):
        load(path, as_type=np.ndarray)


def test_what_single_precision_changes_is_announced(tmp_path: Path) -> None:
    raw = mne.io.RawArray(np.zeros((1, 9)), mne.create_info(1, 512.3, "eeg", verbose="ERROR"), verbose="ERROR")
    with pytest.warns(LossyWarning, match="512.3 becomes 512.29"):
        save(raw, tmp_path / "x.fif", verbose=False)

    evoked = mne.EvokedArray(np.full((1, 3), 0.1), mne.create_info(1, 100.0, "eeg", verbose="ERROR"), verbose="ERROR")
    with pytest.raises(LossError, match="rounded to single precision"):
        save(evoked, tmp_path / "e.fif", on_loss="error")


@pytest.mark.parametrize(("rate", "moves"), [(1.0, False), (10.0, True)])
def test_annotations_that_move_by_more_than_a_hundredth_of_a_sample_are_announced(
    rate: float, moves: bool, tmp_path: Path
) -> None:
    header = mne.create_info(1, rate, "eeg", verbose="ERROR")
    day = mne.io.RawArray(np.zeros((1, int(86_400 * rate))), header, verbose="ERROR")
    day.set_annotations(mne.Annotations([80_000.123], [1], ["late"]))

    with pytest.raises(LossError, match="annotations move") if moves else nullcontext():
        save(day, tmp_path / "day.fif", verbose=False, on_loss="error")


def test_names_that_the_file_cannot_hold_are_refused(tmp_path: Path) -> None:
    raw = sample().rename_channels({"Cz": "Cµ"})
    epochs = mne.EpochsArray(np.zeros((1, 3, 5)), sample().info, event_id={"a;b": 1}, verbose="ERROR")

    for obj in (raw, epochs):
        with pytest.raises(UnsupportedTypeError):
            save(obj, tmp_path / "x.fif", verbose=False)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_too_large_for_one_file_is_written_and_read_as_several(tmp_path: Path) -> None:
    header = mne.create_info(40, 1000.0, "eeg", verbose="ERROR")
    raw = mne.io.RawArray(np.random.default_rng(0).normal(size=(40, 20_000)), header, verbose="ERROR")

    path = save(raw, tmp_path / "x.fif", verbose=False, split_size="3MB", buffer_size_sec=1.0)

    assert len(list(tmp_path.glob("x*.fif"))) > 1
    assert np.array_equal(load(path, as_type=np.ndarray), raw.get_data())
    (tmp_path / "x-1.fif").unlink()
    with pytest.raises(UnreadableFileError, match=r"x-1\.fif"):
        load(path)


def test_other_content_of_the_format_is_an_error_and_annotations_are_given(tmp_path: Path) -> None:
    raw = sample()
    raw.annotations.save(tmp_path / "x-annot.fif")
    raw.save(tmp_path / "x-raw.fif", verbose="ERROR")
    mne.make_ad_hoc_cov(raw.info, verbose="ERROR").save(tmp_path / "x-cov.fif", verbose="ERROR")

    assert list(load(tmp_path / "x-annot.fif").description) == ["blink", "Stimulus/S  3"]
    assert load(tmp_path / "x-annot.fif", as_type=pd.DataFrame)["onset"].tolist() == [0.5, 1.5]
    assert info(tmp_path / "x-annot.fif")["rows"] == 2
    with pytest.raises(UnreadableFileError, match="neither raw data"):
        load(tmp_path / "x-cov.fif")


def test_data_of_a_format_with_calibrations_are_kept_to_the_last_bit(tmp_path: Path) -> None:
    source = load(stored(tmp_path, ".vhdr"))

    path = save(source, tmp_path / "y.fif", verbose=False)

    assert np.array_equal(load(path, as_type=np.ndarray), source.get_data())


def test_a_smaller_way_to_store_samples_is_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="fmt='single'"):
        path = save(sample(), tmp_path / "x.fif", verbose=False, fmt="single")

    assert path.stat().st_size < save(sample(), tmp_path / "y.fif", verbose=False).stat().st_size
    with pytest.raises(OptionError, match="fmt"):
        save(sample(), tmp_path / "x.fif", fmt="half")


# -- exporters


def test_what_an_exporter_changes_is_told(tmp_path: Path) -> None:
    raw = sample().crop(0, 2.49)

    with pytest.warns(LossyWarning, match=r"16 bits.*edge values were appended"):
        path = save(raw, tmp_path / "x.edf", verbose=False)

    assert load(path).n_times == 300
    with pytest.raises(LossError, match="single precision"):
        save(raw, tmp_path / "x.vhdr", on_loss="error")


def test_the_range_of_an_export_can_be_given(tmp_path: Path) -> None:
    path = save(sample(), tmp_path / "x.edf", verbose=False, on_loss="allow", physical_range=(-200.0, 200.0))

    assert b"-200" in path.read_bytes()[:2000]
    with pytest.raises(OptionError, match="physical_rang"):
        save(sample(), tmp_path / "x.edf", physical_rang="auto")


def test_names_that_a_format_has_no_room_for_are_refused(tmp_path: Path) -> None:
    raw = sample().rename_channels({"Cz": "a name of more than 16 characters"})

    with pytest.raises(UnsupportedTypeError, match="16 characters"):
        save(raw, tmp_path / "x.edf", on_loss="allow")
    assert list(tmp_path.iterdir()) == []


def test_the_library_of_an_exporter_is_named_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setitem(sys.modules, "edfio", None)
    monkeypatch.setattr("scitex_io.messages.find_spec", lambda name: None if name == "edfio" else real(name))

    with pytest.raises(MissingDependencyError, match=r"scitex-io\[eeg\]"):
        save(sample(), tmp_path / "x.edf", on_loss="allow")


# -- EEGLAB


def test_trials_of_a_dataset_come_as_epochs(tmp_path: Path) -> None:
    header = mne.create_info(["a", "b"], 100.0, "eeg", verbose="ERROR")
    events = np.array([[0, 0, 1], [50, 0, 2], [100, 0, 1]])
    data = np.random.default_rng(0).normal(size=(3, 2, 20)) * 1e-5
    epochs = mne.EpochsArray(data, header, events, -0.1, {"go": 1, "stop": 2}, verbose="ERROR")

    path = save(epochs, tmp_path / "x.set", verbose=False, on_loss="allow")
    loaded = load(path)

    assert isinstance(loaded, mne.BaseEpochs)
    assert loaded.event_id == {"go": 1, "stop": 2}
    assert np.abs(loaded.get_data() - data).max() < 1e-11
    assert load(path, as_type=np.ndarray).shape == (3, 2, 20)
    assert info(path)["shape"] == (3, 2, 20)


def dataset_of_two(folder: Path) -> tuple[Path, Any]:
    """A .set whose samples are in a .fdt, as EEGLAB writes them."""
    from scipy.io import loadmat, savemat

    content = loadmat(stored(folder, ".set"), mat_dtype=True)
    content = {name: value for name, value in content.items() if not name.startswith("__")}
    inside = content["EEG"][0, 0] if "EEG" in content else content
    samples = inside["data"].astype("<f4")
    inside["data"] = "x.fdt"
    savemat(folder / "x.set", content, appendmat=False)
    samples.T.tofile(folder / "x.fdt")
    return folder / "x.set", samples * 1e-6


def test_samples_in_a_file_of_their_own_are_found_from_either(tmp_path: Path) -> None:
    path, samples = dataset_of_two(tmp_path)

    for name in (path, path.with_suffix(".fdt")):
        assert np.allclose(load(name, as_type=np.ndarray), samples, rtol=0, atol=1e-11)
        assert info(name)["shape"] == (3, 300)


def test_a_dataset_without_its_other_half_is_an_error_that_names_it(tmp_path: Path) -> None:
    path, _ = dataset_of_two(tmp_path)
    samples = path.with_suffix(".fdt")

    samples.write_bytes(samples.read_bytes()[:-40])
    with pytest.raises(UnreadableFileError, match=r"x\.fdt"):
        load(path)
    for preload in (True, False):
        samples.unlink(missing_ok=True)
        with pytest.raises(MissingFileError, match=r"x\.fdt"):
            load(path, preload=preload)
    path.unlink()
    samples.write_bytes(bytes(40))
    with pytest.raises(MissingFileError, match=r"x\.set"):
        load(samples)


def test_a_dataset_of_matlab_7_3_loads(tmp_path: Path) -> None:
    from eeglabio.raw import export_set

    raw = sample()
    export_set(str(tmp_path / "x.set"), raw.get_data(), 100.0, raw.ch_names, fmt="v7.3")

    assert np.abs(load(tmp_path / "x.set", as_type=np.ndarray) - raw.get_data()).max() < 1e-11


# -- damaged and foreign


@pytest.mark.parametrize(
    "name",
    [
        "test_egi.egi",
        "test_umd-raw.con",
        "short_psg.edf",
        "test_bdf_stim_channel.bdf",
        "sub-S1_run-01_eeg.set",
        "test_old_layout_latin1_software_filter.eeg",
    ],
)
def test_a_real_recording_cut_anywhere_is_an_error(name: str, corpus: Path, tmp_path: Path) -> None:
    source = corpus / "eeg" / name
    for companion in source.parent.glob(f"{source.stem}.*"):
        shutil.copy(companion, tmp_path)
    data = source.read_bytes()

    for size in (0, 1, 8, 200, *(len(data) * part // 16 + 1 for part in range(1, 16)), len(data) - 1):
        (tmp_path / name).write_bytes(data[:size])
        with pytest.raises(UnreadableFileError):
            load(tmp_path / name, cache=False)


def test_kit_is_read_as_kit_under_both_names(corpus: Path, tmp_path: Path) -> None:
    shutil.copy(corpus / "eeg" / "test_umd-raw.con", tmp_path / "x.sqd")

    raw = load(tmp_path / "x.sqd")

    assert raw.get_channel_types()[0] == "mag" or raw.get_channel_types()[0] == "grad"
    assert raw.info["sfreq"] == 1000.0


def test_upper_case_companions_of_windows_are_found(corpus: Path, tmp_path: Path) -> None:
    for source in (corpus / "eeg").glob("test_old_layout*"):
        shutil.copy(source, tmp_path / source.name.upper())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = load(next(tmp_path.glob("*.VHDR")), preload=False)

    assert raw.get_data().shape == (29, 251)
    assert raw.info["meas_date"] == dt.datetime(2007, 7, 16, 12, 22, 40, 937454, tzinfo=dt.UTC)
