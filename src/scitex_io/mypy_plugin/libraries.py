"""The options of library functions that formats pass options on to."""

from __future__ import annotations

import ast

from mypy.nodes import Decorator, FuncDef, OverloadedFuncDef, SymbolNode, TypeInfo

from scitex_io.mypy_plugin.kinds import Kinds
from scitex_io.mypy_plugin.sources import Class, Function, Unknown
from scitex_io.mypy_plugin.statics import Reader


def takes(function: str, name: str, kinds: Kinds, reader: Reader) -> bool | None:
    """Has ``"module:qualified.name"`` such a parameter? None: that cannot be told.

    What a stub says is enough for yes; a stub may leave something out, so no is said by the library itself.
    """
    module, _, path = function.partition(":")
    first, *rest = path.split(".")
    node = kinds.node(f"{module}.{first}")
    for part in rest:
        entry = node.get(part) if isinstance(node, TypeInfo) else None
        node = None if entry is None else entry.node
    if node is not None and name in _parameters(node):
        return True
    try:
        found = reader.named(f"{module}.{first}")
        for part in rest:
            found = _method(found, part, reader)
    except Unknown:
        return None
    if not isinstance(found, Function):
        return None
    spec = found.node.args
    return name in {argument.arg for argument in (*spec.args, *spec.kwonlyargs)} - {"self"}


def _method(kind: object, name: str, reader: Reader) -> Function | None:
    if isinstance(kind, Class):
        for base in reader.ancestry(kind):
            if isinstance(base, Class):
                for part in base.node.body:
                    if isinstance(part, ast.FunctionDef) and part.name == name:
                        return Function(base.module, part)
    return None


def _parameters(node: SymbolNode) -> set[str]:
    match node:
        case FuncDef():
            return {name for name in node.arg_names if name}
        case Decorator(func=inner):
            return _parameters(inner)
        case OverloadedFuncDef(items=items):
            return {name for item in items for name in _parameters(item)}
    return set()
