"""Named tensors that any framework reads and nothing can run from (.safetensors).

Nothing in the layout says which library an array belongs to. By the convention of those who publish models,
``format: pt`` in the metadata of the header means tensors of PyTorch: so they are written, and so they come back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen

from scitex_io.content.arrays import as_array, one_of
from scitex_io.content.parts import RowPart, load_key_option
from scitex_io.content.stores import only
from scitex_io.errors import (
    MissingDependencyError,
    MissingKeyError,
    OptionError,
    UnexpectedTypeError,
    UnsupportedTypeError,
    type_name,
)
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.losses import lose
from scitex_io.typeref import distance
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMPYS = frozenset(["F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL", "C64"])
"""Types of numbers that NumPy has; the others are PyTorch's alone (bfloat16, float8)."""


def _all(ref: str) -> Callable[[Any], bool]:
    def check(obj: Any) -> bool:
        return all(type(key) is str and distance(type(part), ref) is not None for key, part in obj.items())

    return check


def _either(obj: Any) -> bool:
    return _all("numpy.ndarray")(obj) or _all("torch.Tensor")(obj)


def _texts(_: object, __: object, value: Any) -> None:
    fits = isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)
    if value is not None and not fits:
        raise TypeError(f"metadata={value!r}: a dict of texts is wanted")


ORDER = "loaded in the order of their names"
ARRAYS, TENSORS = f"str keys, NumPy arrays; {ORDER}", f"str keys, PyTorch tensors; {ORDER}"
EITHER = "as dict"


@frozen(kw_only=True)
class Safetensors(FormatHandler, RowPart, Saver[Any], Loader[Any], TypedLoader, Describer):
    """Named arrays of NumPy or tensors of PyTorch.

    Parameters
    ----------
    metadata
        Texts to keep in the header, beside the tensors.
    framework
        What to load: ``"np"`` arrays, ``"pt"`` tensors; by default what was saved.
    key
        The one tensor to load.
    rows
        A part of it along the first axis; the rest is not read.
    """

    name = "safetensors"
    extensions = (".safetensors",)
    accepts = (
        Accepts(dict, Fidelity.VALUE, loads_as=dict, domain=ARRAYS, where=_all("numpy.ndarray")),
        Accepts(dict, Fidelity.VALUE, loads_as=dict, domain=TENSORS, where=_all("torch.Tensor")),
        Accepts("collections.OrderedDict", Fidelity.VALUE, loads_as=dict, domain=EITHER, where=_either),
        Accepts(Mapping, Fidelity.VALUE, loads_as=dict, domain=EITHER, where=_either),
        Accepts(
            "torch.nn.Module",
            Fidelity.LOSSY,
            loads_as=dict,
            domain="its state dict",
            loses="a module is stored as its state dict",
            subclasses=True,
        ),
    )
    yields = (dict, "numpy.ndarray", "torch.Tensor")
    requires = ("safetensors",)
    extra = "safetensors"
    also = {"torch": "ml"}

    metadata: Mapping[str, str] | None = field(default=None, validator=_texts, eq=repr, metadata={"verb": "save"})
    framework: Literal["np", "pt"] | None = field(
        default=None, validator=one_of(None, "np", "pt"), metadata={"verb": "load"}
    )
    key: str | None = load_key_option()

    # ------------------------------------------------------------ saving

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the tensors, each contiguous and on its own."""
        named: Mapping[str, Any] = obj if isinstance(obj, Mapping) else obj.state_dict()
        metadata = dict(self.metadata or {})
        if _all("numpy.ndarray")(named):
            from safetensors import numpy as library

            parts: Any = {key: self._array(part, key) for key, part in named.items()}
        else:
            from safetensors import torch as library

            parts = self._tensors(named)
            metadata = {"format": "pt"} | metadata
        try:
            library.save_file(parts, str(path), metadata or None)
        except Exception as error:
            # Its own error, a KeyError or a ValueError, each about a type; else about the disk.
            if number := re.search(r"\(os error (\d+)\)", str(error)):
                raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error

    def _array(self, part: NDArray[Any], key: str) -> NDArray[Any]:
        array = as_array(part, self.name, key)
        if not array.dtype.isnative:
            lose(f"arrays lose their foreign byte order (at '{key}')")
        return array.astype(array.dtype.newbyteorder("="), order="C", copy=False)

    def _tensors(self, named: Mapping[str, Any]) -> dict[str, Any]:
        import torch

        parts: dict[str, Any] = {}
        memory: set[int] = set()
        for key, tensor in named.items():
            if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided or tensor.is_quantized:
                reason = f"only dense tensors that are not quantised (at '{key}')"
                raise UnsupportedTypeError(self.name, type_name(type(tensor)), reason=reason)
            if tensor.requires_grad:
                lose(f"tensors lose that they require a gradient (at '{key}')")
            part = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
            place = part.untyped_storage().data_ptr()
            if place in memory:
                lose(f"tensors that share memory come back apart (at '{key}')")
                part = part.clone()
            memory |= {place} - {0}  # an empty tensor has no memory
            parts[key] = part
        return parts

    # ------------------------------------------------------------ loading

    def load(self, path: Path, /) -> Any:
        """Read all tensors, or the one that *key* names."""
        with self._opened(path, self.framework) as file:
            names = list(file.keys())
            if self.key is not None and self.key not in names:
                raise MissingKeyError(str(path), self.key, tuple(names))
            if self.rows is not None and self.key is None:
                reason = "key= has to say of which tensor"
                raise OptionError(self.name, "load", "rows", reason=reason)
            if self.key is not None:
                return self._read(file, self.key)
            return {name: self._read(file, name) for name in names}

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The one tensor that the file holds, or *key* names, for this framework."""
        from attrs import evolve

        framework: Literal["np", "pt"] = "np" if wanted.__name__ == "ndarray" else "pt"
        return only(evolve(self, framework=framework).load(path), wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Names, types, shapes and metadata, from the header alone."""
        with self._opened(path, "np") as file:
            parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # not a mapping
            keys = {name: f"array {part.get_dtype()} {tuple(part.get_shape())}" for name, part in parts.items()}
            return {"kind": "arrays", "keys": keys, "metadata": dict(file.metadata() or {})}

    @contextmanager
    def _opened(self, path: Path, framework: Literal["np", "pt"] | None) -> Iterator[Any]:
        from safetensors import safe_open

        if framework is None:
            with safe_open(str(path), "np") as file:
                types = [file.get_slice(name).get_dtype() for name in file.keys()]  # noqa: SIM118  # not a mapping
                foreign = (file.metadata() or {}).get("format") == "pt" or not NUMPYS.issuperset(types)
            framework = "pt" if foreign else "np"
        if framework == "pt":
            try:
                import torch  # noqa: F401  # safetensors would not say what to install
            except ImportError as error:
                advice = f"{self.how_to_install('torch')}, or load with framework='np'"
                raise MissingDependencyError(self.name, "torch", advice) from error
        with safe_open(str(path), framework) as file:
            if framework == "np" and self.framework == "np":
                self._check_types(file, path)
            yield file

    def _check_types(self, file: Any, path: Path) -> None:
        for name in file.keys() if self.key is None else {self.key} & set(file.keys()):
            if (kind := file.get_slice(name).get_dtype()) not in NUMPYS:
                advice = "framework='pt' loads them with PyTorch"
                raise UnexpectedTypeError(str(path), f"numbers of type {kind} (at '{name}')", "of NumPy", (advice,))

    def _read(self, file: Any, name: str) -> Any:
        part = file.get_slice(name)
        shape = part.get_shape()
        if self.rows is None:
            tensor = file.get_tensor(name)
        elif not shape:
            raise OptionError(self.name, "load", "rows", reason=f"'{name}' is a single number")
        else:
            start, stop, step = self.rows.indices(shape[0])
            # What the library takes, and goes wrong beyond.
            simple = step > 0 and start < stop and 0 not in shape
            tensor = part[start:stop:step] if simple else file.get_tensor(name)[self.rows]
        # A tensor of PyTorch is a view of the file until it is copied.
        return tensor.clone() if hasattr(tensor, "untyped_storage") else tensor
