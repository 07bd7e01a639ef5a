"""What may be done with a name in a pickle, and how its arguments are held to those that data have.

Where NumPy or Arrow would believe a length or a layout of the file, it is checked here first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import frozen

from scitex_io.content.pickles.dtypes import bare
from scitex_io.content.pickles.hooks import hooked


class HostileError(Exception):
    """An admitted name is used as no data use it."""


@frozen
class Rule:
    """What may be done with a name, besides being a value.

    Parameters
    ----------
    call
        Makes an object of the real thing and the arguments of the file; None: it is never called.
    new
        It is a class, and an empty instance may be made, to be filled from a state.
    careful
        Only where each step can be looked at, as its state has to be checked.
    filled
        Its state may hold what is itself still to be filled.
    plain
        Harmless whatever it is called with, so it need not be looked at.
    """

    call: Callable[..., Any] | None = None
    new: bool = False
    careful: bool = False
    filled: bool = False
    plain: bool = False


class Called:
    """Stands for a function: it can be called as its rule says, and is nothing else."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        """What the rule makes of the arguments."""
        return self._call(*arguments)

    def __setstate__(self, state: object) -> None:
        check(None)


def check(true: object) -> None:
    """Refuse what no data have."""
    if not true:
        raise HostileError("an argument or a state that no data have")


# ------------------------------------------------------------ Python's own


def anything(real: Any, *arguments: Any) -> Any:
    """For what does nothing but keep or compute values, whatever it is given: it may look into them as arrays."""
    check(not hooked(arguments))
    return real(*arguments)


def of(*kinds: type) -> Callable[..., Any]:
    """Called with arguments of these very types only."""

    def call(real: Any, *arguments: Any) -> Any:
        check(all(type(value) in kinds for value in arguments))
        return real(*arguments)

    return call


def memory(real: Any, *arguments: Any) -> Any:
    """``bytearray``, which makes zeros of a number."""
    check(not arguments or (len(arguments) == 1 and type(arguments[0]) is bytes) or _is_latin(arguments))
    return real(*arguments)


def _is_latin(arguments: tuple[Any, ...]) -> bool:
    return len(arguments) == 2 and type(arguments[0]) is str and arguments[1] in {"latin1", "latin-1"}


def encode(real: Any, *arguments: Any) -> Any:
    """``_codecs.encode``, which imports a module for a codec: bytes, as the old protocols hold them."""
    check(_is_latin(arguments))
    return real(*arguments)


def kind_of(_: Any, *arguments: Any) -> Any:
    """``type``, which makes classes and reaches metaclasses: that of a constant."""
    check(len(arguments) == 1 and any(arguments[0] is constant for constant in (None, ..., NotImplemented)))
    return type(arguments[0])


def attribute(_: Any, holder: Any, name: Any) -> Any:
    """``getattr``: as a time zone is pickled."""
    import zoneinfo

    check(holder is zoneinfo.ZoneInfo and name == "_unpickle")
    return Called(_zone)


def _zone(key: Any, cached: Any) -> Any:
    import zoneinfo

    check(type(key) is str)  # ZoneInfo itself refuses names that lead out of its folders
    return zoneinfo.ZoneInfo(key) if cached else zoneinfo.ZoneInfo.no_cache(key)


def fraction(real: Any, *arguments: Any) -> Any:
    """Of numbers; an exponent in a text would be multiplied out."""
    text = len(arguments) == 1 and type(arguments[0]) is str and re.fullmatch(r"-?\d+(/\d+)?", arguments[0])
    check(text or all(type(value) is int for value in arguments))
    return real(*arguments)


def defaults(real: Any, factory: Any = None, *rest: Any) -> Any:
    """``defaultdict``, which calls what it is given."""
    check(not rest and (factory is None or factory in {int, float, complex, str, bytes, bool, list, tuple, dict, set}))
    return real(factory)


def rebuilt(_: Any, kind: Any, base: Any, state: Any) -> Any:
    """``copyreg._reconstructor``: an empty instance, of a kind of dict with its items."""
    check(isinstance(kind, type) and base in {object, dict} and issubclass(kind, base))
    check(type(state) is dict if base is dict else state is None)
    make: Any = base.__new__
    made: Any = make(kind)
    if base is dict:
        dict.update(made, state)
    return made


def dotted(real: Any, kind: Any, data: Any) -> Any:
    """A `DotDict` of its values."""
    from scitex_io.dotdict import DotDict

    check(kind is DotDict and type(data) is dict)
    return real(kind, data)


# ------------------------------------------------------------ NumPy


def is_array_class(kind: Any) -> bool:
    """Is it a class of arrays?"""
    import numpy as np

    return isinstance(kind, type) and issubclass(kind, np.ndarray)


def dtype(_: Any, code: Any, *flags: Any) -> Any:
    """A dtype, before its state."""
    check(len(flags) <= 2)
    return bare(code)


def array(real: Any, *arguments: Any) -> Any:
    """``ndarray``, with nothing in it, or with its memory as our own pickles hold it."""
    shape, kind, *rest = arguments
    check(type(shape) is tuple)
    if rest:
        content, offset, strides, _ = rest
        check(type(content) in {bytes, bytearray} and offset == 0 and strides is None and not kind.hasobject)
    else:
        check(0 in shape)
    return real(*arguments)


def reconstructed(real: Any, kind: Any, shape: Any, code: Any) -> Any:
    """An array that its state fills."""
    check(is_array_class(kind) and shape == (0,) and code in {b"b", "b"})
    return real(kind, shape, code)


def masked(real: Any, kind: Any, base: Any, shape: Any, code: Any) -> Any:
    """The same of a masked array."""
    import numpy as np

    check(isinstance(kind, type) and issubclass(kind, np.ma.MaskedArray) and is_array_class(base))
    check(shape == (0,) and code in {b"b", "b"})
    return real(kind, base, shape, code)


def scalar(real: Any, *arguments: Any) -> Any:
    """A scalar of a dtype and its bytes."""
    import numpy as np

    check(len(arguments) == 2 and isinstance(arguments[0], np.dtype))
    return real(*arguments)


def viewed(real: Any, content: Any, kind: Any, shape: Any, order: Any, *rest: Any) -> Any:
    """An array of its memory."""
    check(type(content) in {bytes, bytearray} and not kind.hasobject)
    return real(content, kind, shape, order, *rest)


def bits(real: Any, kind: Any = "MT19937") -> Any:
    """A bit generator, before its state."""
    from numpy.random import BitGenerator

    check(type(kind) is str or (isinstance(kind, type) and issubclass(kind, BitGenerator)))
    return real(kind)


def generator(real: Any, source: Any = "MT19937", *rest: Any) -> Any:
    """A generator of random numbers, of a bit generator or its name; the rest is what would make that of the name."""
    from numpy.random import BitGenerator

    check(len(rest) <= 1 and (type(source) is str or isinstance(source, BitGenerator)))
    return real(source)


# ------------------------------------------------------------ pandas and Arrow


def cython(base: str) -> Callable[..., Any]:
    """Cython's maker of an empty instance of a class that descends from *base*."""

    def call(real: Any, kind: Any, checksum: Any, state: Any) -> Any:
        check(isinstance(kind, type) and base in {parent.__name__ for parent in kind.__mro__} and state is None)
        return real(kind, checksum, None)

    return call


backed: Callable[..., Any] = cython("NDArrayBacked")


def index(real: Any, kind: Any, parts: Any) -> Any:
    """An index of its parts."""
    import pandas as pd

    check(isinstance(kind, type) and issubclass(kind, pd.Index) and type(parts) is dict and not hooked([parts]))
    return real(kind, parts)


def arrow_array(real: Any, data: Any) -> Any:
    """An Arrow array, with no offset beyond its buffers."""
    _check_arrow(data)
    made = real(data)
    made.validate(full=True)
    return made


def _check_arrow(data: Any) -> None:
    """Arrow reads as many buffers as the type has, whatever was given."""
    import pyarrow

    pa: Any = pyarrow  # newer than its types
    kind, length, _, offset, buffers, children, dictionary = data
    check(isinstance(kind, pa.DataType) and type(length) is int and length >= 0)
    check(type(offset) is int and offset >= 0)
    plain = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    views = pa.types.is_string_view(plain) or pa.types.is_binary_view(plain)
    check(len(buffers) >= plain.num_buffers if views else len(buffers) == plain.num_buffers)
    check(len(children) == plain.num_fields)
    check(pa.types.is_dictionary(plain) == (dictionary is not None))
    for part in (*children, *(() if dictionary is None else (dictionary,))):
        _check_arrow(part)
