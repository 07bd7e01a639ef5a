"""Calls that are right, of which nothing is said."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, assert_type

import numpy as np
import pandas as pd
from attrs import frozen
from numpy.typing import NDArray

from scitex_io import (
    Accepts,
    DotDict,
    FormatHandler,
    Loader,
    Saver,
    load,
    register,
    register_loader,
    register_saver,
    save,
)
from scitex_io.formats.npy import Npy


@frozen
class Params:
    rate: float


@dataclasses.dataclass
class Record:
    rate: float


class Named(Protocol):
    name: str


@frozen(kw_only=True)
class Words(FormatHandler, Saver[str], Loader[str]):
    """Text, one word a line."""

    name = "words"
    extensions = (".words",)
    accepts = (Accepts(str),)

    def save(self, obj: str, path: Path, /) -> None:
        path.write_text(obj)

    def load(self, path: Path, /) -> str:
        return path.read_text()


register(Words)
register_saver(".foo", print)


@register_loader(".foo")
def load_foo(path: Path) -> int:
    return 3


class Own(dict[str, int]):
    """A class of one's own that is a dict."""


def right(
    anything: Any, some: object, maybe: pd.DataFrame | None, many: Sequence[float], named: Named, name: str
) -> None:
    table = pd.DataFrame({"a": [1]})
    save(table, "x.csv", sep=";", float_format="%.3f")
    save(table, f"{name}.csv", index=True)
    save(np.zeros(3), "x.npy")
    save(3, "x.npy")
    save([{"a": 1}], "x.csv")
    save(Params(rate=1.0), "x.yaml")
    save(Record(1.0), "x.json")
    save(Own(), "x.json")
    save(DotDict({}), "x.yaml")
    save(anything, "x.csv")
    save(some, "x.csv")
    save(maybe, "x.csv")
    save(many, "x.npy")
    save(named, "x.csv")
    save(lambda: 0, "x.pkl")
    save(table, "sub-{sub:03d}.csv", sub=1)
    save(table, f"{name}.csv", sub=1)
    save("a", "x.words")
    save(3, "x.foo", width=3)
    save(table, "x.csv.zst")
    save(table, "x.any", handler=Npy())
    load("x.foo", anything=3)
    load("x.words")
    load("x.csv", nrows=3, usecols=["a"], dtype=str)
    load("x.csv", rows=slice(0, 3), columns=["a"])
    load("x.xlsx", sheet_name=None)
    load("x.pt", weights_only=False)
    load("x.zip", member="a.csv", sep=";")
    load("noextension", anything=3)
    load("x.parquet", filters=[("a", "=", 1)])
    assert_type(load("x.csv", as_type=np.ndarray), np.ndarray[Any, Any])
    assert_type(load("x.csv", as_type=list[Params]), list[Params])
    assert_type(load("x.yaml", as_type=Params), Params)
    assert_type(load("x.csv", rows=slice(0, 3)), pd.DataFrame)
    assert_type(load("x.npy", mmap_mode="r"), NDArray[Any])
    assert_type(load("x.npy", handler=Npy()), NDArray[Any])
    silenced = load("x.cvs")  # type: ignore[scitex-ext]  # meant so
    mapping: Mapping[str, float] = {}
    save(mapping, "x.json")
