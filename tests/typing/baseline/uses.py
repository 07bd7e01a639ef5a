"""Uses that have to be right for a type checker, with the types they have."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, assert_type

import numpy as np
import pandas as pd
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image

import scitex_io
from scitex_io import (
    Accepts,
    Audio,
    Explanation,
    FormatHandler,
    Loader,
    Saver,
    Video,
    Writer,
    differences,
    explain,
    format_path,
    get_saver,
    glob,
    list_formats,
    load,
    load_all,
    load_configs,
    load_option,
    parse_glob,
    recover,
    register,
    register_loader,
    register_post_load_hook,
    register_post_save_hook,
    register_saver,
    save,
    save_option,
    update,
    writer,
)
from scitex_io.formats.csv import Csv
from scitex_io.formats.npy import Npy
from scitex_io.formats.text import Text
from scitex_io.session.configs import Config


@frozen
class Params:
    rate: float


def ask(name: str, ext: str | None, loader: Loader[int] | None) -> None:
    assert_type(load(name, ext), Any)
    assert_type(load(name, as_type=Params, trust=["a.B"]), Params)
    save(3, name, handler=None)
    if loader is not None:
        assert_type(load(name, handler=loader), int)


# load: what the name says is for a plug-in of the checker; everything else is here
assert_type(load(Path("a") / "b", None, False, False, True), Any)
assert_type(load("x.bin", "no-such"), Any)
assert_type(load("a", ext="csv"), pd.DataFrame)
assert_type(load("a", ".tsv", sep=";"), pd.DataFrame)
assert_type(load("a", ext=".npy"), NDArray[Any])
assert_type(load("a", ext="png"), Image.Image)
assert_type(load("a", ext="txt"), str | list[str])
assert_type(load("a", ext="wav"), Audio)
assert_type(load("a", ext="mp4"), Video)
assert_type(load("a", ext="h5", key="x"), Any)
assert_type(load("a", ext="csv", as_type=Params), Params)
load("t.csv", sep=";", nrows=3)

# load: as_type
assert_type(load("a.npy", as_type=pd.DataFrame), pd.DataFrame)
assert_type(load("p.yaml", as_type=Params), Params)
assert_type(load("p.yaml", as_type=list[Params]), list[Params])
assert_type(load("p.yaml", as_type=dict[str, float]), dict[str, float])
assert_type(load("p.yaml", as_type=dict[str, Params | None]), dict[str, Params | None])
assert_type(load("p.yaml", as_type=tuple[int, str]), tuple[int, str])
assert_type(load("p.yaml", as_type=Params | None), Params | None)
assert_type(load("p.yaml", as_type=int | list[Params]), int | list[Params])
assert_type(load("p.yaml", as_type=Literal["fast", "exact"]), Literal["fast", "exact"])
assert_type(load("p.yaml", as_type=Annotated[float, "seconds"]), float)
assert_type(load("p.yaml", as_type=None, handler=None), Any)

# load: handler
assert_type(load("a", handler=Npy()), NDArray[Any])
assert_type(load("a", handler=Csv(sep=";")), pd.DataFrame)
assert_type(load("a", handler=Csv(), as_type=Params), Params)

# a handler by itself
assert_type(Csv().load(Path("a.csv")), pd.DataFrame)
assert_type(Npy(mmap_mode="r").load(Path("a.npy")), NDArray[Any])
assert_type(Csv(sep=";").with_options({"sep": ","}, "load"), Csv)
assert_type(Csv().sep, str)

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
save(None, "none.json")
save([], "empty.json")  # pyright: ignore[reportUnknownArgumentType]  # a list of nothing has no type of its own
save("text", "a.txt", handler=Text())
save(["a", "b"], "a.txt", handler=Text())

# files by pattern
assert_type(glob("*.csv"), list[str])
assert_type(glob(Path("*.csv"), ensure_one=True), list[str])
assert_type(glob("{sub}.csv", parse=True), tuple[list[str], list[dict[str, Any]]])
assert_type(glob("*.csv", parse=bool(1)), list[str] | tuple[list[str], list[dict[str, Any]]])
assert_type(parse_glob("{sub}.csv"), tuple[list[str], list[dict[str, Any]]])
assert_type([load(name) for name in glob("*.csv")], list[Any])
assert_type(format_path("sub-{sub}.csv", sub=1), str)

# the rest of what scripts call
assert_type(load_configs(), Config)
assert_type(explain(3, ".csv"), Explanation)
assert_type(list_formats()["save"]["builtin"], list[str])
assert_type(scitex_io.__version__, str)
differences(1, 2)


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
    width: int = save_option(80)
    limit: int | None = load_option(None)

    def save(self, obj: str, path: Path, /) -> None:
        path.write_text(self.sep.join(obj.split()))

    def load(self, path: Path, /) -> str:
        return " ".join(path.read_text().split(self.sep)[: self.limit])


assert_type(Words(sep=";"), Words)
assert_type(Words().limit, int | None)
assert_type(load("a.words", handler=Words(sep=";")), str)
save("a b", "a.words", handler=Words())
stores_text: Saver[str] = Words()
loads_objects: Loader[object] = Words()


# functions keep their own type
@register_saver(".foo")
def save_foo(obj: int, path: Path, *, width: int = 3) -> None: ...


@register_loader(".foo")
def load_foo(path: Path, **options: object) -> int:
    return 3


@register_post_save_hook
def saved(path: Path, obj: object, kwargs: dict[str, Any]) -> int:
    return 3


@register_post_load_hook
def loaded(path: Path, obj: object) -> None: ...


assert_type(load_foo(Path("a.foo")), int)
save_foo(3, Path("a.foo"), width=4)
assert_type(saved(Path("a"), 3, {}), int)
assert_type(register_loader(".bar", load_foo)(Path("a")), int)
assert_type(get_saver(".foo"), Callable[..., Any] | None)

# update, writer
with update("p.yaml") as anything:
    assert_type(anything, Any)
with (change := update("p.yaml", as_type=Params, key="a")) as changed:
    assert_type(changed, Params)
    change.content = Params(1.0)
with update("p.yaml", as_type=list[Params], default=[]) as several:
    assert_type(several, list[Params])
with writer("a.csv", durable=True, sep=";") as file:
    assert_type(file, Writer)
    file.append([{"a": 1}])
assert_type(recover("a.csv", to=Path("b.csv")), Path)
