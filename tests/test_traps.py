"""The classic traps: what spreadsheets, text and old formats change without a word. Here each is settled, in `SETTLED`.

E: comes back exactly. V: equal values in another container, as declared. L: a LossyWarning tells what changes.
R: refused with an error of ours. Nothing else may happen; a dot is a pair that says nothing.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from optional import skipping_what_is_missing
from same import difference
from scitex_io import Fidelity, LossError, ScitexIOError, UnsupportedTypeError, load, save
from scitex_io.comparing import Difference, differences
from scitex_io.content.tables import as_frame
from scitex_io.registry import Registry

ZONE = zoneinfo.ZoneInfo("Europe/Berlin")


def column(values: Any, dtype: Any = None) -> Callable[[], pd.DataFrame]:
    return lambda: pd.DataFrame({"a": pd.Series(values, dtype=dtype)})


def nans() -> Any:
    """Not a number, with a sign and a payload of its own."""
    return np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x3FF0000000000000], "u8").view("f8")


def picture(mode: str, **facts: Any) -> Callable[[], Image.Image]:
    def make() -> Image.Image:
        made = Image.frombytes(mode, (4, 2), bytes(range(8)) * (len(Image.new(mode, (1, 1)).tobytes())))
        if mode == "P":
            made.putpalette([value for at in range(256) for value in (at, 255 - at, 7)])
        if "orientation" in facts:
            tags = Image.Exif()
            tags[0x0112] = facts["orientation"]
            made.info["exif"] = tags.tobytes()
        return made

    return make


def repeated() -> pd.DataFrame:
    return pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])


TABLES: dict[str, Callable[[], Any]] = {
    "leading zeros": column(["007", "010"]),
    "words that mean missing": column(["NA", "None", "nan", "null", ""]),
    "words and gaps": column(["NA", None, "x"], object),
    "words that mean true": column(["True", "no", "TRUE"]),
    "words like dates": column(["1-2", "MARCH1", "2024-01-01"]),
    "words like formulas": column(["=1+1", "+1", "@x", "-"]),
    "spaces around": column([" a", "b ", "  "]),
    "tabs and line ends": column(["a\tb", "c\nd", "e\r\nf", "g\rh", 'i"j', "k,l;m"]),
    "NUL": column(["a\0b"]),
    "lone surrogate": column(["a\ud800"], object),
    "above 2**53": column([2**53 + 1, -(2**53) - 1]),
    "unsigned above 2**63": column([2**63 + 1, 1], "uint64"),
    "huge ints": column([2**70, 1], object),
    "ints with gaps": column([2**53 + 1, None], "Int64"),
    "bools with gaps": column([True, None, False], "boolean"),
    "bools and None": column([True, None, False], object),
    "minus zero": column([-0.0, 0.0]),
    "payloads of nan": lambda: pd.DataFrame({"a": nans()}),
    "infinities": column([np.inf, -np.inf, np.nan]),
    "a third": column([1 / 3, 0.1 + 0.2, 5e-324, 1.7976931348623157e308]),
    "float32": column([1 / 3], "float32"),
    "int8": column([1, -1], "int8"),
    "mixed": column([1, "1", 1.5, True], object),
    "1 and 1.0": column([1, 1.0, True], object),
    "dates before 1900": column(pd.to_datetime(["1815-06-18", "1899-12-31"])),
    "1900-02-29's neighbours": column(pd.to_datetime(["1900-02-28", "1900-03-01"])),
    "nanoseconds": column(pd.to_datetime(["2024-01-01 00:00:00.000000001"]).astype("datetime64[ns]")),
    "dates of the year 1": column([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)], object),
    "instants with a zone": column(pd.to_datetime(["2024-03-31 01:30"]).tz_localize("UTC").tz_convert("Europe/Berlin")),
    "the hour that comes twice": column(
        pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30"]).tz_localize("UTC").tz_convert("Europe/Berlin")
    ),
    "NaT alone": column([pd.NaT, pd.NaT], "datetime64[ns]"),
    "durations that are missing": column([pd.NaT, pd.NaT], "timedelta64[s]"),
    "durations": column(pd.to_timedelta(["-1 day", "25:00:00.000001"])),
    "a nanosecond": column(pd.to_timedelta([10**18 + 1], unit="ns")),
    "durations beyond 292 years": column(np.array([2**62], "m8[s]")),
    "moments beyond the year 9999": column(np.array([2**60], "M8[s]")),
    "order of categories": lambda: pd.DataFrame({"a": pd.Categorical(["lo", "hi"], ["lo", "mid", "hi"], ordered=True)}),
    "categories of numbers": lambda: pd.DataFrame({"a": pd.Categorical([3, 1], [3, 2, 1])}),
    "empty frame": pd.DataFrame,
    "columns without rows": lambda: pd.DataFrame({"a": pd.Series(dtype="int64"), "b": pd.Series(dtype="str")}),
    "rows without columns": lambda: pd.DataFrame(index=[1, 2]),
    "duplicate columns": repeated,
    "columns that are numbers": lambda: pd.DataFrame([[1, 2]], columns=[0, 1]),
    "no name": lambda: pd.DataFrame({"": [1], "b": [2]}),
    "an index": lambda: pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="id")),
    "records with text": lambda: np.array([("a\ud800", 1)], dtype=[("t", "U2"), ("n", "i8")]),
    "one row, 2-d": lambda: np.zeros((1, 3)),
    "one column, 2-d": lambda: np.zeros((3, 1)),
    "1-d": lambda: np.zeros(3),
    "0-d": lambda: np.array(1.5),
    "no elements": lambda: np.zeros((0, 3)),
}
TREES: dict[str, Callable[[], Any]] = {
    "leading zeros": lambda: {"a": "007", "b": "0x1F", "c": "1_000", "d": "1e5", "e": "12:30:00"},
    "words that mean missing": lambda: {"a": "null", "b": "~", "c": "None", "d": "nan", "e": None, "f": ""},
    "words that mean true": lambda: {"a": "yes", "b": "No", "c": "on", "d": True},
    "above 2**53": lambda: {"a": 2**53 + 1, "b": 2**63, "c": -(2**63)},
    "huge ints": lambda: {"a": 2**70},
    "minus zero": lambda: {"a": -0.0},
    "infinities": lambda: {"a": float("inf"), "b": float("nan")},
    "1 and 1.0": lambda: {"a": [1, 1.0, True]},
    "keys that are numbers": lambda: {1: "a", "1": "b"},
    "key of None": lambda: {None: 1, True: 2},
    "order of keys": lambda: {"b": 1, "a": 2, "10": 3, "9": 4},
    "a key with a slash": lambda: {"a/b": 1, "a": {"b": 2}, ".": 3, "..": 4},
    "empty things": lambda: {"a": [], "b": {}, "c": "", "d": [[]]},
    "tuples": lambda: {"a": (1, 2)},
    "sets": lambda: {"a": {1}},
    "bytes": lambda: {"a": b"\0\xff"},
    "complex": lambda: {"a": 1 - 2j},
    "lone surrogate": lambda: {"a": "\ud800"},
    "NUL": lambda: {"a": "x\0y"},
    "line ends": lambda: {"a": "x\ny\r\nz\r", "b": "\ttab", "c": "\u2028\x85"},
    "dates": lambda: {"a": datetime.date(1815, 6, 18), "b": datetime.datetime(2024, 1, 1, 12, 0, 0, 1)},
    "a moment with an offset": lambda: {"a": datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)},
    "a moment with a named zone": lambda: {"a": datetime.datetime(2024, 7, 1, tzinfo=ZONE)},
    "numbers of NumPy": lambda: {"a": np.float32(1 / 3), "b": np.int8(1), "c": np.bool_(True)},
    "arrays": lambda: {"a": np.zeros(3), "b": np.zeros((1, 3)), "c": np.zeros((3, 1)), "d": np.array(1.5)},
    "payloads of nan": lambda: {"a": nans()},
    "arrays of int8": lambda: {"a": np.arange(3, dtype="i1"), "b": np.arange(3, dtype=">f4")},
    "arrays of moments": lambda: {"a": np.array(["2024-01-01", "NaT"], "M8[ns]")},
    "a list of 1-d": lambda: {"a": [1.0, 2.0, 3.0], "b": ["x", "yy"]},
    "ragged": lambda: {"a": [[1], [1, 2]]},
    "mixed": lambda: {"a": [1, "1", None]},
}
PICTURES: dict[str, Callable[[], Any]] = {
    "palette": picture("P"),
    "one bit": picture("1"),
    "grey": picture("L"),
    "grey and alpha": picture("LA"),
    "alpha": picture("RGBA"),
    "16 bits": picture("I;16"),
    "floats": picture("F"),
    "CMYK": picture("CMYK"),
    "rotated by EXIF": picture("RGB", orientation=6),
    "array of 16 bits": lambda: np.arange(8, dtype="u2").reshape(2, 4) * 257,
    "array of floats": lambda: np.arange(8, dtype="f4").reshape(2, 4) / 7,
    "array of bools": lambda: np.array([[True, False], [False, True]]),
    "array of 2 channels": lambda: np.arange(16, dtype="u1").reshape(2, 4, 2),
    "array with alpha": lambda: np.arange(32, dtype="u1").reshape(2, 4, 4),
    "one channel, 3-d": lambda: np.arange(8, dtype="u1").reshape(2, 4, 1),
}
KINDS = {"tables": TABLES, "trees": TREES, "pictures": PICTURES}
FORMATS = {
    "tables": ("csv", "tsv", "xlsx", "parquet", "feather", "db", "h5", "zarr", "mat"),
    "trees": ("json", "yaml", "toml", "msgpack", "mat", "h5", "zarr"),
    "pictures": ("png", "tiff", "jpg", "webp", "gif", "bmp"),
}
SETTLED = """
tables                         | csv | tsv | xlsx | parquet | feather | db | h5 | zarr | mat
leading zeros                  | L   | L   | E    | E       | E       | V  | E  | E    | L
words that mean missing        | L   | L   | L    | E       | E       | V  | E  | E    | L
words and gaps                 | L   | L   | L    | E       | E       | L  | E  | E    | R
words that mean true           | E   | E   | E    | E       | E       | V  | E  | E    | L
words like dates               | E   | E   | E    | E       | E       | V  | E  | E    | L
words like formulas            | E   | E   | E    | E       | E       | V  | E  | E    | L
spaces around                  | E   | E   | E    | E       | E       | V  | E  | E    | L
tabs and line ends             | E   | E   | E    | E       | E       | V  | E  | E    | L
NUL                            | R   | R   | E    | E       | E       | V  | E  | E    | R
lone surrogate                 | R   | R   | R    | R       | R       | R  | E  | E    | R
above 2**53                    | E   | E   | L    | E       | E       | V  | E  | E    | L
unsigned above 2**63           | E   | E   | L    | E       | E       | R  | E  | E    | L
huge ints                      | L   | L   | L    | R       | R       | R  | E  | E    | R
ints with gaps                 | L   | L   | L    | E       | E       | V  | E  | E    | L
bools with gaps                | L   | L   | L    | E       | E       | V  | E  | E    | R
bools and None                 | L   | L   | L    | E       | E       | L  | E  | E    | R
minus zero                     | E   | E   | L    | E       | E       | L  | E  | E    | L
payloads of nan                | E   | E   | E    | E       | E       | V  | E  | E    | L
infinities                     | E   | E   | L    | E       | E       | V  | E  | E    | L
a third                        | E   | E   | E    | E       | E       | V  | E  | E    | L
float32                        | L   | L   | L    | E       | E       | L  | E  | E    | L
int8                           | L   | L   | L    | E       | E       | L  | E  | E    | L
mixed                          | L   | L   | L    | R       | R       | L  | E  | E    | L
1 and 1.0                      | L   | L   | L    | L       | L       | L  | E  | E    | L
dates before 1900              | L   | L   | L    | E       | E       | V  | E  | E    | R
1900-02-29's neighbours        | L   | L   | E    | E       | E       | V  | E  | E    | R
nanoseconds                    | L   | L   | L    | E       | E       | V  | E  | E    | R
dates of the year 1            | L   | L   | L    | E       | E       | V  | E  | E    | R
instants with a zone           | L   | L   | L    | E       | E       | L  | E  | E    | R
the hour that comes twice      | L   | L   | L    | E       | E       | L  | E  | E    | R
NaT alone                      | L   | L   | L    | E       | E       | V  | E  | E    | R
durations that are missing     | L   | L   | L    | E       | E       | L  | E  | E    | R
durations                      | L   | L   | L    | E       | E       | L  | E  | E    | R
a nanosecond                   | L   | L   | L    | E       | E       | L  | E  | E    | R
durations beyond 292 years     | L   | L   | R    | E       | E       | R  | E  | E    | R
moments beyond the year 9999   | L   | L   | R    | R       | E       | R  | E  | E    | R
order of categories            | L   | L   | L    | E       | E       | L  | E  | E    | L
categories of numbers          | L   | L   | L    | E       | E       | L  | E  | E    | L
empty frame                    | R   | R   | E    | E       | E       | R  | E  | E    | L
columns without rows           | L   | L   | L    | E       | E       | V  | E  | E    | L
rows without columns           | R   | R   | L    | E       | E       | L  | E  | E    | L
duplicate columns              | L   | L   | L    | E       | E       | R  | E  | E    | L
columns that are numbers       | L   | L   | E    | E       | E       | L  | E  | E    | R
no name                        | E   | E   | L    | E       | E       | V  | E  | E    | R
an index                       | L   | L   | L    | E       | E       | L  | E  | E    | L
records with text              | R   | R   | R    | R       | R       | R  | E  | E    | R
one row, 2-d                   | V   | V   | L    | V       | V       | V  | E  | E    | R
one column, 2-d                | V   | V   | L    | V       | V       | V  | E  | E    | R
1-d                            | V   | V   | L    | V       | V       | V  | E  | E    | R
0-d                            | R   | R   | R    | R       | R       | R  | E  | E    | R
no elements                    | L   | L   | L    | V       | V       | V  | E  | E    | R
trees                          | json | yaml | toml | msgpack | mat | h5 | zarr
leading zeros                  | E    | E    | E    | E       | L   | E  | E
words that mean missing        | E    | E    | L    | E       | R   | E  | E
words that mean true           | E    | E    | E    | E       | L   | E  | E
above 2**53                    | E    | E    | E    | E       | L   | E  | E
huge ints                      | E    | E    | E    | R       | R   | E  | E
minus zero                     | E    | E    | E    | E       | L   | E  | E
infinities                     | E    | E    | E    | E       | L   | E  | E
1 and 1.0                      | E    | E    | E    | E       | L   | E  | E
keys that are numbers          | R    | E    | R    | E       | R   | E  | E
key of None                    | L    | E    | L    | E       | R   | E  | E
order of keys                  | E    | E    | E    | E       | R   | E  | E
a key with a slash             | E    | E    | E    | E       | R   | E  | E
empty things                   | E    | E    | E    | E       | L   | E  | E
tuples                         | L    | L    | L    | L       | L   | E  | E
sets                           | L    | L    | L    | L       | R   | E  | E
bytes                          | L    | E    | L    | E       | R   | E  | E
complex                        | L    | L    | L    | L       | L   | E  | E
lone surrogate                 | E    | R    | R    | R       | R   | E  | E
NUL                            | E    | E    | E    | E       | R   | E  | E
line ends                      | E    | E    | E    | E       | L   | E  | E
dates                          | L    | E    | E    | L       | R   | E  | E
a moment with an offset        | L    | E    | E    | E       | R   | E  | E
a moment with a named zone     | L    | L    | L    | L       | R   | E  | E
numbers of NumPy               | V    | V    | V    | V       | L   | E  | E
arrays                         | L    | L    | L    | L       | L   | E  | E
payloads of nan                | L    | L    | L    | L       | L   | E  | E
arrays of int8                 | L    | L    | L    | L       | L   | E  | E
arrays of moments              | L    | L    | R    | L       | R   | E  | E
a list of 1-d                  | E    | E    | E    | E       | L   | E  | E
ragged                         | E    | E    | E    | E       | L   | E  | E
mixed                          | E    | E    | R    | E       | R   | E  | E
pictures                       | png | tiff | jpg | webp | gif | bmp
palette                        | E   | E    | L   | E    | E   | E
one bit                        | E   | E    | L   | V    | V   | E
grey                           | E   | E    | L   | V    | E   | E
grey and alpha                 | E   | E    | L   | V    | L   | L
alpha                          | E   | E    | L   | E    | L   | L
16 bits                        | E   | E    | L   | L    | L   | L
floats                         | R   | E    | R   | R    | R   | R
CMYK                           | L   | E    | L   | L    | L   | L
rotated by EXIF                | E   | L    | L   | E    | L   | L
array of 16 bits               | V   | V    | L   | L    | L   | L
array of floats                | L   | V    | L   | L    | L   | L
array of bools                 | V   | V    | L   | V    | V   | V
array of 2 channels            | R   | R    | R   | R    | R   | R
array with alpha               | V   | V    | L   | V    | L   | L
one channel, 3-d               | R   | R    | R   | R    | R   | R
"""


def settled() -> list[Any]:
    found: list[Any] = []
    kind, extensions = "", []
    for line in SETTLED.strip().splitlines():
        name, *verdicts = [part.strip() for part in line.split("|")]
        if name in KINDS:
            kind, extensions = name, verdicts
            continue
        for extension, verdict in zip(extensions, verdicts, strict=True):
            found.append(pytest.param(KINDS[kind][name], extension, verdict, id=f"{extension}-{kind}-{name}"))
    return found


@pytest.mark.parametrize(("make", "extension", "verdict"), settled())
def test_a_trap_is_settled_and_never_silent(
    make: Callable[[], Any], extension: str, verdict: str, tmp_path: Path
) -> None:
    assert outcome(make(), tmp_path / f"x.{extension}") == verdict


def test_every_trap_is_in_the_table() -> None:
    assert len(settled()) == sum(len(traps) * len(FORMATS[kind]) for kind, traps in KINDS.items())


def outcome(obj: Any, path: Path) -> str:
    """E, V, L or R; else in words what changed without a word."""
    try:
        with skipping_what_is_missing():
            save(obj, path, verbose=False, on_loss="error")
    except LossError:
        save(obj, path, verbose=False, on_loss="allow")
        load(path, cache=False)
        return "L"
    except ScitexIOError as error:
        assert not path.exists()
        assert isinstance(error, UnsupportedTypeError)
        return "R"
    got = load(path, cache=False)
    changed = difference(got, obj)
    if isinstance(obj, Image.Image) and got.getexif().get(0x0112) != obj.getexif().get(0x0112):
        return f"silent: turned {got.getexif().get(0x0112)}"
    if changed is None:
        return "E"
    match = Registry(plugins=False).for_saving(obj, path.name).match(obj)
    declared = match is not None and match[0].fidelity is Fidelity.VALUE
    if path.suffix == ".db":  # which holds tables by name; one without a name is called data
        (got,) = got.values()
        changed = difference(got, as_frame(obj))
        unlike = Difference("", "", changed) if changed else None
    else:
        unlike = next(differences(obj, got, strict=False, limit=1), None)
    return "V" if (declared or numbers_alone(obj)) and unlike is None else f"silent: {changed}; {unlike}"


def numbers_alone(obj: Any) -> bool:
    """Text has one kind of number: NumPy's come back as equal ones of Python."""
    return isinstance(obj, dict) and all(isinstance(value, np.generic) for value in obj.values())
