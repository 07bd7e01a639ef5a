"""Ways to build the name of a file, with the type that follows from it."""

import os
from glob import glob as plain_glob
from os.path import join
from pathlib import Path, PurePosixPath
from typing import Final, Literal, cast

from natsort import natsorted

import scitex_io
import scitex_io as sio
from scitex_io import glob, load

FOLDER = Path("data")
TABLE: Final = "t.csv"
ARRAY = "a.npy"
STEM: Final = "deep"
PATTERN = "runs/*.npy"
PAIRS = [("a", "x.npy"), ("b", "y.npy")]


class Paths:
    LABELS: Final = "labels.npy"
    TABLE = Path("t.csv")


def ways(
    n: int, name: str, folder: Path, which: bool, kind: Literal["a.npy", "b.npy"], suffix: Literal[".csv"]
) -> None:
    # as it stands
    reveal_type(load("a.npy"))  # T: array
    reveal_type(load("t.csv"))  # T: table
    reveal_type(load("data/sub/t.tsv"))  # T: table
    reveal_type(load("notes.txt"))  # T: text
    reveal_type(load("t.parquet"))  # T: table
    reveal_type(load("t.feather"))  # T: table
    reveal_type(load("A.NPY"))  # T: array
    reveal_type(load("T.Csv"))  # T: table
    reveal_type(load("t.csv.gz"))  # T: table
    reveal_type(load("a.npy.zst"))  # T: array
    reveal_type(load("T.CSV.BZ2"))  # T: table
    reveal_type(load("a.b.c.npy"))  # T: array
    reveal_type(load("v1.2/t.csv"))  # T: table
    reveal_type(load("~/a.npy"))  # T: array
    reveal_type(load(lpath="a.npy"))  # T: array
    reveal_type(scitex_io.load("a.npy"))  # T: array
    reveal_type(sio.load("a.npy", cache=False))  # T: array
    # ext says it
    reveal_type(load("x", ext="csv"))  # T: table
    reveal_type(load("x", ".npy"))  # T: array
    reveal_type(load(name, ext="NPY"))  # T: array
    reveal_type(load("*.dat", ext="csv"))  # T: tables
    # many
    reveal_type(load("*.csv"))  # T: tables
    reveal_type(load("sub-??/a.npy"))  # T: arrays
    reveal_type(load("sub-{sub}/a.npy"))  # T: arrays
    reveal_type(load("{a,b}.csv"))  # T: tables
    reveal_type(load("**/x_*.npy"))  # T: arrays
    reveal_type(load(folder / "*.npy"))  # T: arrays
    # text made of parts
    reveal_type(load(f"run-{n}.npy"))  # T: array
    reveal_type(load(f"{name}.csv"))  # T: table
    reveal_type(load(f"{folder}/t.csv"))  # T: table
    reveal_type(load(f"{n:03d}_{name!r}.csv.gz"))  # T: table
    reveal_type(load(f"{STEM}.npy"))  # T: array
    reveal_type(load(f"{name}{suffix}"))  # T: table
    reveal_type(load(f"{name}_{ARRAY}"))  # T: array
    reveal_type(load("a" + ".npy"))  # T: array
    reveal_type(load(name + ".csv"))  # T: table
    reveal_type(load("data/" + name + "_" + str(n) + ".npy"))  # T: array
    reveal_type(load("%s.csv" % name))  # T: table
    reveal_type(load("sub-%02d/run-%d.npy" % (n, n)))  # T: array
    reveal_type(load("%s.%s" % ("a", "npy")))  # T: array
    reveal_type(load("{}.csv".format(name)))  # T: table
    reveal_type(load("{0}/{stem}.npy".format(name, stem=n)))  # T: array
    reveal_type(load("{}.{}".format(name, "csv")))  # T: table
    reveal_type(load("/".join(["data", name, "a.npy"])))  # T: array
    reveal_type(load("_".join([name, "t.csv"])))  # T: table
    # paths
    reveal_type(load(Path("a.npy")))  # T: array
    reveal_type(load(Path("data", name, "t.csv")))  # T: table
    reveal_type(load(folder / "a.npy"))  # T: array
    reveal_type(load(FOLDER / name / f"{n}.csv"))  # T: table
    reveal_type(load("data" / Path("a.npy")))  # T: array
    reveal_type(load(folder.joinpath("x", "t.csv")))  # T: table
    reveal_type(load(os.path.join("data", name, "a.npy")))  # T: array
    reveal_type(load(join(name, f"{n}.csv")))  # T: table
    reveal_type(load(str(folder / "a.npy")))  # T: array
    reveal_type(load(os.fspath(Path("t.csv"))))  # T: table
    reveal_type(load(Path("a.npy").resolve()))  # T: array
    reveal_type(load(Path("~/t.csv").expanduser().absolute()))  # T: table
    reveal_type(load(os.path.expanduser("~/a.npy")))  # T: array
    reveal_type(load(folder.with_suffix(".npy")))  # T: array
    reveal_type(load(Path("t.csv").with_suffix(".npy")))  # T: array
    reveal_type(load(folder.with_name("t.csv")))  # T: table
    reveal_type(load(Path("t.csv").with_stem(name)))  # T: table
    reveal_type(load("a.csv".replace(".csv", ".npy")))  # T: array
    reveal_type(load("t.csv.bak".removesuffix(".bak")))  # T: table
    reveal_type(load(str(PurePosixPath(name) / "t.csv")))  # T: table
    reveal_type(load(cast("str | Path", "a.npy")))  # T: array
    # names
    reveal_type(load(TABLE))  # T: table
    reveal_type(load(ARRAY))  # T: array
    reveal_type(load(Paths.LABELS))  # T: array
    reveal_type(load(kind))  # T: array
    local = "a.npy"
    reveal_type(load(local))  # T: array
    base = folder / "sub"
    target = base / f"{name}.csv"
    reveal_type(load(target))  # T: table
    first, second = "a.npy", "t.csv"
    reveal_type(load(second))  # T: table
    reveal_type(load(walrus := "a.npy"))  # T: array
    # choices
    reveal_type(load("a.npy" if which else "b.npy"))  # T: array
    reveal_type(load("a.npy" if which else "t.csv"))  # T: array | table
    reveal_type(load(name and "a.npy" or "b.npy"))  # T: untold
    either = "a.npy"
    if which:
        either = "b.npy"
    reveal_type(load(either))  # T: array
    # many, one by one
    for path in glob("data/*.csv"):
        reveal_type(load(path))  # T: table
    for place in sorted(folder.glob("*.npy")):
        reveal_type(load(place))  # T: array
    for place in folder.rglob("t.csv"):
        reveal_type(load(place))  # T: table
    for path in natsorted(plain_glob(PATTERN)):
        reveal_type(load(path))  # T: array
    for at, path in enumerate(glob("*.npy")):
        reveal_type(load(path))  # T: array
    for path, number in zip(glob("*.csv"), range(n)):
        reveal_type(load(path))  # T: table
    for path in ["a.npy", "b.npy"]:
        reveal_type(load(path))  # T: array
    for _, path in PAIRS:
        reveal_type(load(path))  # T: array
    found = glob("*.csv")
    reveal_type(load(found[0]))  # T: table
    reveal_type([load(each) for each in glob("*.npy")])  # T: arrays
    reveal_type([load(f"{stem}.csv") for stem in ("a", "b")])  # T: tables
    reveal_type({each: load(f"{each}.npy") for each in range(n)})  # T: dict[int, array]
    made = [f"{each}.csv" for each in range(n)]
    reveal_type(load(made[0]))  # T: table
