"""Which formats serve a file name, in the environment and the project that are checked."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import mypy
from mypy.modulefinder import FindModuleCache, compute_search_paths, get_search_dirs
from mypy.options import Options

from scitex_io.mypy_plugin.facts import Format, Verb
from scitex_io.mypy_plugin.projects import Project
from scitex_io.mypy_plugin.sources import Class, Module, Unknown
from scitex_io.mypy_plugin.statics import Reader

GROUP = "[scitex_io.formats]"


@dataclass(frozen=True)
class Missing:
    """No format serves the extension."""

    extension: str
    only: Verb | None  # what such files can be used for all the same
    close: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """The formats that serve a name, in the order in which they are asked."""

    extension: str
    formats: tuple[Format, ...]


class Catalogue:
    """The formats of the environment that mypy was told to check, by extension; read, never imported."""

    def __init__(self, options: Options) -> None:
        self._options = options
        paths = compute_search_paths([], options, os.path.dirname(mypy.__file__))
        self._finder = FindModuleCache(paths, None, options)
        self.reader = Reader(self._find)
        self.project = Project(options)
        self._formats: dict[str, Format | None] = {}

    # -- modules

    def _find(self, module: str) -> str | None:
        for folder in self._folders:
            place = os.path.join(folder, *module.split("."))
            for path in (os.path.join(place, "__init__.py"), f"{place}.py"):
                if os.path.isfile(path):
                    return path
        return None

    @cached_property
    def _folders(self) -> list[str]:
        """Where modules are looked for: our own first, then the project's, then what is installed."""
        own = self._finder.find_module("scitex_io")
        sources = [os.path.dirname(os.path.dirname(own))] if isinstance(own, str) else []
        return [*sources, *self.project.roots, *self._installed]

    @cached_property
    def _installed(self) -> list[str]:
        python = self._options.python_executable
        return [] if python is None else [folder for part in get_search_dirs(python) for folder in part]

    def can_import(self, module: str) -> bool:
        """Would mypy follow an import of the module without a word?"""
        path = self._finder.find_module(module)
        if not isinstance(path, str):
            return False
        options = self._options.clone_for_module(module)
        stub = path.endswith(".pyi") and not options.follow_imports_for_stubs
        return stub or options.follow_imports in {"normal", "silent"}

    # -- tiers

    @cached_property
    def _ours(self) -> dict[str, tuple[str, ...]]:
        home = self.reader.named("scitex_io.formats.HOME")
        shelf = {}
        for extension, places in home.items():
            names = (places,) if isinstance(places, str) else places
            shelf[extension] = tuple(f"scitex_io.formats.{name.replace(':', '.')}" for name in names)
        return shelf

    @cached_property
    def codecs(self) -> tuple[str, ...]:
        """The suffixes of compressed files."""
        return tuple(self.reader.named("scitex_io.formats.CODECS"))

    @cached_property
    def _plugins(self) -> dict[str, tuple[str, ...]]:
        """What installed packages announce, from their metadata."""
        shelf: dict[str, tuple[str, ...]] = {}
        for name, value in (entry for folder in self._installed for entry in _entries(folder)):
            extension = f".{name.lower().lstrip('.')}"
            place = value.partition("[")[0].strip().replace(":", ".")
            if place not in shelf.get(extension, ()):
                shelf[extension] = (*shelf.get(extension, ()), place)
        return shelf

    @cached_property
    def digest(self) -> str:
        """Differs when the formats do: their sources, and what installed packages announce."""
        found = hashlib.sha1(repr(sorted(self._plugins.items())).encode(), usedforsecurity=False)
        own = self._find("scitex_io")
        for folder in (os.path.dirname(own or ""), os.path.dirname(__file__)):
            for path in sorted(_sources(folder)):
                with open(path, "rb") as file:
                    found.update(file.read())
        return found.hexdigest()

    def _format(self, place: str) -> Format | None:
        if place not in self._formats:
            try:
                kind = self.reader.named(place)
                self._formats[place] = Format(kind, self.reader) if isinstance(kind, Class) else None
            except Unknown:
                self._formats[place] = None
        return self._formats[place]

    # -- who serves a name

    def extensions(self) -> list[str]:
        """All that are known."""
        return [*self._ours, *self._plugins]

    def _found(self, extension: str, verb: Verb) -> list[Format] | None:
        """The formats of one extension; None if one of them cannot be read."""
        found: list[Format] = []
        for place in (*self._ours.get(extension, ()), *self._plugins.get(extension, ())):
            made = self._format(place)
            if made is None:
                return None
            if made.can(verb):
                found.append(made)
        return found

    def serving(self, tail: str, verb: Verb, *, whole: bool) -> Served | Missing | None:
        """Who serves a name that ends so; *whole* if this is all of it. None: that cannot be told."""
        name = tail.lower()
        if whole:
            name = name.lstrip(".")
        elif self._is_ambiguous(name):
            return None
        suffixes = list(_suffixes(name))
        if not suffixes:
            return None  # without an extension it is told by the content
        longer = ""
        for suffix in suffixes:
            stem, codec = _parted(suffix, self.codecs)
            if self.project.overrides(suffix) or (codec and self.project.overrides(stem)):
                return None
            if suffix in self.codecs and longer.removesuffix(suffix) in self.extensions():
                break  # `page.html.gz` is no `x.gz`
            longer = suffix
            for extension, packed in ((suffix, ""), (stem, codec))[: 2 if codec else 1]:
                found = self._found(extension, verb)
                if found is None:
                    return None
                found = [one for one in found if not packed or not one.fact("directory", False)]
                if found:
                    return Served(suffix, tuple(found))
        return self._missing(suffixes, verb)

    def _is_ambiguous(self, name: str) -> bool:
        """Could what is not known of the name make the extension a longer one?"""
        stem = _parted(name, self.codecs)[0]
        known = self.extensions()
        return not stem or any(
            extension != rest and extension.endswith(rest) for rest in {name, stem} for extension in known
        )

    def _missing(self, suffixes: list[str], verb: Verb) -> Missing | None:
        extension = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] in self.codecs else suffixes[-1]
        other: Verb = "load" if verb == "save" else "save"
        if self._found(extension, other):
            return Missing(extension, other, ())
        if any(
            self.project.may_serve(name) for suffix in suffixes for name in (suffix, _parted(suffix, self.codecs)[0])
        ):
            return None
        stem, codec = _parted(extension, self.codecs)
        known = [name for name in self.extensions() if self._found(name, verb)]
        close = get_close_matches(stem or extension, known, cutoff=0.65)
        return Missing(extension, None, tuple(name + codec for name in close))

    def savers(self) -> Iterator[tuple[str, Format]]:
        """Every format that saves, by its first extension."""
        seen: set[Format] = set()
        for extension in self.extensions():
            for one in self._found(extension, "save") or ():
                if one not in seen:
                    seen.add(one)
                    yield extension, one

    # -- what mypy has to know of for a file

    def modules_for(self, extensions: set[str]) -> set[str]:
        """The modules of the types that files with these extensions load as."""
        found: set[str] = set()
        for extension in extensions:
            for one in self._found(extension, "load") or ():
                if one.returns is not None:
                    node, module = one.returns
                    found.update(_modules_of(node, module, self.reader))
        return found


def _modules_of(node: ast.expr, module: Module, reader: Reader) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute):
            try:
                head = reader.dotted(part, module).rpartition(".")[0]
            except Unknown:
                continue
            if head not in {"", "builtins", "typing", "collections.abc"}:
                yield head


def _parted(suffix: str, codecs: tuple[str, ...]) -> tuple[str, str]:
    codec = next((codec for codec in codecs if suffix.endswith(codec)), "")
    return suffix.removesuffix(codec), codec


def _suffixes(name: str) -> Iterator[str]:
    while (at := name.find(".")) >= 0:
        yield name[at:]
        name = name[at + 1 :]


def _sources(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in names if name.endswith(".py"))


def _entries(folder: str) -> Iterator[tuple[str, str]]:
    """(name, value) of the entry points of our group in the metadata of a folder of packages."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:
                    lines = file.read().splitlines()
            except (OSError, UnicodeDecodeError):
                continue
            inside = False
            for line in map(str.strip, lines):
                if line.startswith("["):
                    inside = line == GROUP
                elif inside and "=" in line and not line.startswith(("#", ";")):
                    key, _, value = line.partition("=")
                    yield key.strip(), value.strip()
