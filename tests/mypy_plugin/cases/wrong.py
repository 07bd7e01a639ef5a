"""Calls that are wrong, each with its code and a part of its message; nothing else is said."""

import numpy as np
import pandas as pd
from attrs import frozen

from scitex_io import load, save


@frozen
class Params:
    rate: float


def function(path: str) -> None: ...


table = pd.DataFrame({"a": [1]})

save(lambda: 0, "x.csv")  # E: scitex-save: '.csv' cannot hold a function; it stores DataFrame, Series
save(function, "x.json")  # E: scitex-save: formats that can: .pkl
save({1, 2}, "x.npy")  # E: scitex-save: '.npy' cannot hold set; it stores ndarray
save(table, "x.wav")  # E: scitex-save: '.wav' cannot hold DataFrame
save(Params, "x.json")  # E: scitex-save: cannot hold a class
save(None, "x.csv.gz")  # E: scitex-save: '.csv.gz' cannot hold NoneType
load("x.cvs")  # E: scitex-ext: no format loads '.cvs' files; did you mean .csv
save(table, "x.xlxs")  # E: scitex-ext: no format saves '.xlxs' files; did you mean .xlsx
load(f"{table.size}.jsno")  # E: scitex-ext: .json
load("x.qqq")  # E: scitex-ext: no format loads '.qqq' files
save(table, "x.zip")  # E: scitex-ext: '.zip' files can only be loaded
save(table, "x.xls")  # E: scitex-ext: '.xls' files can only be loaded
load("x", ext="cvs")  # E: scitex-ext: did you mean .csv
np.asarray(load("x.nyp"))  # E: scitex-ext: .npy
print([load(path) for path in ["a.cvs", "b.csv"]])  # E: scitex-ext: .csv
load("x.csv", sepp=";")  # E: scitex-option: '.csv' has no option 'sepp' to load; did you mean sep?
load("x.csv", sep=3)  # E: scitex-option: option 'sep' of '.csv' is str, not int
save(table, "x.csv", nrows=2)  # E: scitex-option: '.csv' has no option 'nrows' to save
load("x.txt", encodng="utf-8")  # E: scitex-option: did you mean encoding?
load("x.npy", mmap_mode="x")  # E: scitex-option: 'mmap_mode'
save(np.zeros(3), "x.npy", mmap_mode="r")  # E: scitex-option: 'mmap_mode' of '.npy' is an option of load, not of save
save(table, "x.parquet", compresion="zstd")  # E: scitex-option: did you mean compression?
load("x.csv.gz", sepp=";")  # E: scitex-option: '.csv.gz' has no option 'sepp'
load("a.npy", as_type=pd.DataFrame)  # E: scitex-type: '.npy' cannot give DataFrame; it gives ndarray
load("x.png", as_type=pd.DataFrame)  # E: scitex-type: '.png' cannot give DataFrame
