from __future__ import annotations

import io
import pickle
import resource
import signal
import tarfile
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optional import needs
from same import same
from scitex_io import (
    LossError,
    LossyWarning,
    MissingKeyError,
    OptionError,
    UnexpectedTypeError,
    UnreadableFileError,
    UnsupportedTypeError,
    UntrustedFileError,
    info,
    load,
    save,
)
from scitex_io.formats.torch import Torch

needs("torch")
import torch  # noqa: E402  # behind the skip


class Net(torch.nn.Module):  # type: ignore[misc]  # the types of torch are not followed
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 3)


STATE = {"model": OrderedDict(weight=torch.arange(6.0), bias=torch.ones(2, dtype=torch.bfloat16)), "epoch": [1, "x"]}


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "A.PT", "größe [1].pt", "a.pt.gz"])
def test_a_checkpoint_comes_back(name: str, tmp_path: Path) -> None:
    path = save(STATE, tmp_path / name)

    assert path.name == name
    assert same(load(path), STATE)


def test_torch_reads_what_is_saved_and_the_other_way(tmp_path: Path) -> None:
    assert same(torch.load(save(STATE, tmp_path / "a.pt")), STATE)
    torch.save(STATE, tmp_path / "b.pt")
    assert same(load(tmp_path / "b.pt"), STATE)


def test_equal_objects_give_equal_files(tmp_path: Path) -> None:
    assert save(STATE, tmp_path / "a.pt").read_bytes() == save(STATE, tmp_path / "b.pth").read_bytes()


def kinds() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are on their way out of torch
        return {
            "sparse": torch.eye(3).to_sparse(),
            "csr": torch.eye(3).to_sparse_csr(),
            "conjugate": torch.tensor([1 + 2j]).conj(),
            "float8": torch.ones(2).to(torch.float8_e4m3fn),
            "expanded": torch.ones(1).expand(5),
            "no dimensions": torch.tensor(3.5),
            "empty": torch.zeros(0, 3),
            "parameter": torch.nn.Parameter(torch.ones(2)),
            "not a leaf": torch.ones(2, requires_grad=True) * 2,
            "not a number": torch.tensor([float("nan"), -0.0, float("inf")]),
        }


@pytest.mark.parametrize("kind", kinds())
def test_a_tensor_of_any_kind_comes_back(kind: str, tmp_path: Path) -> None:
    tensor = kinds()[kind]

    assert same(load(save(tensor, tmp_path / "a.pt")), tensor)


def test_a_quantised_tensor_comes_back(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on their way out of torch
        tensor = torch.quantize_per_tensor(torch.rand(4), 0.1, 0, torch.quint8)

        loaded = load(save(tensor, tmp_path / "a.pt"))

    assert torch.equal(loaded.int_repr(), tensor.int_repr())
    assert loaded.q_scale() == tensor.q_scale()


def test_tensors_that_share_memory_share_it_again_every_time(tmp_path: Path) -> None:
    whole = torch.arange(6.0)
    path = save({"whole": whole, "part": whole[2:]}, tmp_path / "a.pt")

    for _ in range(2):
        loaded = load(path)
        loaded["whole"][2] = 99
        assert loaded["part"][0] == 99


def test_the_state_of_an_optimizer_comes_back(tmp_path: Path) -> None:
    net = Net()
    optimizer = torch.optim.Adam(net.parameters())
    net.layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()

    assert same(load(save(optimizer.state_dict(), tmp_path / "a.pt")), optimizer.state_dict())


def test_a_module_is_stored_as_its_state_dict_and_says_so(tmp_path: Path) -> None:
    net = Net()

    with pytest.warns(LossyWarning, match="stored as its state dict"):
        path = save(net, tmp_path / "a.pt")

    assert same(dict(load(path)), dict(net.state_dict()))
    Net().load_state_dict(load(path))
    with pytest.raises(LossError):
        save(net, tmp_path / "b.pt", on_loss="error")


def test_a_module_itself_is_stored_and_loaded_on_request(elsewhere: Callable[[], None], tmp_path: Path) -> None:
    net = Net()

    path = save(net, tmp_path / "a.pt", weights_only=False, on_loss="error")
    assert isinstance(load(path), Net)
    elsewhere()

    with pytest.raises(UntrustedFileError, match=r"Net, .*Linear; .*weights_only=False"):
        load(path)
    assert info(path)["untrusted"].startswith("it holds")
    loaded = load(path, weights_only=False)
    assert isinstance(loaded, Net)
    assert same(loaded.state_dict(), net.state_dict())


@pytest.mark.parametrize("part", [np.float64(0.9), np.arange(3), Net(), frozenset({1}), 2**3000])
def test_what_only_loads_with_trust_is_announced_when_saved(
    part: Any, elsewhere: Callable[[], None], tmp_path: Path
) -> None:
    with pytest.warns(LossyWarning, match="weights_only=False"):
        path = save({"epoch": 3, "part": part}, tmp_path / "a.pt")
    assert load(path)["epoch"] == 3
    elsewhere()

    with pytest.raises(UntrustedFileError, match="weights_only=False"):
        load(path)
    assert load(path, weights_only=False)["epoch"] == 3


def test_a_hostile_file_runs_nothing(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "ran",)

    for zipped in (True, False):
        torch.save(Hostile(), tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
        with pytest.raises(UntrustedFileError, match=r"it holds (builtins\.)?getattr"):
            load(tmp_path / "a.pt")

    assert not (tmp_path / "ran").exists()
    assert Torch.executes_code


def test_what_cannot_be_pickled_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="lambda"):
        save({"a": lambda: 1}, tmp_path / "a.pt")

    assert list(tmp_path.iterdir()) == []


def on_a_gpu(path: Path) -> Path:
    """The same checkpoint, saved where the tensors were on the first GPU."""
    torch.save(STATE, path.with_name("cpu.pt"))
    with zipfile.ZipFile(path.with_name("cpu.pt")) as cpu, zipfile.ZipFile(path, "w") as gpu:
        for name in cpu.namelist():
            content = cpu.read(name)
            if name.endswith("data.pkl"):
                content = content.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0")
            gpu.writestr(name, content)
    return path


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("options", [{}, {"mmap": True}, {"map_location": "cpu"}])
def test_a_checkpoint_of_a_gpu_loads_without_one(options: dict[str, Any], tmp_path: Path) -> None:
    assert same(load(on_a_gpu(tmp_path / "a.pt"), **options), STATE)


def test_the_options_of_torch_are_passed_on(tmp_path: Path) -> None:
    path = save(STATE, tmp_path / "a.pt", pickle_protocol=2)

    assert load(path, map_location="meta")["model"]["weight"].is_meta
    assert same(load(path, mmap=True), STATE)
    with pytest.raises(OptionError, match="map_location"):
        load(path, maplocation="cpu")


def test_a_part_is_loaded_by_its_key(tmp_path: Path) -> None:
    path = save(STATE, tmp_path / "a.pt")

    assert same(load(path, key="model/weight"), torch.arange(6.0))
    assert load(path, key="epoch/1") == "x"
    with pytest.raises(MissingKeyError, match="'weight', 'bias'"):
        load(path, key="model/wait")


def test_one_tensor_is_given_as_an_array(tmp_path: Path) -> None:
    path = save(STATE, tmp_path / "a.pt")

    assert same(load(path, key="model/weight", as_type=np.ndarray), np.arange(6, dtype="f4"))
    with pytest.raises(UnexpectedTypeError, match="bfloat16"):
        load(path, key="model/bias", as_type=np.ndarray)
    with pytest.raises(UnexpectedTypeError, match="dict"):
        load(path, as_type=np.ndarray)


def test_facts_are_told(tmp_path: Path) -> None:
    facts = info(save(STATE, tmp_path / "a.pt"))

    assert facts["keys"]["model/weight"] == "array torch.float32 (6,)"
    assert info(save(torch.zeros(2, 3), tmp_path / "b.pt"))["shape"] == (2, 3)


def test_files_of_older_versions_load(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "a.pt", _use_new_zipfile_serialization=False)

    assert same(load(tmp_path / "a.pt"), STATE)
    assert info(tmp_path / "a.pt")["length"] == 2


def test_a_file_of_python_2_loads_with_its_encoding(tmp_path: Path) -> None:
    written = io.BytesIO()
    torch.save({"XX": 1}, written, _use_new_zipfile_serialization=False)
    content = written.getvalue().replace(b"X\x02\0\0\0XX", b"U\x02\xe9!")  # a str of Python 2
    (tmp_path / "a.pt").write_bytes(content)

    assert load(tmp_path / "a.pt", encoding="latin1") == {"é!": 1}
    assert load(tmp_path / "a.pt", encoding="bytes") == {b"\xe9!": 1}
    with pytest.raises(UnreadableFileError, match="UnicodeDecodeError"):
        load(tmp_path / "a.pt")


def test_the_oldest_layout_and_programs_want_trust(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.pt", "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            content = pickle.dumps(0, 2)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on their way out of torch
        torch.jit.save(torch.jit.script(Net()), tmp_path / "b.pt")

        assert set(load(tmp_path / "b.pt", weights_only=False).state_dict()) == set(Net().state_dict())

    with pytest.raises(UntrustedFileError, match=r"PyTorch 0\.1"):
        load(tmp_path / "a.pt")
    with pytest.raises(UntrustedFileError, match="TorchScript"):
        load(tmp_path / "b.pt")


def test_a_flipped_bit_is_noticed_which_torch_does_not(tmp_path: Path) -> None:
    path = save(torch.arange(1000.0), tmp_path / "a.pt")
    content = bytearray(path.read_bytes())
    at = content.index(np.arange(500, 510, dtype="f4").tobytes())
    content[at + 1] ^= 1
    path.write_bytes(content)

    assert not torch.equal(torch.load(path), torch.arange(1000.0))
    with pytest.raises(UnreadableFileError, match="does not match its checksum"):
        load(path)
    assert load(path, verify=False).shape == (1000,)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_damaged_file_is_an_error_that_names_it(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save(STATE, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()

    for size in (0, 1, 3, 4, 30, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(UnreadableFileError, match=r"a\.pt"):
            load(path)


def test_a_file_written_without_checksums_loads_on_request(tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(STATE, tmp_path / "a.pt")
    finally:
        torch.serialization.set_crc32_options(True)

    with pytest.raises(UnreadableFileError, match="without checksums; verify=False"):
        load(tmp_path / "a.pt")
    assert same(load(tmp_path / "a.pt", verify=False), STATE)


def test_a_full_disk_is_told_as_such_and_the_old_file_stays(tmp_path: Path) -> None:
    path = save(torch.zeros(3), tmp_path / "a.pt")
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            save(torch.zeros(100_000), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)

    assert path.read_bytes() == before


def test_an_old_checkpoint_of_the_corpus(corpus: Path) -> None:
    loaded = load(corpus / "torch" / "alex.pth")

    assert list(loaded) == [f"lin{at}.model.1.weight" for at in range(5)]
