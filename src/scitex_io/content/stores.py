"""How a tree is laid out in a store that has groups and arrays: names, order, and the way to a key."""

from __future__ import annotations

import ast
import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator
from decimal import Decimal
from hashlib import sha1
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from uuid import UUID

from scitex_io.content.composites import COMPOSITES
from scitex_io.content.leaves import Branch, Leaf, Mark
from scitex_io.content.marks import lowered
from scitex_io.errors import KeyExistsError, OptionError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity

if TYPE_CHECKING:
    import numpy as np

G = TypeVar("G")

DEEPEST = 100
"""How deep trees may be nested: paths of folders have an end, and so has what contains itself."""


_NUMPY = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble"),
    *("datetime64", "timedelta64", "str_", "bytes_", "void"),
)
ACCEPTS: tuple[Accepts, ...] = (
    Accepts(dict, domain="of anything listed here, nested"),
    *map(Accepts, (list, tuple, set, frozenset, str, bytes, bytearray, bool, int, float, complex, type(None))),
    *map(Accepts, (dt.datetime, dt.date, dt.time, dt.timedelta, Decimal, UUID)),
    Accepts("numpy.ndarray"),
    Accepts("numpy.memmap", Fidelity.VALUE, loads_as="numpy.ndarray"),
    *(Accepts(f"numpy.{name}") for name in _NUMPY),
    Accepts("pandas.DataFrame"),
    Accepts("pandas.Series"),
    Accepts("pandas.Index", subclasses=True),
    *COMPOSITES,
)
"""What a store of trees accepts."""


def only(tree: Any, wanted: type) -> Any:
    """The one part of the tree that is what is wanted, or the tree itself."""
    if isinstance(tree, dict) and not issubclass(dict, wanted) and len(tree) == 1:
        (part,) = tree.values()
        return part if isinstance(part, wanted) else tree
    return tree


class Writer(ABC, Generic[G]):
    """An open store that takes objects.

    Parameters
    ----------
    format
        The name of the format, for errors.
    path
        The path of the store, for errors.
    """

    awkward: ClassVar[re.Pattern[str]]  # what no name in the store may contain
    longest: ClassVar[int]  # bytes of a name

    def __init__(self, format: str, path: str) -> None:  # noqa: A002  # the word for it
        self.format = format
        self.path = path

    @abstractmethod
    def native(self, dtype: np.dtype[Any], /) -> bool:
        """Does the store keep arrays of this type by itself?"""

    @abstractmethod
    def put_leaf(self, group: G, name: str, value: Any, mark: Mark, /) -> None:
        """Write a text or an array (see `Leaf`)."""

    @abstractmethod
    def put_group(self, group: G, name: str, mark: Mark, names: list[str], /) -> G:
        """Make a group that will have these children."""

    @abstractmethod
    def set_mark(self, group: G, mark: Mark, names: list[str], /) -> None:
        """Mark the root."""

    @abstractmethod
    def mark(self, group: G, name: str | None, /) -> Mark:
        """The mark of a child, or of the group itself."""

    @abstractmethod
    def subgroup(self, group: G, name: str, /) -> G | None:
        """The group of this name; None if it is no group."""

    @abstractmethod
    def has(self, group: G, name: str, /) -> bool:
        """Is there something of this name?"""

    @abstractmethod
    def remove(self, group: G, name: str, /) -> None:
        """Take it out."""

    @abstractmethod
    def append_name(self, group: G, name: str, /) -> None:
        """Note that the child came last, where the store does not know it by itself."""

    def put_root(self, root: G, obj: object) -> None:
        """Write a dict as the tree itself, anything else under ``data``."""
        node = self._lowered(obj, "data")
        if isinstance(node, Branch) and not node.mark:
            children = list(node.children)
            self.set_mark(root, {}, [self.named(key, str(key))[0] for key, _ in children])
            for key, part in children:
                self._put(root, key, self._lowered(part, str(key)), str(key))
        else:
            self.set_mark(root, {"type": "single"}, ["data"])
            self._put(root, "data", node, "data")

    def put_at(self, root: G, key: str, obj: object, *, override: bool) -> None:
        """Write under a key like ``"a/b"``, in place of what is there.

        Raises
        ------
        KeyExistsError
            Something is there, and *override* is False.
        OptionError
            The key leads through something that is no group of its own.
        """
        group, rest = root, key.strip("/")
        if not rest:
            raise OptionError(self.format, "save", "key", reason="it names nothing")
        if self.mark(root, None).get("type") == "single":
            self.set_mark(root, {}, ["data"])
        while True:
            name, head, tail = self._nearest(group, rest)
            if name is None and tail:
                group = self._new_group(group, head)
            elif name is not None and tail:
                group = self._through(group, name, key)
            else:
                break
            rest = tail
        if name is not None:
            if not override:
                raise KeyExistsError(self.path, key)
            self.remove(group, name)
        self._put(group, rest, self._lowered(obj, key), key)
        self.append_name(group, self.named(rest, key)[0])

    def _nearest(self, group: G, rest: str) -> tuple[str | None, str, str]:
        """The name of the longest beginning of *rest* that the group holds, that beginning, and what is left."""
        head, tail = rest, ""
        for head, tail in splits(rest):
            for name in names_of(head, self.awkward, self.longest):
                if self.has(group, name):
                    return name, head, tail
        return None, head, tail

    def _new_group(self, group: G, head: str) -> G:
        name, told = self.named(head, head)
        made = self.put_group(group, name, told, [])
        self.append_name(group, name)
        return made

    def _through(self, group: G, name: str, key: str) -> G:
        sub = self.subgroup(group, name)
        if sub is None or self.mark(group, name).get("type", "dict") != "dict":
            raise OptionError(
                self.format, "save", "key", reason=f"'{key}' leads into '{name}', which can only be replaced as a whole"
            )
        return sub

    def _lowered(self, obj: object, where: str, depth: int = 0) -> Leaf | Branch:
        try:
            node = lowered(obj, self.native, where) if depth <= DEEPEST else None
        except RecursionError:
            depth, node = DEEPEST + 1, None
        if node is None:
            reason = f"at '{where}'" if depth <= DEEPEST else f"it contains itself, or is nested {DEEPEST} levels deep"
            raise UnsupportedTypeError(self.format, type_name(type(obj)), reason=reason)
        return node

    def _put(self, group: G, key: Hashable, node: Leaf | Branch, where: str, depth: int = 1) -> None:
        name, told = self.named(key, where)
        if isinstance(node, Leaf):
            self.put_leaf(group, name, node.value, {**node.mark, **told})
            return
        children = list(node.children)
        names = [self.named(part, f"{where}/{part}")[0] for part, _ in children]
        made = self.put_group(group, name, {**node.mark, **told}, names)
        for part, obj in children:
            place = f"{where}/{part}"
            self._put(made, part, self._lowered(obj, place, depth), place, depth + 1)

    def put(self, group: G, key: Hashable, obj: object, where: str) -> str:
        """Write an object below a group, under the name that is returned."""
        self._put(group, key, self._lowered(obj, where), where)
        return self.named(key, where)[0]

    def named(self, key: Hashable, where: str) -> tuple[str, dict[str, Any]]:
        """The name in the store for a key, and what the mark has to say about it."""
        try:
            return link_name(key, self.awkward, self.longest)
        except TypeError as error:
            raise UnsupportedTypeError(self.format, "such a dict", reason=f"{error}, at '{where}'") from error


def splits(key: str) -> Iterator[tuple[str, str]]:
    """The ways to read a key as a name and the rest, longest name first: names may hold slashes themselves."""
    yield key, ""
    for at in range(len(key) - 1, 0, -1):
        if key[at] == "/" and (rest := key[at:].strip("/")):
            yield key[:at].rstrip("/"), rest


def names_of(key: str, awkward: re.Pattern[str], longest: int) -> list[str]:
    """The names under which a group may hold *key*: as we write it, and as others do."""
    name, _ = link_name(key, awkward, longest)
    return [name] if name == key or "/" in key or key in {"", ".", ".."} or "\0" in key else [name, key]


def located(node: G, key: str, child: Callable[[G, str], G | None], awkward: re.Pattern[str], longest: int) -> G | None:
    """What is under a key like ``"a/b"``; None if there is nothing.

    Parameters
    ----------
    node
        Where to start.
    key
        Names with slashes between, or one name that holds slashes itself.
    child
        Gives the child of that name, or None.
    awkward, longest
        What the store's names are like (see `Writer`).
    """
    key = key.strip("/")
    if not key:
        return node
    for head, rest in splits(key):
        for name in names_of(head, awkward, longest):
            inner = child(node, name)
            found = None if inner is None else located(inner, rest, child, awkward, longest)
            if found is not None:
                return found
    return None


def link_name(key: Hashable, awkward: re.Pattern[str], longest: int) -> tuple[str, dict[str, Any]]:
    """The name under which a store keeps *key*, and what its mark has to say about the key.

    Raises
    ------
    TypeError
        The key is neither text nor a number, None, bytes or a tuple of these.
    """
    if type(key) is str:
        name = awkward.sub(_escaped, key)
        told: dict[str, Any] = {"key": key}
    else:
        literal = repr(key)
        try:
            same = ast.literal_eval(literal) == key and _is_plain_key(key)
        except (ValueError, SyntaxError):
            same = False
        if not same:
            raise TypeError(f"the key {key!r} is a {type_name(type(key))}")
        name = "%_" + awkward.sub("-", literal)
        told = {"literal": literal}
        if "-" in name:  # several keys can lead here
            name += "%~" + sha1(literal.encode(), usedforsecurity=False).hexdigest()[:12]
    if len(name.encode("utf-8")) > longest or not name:
        name = f"{name[:40]}%~{sha1(name.encode(), usedforsecurity=False).hexdigest()}"
    return name, {} if name == key else told


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


def _is_plain_key(key: object) -> bool:
    if type(key) is tuple:
        return all(_is_plain_key(part) for part in key)
    return type(key) in {str, int, float, bool, bytes, type(None)}


def key_of(name: str, mark: Mark) -> Any:
    """The key that a name stands for."""
    if "literal" in mark:
        return ast.literal_eval(mark["literal"])
    return mark.get("key", name)
