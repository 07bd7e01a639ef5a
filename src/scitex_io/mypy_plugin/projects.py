"""What the project registers by itself, found in its files: a wrong complaint is worse than none."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from mypy.options import Options

MOST = 20_000
"""Files of a project that are looked through; in larger ones nothing is said of unknown extensions."""
LEFT_OUT = {"node_modules", "site-packages", "__pycache__", "build", "dist"}


@dataclass
class Registered:
    """What files register: extensions without their dot, and classes by name."""

    extensions: set[str] = field(default_factory=set)
    declared: dict[str, set[str]] = field(default_factory=dict)  # class: its extensions
    classes: set[str] = field(default_factory=set)  # registered by name
    is_open: bool = False  # more than the text tells

    def add(self, other: Registered) -> None:
        """Note what another file registers."""
        self.extensions |= other.extensions
        self.declared.update(other.declared)
        self.classes |= other.classes
        self.is_open |= other.is_open


class Project:
    """The files below the folder of mypy's configuration.

    Parameters
    ----------
    options
        mypy's.
    """

    def __init__(self, options: Options) -> None:
        self.folder = os.path.dirname(os.path.abspath(options.config_file)) if options.config_file else os.getcwd()
        self.roots = [self.folder, os.path.join(self.folder, "src"), *options.mypy_path]
        self._read: dict[str, tuple[tuple[int, int], Registered]] = {}
        self._current: tuple[Registered, Registered] | None = None

    def forget(self) -> None:
        """Look at the files again: one may have changed."""
        self._current = None

    def overrides(self, extension: str) -> bool:
        """Does it register a format of its own for the extension, outside of its tests?"""
        return _names(self._state()[0], extension)

    def may_serve(self, extension: str) -> bool:
        """Might it register a format for the extension anywhere?"""
        return any(found.is_open or _names(found, extension) for found in self._state())

    @property
    def digest(self) -> str:
        """Differs when what it registers does."""
        facts = [
            (sorted(one.extensions), sorted(one.classes), sorted(map(str, one.declared.items())), one.is_open)
            for one in self._state()
        ]
        return hashlib.sha1(repr(facts).encode(), usedforsecurity=False).hexdigest()

    def holds(self, path: str) -> bool:
        """Is the file one of the project's?"""
        full = os.path.abspath(path)
        return full.startswith(self.folder + os.sep) and "site-packages" not in full

    def _state(self) -> tuple[Registered, Registered]:
        if self._current is None:
            outside, tests = Registered(), Registered()
            for count, path in enumerate(_files(self.folder)):
                if count > MOST:
                    outside.is_open = True
                    break
                within = path[len(self.folder) :].split(os.sep)
                is_test = any(part in {"test", "tests"} for part in within) or within[-1].startswith(
                    ("test_", "conftest")
                )
                (tests if is_test else outside).add(self._registered(path))
            # A class that is declared elsewhere, in a module that need not be the project's.
            known = outside.declared.keys() | tests.declared.keys()
            outside.is_open |= not outside.classes <= known
            tests.is_open |= not tests.classes <= known
            self._current = outside, tests
        return self._current

    def _registered(self, path: str) -> Registered:
        try:
            facts = os.stat(path)
            stamp = (facts.st_mtime_ns, facts.st_size)
            known = self._read.get(path)
            if known is None or known[0] != stamp:
                with open(path, "rb") as file:
                    text = file.read()
                found = Registered()
                if b"scitex_io" in text and (b"regist" in text or b"extensions" in text):
                    _look(ast.parse(text), found)
                known = self._read[path] = stamp, found
        except (OSError, SyntaxError, ValueError, RecursionError):
            return Registered()
        return known[1]


def _names(found: Registered, extension: str) -> bool:
    name = extension.removeprefix(".")
    return name in found.extensions or any(name in names for names in found.declared.values())


def _look(tree: ast.Module, found: Registered) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name):
                for part in node.body:
                    match part:
                        case (
                            ast.Assign(targets=[ast.Name(id="extensions")], value=value)
                            | ast.AnnAssign(target=ast.Name(id="extensions"), value=ast.expr() as value)
                        ):
                            found.declared[name] = _texts(value)
                if any(_called(decorator) == "register" for decorator in node.decorator_list):
                    found.classes.add(name)
            case ast.Call(args=[first, *_]) if _called(node.func) in {"register_saver", "register_loader"}:
                texts = _texts(first)
                found.extensions |= texts
                found.is_open |= not texts
            case ast.Call(args=[first]) if _called(node.func) == "register":
                kind = first.func if isinstance(first, ast.Call) else first
                found.classes.add(_called(kind))


def _called(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _texts(node: ast.expr) -> set[str]:
    return {
        part.value.lower().removeprefix(".")
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def _files(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if name[0] != "." and name not in LEFT_OUT and not os.path.exists(os.path.join(place, name, "pyvenv.cfg"))
        )
        yield from (os.path.join(place, name) for name in sorted(names) if name.endswith(".py"))
