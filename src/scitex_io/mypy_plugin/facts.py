"""What the class of a format declares, read from its text: what it stores, what it gives, its options."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from scitex_io.mypy_plugin.sources import Class, Function, Made, Module, Named, Unknown
from scitex_io.mypy_plugin.statics import Reader

Verb: TypeAlias = Literal["save", "load"]
HANDLER = "scitex_io.handler"
ABILITIES = "scitex_io.typing"


@dataclass(frozen=True)
class Row:
    """A type that a format stores."""

    type: str  # its full name
    domain: str


@dataclass(frozen=True, eq=False)
class Option:
    """A field of a format."""

    name: str
    verb: str  # empty: both
    annotation: ast.expr
    module: Module
    default: ast.expr | None


@dataclass(eq=False)
class Format:
    """The declarations of one class."""

    kind: Class
    reader: Reader = field(repr=False)

    @cached_property
    def _line(self) -> list[Class | Named]:
        return self.reader.ancestry(self.kind)

    @cached_property
    def abilities(self) -> set[str]:
        """The names of the protocols in its header."""
        return {base.node.name for base in self._line if isinstance(base, Class) and base.module.name == ABILITIES}

    def can(self, verb: Verb) -> bool:
        """Does it save, or load?"""
        return ("Saver" if verb == "save" else "Loader") in self.abilities

    def fact(self, name: str, default: Any = None) -> Any:
        """A class variable, *default* if the text does not tell."""
        self.reader.steps = 0
        try:
            return self.reader.fact(self.kind, name)
        except (Unknown, TypeError, ValueError, KeyError, IndexError, AttributeError):
            return default

    @cached_property
    def extensions(self) -> tuple[str, ...] | None:
        """Its extensions in lower case; None if the text does not tell."""
        found = self.fact("extensions")
        if isinstance(found, tuple) and all(isinstance(part, str) for part in found):
            return tuple(part.lower() if part.startswith(".") else f".{part.lower()}" for part in found)
        return None

    @cached_property
    def accepts(self) -> tuple[Row, ...] | None:
        """What it stores; None if the text does not tell all of it."""
        found = self.fact("accepts")
        if not isinstance(found, tuple) or not found:
            return None
        rows = []
        for made in found:
            name = _type_name(made.values.get("type")) if isinstance(made, Made) else None
            if name is None:
                return None
            domain = made.values.get("domain", "")
            rows.append(Row(name, domain if isinstance(domain, str) else ""))
        return tuple(rows)

    @cached_property
    def yields(self) -> tuple[str, ...]:
        """What it gives: first by itself, then when asked."""
        found = self.fact("yields", ())
        names = [_type_name(part) for part in found] if isinstance(found, tuple) else []
        return tuple(name for name in names if name is not None) if None not in names else ()

    @cached_property
    def returns(self) -> tuple[ast.expr, Module] | None:
        """How ``load`` is annotated, and where."""
        found = self._method("load")
        return None if found is None or found.node.returns is None else (found.node.returns, found.module)

    def _method(self, name: str) -> Function | None:
        for base in self._line:
            if isinstance(base, Class) and base.module.name not in {ABILITIES, HANDLER}:
                for part in base.node.body:
                    if isinstance(part, ast.FunctionDef) and part.name == name:
                        return Function(base.module, part)
        return None

    @cached_property
    def options(self) -> dict[str, Option]:
        """Its fields."""
        return {
            name: Option(name, self._verb(part.value, module), part.annotation, module, _default(part.value))
            for name, (module, part) in self.reader.fields(self.kind).items()
            if name != "extra_options" and not name.startswith("_")
        }

    def _verb(self, node: ast.expr | None, module: Module, depth: int = 0) -> str:
        """The verb that a field serves: what its ``field(...)`` says, or the function that makes it."""
        if not isinstance(node, ast.Call) or depth > 5:
            return ""
        for word in node.keywords:
            match word:
                case ast.keyword(arg="metadata", value=ast.Dict(keys=keys, values=values)):
                    for key, value in zip(keys, values, strict=True):
                        match key, value:
                            case ast.Constant(value="verb"), ast.Constant(value="save" | "load" as verb):
                                return verb
        try:
            made = self.reader.value(node.func, module, {})
        except Unknown:
            return ""
        if isinstance(made, Function):
            for part in ast.walk(made.node):
                if isinstance(part, ast.Call) and (found := self._verb(part, made.module, depth + 1)):
                    return found
        return ""

    def is_open(self) -> bool:
        """May it take options that its text does not tell?"""
        if self._method("with_options") is not None or self._method("options_for") is not None:
            return True
        passing = self._method("passes_on")
        # One that takes names away from a library's leaves fewer; any other may add to them.
        return passing is not None and not all(map(_takes_away, _results(passing.node)))

    def library(self, verb: Verb) -> str | None:
        """The function that options are passed on to, as ``"pandas:read_csv"``."""
        passes = any(isinstance(base, Class) and base.node.name == "PassThrough" for base in self._line)
        found = self.fact("library", {}) if passes else {}
        name = found.get(verb) if isinstance(found, dict) else None
        return name if isinstance(name, str) else None


def _type_name(found: Any) -> str | None:
    match found:
        case str():
            return found
        case Named(name=name):
            return name
        case Class(module=module, node=node):
            return f"{module.name}.{node.name}"
    return None


def _default(node: ast.expr | None) -> ast.expr | None:
    match node:
        case ast.Call(args=[first]):
            return first
        case ast.Call(keywords=words):
            return next((word.value for word in words if word.arg == "default"), None)
    return node


def _results(function: ast.FunctionDef) -> Iterator[ast.expr | None]:
    return (part.value for part in ast.walk(function) if isinstance(part, ast.Return))


def _takes_away(node: ast.expr | None) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
