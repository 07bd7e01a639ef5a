"""Uses that have to be right for a type checker, with the types they have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pandas as pd
from attrs import frozen
from numpy.typing import NDArray

import scitex_io
from scitex_io import (
    Accepts,
    FormatHandler,
    Loader,
    Saver,
    Writer,
    get_saver,
    load,
    load_all,
    recover,
    register,
    register_loader,
    register_saver,
    save,
    update,
    writer,
)
from scitex_io.formats.npy import Npy


@frozen
class Params:
    rate: float


# load
assert_type(load("a.npy"), Any)
assert_type(load(Path("a.npy"), "npy", False, False, True), Any)
assert_type(load("a.npy", as_type=pd.DataFrame), pd.DataFrame)
assert_type(load("p.yaml", as_type=Params), Params)
assert_type(load("p.yaml", as_type=list[Params]), list[Params])
assert_type(load("p.yaml", as_type=dict[str, float]), dict[str, float])
assert_type(load("a", handler=Npy()), NDArray[Any])
assert_type(Npy(mmap_mode="r").load(Path("a.npy")), NDArray[Any])
load("t.csv", sep=";", nrows=3)

# load_all
assert_type(load_all("*.npy"), list[Any])
assert_type(load_all(["a.csv", Path("b.csv")], as_type=pd.DataFrame, workers=2), list[pd.DataFrame])
assert_type(load_all("*.yaml", as_type=list[Params], combine="dict"), dict[Any, list[Params]])
assert_type(load_all("*.csv", as_type=pd.DataFrame, combine="concat", sep=";"), pd.DataFrame)
assert_type(load_all("*.npy", handler=Npy(), on_error="collect"), tuple[list[NDArray[Any]], pd.DataFrame])
assert_type(load_all("*.npy", on_error="collect", combine="dict"), tuple[dict[Any, Any], pd.DataFrame])
assert_type(load_all("*.npy", as_type=pd.DataFrame, on_error="collect", combine="concat")[0], pd.DataFrame)

# save
assert_type(save(np.arange(3), "a.npy"), Path)
assert_type(save(np.arange(3), Path("a.npy"), dry_run=True, symlink_to="b.npy"), Path)
save(Params(rate=1.0), "p.yaml", on_loss="error", durable=True)
save({"a": 1}, "a.json", verbose=False, indent=2)


# a format of one's own
@register
@frozen(kw_only=True)
class Words(FormatHandler, Saver[str], Loader[str]):
    """Text, one word a line."""

    name = "words"
    extensions = (".words",)
    accepts = (Accepts(str),)
    yields = (str,)

    sep: str = "\n"

    def save(self, obj: str, path: Path, /) -> None:
        path.write_text(self.sep.join(obj.split()))

    def load(self, path: Path, /) -> str:
        return " ".join(path.read_text().split(self.sep))


assert_type(load("a.words", handler=Words(sep=";")), str)
save("a b", "a.words", handler=Words())


# functions keep their own type
@register_saver(".foo")
def save_foo(obj: int, path: Path, *, width: int = 3) -> None: ...


@register_loader(".foo")
def load_foo(path: Path, **options: object) -> int:
    return 3


assert_type(load_foo(Path("a.foo")), int)
save_foo(3, Path("a.foo"), width=4)
assert_type(register_loader(".bar", load_foo)(Path("a")), int)
assert_type(get_saver(".foo"), Callable[..., Any] | None)
assert_type(scitex_io.__version__, str)

# update, writer
with update("p.yaml") as anything:
    assert_type(anything, Any)
with (change := update("p.yaml", as_type=Params, key="a")) as params:
    assert_type(params, Params)
    change.content = Params(1.0)
with update("p.yaml", as_type=list[Params], default=[]) as several:
    assert_type(several, list[Params])
with writer("a.csv", durable=True, sep=";") as file:
    assert_type(file, Writer)
    file.append([{"a": 1}])
assert_type(recover("a.csv", to=Path("b.csv")), Path)
