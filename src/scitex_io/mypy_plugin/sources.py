"""Modules as texts: what their names are bound to."""

from __future__ import annotations

import ast
import builtins
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Unknown(Exception):  # noqa: N818  # not an error: an answer
    """The text does not tell."""


@dataclass(frozen=True)
class Named:
    """Something that is known by name only: ``pandas.DataFrame``, ``builtins.dict``."""

    name: str


@dataclass(eq=False)
class Module:
    """The text of a module, and what its names are bound to."""

    name: str
    path: str
    names: dict[str, ast.AST] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Class:
    """A class and the module that it is in."""

    module: Module
    node: ast.ClassDef


@dataclass(eq=False)
class Function:
    """A function and the module that it is in."""

    module: Module
    node: ast.FunctionDef


@dataclass(eq=False)
class Made:
    """What calling a class gives."""

    kind: Class
    values: dict[str, Any]


def bind(body: list[ast.stmt], module: Module) -> None:
    """Note what the statements bind names of the module to."""
    for part in body:
        match part:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                module.names[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                module.names[name] = value
            case ast.ClassDef() | ast.FunctionDef():
                module.names[part.name] = part
            case ast.Import():
                for alias in part.names:
                    module.names[alias.asname or alias.name.partition(".")[0]] = ast.Import([alias])
            case ast.ImportFrom():
                for alias in part.names:
                    made = ast.ImportFrom(part.module, [alias], part.level)
                    if alias.name == "*":
                        module.stars.append(origin(made, module))
                    else:
                        module.names[alias.asname or alias.name] = made
            case ast.If(body=inside, orelse=other):
                bind(other, module)
                bind(inside, module)
            case ast.Try(body=inside):
                bind(inside, module)


def origin(node: ast.ImportFrom, module: Module) -> str:
    """The module that a name is imported from."""
    if not node.level:
        return node.module or ""
    package = module.name if os.path.basename(module.path).startswith("__init__.") else module.name.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


class Library:
    """Reads modules, each once as long as its file is the same.

    Parameters
    ----------
    find
        The path of a module, None if there is none.
    """

    def __init__(self, find: Callable[[str], str | None]) -> None:
        self._find = find
        self._modules: dict[str, tuple[tuple[int, int], Module]] = {}

    def parsed(self, path: str, name: str) -> Module | None:
        """The module in a file; None if it cannot be read."""
        try:
            facts = os.stat(path)
            stamp = (facts.st_mtime_ns, facts.st_size)
            known = self._modules.get(path)
            if known is None or known[0] != stamp:
                with open(path, "rb") as file:
                    tree = ast.parse(file.read())
                known = stamp, Module(name, path)
                bind(tree.body, known[1])
                self._modules[path] = known
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None
        return known[1]

    def module(self, name: str) -> Module | None:
        """The module of this name."""
        path = self._find(name)
        return self.parsed(path, name) if path is not None and path.endswith(".py") else None

    def dotted(self, node: ast.AST, module: Module) -> str:
        """The full name that an expression of names has, without looking at what it is."""
        match node:
            case ast.Attribute(value=inner, attr=name):
                return f"{self.dotted(inner, module)}.{name}"
            case ast.Name(id=name):
                bound = module.names.get(name)
                match bound:
                    case ast.Import(names=[alias]):
                        return alias.name if alias.asname else alias.name.partition(".")[0]
                    case ast.ImportFrom(names=[alias]):
                        return f"{origin(bound, module)}.{alias.name}"
                    case None if hasattr(builtins, name):
                        return f"builtins.{name}"
                return f"{module.name}.{name}"
        raise Unknown
