"""What a pickle wants to import, found by running through it with nothing behind the names."""

from __future__ import annotations

import copyreg
import pickle
from contextlib import suppress
from typing import IO, Any, ClassVar

from attrs import frozen

from scitex_io.content.pickles.careful import Python
from scitex_io.content.pickles.names import known
from scitex_io.policy import Policy

LONGEST = 300_000
"""Steps; a fraction of a second."""
GLANCE = 20_000
"""Steps that are looked at to tell whether a large file holds data alone."""
LARGE = 1 << 18
"""Bytes of a file; below it a fingerprint takes less time than a look."""
STEP = 1 << 12
"""Bytes; their fingerprint takes a few times as long as a step."""
BUFFER = 1 << 16
"""Bytes; longer texts and buffers are passed over."""


@frozen
class Wants:
    """The names beyond data, as far as the file was looked at."""

    names: tuple[str, ...]
    whole: bool


def survey(file: IO[bytes], policy: Policy, longest: int = LONGEST) -> Wants:
    """What the pickle in *file* wants besides data and what *policy* names."""
    surveyor = _Surveyor(_Skipping(file))
    with suppress(Exception):  # where it is damaged, what comes before still counts
        surveyor.run(longest)
    wanted = [
        ".".join(key)
        for key in surveyor.names
        if known(*key) is None and not policy.admits(*key) and not policy.admits_package(key[0])
    ]
    return Wants(tuple(dict.fromkeys(wanted)), surveyor.done)


def shows_data_alone(file: IO[bytes], size: int, policy: Policy) -> bool:
    """Is the pickle in *file*, of so many bytes, seen at a glance to want nothing beside data?"""
    found = survey(file, policy, min(GLANCE, size // STEP))
    return found.whole and not found.names


class _Skipping:
    """Passes over long content, which is read as nothing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        if size <= BUFFER:
            return self._file.read(size)
        self._file.seek(size, 1)
        return b""

    def readline(self) -> bytes:
        return self._file.readline(BUFFER)

    def seek(self, size: int) -> None:
        self._file.seek(size, 1)


class _Thing:
    """Stands for whatever a name would give or make, and takes everything."""

    def __init__(self, name: tuple[str, str] = ("", ""), arguments: Any = ()) -> None:
        self.name, self.arguments, self.state = name, arguments, None

    def __setitem__(self, key: object, value: object) -> None: ...
    def append(self, _: object) -> None: ...
    def extend(self, _: object) -> None: ...
    def add(self, _: object) -> None: ...


class _Surveyor(Python):  # type: ignore[misc]  # its base is known as Any
    dispatch: ClassVar[Any] = dict(Python.dispatch)

    def __init__(self, file: _Skipping) -> None:
        super().__init__(file, encoding="latin1")
        self._source = file
        self.names: dict[tuple[str, str], None] = {}
        self.done = False

    def run(self, longest: int) -> None:
        """Go through the file, for so many steps."""
        self._unframer = pickle._Unframer(self._source.read, self._source.readline)  # type: ignore[attr-defined]  # noqa: SLF001
        self.read, self.readline = self._unframer.read, self._unframer.readline
        self.stack: list[Any] = []
        self.append = self.stack.append
        self.metastack: list[Any] = []
        self.proto = 0
        for _ in range(longest):
            key = self.read(1)
            if not key:
                return
            try:
                self.dispatch[key[0]](self)
            except pickle._Stop:  # type: ignore[attr-defined]  # noqa: SLF001
                self.done = True
                return

    def load_frame(self) -> None:
        """Frames only tell how much may be read at once."""
        self.read(8)

    dispatch[pickle.FRAME[0]] = load_frame

    def find_class(self, module: str, name: str) -> _Thing:
        """Note the name."""
        self.names[module, name] = None
        return _Thing((module, name))

    def persistent_load(self, _: object) -> _Thing:
        """Whatever it is."""
        return _Thing()

    def get_extension(self, code: int) -> None:
        """Note the name behind the code."""
        key = copyreg._inverted_registry.get(code)  # type: ignore[attr-defined]  # noqa: SLF001
        self.append(self.find_class(*(key or ("copyreg", f"extension {code}"))))

    def load_reduce(self) -> None:
        """Make something."""
        arguments = self.stack.pop()
        name = self.stack[-1].name if isinstance(self.stack[-1], _Thing) else ("", "")
        self.stack[-1] = _Thing(name, arguments)

    dispatch[pickle.REDUCE[0]] = dispatch[pickle.NEWOBJ[0]] = load_reduce

    def load_newobj_ex(self) -> None:
        """Make something."""
        self.stack.pop()
        self.load_reduce()

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def _instantiate(self, kind: Any, arguments: Any) -> None:
        self.append(_Thing(getattr(kind, "name", ("", "")), arguments))

    def load_build(self) -> None:
        """Take the state; an array of joblib lies behind it."""
        state = self.stack.pop()
        if isinstance(self.stack[-1], _Thing):
            self.stack[-1].state = state
            if self.stack[-1].name == ("joblib.numpy_pickle", "NumpyArrayWrapper"):
                self._pass_over(state)

    dispatch[pickle.BUILD[0]] = load_build

    def _pass_over(self, state: dict[str, Any]) -> None:
        import math

        from scitex_io.content.pickles.dtypes import bare

        kind, stated = state["dtype"], state["dtype"].state
        dtype = bare(kind.arguments[0])
        if dtype.hasobject:  # a pickle of its own
            inner = _Surveyor(self._source)
            inner.run(LONGEST)
            self.names |= inner.names
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self._source.read(self._source.read(1)[0])
        self._source.seek(math.prod(state["shape"]) * max(dtype.itemsize, stated[5]))

    def load_bytearray8(self) -> None:
        """Pass over it."""
        self.append(self.read(int.from_bytes(self.read(8), "little")))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def load_next_buffer(self) -> None:
        """Whatever it is."""
        self.append(_Thing())

    dispatch[pickle.NEXT_BUFFER[0]] = load_next_buffer
