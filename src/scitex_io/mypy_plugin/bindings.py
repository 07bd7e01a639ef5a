"""What the variables of a file are bound to, at each place of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    Block,
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
    WhileStmt,
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
    since: int = 0  # the line of it
    until: int = -1  # the last line where it is sure to have happened


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
        self._again: list[tuple[int, int]] = []  # loops and functions: what stands behind can come before
        self._functions: set[tuple[int, int]] = set()
        self._ends: dict[Node, int] = {}  # of the block that a statement is in
        for node in _below(tree):
            self._look(node)

    def at(self, var: Var, line: int) -> list[Binding]:
        """Those that a variable can have on a line: the last one before it, where that is sure, else all."""
        every = self.found.get(var, [])
        held = [one for one in every if one.since < line <= one.until]
        if not held:
            return every
        last = max(held, key=lambda one: one.since)
        around = [span for span in self._again if last.since < span[0] <= line <= span[1]]
        for one in every:
            between = last.since <= one.since <= line or any(first <= one.since <= end for first, end in around)
            if one is not last and between:
                return every
        # In a function that is defined behind it, it is not known when that is called.
        return every if any(span in self._functions for span in around) and len(every) > 1 else [last]

    def _look(self, node: Node) -> None:
        match node:
            case Block(body=body) | MypyFile(defs=body):
                if body:
                    self._ends.update(dict.fromkeys(body, body[-1].end_line or 0))
            case WhileStmt() | ForStmt():
                self._again.append((node.line, node.end_line or node.line))
            case FuncDef() | LambdaExpr():
                self._functions.add((node.line, node.end_line or node.line))
                self._again.append((node.line, node.end_line or node.line))
        match node:
            case AssignmentStmt(lvalues=targets, rvalue=value):
                if not (isinstance(value, TempNode) and value.no_rhs):
                    for target in targets:
                        self._note(target, Binding(value, None, node.line, self._ends.get(node, -1)))
                self._hand_on(value)
            case AssignmentExpr(target=target, value=value):
                self._note(target, Binding(value, None, node.line))
            case OperatorAssignmentStmt(lvalue=target) | DelStmt(expr=target):
                self._note(target, Binding(None, None, node.line, self._ends.get(node, -1)))
            case ForStmt(index=index, expr=items):
                self._note(index, Binding(items, (), node.line, node.body.end_line or -1))
            case (
                GeneratorExpr(indices=indices, sequences=sequences)
                | DictionaryComprehension(indices=indices, sequences=sequences)
            ):
                for index, items in zip(indices, sequences, strict=True):
                    self._note(index, Binding(items, ()))
            case WithStmt(target=targets) | TryStmt(vars=targets):
                for held in targets:
                    self._note(held, Binding(None, None, node.line))
            case FuncDef(arguments=parameters) | LambdaExpr(arguments=parameters):
                for parameter in parameters:
                    self.found.setdefault(parameter.variable, []).append(Binding(None, None, node.line))
            case AsPattern(name=captured) | StarredPattern(capture=captured) | MappingPattern(rest=captured):
                self._note(captured, Binding(None, None, node.line))
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
                    self._note(item, binding._replace(value=None) if starred else _part(binding, at))
            case StarExpr(expr=inner):
                self._note(inner, binding._replace(value=None))
            case MemberExpr(name=name):
                self.attributes.add(name)
            case IndexExpr(base=base, index=index):
                if isinstance(index, StrExpr):
                    self.attributes.add(index.value)
                if isinstance(base, NameExpr) and isinstance(base.node, Var):
                    self.found.setdefault(base.node, []).append(Binding(None, None, binding.since))

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
    value, place = binding.value, binding.place
    if place is not None:
        return binding._replace(place=(*place, at))
    if isinstance(value, TupleExpr | ListExpr):
        plain = at < len(value.items) and not any(isinstance(item, StarExpr) for item in value.items)
        return binding._replace(value=value.items[at] if plain else None)
    return binding._replace(value=None)


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
