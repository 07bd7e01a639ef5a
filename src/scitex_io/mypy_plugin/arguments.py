"""The arguments of a call, and words about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mypy.nodes import Expression, StrExpr
from mypy.plugin import FunctionContext
from mypy.types import NoneType, Type, get_proper_type

from scitex_io.mypy_plugin.endings import literals


class Call(NamedTuple):
    """The arguments of a call, by the name of the parameter."""

    given: dict[str, tuple[Expression, Type]]
    options: dict[str, tuple[Expression, Type]]
    is_open: bool  # ``**more``: options that are not known


def call_of(ctx: FunctionContext) -> Call:
    """The arguments of a call."""
    given: dict[str, tuple[Expression, Type]] = {}
    options: dict[str, tuple[Expression, Type]] = {}
    is_open = False
    for name, nodes, kinds, names, how in zip(
        ctx.callee_arg_names, ctx.args, ctx.arg_types, ctx.arg_names, ctx.arg_kinds, strict=True
    ):
        for node, kind, spelt, star in zip(nodes, kinds, names, how, strict=True):
            if star.is_star():
                is_open = True
            elif name == "options" and spelt is not None:
                options[spelt] = node, kind
            elif name is not None:
                given[name] = node, kind
    return Call(given, options, is_open)


def texts(node: Expression, kind: Type) -> Iterator[str]:
    """The texts that an argument can be."""
    if isinstance(node, StrExpr):
        yield node.value
    else:
        yield from literals(get_proper_type(kind))


def is_none(kind: Type) -> bool:
    """Is it None?"""
    return isinstance(get_proper_type(kind), NoneType)


def short(name: str) -> str:
    """The last part of a full name."""
    return name.rpartition(".")[2]


def listed(names: list[str], most: int = 6) -> str:
    """The first names, and whether there are more."""
    known = list(dict.fromkeys(names))
    return ", ".join(known[:most]) + (", ..." if len(known) > most else "")


def same_name(full: str, name: str) -> bool:
    """Are both names of one class, which libraries show under shorter ones?"""
    return full == name or (
        full.partition(".")[0] == name.partition(".")[0] and full.rpartition(".")[2] == name.rpartition(".")[2]
    )
