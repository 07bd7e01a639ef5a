"""How the file names end that an expression can give, as far as the text tells."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from mypy.checker import TypeChecker
from mypy.nodes import (
    AssignmentExpr,
    CallExpr,
    CastExpr,
    ConditionalExpr,
    Expression,
    IndexExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    SetExpr,
    StrExpr,
    TupleExpr,
    Var,
)
from mypy.types import Instance, get_proper_type

from scitex_io.mypy_plugin.bindings import Binding, bindings_in, made_of
from scitex_io.mypy_plugin.endings import ANYTHING, Name, Untold, literals, match_of, suffixed, text

MOST = 32
"""Names that an expression may have; with more nothing is told."""
SPEC = re.compile(r"%(?:\((\w+)\))?[-+ #0]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])")
PATHS = {
    f"pathlib.{kind}" for kind in ("Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath")
}
SAME = {"builtins.str", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.expanduser", "os.path.normpath",
        "os.path.expandvars"}  # fmt: skip
SAME_METHODS = {"resolve", "absolute", "expanduser", "as_posix", "__str__", "__fspath__", "lower", "upper", "casefold"}
GLOBS = {"glob.glob", "glob.iglob", "scitex_io.session.globs.glob"}
SAME_ITEMS = {"builtins.sorted", "builtins.list", "builtins.tuple", "builtins.set", "builtins.reversed", "builtins.iter",
              "natsort.natsorted", "natsort.natsort.natsorted", "tqdm.tqdm", "tqdm.std.tqdm", "tqdm.auto.tqdm"}  # fmt: skip


class Namer:
    """Reads expressions of the file that a checker is at."""

    def __init__(self, checker: TypeChecker) -> None:
        self._checker = checker
        self._open: list[object] = []

    def names(self, node: Expression) -> set[Name]:
        """Every name that the expression can give.

        Raises
        ------
        Untold
            There may be others.
        """
        if len(self._open) > 40 or node in self._open:
            raise Untold
        self._open.append(node)
        try:
            found = set(self._names(node))
        finally:
            self._open.pop()
        if not found or len(found) > MOST:
            raise Untold
        return found

    def parts(self, node: Expression) -> set[Name]:
        """The same; a part of a name may be anything."""
        try:
            return self.names(node)
        except Untold:
            return {ANYTHING}

    def _names(self, node: Expression) -> Iterable[Name]:
        match node:
            case StrExpr(value=value):
                return [text(value)]
            case OpExpr(op="+", left=left, right=right):
                return self._chained([left, right], Name.then)
            case OpExpr(op="/", left=left, right=right):
                return self._chained([left, right], Name.below)
            case OpExpr(op="%", left=left, right=right):
                return self._percent(left, right)
            case OpExpr(op="or" | "and", left=left, right=right):
                return self.names(left) | self.names(right)
            case ConditionalExpr(if_expr=one, else_expr=other):
                return self.names(one) | self.names(other)
            case AssignmentExpr(value=value) | CastExpr(expr=value):
                return self.names(value)
            case CallExpr():
                return self._called(node)
            case IndexExpr(base=base):
                known = self._literal(node)
                return known or self.items(base)
            case NameExpr() | MemberExpr():
                known = self._literal(node)
                if known:
                    return known
                if isinstance(node, NameExpr) and isinstance(node.node, Var):
                    return self._variable(node.node, node.line)
        raise Untold

    def _literal(self, node: Expression) -> set[Name]:
        """What the type of an expression tells: of a literal, of something final, of a config."""
        kind = self._checker.lookup_type_or_none(node)
        final = node.node if isinstance(node, RefExpr) else None
        if isinstance(final, Var) and isinstance(final.final_value, str):
            return {text(final.final_value)}
        if kind is None:
            return set()
        configured = isinstance(node, MemberExpr | IndexExpr)
        return set(map(text, literals(get_proper_type(kind), configured=configured)))

    def _variable(self, var: Var, line: int) -> set[Name]:
        found: set[Name] = set()
        for binding in bindings_in(self._checker.tree).at(var, line):
            found |= self._bound(binding)
        return found

    def _bound(self, binding: Binding) -> set[Name]:
        if binding.value is None:
            raise Untold
        if binding.place is None:
            return self.names(binding.value)
        return self.items(binding.value, binding.place)

    def items(self, node: Expression, place: tuple[int, ...] = ()) -> set[Name]:
        """What the items of an iterable can be; *place* leads into items that are tuples."""
        if len(self._open) > 40 or node in self._open:
            raise Untold
        self._open.append(node)
        try:
            return self._items(node, place)
        finally:
            self._open.pop()

    def _items(self, node: Expression, place: tuple[int, ...]) -> set[Name]:
        match node:
            case ListExpr(items=items) | TupleExpr(items=items) | SetExpr(items=items):
                found: set[Name] = set()
                for item in items:
                    found |= self._within(item, place)
                return found
            case CallExpr(callee=callee, args=[first, *_] as arguments):
                name = _full_name(callee)
                if name in GLOBS and not place:
                    return {match_of(one) for one in self.names(first)}
                if name in SAME_ITEMS:
                    return self.items(first, place)
                if name == "builtins.enumerate" and place[:1] == (1,):
                    return self.items(first, place[1:])
                if name == "builtins.zip" and place and place[0] < len(arguments):
                    return self.items(arguments[place[0]], place[1:])
                match callee:
                    case MemberExpr(name="glob" | "rglob") if not place and self._is_path(callee.expr):
                        return {match_of(one) for one in self.names(first)}
            case NameExpr(node=Var() as var):
                made: set[Name] = set()
                known = bindings_in(self._checker.tree)
                for binding in known.at(var, node.line):
                    if binding.value is None or binding.place is not None or var in known.handed_on:
                        raise Untold
                    made |= self.items(binding.value, place)
                return made
        if (element := made_of(node)) is not None:
            return self._within(element, place)
        raise Untold

    def _within(self, item: Expression, place: tuple[int, ...]) -> set[Name]:
        for at in place:
            if not isinstance(item, TupleExpr | ListExpr) or at >= len(item.items):
                raise Untold
            item = item.items[at]
        return self.names(item)

    def _is_path(self, node: Expression) -> bool:
        kind = self._checker.lookup_type_or_none(node)
        proper = get_proper_type(kind) if kind is not None else None
        return isinstance(proper, Instance) and any(base.fullname == "pathlib.PurePath" for base in proper.type.mro)

    def _chained(self, nodes: list[Expression], join: Callable[[Name, Name], Name]) -> set[Name]:
        found = self.parts(nodes[0])
        for node in nodes[1:]:
            found = {join(one, other) for one in found for other in self.parts(node)}
            if len(found) > MOST:
                raise Untold
        return found

    # -- calls

    def _called(self, node: CallExpr) -> Iterable[Name]:
        arguments = node.args
        name = _full_name(node.callee)
        if any(kind.is_star() for kind in node.arg_kinds):
            raise Untold
        if name in SAME and len(arguments) == 1:
            return self.names(arguments[0])
        if (name in PATHS or name in {"os.path.join", "posixpath.join"}) and arguments:
            return self._chained(arguments, Name.below)
        if name in {"os.path.basename", "posixpath.basename"}:
            return self.names(arguments[0])
        if name in {"builtins.min", "builtins.max", "builtins.next"} and len(arguments) == 1:
            return self.items(arguments[0])
        match node.callee:
            case MemberExpr(expr=owner, name=method):
                return self._method(owner, method, node)
        raise Untold

    def _method(self, owner: Expression, method: str, node: CallExpr) -> Iterable[Name]:
        arguments = node.args
        match method, arguments:
            case ("join", [ListExpr(items=items)]) if isinstance(owner, StrExpr):
                between = text(owner.value)
                made = [self.parts(item) for item in items]
                found = made[0] if made else {text("")}
                for more in made[1:]:
                    found = {one.then(between).then(other) for one in found for other in more}
                return found
            case "joinpath", _:
                return self._chained([owner, *arguments], Name.below)
            case "format", _ if isinstance(owner, StrExpr):
                return self._formatted(owner.value, node)
            case ("with_suffix", [suffix]):
                return {suffixed(one, end) for one in self.parts(owner) for end in self.names(suffix)}
            case ("with_name", [other]):
                return self.names(other)
            case ("with_stem", [stem]):
                ends = {PurePosixPath(one.tail).suffix for one in self.names(owner) if one.is_pattern is False}
                return {one.then(text(end)) for one in self.parts(stem) for end in ends}
            case ("replace", [old, new]):
                return self._edited(owner, [old, new], str.replace)
            case ("removesuffix", [end]):
                return self._edited(owner, [end], str.removesuffix)
            case _ if method in SAME_METHODS:
                return self.names(owner)
        raise Untold

    def _edited(self, owner: Expression, nodes: list[Expression], change: Callable[..., str]) -> set[Name]:
        words = []
        for node in nodes:
            (word,) = self.names(node)
            if not word.whole:
                raise Untold
            words.append(word.tail)
        made = set()
        for one in self.names(owner):
            if not one.whole and words[0] not in one.tail:
                raise Untold  # it may lie across what is known and what is not
            made.add(replace(one, tail=change(one.tail, *words)))
        return made

    def _percent(self, left: Expression, right: Expression) -> set[Name]:
        if not isinstance(left, StrExpr):
            raise Untold
        values = right.items if isinstance(right, TupleExpr) else [right]
        found, at = {text("")}, 0
        for number, spec in enumerate(SPEC.finditer(left.value)):
            piece = {text(left.value[at : spec.start()])}
            plain = spec[0] == "%s" and number < len(values)
            value = {text("%")} if spec[2] == "%" else self.parts(values[number]) if plain else {ANYTHING}
            if "%%" in left.value:
                value = {text("%")} if spec[2] == "%" else {ANYTHING}
            found = {one.then(two).then(three) for one in found for two in piece for three in value}
            at = spec.end()
        return {one.then(text(left.value[at:])) for one in found}

    def _formatted(self, template: str, node: CallExpr) -> set[Name]:
        given = {name or str(at): value for at, (name, value) in enumerate(zip(node.arg_names, node.args, strict=True))}
        found = {Name("")}
        counter = iter(range(len(node.args)))
        for literal, field, spec, conversion in string.Formatter().parse(template):
            found = {one.then(text(literal)) for one in found}
            if field is None:
                continue
            # What mypy makes of an f-string is "{:{}}".format(value, spec).
            value = given.get(field or str(next(counter, "")))
            spec_node = given.get(str(next(counter, ""))) if spec == "{}" else None
            plain = not conversion and (
                not spec or (spec == "{}" and isinstance(spec_node, StrExpr) and not spec_node.value)
            )
            parts = self.parts(value) if value is not None and plain else {ANYTHING}
            found = {one.then(part) for one in found for part in parts}
            if len(found) > MOST:
                raise Untold
        return found


def _full_name(node: Expression) -> str:
    return node.fullname if isinstance(node, RefExpr) and node.fullname else ""
