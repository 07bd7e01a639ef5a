"""What the variables of a file are bound to, at each place of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    CallExpr,
    DelStmt,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IndexExpr,
    LambdaExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    RefExpr,
    SetComprehension,
    StarExpr,
    StrExpr,
    TempNode,
    TryStmt,
    TupleExpr,
    Var,
    WithStmt,
)
from mypy.patterns import AsPattern, MappingPattern, StarredPattern

PARTS = (
    "defs", "body", "else_body", "finally_body", "handlers", "bodies", "items", "func", "decorators", "arguments",
    "initializer", "expr", "from_expr", "lvalues", "lvalue", "rvalue", "index", "target", "subject", "patterns", "guards",
    "callee", "args", "base", "left", "right", "operands", "if_expr", "cond", "else_expr", "generator", "left_expr",
    "sequences", "condlists", "key", "value", "msg", "begin_index", "end_index", "stride", "pattern", "positionals",
    "keyword_values", "values",
)  # fmt: skip
"""Where nodes keep the nodes below them. mypy's own visitors cannot be subclassed where mypy is compiled."""


class Binding(NamedTuple):
    """A value that a variable is given; None: one that cannot be followed."""

    value: Expression | None
    place: tuple[int, ...] | None = None  # of the items of the value, this part; None: the value itself


UNKNOWN = Binding(None)


class Bindings:
    """All of a file.

    Parameters
    ----------
    tree
        The file.
    """

    def __init__(self, tree: MypyFile) -> None:
        self.found: dict[Var, list[Binding]] = {}
        self.handed_on: set[Var] = set()  # where a list might be changed without an assignment
        self.attributes: set[str] = set()  # the names of those that are assigned
        for node in _below(tree):
            self._look(node)

    def _look(self, node: Node) -> None:
        match node:
            case AssignmentStmt(lvalues=targets, rvalue=value):
                if not (isinstance(value, TempNode) and value.no_rhs):
                    for target in targets:
                        self._note(target, Binding(value))
                self._hand_on(value)
            case AssignmentExpr(target=target, value=value):
                self._note(target, Binding(value))
            case OperatorAssignmentStmt(lvalue=target) | DelStmt(expr=target):
                self._note(target, UNKNOWN)
            case ForStmt(index=index, expr=items):
                self._note(index, Binding(items, ()))
            case GeneratorExpr(indices=indices, sequences=sequences) | DictionaryComprehension(
                indices=indices, sequences=sequences
            ):
                for index, items in zip(indices, sequences, strict=True):
                    self._note(index, Binding(items, ()))
            case WithStmt(target=targets) | TryStmt(vars=targets):
                for target in targets:
                    self._note(target, UNKNOWN)
            case FuncDef(arguments=arguments) | LambdaExpr(arguments=arguments):
                for argument in arguments:
                    self.found.setdefault(argument.variable, []).append(UNKNOWN)
            case AsPattern(name=target) | StarredPattern(capture=target) | MappingPattern(rest=target):
                self._note(target, UNKNOWN)
            case CallExpr(callee=callee, args=arguments):
                if not (isinstance(callee, RefExpr) and callee.fullname.startswith(("builtins.", "natsort.", "tqdm."))):
                    for argument in arguments:
                        self._hand_on(argument)
            case MemberExpr(expr=owner):  # paths.append(...)
                self._hand_on(owner)

    def _note(self, target: Expression | None, binding: Binding) -> None:
        match target:
            case NameExpr(node=Var() as var):
                self.found.setdefault(var, []).append(binding)
            case TupleExpr(items=items) | ListExpr(items=items):
                starred = any(isinstance(item, StarExpr) for item in items)
                for at, item in enumerate(items):
                    self._note(item, UNKNOWN if starred else _part(binding, at))
            case StarExpr(expr=inner):
                self._note(inner, UNKNOWN)
            case MemberExpr(name=name):
                self.attributes.add(name)
            case IndexExpr(base=base, index=index):
                if isinstance(index, StrExpr):
                    self.attributes.add(index.value)
                if isinstance(base, NameExpr) and isinstance(base.node, Var):
                    self.found.setdefault(base.node, []).append(UNKNOWN)

    def _hand_on(self, node: Expression) -> None:
        if isinstance(node, NameExpr) and isinstance(node.node, Var):
            self.handed_on.add(node.node)


def _below(tree: Node) -> Iterator[Node]:
    parts: dict[type, tuple[str, ...]] = {}
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node):
            yield node
            kind = type(node)
            if kind not in parts:
                parts[kind] = tuple(name for name in PARTS if hasattr(node, name))
            waiting.extend(getattr(node, name, None) for name in parts[kind])
        elif isinstance(node, list | tuple):
            waiting.extend(node)


def _part(binding: Binding, at: int) -> Binding:
    value, place = binding
    if place is not None:
        return Binding(value, (*place, at))
    if isinstance(value, TupleExpr | ListExpr):
        plain = at < len(value.items) and not any(isinstance(item, StarExpr) for item in value.items)
        return Binding(value.items[at]) if plain else UNKNOWN
    return UNKNOWN


_LAST: list[tuple[MypyFile, object, Bindings]] = []


def bindings_in(tree: MypyFile) -> Bindings:
    """Those of a file; of the last file they are remembered."""
    if not _LAST or _LAST[0][0] is not tree or _LAST[0][1] is not tree.defs:
        _LAST[:] = [(tree, tree.defs, Bindings(tree))]
    return _LAST[0][2]


def made_of(node: Expression) -> Expression | None:
    """What the items of a comprehension are."""
    match node:
        case ListComprehension(generator=inner) | SetComprehension(generator=inner):
            return inner.left_expr
        case GeneratorExpr(left_expr=item):
            return item
    return None
