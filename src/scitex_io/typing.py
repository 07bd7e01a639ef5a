"""The contracts: what a class lists in its header to say what it can do.

Members take the object and the path and nothing else; options are fields of the handler. They are
abstract, so a class that lists an ability and forgets its method cannot be instantiated.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from typing_extensions import TypeIs

StrPath: TypeAlias = "str | os.PathLike[str]"
Verb: TypeAlias = Literal["save", "load"]
OnLoss: TypeAlias = Literal["warn", "error", "allow"]

SaverFunction: TypeAlias = Callable[..., Any]
"""``fn(obj, path, **options)``."""
LoaderFunction: TypeAlias = Callable[..., Any]
"""``fn(path, **options)``."""

T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)


class Saver(Protocol[T_contra]):
    """Writes an object as a file (or folder) that does not exist yet."""

    @abstractmethod
    def save(self, obj: T_contra, path: Path, /) -> None:
        """Write *obj* at *path*, whose name ends in one of the handler's extensions."""


class Loader(Protocol[T_co]):
    """Reads the object that a file holds."""

    @abstractmethod
    def load(self, path: Path, /) -> T_co:
        """Read the content of *path*."""


class TypedLoader(Protocol):
    """Gives the content as another type than `load` does, natively where the library can."""

    @abstractmethod
    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the content of *path* as *wanted*, one of the types that the handler's ``yields`` names."""


class Appender(Protocol[T_contra]):
    """Takes an object in batches, each of which outlives the process that brought it (see `scitex_io.writer`).

    The batches are kept one after the other in a plain file, and become the file asked for at the end, or when they are
    recovered.
    """

    @abstractmethod
    def likeness(self, batch: T_contra, /) -> Mapping[str, str]:
        """What all batches have in common (columns and their dtypes); raises what `save` would for what it cannot take."""

    @abstractmethod
    def encode(self, batch: T_contra, /, *, first: bool) -> bytes:
        """The batch as it is kept."""

    @abstractmethod
    def compose(self, data: Path, ends: Sequence[int], path: Path, /) -> None:
        """Write at *path* what the batches are together; *ends* says where in *data* each of them ends.

        *data* stays as it is. Scratch files may lie beside it.
        """


class PartialLoader(Protocol[T_co]):
    """Reads a part without reading the rest."""

    @abstractmethod
    def load_part(self, path: Path, part: slice, /) -> T_co:
        """Read the rows *part* (first axis, records or samples) of *path*."""


class Streamer(Protocol[T_co]):
    """Reads piece by piece."""

    @abstractmethod
    def stream(self, path: Path, /) -> Iterator[T_co]:
        """Yield the pieces of *path* in order."""


class MetadataCarrier(Protocol):
    """Keeps a mapping of metadata inside the file, beside the content."""

    @abstractmethod
    def embed_metadata(self, path: Path, metadata: Mapping[str, Any], /) -> None:
        """Store *metadata* in the file, replacing what was stored so before."""

    @abstractmethod
    def read_metadata(self, path: Path, /) -> dict[str, Any] | None:
        """The stored metadata, or None."""


class Describer(Protocol):
    """Tells what a file holds without reading all of it."""

    @abstractmethod
    def describe(self, path: Path, /) -> dict[str, Any]:
        """Facts about the content.

        Standard keys, each only where it applies: ``kind`` (array, arrays, table, tables, tree, text,
        image, object), ``shape``, ``dtype``, ``rows``, ``columns`` (name: dtype), ``keys`` (path:
        short text), ``metadata``.
        """


class Container(Protocol):
    """Holds files, each in a format of its own."""

    @abstractmethod
    def options_inside(self) -> Mapping[str, Any] | None:
        """The options for the format of the file that is asked for; None: the container itself is."""

    @abstractmethod
    def extract(self, path: Path, folder: Path, /) -> Path:
        """Write the file that is asked for into *folder*, under a name that tells its format."""


class CompanionWriter(Protocol):
    """Has more to say than fits in its file: a figure's data beside its picture."""

    @abstractmethod
    def companions(self, obj: Any, /) -> Mapping[str, object]:
        """Objects to save beside the file, by the extension that replaces its own (``{".csv": frame}``)."""


def is_saver(handler: object) -> TypeIs[Saver[Any]]:
    """Does the handler's class list `Saver` in its header?"""
    return Saver in type(handler).__mro__


def is_loader(handler: object) -> TypeIs[Loader[Any]]:
    """Does the handler's class list `Loader` in its header?"""
    return Loader in type(handler).__mro__


def is_typed_loader(handler: object) -> TypeIs[TypedLoader]:
    """Does the handler's class list `TypedLoader` in its header?"""
    return TypedLoader in type(handler).__mro__


def is_describer(handler: object) -> TypeIs[Describer]:
    """Does the handler's class list `Describer` in its header?"""
    return Describer in type(handler).__mro__


def is_metadata_carrier(handler: object) -> TypeIs[MetadataCarrier]:
    """Does the handler's class list `MetadataCarrier` in its header?"""
    return MetadataCarrier in type(handler).__mro__


def is_companion_writer(handler: object) -> TypeIs[CompanionWriter]:
    """Does the handler's class list `CompanionWriter` in its header?"""
    return CompanionWriter in type(handler).__mro__


def is_appender(handler: object) -> TypeIs[Appender[Any]]:
    """Does the handler's class list `Appender` in its header?"""
    return Appender in type(handler).__mro__


def is_container(handler: object) -> TypeIs[Container]:
    """Does the handler's class list `Container` in its header?"""
    return Container in type(handler).__mro__


ABILITIES: tuple[type, ...] = (
    Saver,
    Loader,
    TypedLoader,
    Appender,
    PartialLoader,
    Streamer,
    MetadataCarrier,
    Describer,
    Container,
    CompanionWriter,
)
