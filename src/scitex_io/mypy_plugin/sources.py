"""Modules as texts: what their names are bound to."""

from __future__ import annotations

import ast
import os
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
