from __future__ import annotations

import json
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optional import needs
from same import same
from scitex_io import (
    LossyWarning,
    MissingDependencyError,
    MissingKeyError,
    OptionError,
    UnexpectedTypeError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)

needs("safetensors")
from safetensors.numpy import load_file, save_file  # noqa: E402  # behind the skip

ARRAYS = {"a": np.arange(12.0).reshape(4, 3), "b/c": np.array([True, False]), "n": np.array(2.5, "f4")}


def header(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])


@pytest.mark.parametrize("name", ["a.safetensors", "A.SAFETENSORS", "größe [1].safetensors", "a.safetensors.gz"])
def test_arrays_come_back(name: str, tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / name)

    assert path.name == name
    assert same(load(path), ARRAYS)


def test_the_library_reads_what_is_saved_and_the_other_way(tmp_path: Path) -> None:
    assert same(dict(sorted(load_file(save(ARRAYS, tmp_path / "a.safetensors")).items())), ARRAYS)
    save_file(ARRAYS, tmp_path / "b.safetensors")
    assert same(load(tmp_path / "b.safetensors"), ARRAYS)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_no_memory_order_changes_the_values(tmp_path: Path) -> None:
    array = np.arange(24).reshape(4, 6)
    given = {"columns": np.asfortranarray(array), "part": array[1::2, ::-1], "turned": array.T}

    assert same(load(save(given, tmp_path / "a.safetensors")), given)


def test_a_foreign_byte_order_is_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=r"byte order \(at 'a'\)"):
        path = save({"a": np.arange(300, dtype=">i2")}, tmp_path / "a.safetensors")

    assert same(load(path)["a"], np.arange(300, dtype="<i2"))


def test_a_mask_is_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=r"mask \(at 'a'\)"):
        save({"a": np.ma.masked_array([1, 2], [True, False])}, tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    "part", [np.array(["a"]), np.array([None]), np.ones(2, "c16"), np.ones(2, "M8[s]"), np.ones(2, "i4,f4"), [1, 2]]
)
def test_what_the_layout_has_no_type_for_is_refused_and_leaves_nothing(part: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save({"a": part}, tmp_path / "a.safetensors")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("obj", [np.ones(2), {1: np.ones(2)}, {"a": {"b": np.ones(2)}}, [np.ones(2)]])
def test_only_a_dict_of_names_and_arrays_is_stored(obj: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "a.safetensors")


def test_metadata_are_kept_in_the_header(tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.safetensors", metadata={"made": "by hand"})

    assert header(path)["__metadata__"] == {"made": "by hand"}
    facts = info(path)
    assert facts["metadata"] == {"made": "by hand"}
    assert facts["keys"] == {"a": "array F64 (4, 3)", "b/c": "array BOOL (2,)", "n": "array F32 ()"}
    wrong: Any
    for wrong in ({"a": 1}, "text", [("a", "b")]):
        with pytest.raises(OptionError, match="a dict of texts"):
            save(ARRAYS, path, metadata=wrong)


def test_facts_are_told_from_the_header_alone(tmp_path: Path) -> None:
    path = save({"a": np.zeros(100_000)}, tmp_path / "a.safetensors")
    size = path.stat().st_size

    with path.open("r+b") as file:  # the same length, and a hole where the data were
        file.truncate(200)
        file.truncate(size)

    assert info(path)["keys"] == {"a": "array F64 (100000,)"}


def test_one_array_is_loaded_by_its_name(tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.safetensors")

    assert same(load(path, key="b/c"), ARRAYS["b/c"])
    with pytest.raises(MissingKeyError, match="'a', 'b/c', 'n'"):
        load(path, key="z")


@pytest.mark.parametrize(
    "rows",
    [
        slice(1, 3),
        slice(None, None, 2),
        slice(-2, None),
        slice(None, None, -1),
        slice(2, 1),
        slice(1, 99),
        slice(9, 12),
    ],
)
def test_rows_are_those_that_python_counts(rows: slice, tmp_path: Path) -> None:
    path = save(ARRAYS | {"empty": np.zeros((3, 0))}, tmp_path / "a.safetensors")

    assert same(load(path, key="a", rows=rows), ARRAYS["a"][rows].copy())
    assert same(load(path, key="empty", rows=rows), np.zeros((3, 0))[rows])


def test_rows_of_what_has_none_are_refused(tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.safetensors")

    with pytest.raises(OptionError, match="key="):
        load(path, rows=slice(1))
    with pytest.raises(OptionError, match="a single number"):
        load(path, key="n", rows=slice(1))


def test_the_only_array_is_given_as_such(tmp_path: Path) -> None:
    path = save({"a": ARRAYS["a"]}, tmp_path / "a.safetensors")

    assert same(load(path, as_type=np.ndarray), ARRAYS["a"])
    with pytest.raises(UnexpectedTypeError):
        load(save(ARRAYS, path), as_type=np.ndarray)
    assert same(load(path, as_type=np.ndarray, key="a"), ARRAYS["a"])


@pytest.mark.parametrize("size", [0, 7, 8, 20, 200, -1])
def test_a_truncated_file_is_an_error(size: int, tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.safetensors")
    path.write_bytes(path.read_bytes()[:size])

    with pytest.raises(UnreadableFileError, match=r"a\.safetensors"):
        load(path)
    with pytest.raises(UnreadableFileError, match=r"a\.safetensors"):
        info(path)


def test_a_header_that_lies_is_an_error(tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.safetensors")
    content = path.read_bytes()

    for lie in (content.replace(b"[4,3]", b"[9,9]"), content + b"more", b"\xff" * 8 + content[8:]):
        path.write_bytes(lie)
        with pytest.raises(UnreadableFileError):
            load(path, cache=False)


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            save({"a": np.zeros(100_000)}, tmp_path / "a.safetensors")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)

    assert list(tmp_path.iterdir()) == []


class TestTensors:
    @pytest.fixture(autouse=True)
    def torch(self) -> Any:
        needs("torch")
        import torch

        return torch

    def test_tensors_come_back_as_tensors_and_arrays_on_request(self, torch: Any, tmp_path: Path) -> None:
        state = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(1)}

        path = save(state, tmp_path / "a.safetensors")

        assert header(path)["__metadata__"] == {"format": "pt"}
        assert same(load(path), state)
        assert same(load(path, framework="np"), {"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.array(1)})
        assert same(load(path, key="a", as_type=np.ndarray), np.arange(6, dtype="f4").reshape(2, 3))
        assert same(load(path, key="a", rows=slice(1, 2)), state["a"][1:2])

    def test_arrays_are_given_as_tensors_on_request(self, torch: Any, tmp_path: Path) -> None:
        path = save({"a": np.arange(3.0)}, tmp_path / "a.safetensors")

        assert same(load(path, framework="pt")["a"], torch.arange(3.0, dtype=torch.float64))
        assert same(load(path, as_type=torch.Tensor), torch.arange(3.0, dtype=torch.float64))

    def test_nothing_loaded_hangs_on_the_file(self, torch: Any, tmp_path: Path) -> None:
        path = save({"a": torch.arange(9999.0)}, tmp_path / "a.safetensors")

        loaded = load(path, cache=False)["a"]
        with path.open("r+b") as file:
            file.truncate(0)

        assert same(loaded, torch.arange(9999.0))

    @pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn"])
    def test_numbers_that_numpy_has_not_are_loaded_as_tensors(self, torch: Any, dtype: str, tmp_path: Path) -> None:
        state = {"a": torch.ones(3).to(getattr(torch, dtype)), "b": torch.ones(2)}
        path = save(state, tmp_path / "a.safetensors", metadata={"format": "mlx"})

        assert same(load(path), state)
        assert same(load(path, key="b", framework="np"), np.ones(2, "f4"))
        with pytest.raises(UnexpectedTypeError, match=r"at 'a'.*\n.*framework='pt'"):
            load(path, framework="np")
        assert "a" in info(path)["keys"]

    def test_what_the_layout_does_not_keep_is_announced(self, torch: Any, tmp_path: Path) -> None:
        whole = torch.arange(6.0)

        with pytest.warns(LossyWarning, match="share memory come back apart"):
            path = save({"whole": whole, "part": whole[2:], "same": whole}, tmp_path / "a.safetensors")
        assert same(load(path), {"part": whole[2:], "same": whole, "whole": whole})
        with pytest.warns(LossyWarning, match="require a gradient"):
            save({"a": torch.nn.Parameter(torch.ones(2))}, tmp_path / "a.safetensors")
        with pytest.warns(LossyWarning, match="state dict"):
            path = save(torch.nn.Linear(2, 2), tmp_path / "a.safetensors")
        assert set(load(path)) == {"weight", "bias"}

    def test_what_is_not_dense_is_refused(self, torch: Any, tmp_path: Path) -> None:
        for part in (torch.eye(3).to_sparse(), torch.ones(2, dtype=torch.complex128)):
            with pytest.raises(UnsupportedTypeError):
                save({"a": part}, tmp_path / "a.safetensors")

    def test_tensors_without_pytorch_say_how_to_load_them(
        self, torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = save({"a": torch.ones(2)}, tmp_path / "a.safetensors")
        monkeypatch.setitem(sys.modules, "torch", None)

        with pytest.raises(MissingDependencyError, match=r"scitex-io\[ml\].*framework='np'"):
            load(path)
        assert same(load(path, framework="np"), {"a": np.ones(2, "f4")})
        assert same(load(save({"a": np.ones(2)}, path)), {"a": np.ones(2)})
