from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from optional import needs
from same import same
from scitex_io import LossyWarning, MissingKeyError, UnreadableFileError, UnsupportedTypeError, info, load, save

needs("msgspec")

import msgspec  # noqa: E402  # once it is known to be there

UTC = datetime.UTC


def test_keys_keep_their_types(tmp_path: Path) -> None:
    tree = {"a": 1, 2: [b"\x00", None], None: {1.5: True}, b"k": -0.0, 2**64 - 1: -(2**63)}

    assert same(load(save(tree, tmp_path / "a.msgpack", on_loss="error")), tree)


def test_the_library_reads_what_is_written_and_the_other_way_round(tmp_path: Path) -> None:
    tree = {"when": datetime.datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "x": [1.5, b"y"]}

    path = save(tree, tmp_path / "a.msgpack", on_loss="error")
    assert msgspec.msgpack.decode(path.read_bytes()) == tree

    path.write_bytes(msgspec.msgpack.encode([tree, msgspec.msgpack.Ext(5, b"own")]))
    first, other = load(path)
    assert first == tree
    assert (other.code, bytes(other.data)) == (5, b"own")


def test_an_instant_of_another_zone_becomes_text(tmp_path: Path) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    with pytest.warns(LossyWarning, match="dates and times become text"):
        path = save([datetime.datetime(2020, 1, 1, tzinfo=zone)], tmp_path / "a.msgpack")

    assert load(path) == ["2020-01-01T00:00:00+02:00"]


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, [2**70], "\ud800", {"\udfff": 1}])
def test_what_has_no_room_is_refused(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(value, tmp_path / "a.msgpack")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x01\x02",
        b"\x92\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xffx",
        b"\xa2\xc3\x28",
        b"\xc1",
        b"\x81\x80\x01",
    ],
    ids=["trailing", "truncated", "length", "bytes", "utf8", "unused", "key"],
)
def test_a_damaged_file_is_an_error(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.msgpack"
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError, match="as msgpack"):
        load(path)


def test_brackets_inside_brackets_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.msgpack"
    path.write_bytes(b"\x91" * 1_000_000 + b"\x01")

    with pytest.raises(UnreadableFileError, match="nested too deeply"):
        load(path)


def test_a_part_is_loaded_by_its_key(tmp_path: Path) -> None:
    path = save({"a": [{"b": 1}, {"b": 2}]}, tmp_path / "a.msgpack")

    assert load(path, key="a/1/b") == 2
    assert load(path, key="a", as_type=list[dict[str, int]]) == [{"b": 1}, {"b": 2}]
    with pytest.raises(MissingKeyError, match="'0', '1'"):
        load(path, key="a/2")
    assert info(path)["keys"]["a"] == "list of 2"
