"""Types of mypy for what the sources of formats name."""

from __future__ import annotations

import ast
from collections.abc import Collection

from mypy.checker import TypeChecker
from mypy.nodes import MypyFile, SymbolNode, TypeAlias, TypeInfo
from mypy.subtypes import is_same_type, is_subtype
from mypy.typeops import make_simplified_union
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    LiteralType,
    NoneType,
    Overloaded,
    ProperType,
    TupleType,
    Type,
    TypeAliasType,
    TypedDictType,
    TypeOfAny,
    TypeType,
    UnionType,
    get_proper_type,
)

from scitex_io.mypy_plugin.facts import Row
from scitex_io.mypy_plugin.sources import Module, Unknown
from scitex_io.mypy_plugin.statics import Reader

ANY = AnyType(TypeOfAny.explicit)
ALWAYS = {"builtins", "typing", "types", "collections", "scitex_io"}
"""Roots of modules that mypy has read wherever our functions are used."""


class Kinds:
    """Finds types in the modules that mypy has read.

    Parameters
    ----------
    checker
        At the file that is checked.
    reader
        Of the sources of formats.
    known
        The modules that the file depends on, whatever else mypy has read: with several processes it differs.
    """

    def __init__(self, checker: TypeChecker, reader: Reader, known: Collection[str]) -> None:
        self._checker = checker
        self._reader = reader
        self._known = known

    def annotated(self, node: ast.expr, module: Module) -> Type | None:
        """The type that an annotation means; None if that cannot be told."""
        match node:
            case ast.Constant(value=None):
                return NoneType()
            case ast.Constant(value=str() as quoted):
                return self.annotated(ast.parse(quoted, mode="eval").body, module)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                parts = [self.annotated(left, module), self.annotated(right, module)]
                plain = [part for part in parts if part is not None]
                return UnionType.make_union(plain) if len(plain) == 2 else None
            case ast.Subscript(value=base, slice=inside):
                return self._subscripted(base, inside, module)
            case ast.Name() | ast.Attribute():
                try:
                    name = self._reader.dotted(node, module)
                except Unknown:
                    return None
                return ANY if name == "typing.Any" else self._made(name, [])
        return None

    def _subscripted(self, base: ast.expr, inside: ast.expr, module: Module) -> Type | None:
        try:
            name = self._reader.dotted(base, module)
        except Unknown:
            return None
        parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        if name == "typing.Literal":
            values = [part.value for part in parts if isinstance(part, ast.Constant)]
            made = [self._literal(value) for value in values]
            plain = [part for part in made if part is not None]
            return UnionType.make_union(plain) if len(plain) == len(parts) else None
        arguments = [
            ANY if isinstance(part, ast.Constant) and part.value is ... else self.annotated(part, module)
            for part in parts
        ]
        plain = [part for part in arguments if part is not None]
        return self._made(name, plain) if len(plain) == len(arguments) else None

    def _literal(self, value: object) -> Type | None:
        if value is None:
            return NoneType()
        if isinstance(value, str | bool | int):
            return LiteralType(value, self._checker.named_type(f"builtins.{type(value).__name__}"))
        return None

    def _made(self, name: str, arguments: list[Type]) -> Type | None:
        node = self.node(name)
        match node:
            case TypeInfo():
                if name == "builtins.tuple" and len(arguments) != 1:
                    arguments = [UnionType.make_union(arguments)] if arguments else []
                count = len(node.type_vars)
                filled = arguments if len(arguments) == count else [ANY] * count
                return Instance(node, filled)
            case TypeAlias():
                count = len(node.alias_tvars)
                return TypeAliasType(node, arguments if len(arguments) == count else [ANY] * count)
        return None

    def node(self, name: str) -> SymbolNode | None:
        """What a full name stands for, if its module is one that the file depends on."""
        module, _, last = name.rpartition(".")
        if module == "collections.abc":
            module = "typing"
        held = self._checker.modules.get(module)
        is_known = module.partition(".")[0] in ALWAYS or any(
            module == one or one.startswith(f"{module}.") for one in self._known
        )
        if not isinstance(held, MypyFile) or not is_known:
            return None
        entry = held.names.get(last)
        return None if entry is None else entry.node

    # -- what objects are

    def stored(self, kind: ProperType, rows: Collection[Row]) -> bool:
        """Might an object of this type be one that the rows name?"""
        match kind:
            case UnionType(items=items):
                return any(self.stored(get_proper_type(item), rows) for item in items)
        plain = self.plain(kind)
        if plain is None:
            return True
        info = plain.type
        names = {base.fullname for base in info.mro}
        roots = {name.partition(".")[0]: name for name in names}
        if info.fullname == "builtins.object" or _is_abstract(info) or info.fallback_to_any:
            return True
        if _is_record(info):
            names.add("builtins.dict")
        for row in rows:
            root, _, last = row.type.partition(".")[0], "", row.type.rpartition(".")[2]
            if row.type == "builtins.object" or row.type in names:
                return True
            if any(name.partition(".")[0] == root and name.rpartition(".")[2] == last for name in names):
                return True  # the same class by another of its names
            node = self.node(row.type)
            if isinstance(node, TypeAlias):
                target = get_proper_type(node.target)
                node = target.type if isinstance(target, Instance) else None
            if isinstance(node, TypeInfo):
                if info.fullname in {base.fullname for base in node.mro} or is_subtype(
                    plain, Instance(node, [ANY] * len(node.type_vars))
                ):
                    return True
            elif root in roots and root != "builtins":
                return True  # of the same library, and not read
        return False

    def plain(self, kind: ProperType) -> Instance | None:
        """The class of objects of this type; None where it could be any."""
        match kind:
            case Instance():
                return kind
            case CallableType() if kind.is_type_obj():
                return self._checker.named_type("builtins.type")
            case CallableType() | Overloaded():
                return (
                    self._checker.named_type("types.FunctionType") if self.node("types.FunctionType") else kind.fallback
                )
            case TypeType():
                return self._checker.named_type("builtins.type")
            case TupleType() | TypedDictType():
                fallback = kind.partial_fallback if isinstance(kind, TupleType) else kind.fallback
                return self._checker.named_type("builtins.dict") if isinstance(kind, TypedDictType) else fallback
            case LiteralType():
                return kind.fallback
            case NoneType():
                return self._nothing()
        return None

    def _nothing(self) -> Instance | None:
        node = self.node("types.NoneType")
        return Instance(node, []) if isinstance(node, TypeInfo) else None


def _is_abstract(info: TypeInfo) -> bool:
    metaclass = info.declared_metaclass
    return info.is_protocol or info.is_abstract or (metaclass is not None and metaclass.type.fullname == "abc.ABCMeta")


def _is_record(info: TypeInfo) -> bool:
    return any("attrs" in base.metadata or "dataclass" in base.metadata for base in info.mro)


def union(kinds: list[Type]) -> Type:
    """One type for all of them; Any if one is."""
    return next((kind for kind in kinds if isinstance(get_proper_type(kind), AnyType)), make_simplified_union(kinds))


def agree(one: Type, other: Type) -> bool:
    """Could an object be both?"""
    return is_same_type(one, other) or is_subtype(one, other) or is_subtype(other, one)
