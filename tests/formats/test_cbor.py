from __future__ import annotations

import datetime
import decimal
import fractions
import math
import uuid
from pathlib import Path
from typing import Any

import pytest

from optional import needs
from same import same
from scitex_io import LossyWarning, MissingKeyError, UnreadableFileError, UnsupportedTypeError, info, load, save

needs("cbor2")

import cbor2  # noqa: E402  # once it is known to be there

TREE = {
    "when": datetime.datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone(datetime.timedelta(hours=-5.5))),
    "day": datetime.date(1066, 10, 14),
    "big": 2**200,
    "exact": [decimal.Decimal("1.10"), fractions.Fraction(1, 3), uuid.UUID(int=7), 1 + 2j, b"\x00", -0.0],
    7: {None: math.inf, b"k": "text"},
}


def test_dates_exact_numbers_and_keys_come_back(tmp_path: Path) -> None:
    path = save(TREE, tmp_path / "a.cbor", on_loss="error")

    assert same(load(path), TREE)
    assert cbor2.loads(path.read_bytes()) == TREE


@pytest.mark.parametrize(
    ("value", "loaded"),
    [
        ((1, (2,)), [1, [2]]),
        ({3, 1}, [1, 3]),
        ({"a": datetime.datetime(2020, 1, 1)}, {"a": "2020-01-01T00:00:00"}),
        ([decimal.Decimal("NaN")], ["NaN"]),
    ],
)
def test_what_has_no_word_takes_its_obvious_form(value: Any, loaded: Any, tmp_path: Path) -> None:
    with pytest.warns(LossyWarning):
        path = save(value, tmp_path / "a.cbor")

    assert load(path) == loaded


def test_a_lone_surrogate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="surrogate"):
        save(["\ud800"], tmp_path / "a.cbor")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x01\x02", "more follows"),
        (b"\x82\x01", "premature end"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "premature end"),
        (b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff\x01", "premature end"),
        (b"\x81" * 100_000 + b"\x01", "nesting depth"),
        (bytes.fromhex("d81c81d81d00"), "tag 29"),
        (bytes.fromhex("a201020103"), "uplicate"),
        (b"\x62\xc3\x28", "text string"),
        (b"\xff", "break"),
    ],
    ids=["trailing", "truncated", "length", "bytes", "depth", "cycle", "twice", "utf8", "break"],
)
def test_a_damaged_or_dangerous_file_is_an_error(data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "a.cbor"
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError, match=says):
        load(path)


@pytest.mark.parametrize(
    ("data", "tag", "value"),
    [(b"\xd9\x99\xf7\x01", 39415, 1), (b"\xd8\x23\x62a+", 35, "a+"), (b"\xd8\x24\x65a:b\n\n", 36, "a:b\n\n")],
    ids=["unknown", "pattern", "message"],
)
def test_a_tag_that_is_no_value_stays_a_tag(data: bytes, tag: int, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.cbor"
    path.write_bytes(data)

    loaded = load(path)

    assert (loaded.tag, loaded.value) == (tag, value)


def test_the_mark_at_the_beginning_of_a_file_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "a.cbor"
    path.write_bytes(b"\xd9\xd9\xf7" + cbor2.dumps({"a": [1]}))

    assert load(path) == {"a": [1]}
    assert load(path, key="a/0") == 1
    with pytest.raises(MissingKeyError, match="holds 'a'"):
        load(path, key="b")
    assert info(path)["kind"] == "tree"
