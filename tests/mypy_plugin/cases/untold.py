"""What has to stay Any: the name does not tell, or an option changes what is loaded."""

import sys
from pathlib import Path
from typing import Any

from scitex_io import glob, load
from scitex_io.formats.csv import Csv

CHANGED = ["a.npy"]
CHANGED.append("t.csv")


def ways(name: str, folder: Path, suffix: str, options: dict[str, Any], anything: Any, flag: bool) -> None:
    reveal_type(load(name))
    reveal_type(load(folder))
    reveal_type(load(anything))
    reveal_type(load(sys.argv[1]))
    reveal_type(load(f"{name}{suffix}"))
    reveal_type(load(folder / name))
    reveal_type(load(f"{name}.gz"))
    reveal_type(load(folder.with_suffix(suffix)))
    reveal_type(load("tree.json"))
    reveal_type(load("data.h5"))
    reveal_type(load("noextension"))
    reveal_type(load(".csv"))
    reveal_type(load("run[1].csv"))
    reveal_type(load("x", ext=suffix))
    reveal_type(load("t.csv", **options))
    reveal_type(load("t.csv", chunksize=10))
    reveal_type(load("t.csv", iterator=True))
    reveal_type(load("lines.txt", as_lines=True))
    reveal_type(load("files.zip", member="a.npy"))
    reveal_type(load("a.npz"))
    reveal_type(load(CHANGED[0]))
    reveal_type(load("a.npy" if flag else name))
    for path in folder.iterdir():
        reveal_type(load(path))
    parts = "a"
    parts += ".npy"
    reveal_type(load(parts))
    reveal_type(load("*"))
    reveal_type(load(glob("*.*")[0]))
    reveal_type(load(f"{name}csv"))


def given(path: str = "a.npy") -> Any:
    return load(path)


reveal_type(load("a.npy", handler=Csv()))  # a table, as the handler says
