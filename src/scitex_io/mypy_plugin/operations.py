"""What operators give, for values that are told by the text."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from scitex_io.mypy_plugin.sources import Class, Named, Unknown

UNTOLD = object()
"""What an argument is that the text does not tell."""


def told(value: Any) -> Any:
    """The value, if the text tells it."""
    if value is UNTOLD:
        raise Unknown
    return value


def unpacked(target: ast.AST, item: Any) -> dict[str, Any]:
    """What an assignment gives to each name."""
    match target:
        case ast.Name(id=name):
            return {name: item}
        case ast.Tuple(elts=parts):
            made: dict[str, Any] = {}
            for part, value in zip(parts, item, strict=True):
                made.update(unpacked(part, value))
            return made
    raise Unknown


def combined(op: ast.operator, left: Any, right: Any) -> Any:
    """``left op right``."""
    match op:
        case ast.Add() if type(left) is type(right) and type(left) in {str, int, float, tuple}:
            return left + right
        case ast.BitOr() if isinstance(left, tuple) and isinstance(right, tuple):  # sets are tuples here
            return (*left, *right)
        case ast.Sub() if isinstance(left, tuple) and isinstance(right, tuple):
            return tuple(part for part in left if part not in right)
        case ast.LShift() | ast.Mult() | ast.Sub() if isinstance(left, int) and isinstance(right, int) and right < 64:
            words: dict[type[ast.operator], Callable[[int, int], int]] = {
                ast.LShift: operator.lshift,
                ast.Mult: operator.mul,
                ast.Sub: operator.sub,
            }
            return words[type(op)](left, right)
    raise Unknown


def compared(op: ast.cmpop, left: Any, right: Any) -> bool:
    """Does ``left op right`` hold?"""
    match op:
        case ast.Eq() | ast.Is():
            return bool(left == right)
        case ast.NotEq() | ast.IsNot():
            return bool(left != right)
        case ast.In():
            return left in right
        case ast.NotIn():
            return left not in right
    raise Unknown


def merged(lines: list[list[Class | Named]]) -> list[Class | Named]:
    """The classes of several lines of ancestors in the order in which Python asks them."""
    names = [[_label(part) for part in line] for line in lines]
    order: list[Class | Named] = []
    while any(lines):
        for line, spelt in zip(lines, names, strict=True):
            if line and not any(spelt[0] in other[1:] for other in names):
                head, label = line[0], spelt[0]
                break
        else:
            raise Unknown
        order.append(head)
        for line, spelt in zip(lines, names, strict=True):
            if spelt and spelt[0] == label:
                del line[0], spelt[0]
    return order


def _label(part: Class | Named) -> str:
    return part.name if isinstance(part, Named) else f"{part.module.name}.{part.node.name}"
