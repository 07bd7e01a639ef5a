from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.codecs import ZstdCodec

from same import same
from scitex_io import UnreadableFileError, UntrustedFileError, load, save


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.zarr"


def test_arrays_are_plain_arrays_without_marks(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    save({"b": np.arange(3), "a": {"t": "text", "u": np.array(["x", "ü"])}}, path, verbose=False)

    root: Any = zarr.open_group(str(path), mode="r")
    assert root.metadata.zarr_format == 3
    assert (root["b"].dtype, dict(root["b"].attrs)) == (np.dtype("i8"), {})
    assert root["a/u"][:].tolist() == ["x", "ü"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", ["?", "u1", "f4", "i8", "c16", ">f4", ">i2", "M8[ns]", "U3"])
def test_a_dtype_is_shown_as_it_was(path: Path, dtype: str) -> None:
    array = np.zeros((2, 3), dtype)
    save({"a": array, "n": np.zeros((), dtype)}, path)

    assert repr(load(path)["a"].dtype) == repr(array.dtype) == repr(load(path, key="a", rows=slice(1)).dtype)
    assert same(load(path), {"a": array, "n": np.zeros((), dtype)})


@pytest.mark.parametrize("compressor", ["auto", "zstd", "blosc", "gzip", None, ZstdCodec(level=9)], ids=str)
@pytest.mark.parametrize("chunks", [True, False, 2, (2, 2)], ids=str)
def test_compressors_and_chunks_keep_the_values(path: Path, compressor: Any, chunks: Any) -> None:
    tree = {"a": np.arange(15.0).reshape(3, 5), "z": np.empty((0, 2)), "n": 1, "t": ["x"]}

    save(tree, path, compressor=compressor, chunks=chunks)

    assert same(load(path), tree)
    found: Any = zarr.open_group(str(path), mode="r")["a"]
    assert found.chunks == {True: (3, 5), False: (3, 5), 2: (2, 2)}.get(chunks, chunks)


@pytest.mark.parametrize("order", ["C", "F"])
def test_bits_are_shuffled_where_that_is_smaller_and_damage_is_still_noticed(path: Path, order: Any) -> None:
    rng = np.random.default_rng(0)
    counts = np.asarray(rng.integers(0, 1000, (1000, 600)), "i4", order=order)
    tree = {"counts": counts, "rounded": np.round(rng.normal(size=(600, 300)), 2)}

    save(tree, path)

    store: Any = zarr.open_group(str(path), mode="r")
    codecs = {name: [type(codec).__name__ for codec in store[name].compressors] for name in tree}
    assert codecs == {"counts": ["BloscCodec", "Crc32cCodec"], "rounded": ["ZstdCodec"]}
    assert same(load(path), tree)
    chunk = path / "counts" / "c" / "0" / "0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(UnreadableFileError):
        load(path, cache=False)


def test_chunks_are_of_some_megabytes(path: Path) -> None:
    save(np.zeros((64, 100_000)), path)

    (array,) = zarr.open_group(str(path), mode="r").array_values()
    assert array.chunks == (64, 6250)


def test_an_unknown_compressor_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="'auto', 'zstd', 'blosc', 'gzip'"):
        save(1, path, compressor="zstdd")

    assert list(path.parent.iterdir()) == []


def test_negative_zeros_are_kept(path: Path) -> None:
    assert same(load(save(np.array([-0.0, 0.0]), path)), np.array([-0.0, 0.0]))


def test_consolidated_metadata_stay_up_to_date(path: Path) -> None:
    save({"a": 1}, path, consolidate_metadata=True)
    save(np.arange(3), path, key="b/c")

    root: Any = zarr.open_consolidated(str(path))
    assert root["b/c"][:].tolist() == [0, 1, 2]
    assert same(load(path), {"a": 1, "b": {"c": np.arange(3)}})


def test_a_store_of_format_2_is_read_and_updated(path: Path) -> None:
    root = zarr.create_group(str(path), zarr_format=2, attributes={"unit": "V"})
    root.create_array("x", data=np.arange(4.0))
    save({"t": "text", "n": None}, path, key="new")

    loaded = load(path)

    assert same(loaded["x"], np.arange(4.0))
    assert loaded["new"] == {"t": "text", "n": None}


def test_attributes_of_other_groups_are_entries(path: Path) -> None:
    root = zarr.create_group(str(path), attributes={"unit": "V"})
    root.create_array("x", data=np.arange(4.0), attributes={"scale": 2})

    assert same(load(path), {"x": np.arange(4.0), "_attr_unit": "V"})


def test_a_single_array_by_others_is_an_array(path: Path) -> None:
    zarr.create_array(str(path), data=np.arange(4.0))

    assert same(load(path), np.arange(4.0))
    with pytest.raises(TypeError, match="one array"):
        save(1, path, key="a")


def test_a_missing_chunk_is_the_fill_value(path: Path) -> None:
    array = zarr.create_array(str(path), shape=(4,), chunks=(2,), dtype="i4", fill_value=7)
    array[:2] = 1

    assert load(path).tolist() == [1, 1, 7, 7]


@pytest.mark.parametrize("kind", ["attribute", "objects", "filter"])
def test_pickles_are_refused(path: Path, kind: str) -> None:
    root = zarr.create_group(str(path), zarr_format=2)
    root.create_array("fine", data=np.arange(2))
    root.create_array(
        "bad", data=np.arange(2, dtype="u1"), attributes={"_type": "pickled"} if kind == "attribute" else {}
    )
    if kind != "attribute":
        file = path / "bad" / ".zarray"
        told = json.loads(file.read_text())
        told |= {"dtype": "|O"} if kind == "objects" else {"filters": [{"id": "pickle", "protocol": 5}]}
        file.write_text(json.dumps(told))

    with pytest.raises(UntrustedFileError, match="'bad' holds pickled objects"):
        load(path)
    assert load(path, key="fine").tolist() == [0, 1]


@pytest.mark.parametrize("kind", ["node", "chunk"])
def test_links_to_outside_the_store_are_refused(path: Path, tmp_path: Path, kind: str) -> None:
    save({"d": np.arange(3)}, tmp_path / "secret.zarr")
    save({"a": np.zeros(3, "i8")}, path)
    if kind == "node":
        (path / "link").symlink_to(tmp_path / "secret.zarr")
    else:
        (path / "a" / "c" / "0").unlink()
        (path / "a" / "c" / "0").symlink_to(tmp_path / "secret.zarr" / "d" / "c" / "0")

    with pytest.raises(UntrustedFileError, match="outside the store"):
        load(path)


def test_a_circle_of_links_is_an_error(path: Path) -> None:
    save({"a": {"b": 1}}, path)
    (path / "a" / "up").symlink_to(path / "a")

    with pytest.raises(UnreadableFileError, match="contains itself"):
        load(path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"zarr_format": 3, "node_type": "array"}', '{"attributes": 5}'])
def test_damaged_metadata_are_a_clear_error(path: Path, content: str) -> None:
    save({"a": np.arange(3)}, path)
    (path / "a" / "zarr.json").write_text(content)

    with pytest.raises(UnreadableFileError, match="'a"):
        load(path)


@pytest.mark.parametrize("compressor", ["zstd", "gzip", None])
def test_a_flipped_bit_in_a_chunk_is_noticed(path: Path, compressor: str | None) -> None:
    array = np.arange(64)
    save({"a": array}, path, compressor=compressor)
    chunk = path / "a" / "c" / "0"
    content = chunk.read_bytes()
    for at in range(0, len(content), 5):
        chunk.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        with contextlib.suppress(UnreadableFileError):
            # Bits that mean nothing to the compressor may differ; values may not.
            assert same(load(path, cache=False), {"a": array})
    chunk.write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadableFileError):
        load(path, cache=False)


def test_an_unknown_codec_is_named(path: Path) -> None:
    save({"a": np.arange(3)}, path)
    file = path / "a" / "zarr.json"
    told = json.loads(file.read_text())
    told["codecs"].append({"name": "frobnicate", "configuration": {}})
    file.write_text(json.dumps(told))

    with pytest.raises(UnreadableFileError, match="frobnicate"):
        load(path)


def test_a_folder_or_a_file_that_is_no_store_is_an_error(path: Path, tmp_path: Path) -> None:
    path.mkdir()
    file = tmp_path / "y.zarr"
    file.write_bytes(b"x")

    with pytest.raises(UnreadableFileError, match="no Zarr metadata"):
        load(path)
    with pytest.raises(UnreadableFileError, match="folder"):
        load(file)


def test_the_real_stores_are_read(corpus: Path) -> None:
    assert load(corpus / "zarr" / "sharded.zarr").tolist() == [1, 2, 3, 4]
    assert load(corpus / "zarr" / "strings.zarr").tolist()[:3] == ["a", "bb", "ccc"]
    assert load(corpus / "zarr" / "datetime64[s].zarr").dtype == "M8[s]"
