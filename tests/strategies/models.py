"""Tensors, checkpoints and fitted models; their libraries are imported when the first value is drawn."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import strategies as st

DTYPES = ["float32", "float64", "float16", "bfloat16", "int8", "int64", "uint8", "bool", "complex64"]
SAFE = ["f4", "f8", "f2", "i1", "i2", "i8", "u1", "u2", "u8", "?", "c8"]
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4).filter(lambda n: n != "__metadata__")


@st.composite
def tensors(draw: st.DrawFn) -> Any:
    """Dense tensors, contiguous or not, of any number of dimensions, some that require a gradient."""
    import torch

    shape: list[int] = draw(st.lists(st.integers(0, 3), max_size=3))
    dtype = getattr(torch, draw(st.sampled_from(DTYPES)))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    tensor = (torch.randn(shape, generator=generator) * 9).to(dtype)
    turned = draw(st.booleans())
    if shape and turned:
        tensor = tensor.transpose(0, -1)[::2]
    if tensor.is_floating_point():
        tensor.requires_grad_(draw(st.booleans()))
    return tensor


checkpoints = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5), tensors()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=2).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(0, 99)), inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(OrderedDict),
    ),
    max_leaves=5,
)


@st.composite
def modules(draw: st.DrawFn) -> Any:
    import torch

    return torch.nn.Sequential(torch.nn.Linear(draw(st.integers(1, 3)), 2), torch.nn.BatchNorm1d(2))


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    shape = draw(st.lists(st.integers(0, 3), max_size=3))
    array = np.random.default_rng(draw(st.integers(0, 99))).normal(0, 9, shape).astype(draw(st.sampled_from(SAFE)))
    return array.T if draw(st.booleans()) else array


named_arrays = st.dictionaries(names, arrays(), max_size=4)
named_tensors = st.dictionaries(names, tensors().map(lambda tensor: tensor.detach()), min_size=1, max_size=4)


def by_name(obj: Any) -> Any:
    return {name: obj[name] for name in sorted(obj)}


@cache
def fitted(kind: str) -> Any:
    """A small model of CatBoost, trained once."""
    import catboost

    x = np.random.default_rng(0).random((40, 3))
    y = (x[:, 0] > 0.5).astype(int)
    options = {"iterations": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    if kind == "CatBoost":
        return catboost.CatBoost({**options, "loss_function": "Logloss"}).fit(x, y)
    given = {"group_id": np.repeat(range(4), 10)} if kind == "CatBoostRanker" else {}
    return getattr(catboost, kind)(**options).fit(x, y, **given)


KINDS = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")
ARRAYS = "str keys, NumPy arrays; loaded in the order of their names"
TENSORS = "str keys, PyTorch tensors; loaded in the order of their names"

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "torch.Tensor": tensors(),
    "torch.nn.Module": modules(),
    "torch:object": checkpoints,
    f"safetensors:dict ({ARRAYS})": named_arrays,
    f"safetensors:dict ({TENSORS})": named_tensors,
    "safetensors:collections.abc.Mapping": named_arrays.map(MappingProxyType),
    "safetensors:collections.OrderedDict": named_tensors.map(OrderedDict),
    **{f"catboost.{kind}": st.just(kind).map(fitted) for kind in KINDS},
}
EXPECTED = {("safetensors", kind): by_name for kind in ("dict", "collections.abc.Mapping", "collections.OrderedDict")}


def _state() -> Any:
    import torch

    return {"layer": OrderedDict(weight=torch.arange(12.0).reshape(3, 4), bias=torch.zeros(3)), "epoch": 3}


SAMPLES = {
    "torch": _state,
    "safetensors": lambda: {"a": np.arange(20.0).reshape(4, 5), "b": np.arange(3)},
    "catboost": lambda: fitted("CatBoostClassifier"),
}
CHECKED = {"torch", "catboost"}
