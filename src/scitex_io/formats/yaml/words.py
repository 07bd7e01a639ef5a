"""YAML text as plain trees, through PyYAML's C parser; imported on first use.

Reading follows YAML 1.1, as PyYAML does, with three exceptions: a key twice in one mapping is an error, what
refers to itself is an error, and so is what would grow out of all proportion when its aliases are expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import Composer
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver
from yaml.scanner import ScannerError

from scitex_io.content.trees import DEPTH

if TYPE_CHECKING:
    from yaml import CSafeLoader as FastLoader
else:
    try:
        from yaml import CSafeLoader as FastLoader
    except ImportError:  # PyYAML was built without libyaml
        from yaml import SafeLoader as FastLoader

NAMES = "tag:yaml.org,2002:"
MERGE, TEXT, LIST, MAP = (f"{NAMES}{name}" for name in ("merge", "str", "seq", "map"))
KEYS = {TEXT, *(f"{NAMES}{name}" for name in ("int", "float", "bool", "null"))}
SCALARS = KEYS | {f"{NAMES}timestamp", f"{NAMES}binary"}
INT, FLOAT = f"{NAMES}int", f"{NAMES}float"
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
DEFAULT: dict[type[Node], str] = {SequenceNode: LIST, MappingNode: MAP}
EXPANSION = 1_000_000
"""Nodes that aliases may add."""
PATIENCE = 1 << 21
"""Bytes of text that the slower parser is asked about."""


class _Strict(SafeConstructor):
    """Refuses a key that stands twice in one mapping."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping; keys merged in by ``<<`` yield to its own."""
        own = [key for key, _ in node.value if key.tag != MERGE]
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(own) < len(node.value) or len(mapping) < len(own):
            seen = set()
            for key_node in own:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    raise ConstructorError(
                        "in this mapping", node.start_mark, f"the key {key!r} stands twice", key_node.start_mark
                    )
                seen.add(key)
        return mapping


class _Loader(_Strict, FastLoader):
    """Reads as PyYAML's C loader does, asking once what a text stands for that occurs often, as keys do."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._tags: dict[Any, str] = {}

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """The tag of a node without one."""
        if kind is not ScalarNode:
            return DEFAULT[kind]
        if implicit[0] and DECIMAL.fullmatch(value):
            return FLOAT if "." in value else INT
        tag = self._tags.get((value, implicit))
        if tag is None:
            found: Any = super()
            tag = self._tags[value, implicit] = found.resolve(kind, value, implicit)
        return tag

    def construct_document(self, node: Any) -> Any:
        """The value of a document; what is plain without the detour by which values may contain themselves."""
        return super().construct_document(node) if self.has_aliases else self._plain(node)

    has_aliases = True

    def _plain(self, node: Any) -> Any:
        tag = node.tag
        if tag == TEXT and type(node) is ScalarNode:
            return node.value
        if tag in SCALARS and type(node) is ScalarNode:
            if tag in {INT, FLOAT} and DECIMAL.fullmatch(
                node.value
            ):  # no octals, no seconds in sixties, no underscores
                return float(node.value) if tag == FLOAT else int(node.value)
            return self.yaml_constructors[tag](self, node)
        plain = self._plain
        if tag == LIST and type(node) is SequenceNode:
            return [plain(part) for part in node.value]
        if tag == MAP and type(node) is MappingNode:
            keys = [key for key, _ in node.value]
            if all(key.tag in KEYS and type(key) is ScalarNode for key in keys):
                made = {plain(key): plain(part) for key, part in node.value}
                if len(made) == len(keys):
                    return made
        return self.construct_object(node, deep=True)


class _Replay(Composer, _Strict, Resolver):
    """Builds from the events of another parser, with the tags and rules of PyYAML."""

    def __init__(self, events: Iterator[Any]) -> None:
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._events = events
        self._next: Any = None

    def peek_event(self) -> Any:
        """The event to come."""
        if self._next is None:
            self._next = _translated(next(self._events))
        return self._next

    def get_event(self) -> Any:
        """The event to come, which is then done with."""
        event = self.peek_event()
        self._next = None
        return event

    def check_event(self, *choices: type) -> bool:
        """Is the event to come one of these?"""
        return not choices or isinstance(self.peek_event(), choices)


def _translated(event: Any) -> Any:
    """An event of ruamel.yaml as the same event of PyYAML."""
    made = object.__new__(getattr(yaml, type(event).__name__))
    for name in _FIELDS:
        if hasattr(event, name):
            setattr(made, name, getattr(event, name))
    if getattr(event, "tag", None) is not None:
        made.tag = str(event.tag)
    return made


_FIELDS = ("anchor", "implicit", "tag", "value", "style", "flow_style", "start_mark", "end_mark")


def documents(data: bytes) -> list[Any]:
    """What each document of a text holds.

    Raises
    ------
    yaml.YAMLError
        It is not YAML, or holds what cannot be built safely.
    """
    if _may_be_deep(data):
        _check_depth(data)
    try:
        return _built(_Loader(data), aliases=b"*" in data)
    except ConstructorError:
        raise
    except yaml.YAMLError:
        # PyYAML does not know some of YAML's syntax; ruamel.yaml does.
        if len(data) > PATIENCE:
            raise
        replay = _events(data)
        if replay is None:
            raise
        return _built(replay, aliases=True)


def composed(data: bytes) -> list[Any]:
    """The nodes of a text that `documents` can read, each with its place in it."""
    try:
        return list(yaml.compose_all(data, FastLoader))
    except yaml.YAMLError:
        replay = _events(data)
        found = []
        while replay is not None and replay.check_node():
            found.append(replay.get_node())
        return found


def _events(data: bytes) -> _Replay | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return _Replay(iter(list(YAML(typ="safe", pure=True).parse(data))))
    except YAMLError:
        return None


def _built(loader: Any, *, aliases: bool) -> list[Any]:
    made = []
    loader.has_aliases = aliases
    try:
        while loader.check_node():
            node = loader.get_node()
            if aliases:
                _check_aliases(node)
            made.append(loader.construct_document(node))
    finally:
        if hasattr(loader, "dispose"):
            loader.dispose()
    return made


def _check_aliases(root: Node) -> None:
    """Refuse what contains itself, and few lines that stand for millions of values."""
    sizes: dict[int, int] = {}
    inside: set[int] = set()

    def size(node: Any) -> int:
        if isinstance(node, ScalarNode):
            return 1
        known = sizes.get(id(node))
        if known is not None:
            return known
        if id(node) in inside:
            raise ConstructorError(None, None, "an alias stands inside what it refers to", node.start_mark)
        inside.add(id(node))
        parts = chain.from_iterable(node.value) if isinstance(node, MappingNode) else node.value
        total = 1 + sum(map(size, parts))
        inside.discard(id(node))
        sizes[id(node)] = total
        return total

    if size(root) > EXPANSION + 10 * len(sizes):
        raise ConstructorError(None, None, f"its aliases stand for more than {EXPANSION} values", root.start_mark)


# Nesting. libyaml's composer calls itself for every level and ends the process when the stack is full.

_COMPACT = re.compile(rb"(?:[-?:][ \t]+){100}")


def _may_be_deep(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16: the counts below are of other bytes
        return True
    flow = data.count(b"[") + data.count(b"{")
    return flow > DEPTH or b" " * (DEPTH // 2) in data or _COMPACT.search(data) is not None


def _check_depth(data: bytes) -> None:
    too_deep = yaml.YAMLError(f"it is nested too deeply (more than {DEPTH} levels)")
    depth = 0
    try:
        for event in yaml.parse(data, FastLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEPTH:
                    raise too_deep
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except ScannerError as error:
        if "nesting depth" not in str(error):
            raise
        raise too_deep from error  # the scanner, which looks ahead, has a limit of its own
