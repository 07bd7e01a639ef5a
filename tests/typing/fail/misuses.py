"""Misuses that type checkers have to flag: each on its line, by mypy's code and pyright's rule, and nothing else."""

from pathlib import Path

import numpy as np
import pandas as pd

import scitex_io
from scitex_io import (
    glob,
    load,
    load_all,
    register,
    register_post_load_hook,
    register_saver,
    save,
    update,
    writer,
)
from scitex_io import laod as laod  # E: attr-defined reportAttributeAccessIssue reportUnknownVariableType
from scitex_io.formats.csv import Csv
from scitex_io.formats.npy import Npy
from scitex_io.formats.text import Text

scitex_io.lod("a.npy")  # E: attr-defined reportAttributeAccessIssue reportUnknownMemberType
save(np.arange(3))  # E: call-arg reportCallIssue
save(np.arange(3), 3)  # E: arg-type reportArgumentType
save(np.arange(3), "a.npy", on_loss="ignore")  # E: arg-type reportArgumentType
save(np.arange(3), "a.npy", verbose="yes")  # E: arg-type reportArgumentType
save("text", "a.npy", handler=3)  # E: arg-type reportArgumentType
save(3, "a.txt", handler=Text())  # E: misc reportArgumentType
load(3)  # E: call-overload reportArgumentType
load("a.npy", cache="no")  # E: call-overload reportArgumentType
load("a", handler=Npy)  # E: call-overload reportCallIssue reportArgumentType
text: str = load("p.yaml", as_type=dict[str, float])  # E: assignment reportAssignmentType
frame: pd.DataFrame = load("a", ext="npy")  # E: assignment reportAssignmentType
number: int = load("a", handler=Csv())  # E: assignment reportAssignmentType
maybe: int = load("p.yaml", as_type=int | None)  # E: assignment reportAssignmentType
load_all("*.npy", combine="append")  # E: call-overload reportCallIssue reportArgumentType
paths: list[str] = glob("*.csv", parse=True)  # E: assignment reportAssignmentType
glob(3)  # E: call-overload reportArgumentType
Npy(mmap_mode="x")  # E: arg-type reportArgumentType
Npy(mmapmode="r")  # E: call-arg reportCallIssue
Npy().mmap_mode = "r"  # E: misc reportAttributeAccessIssue
Csv().load("a.csv")  # E: arg-type reportArgumentType
Text().save(3, Path("a.txt"))  # E: arg-type reportArgumentType
register(int)  # E: type-var reportArgumentType
register_saver(".foo", 3)  # E: call-overload reportCallIssue reportArgumentType
register_post_load_hook(3)  # E: type-var reportArgumentType
with (change := update("p.yaml", as_type=str)):
    change.content = 3  # E: assignment reportAttributeAccessIssue
writer("a.csv", durable="yes")  # E: arg-type reportArgumentType
