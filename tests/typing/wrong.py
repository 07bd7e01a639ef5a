"""Misuses that a type checker has to flag: each on its line, with its code, and nothing else."""

from pathlib import Path

import numpy as np
from attrs import frozen

import scitex_io
from scitex_io import Accepts, FormatHandler, Loader, Saver, load, register, register_saver, save, update, writer
from scitex_io.formats.npy import Npy
from scitex_io.formats.text import Text

scitex_io.lod("a.npy")  # E: attr-defined
save(np.arange(3))  # E: call-arg
save(np.arange(3), 3)  # E: arg-type
save(np.arange(3), "a.npy", on_loss="ignore")  # E: arg-type
save(np.arange(3), "a.npy", verbose="yes")  # E: arg-type
load(3)  # E: call-overload
load("a.npy", cache="no")  # E: call-overload
text: str = load("p.yaml", as_type=dict[str, float])  # E: assignment
save("text", "a.npy", handler=3)  # E: arg-type
Npy(mmap_mode="x")  # E: arg-type
Npy(mmapmode="r")  # E: call-arg
Text().save(3, Path("a.txt"))  # E: arg-type
register(int)  # E: type-var
register_saver(".foo", 3)  # E: call-overload


@frozen(kw_only=True)
class Forgetful(FormatHandler, Loader[int]):
    """Lists an ability and forgets its method."""

    name = "forgetful"
    extensions = (".f",)


Forgetful()  # E: abstract


@frozen(kw_only=True)
class Wrong(FormatHandler, Saver[int], Loader[int]):
    """Methods that do not fit the header."""

    name = 3  # E: assignment
    extensions = (".w",)
    accepts = (Accepts(int),)

    def save(self, obj: str, path: Path, /) -> None: ...  # E: override

    def load(self, path: Path, /) -> str:  # E: override
        return ""


with (wrong_change := update("p.yaml", as_type=str)):
    wrong_change.content = 3  # E: assignment
writer("a.csv", durable="yes")  # E: arg-type
