"""Values of Python sources that are told by their text alone: constants, tables of declarations, classes.

What mypy checks is never imported. Anything that is not plain raises `Unknown`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from scitex_io.mypy_plugin.operations import UNTOLD, combined, compared, merged, told, unpacked
from scitex_io.mypy_plugin.sources import Class, Function, Library, Made, Module, Named, Unknown, origin

DEPTH = 60
"""How far calls, names and imports are followed."""
MOST = 500_000
"""Steps that one answer may take."""


class Reader(Library):
    """Tells what the names and expressions of modules are.

    Parameters
    ----------
    find
        The path of a module, None if there is none.
    """

    def __init__(self, find: Callable[[str], str | None]) -> None:
        super().__init__(find)
        self._known: dict[tuple[Module, str], Any] = {}
        self.steps = 0
        """Taken since a question was asked; whoever asks sets it to 0."""

    def named(self, dotted: str, depth: int = 0) -> Any:
        """What ``package.module.name`` is."""
        if depth > DEPTH:
            raise Unknown
        head, _, last = dotted.rpartition(".")
        if not head:
            return Named(dotted)
        module = self.module(head)
        if module is not None and (found := self.look(last, module, depth + 1)) is not None:
            return found
        return Named(dotted)

    def look(self, name: str, module: Module, depth: int = 0) -> Any:
        """What a name of a module is; None if it has none such."""
        at = (module, name)
        if at not in self._known:
            self._known[at] = UNTOLD  # for a name that leads to itself
            with suppress(Unknown):
                self._known[at] = self._looked(name, module, depth)
        return told(self._known[at])

    def _looked(self, name: str, module: Module, depth: int) -> Any:
        if depth > DEPTH:
            raise Unknown
        node = module.names.get(name)
        match node:
            case None:
                for star in module.stars:
                    other = self.module(star)
                    if other is not None and (found := self.look(name, other, depth + 1)) is not None:
                        return found
                return None
            case ast.ClassDef():
                return Class(module, node)
            case ast.FunctionDef():
                return Function(module, node)
            case ast.Import(names=[alias]):
                return Named(alias.name if alias.asname else alias.name.partition(".")[0])
            case ast.ImportFrom(names=[alias]):
                return self.named(f"{origin(node, module)}.{alias.name}", depth + 1)
        return self.value(node, module, {}, depth + 1)

    def ancestry(self, kind: Class, depth: int = 0) -> list[Class | Named]:
        """The class and its bases in the order in which Python asks them."""
        if depth > DEPTH:
            raise Unknown
        lines: list[list[Class | Named]] = []
        direct: list[Class | Named] = []
        for base in kind.node.bases:
            plain = base.value if isinstance(base, ast.Subscript) else base
            found = self.value(plain, kind.module, {}, depth + 1)
            if isinstance(found, Class):
                lines.append(self.ancestry(found, depth + 1))
                direct.append(lines[-1][0])
            elif isinstance(found, Named):
                direct.append(found)
                lines.append([found])
            else:
                raise Unknown
        lines.append(direct)
        return [kind, *merged(lines)]

    def fact(self, kind: Class, name: str, depth: int = 0) -> Any:
        """A class variable; `Unknown` if the class has none such."""
        for base in self.ancestry(kind, depth):
            if isinstance(base, Class):
                for part in base.node.body:
                    match part:
                        case (
                            ast.Assign(targets=[ast.Name(id=spelt)], value=node)
                            | ast.AnnAssign(target=ast.Name(id=spelt), value=ast.expr() as node)
                        ) if spelt == name:
                            return self.value(node, base.module, {}, depth + 1)
        raise Unknown

    def value(self, node: ast.AST, module: Module, env: Mapping[str, Any], depth: int = 0) -> Any:
        """What an expression gives."""
        self.steps += 1
        if depth > DEPTH or self.steps > MOST:
            raise Unknown

        def of(part: ast.AST) -> Any:
            return self.value(part, module, env, depth + 1)

        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                if name in env:
                    return told(env[name])
                found = self.look(name, module, depth + 1)
                if found is None and hasattr(builtins, name):
                    return Named(f"builtins.{name}")
                if found is None and name not in module.names:
                    raise Unknown
                return found
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return tuple(self._items(parts, of))
            case ast.Dict(keys=keys, values=values):
                made: dict[Any, Any] = {}
                for key, item in zip(keys, values, strict=True):
                    made.update(of(item) if key is None else {of(key): of(item)})
                return made
            case ast.JoinedStr(values=parts):
                return "".join(str(of(part)) for part in parts)
            case ast.FormattedValue(value=inner, format_spec=None):
                return of(inner)
            case ast.Attribute(value=inner, attr=name):
                return self._attribute(of(inner), name, depth)
            case ast.Subscript(value=inner, slice=place):
                held = of(inner)
                return held if isinstance(held, Named | Class) else held[of(place)]
            case ast.BoolOp(op=op, values=parts):
                results = [of(part) for part in parts]
                return next((one for one in results if bool(one) is isinstance(op, ast.Or)), results[-1])
            case ast.IfExp(test=test, body=body, orelse=other):
                return of(body) if of(test) else of(other)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not of(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -of(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return combined(op, of(left), of(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return compared(op, of(left), of(right))
            case ast.GeneratorExp(elt=part) | ast.ListComp(elt=part) | ast.SetComp(elt=part):
                return tuple(
                    self.value(part, module, each, depth + 1)
                    for each in self._rounds(node.generators, module, env, depth)
                )
            case ast.Call():
                return self._called(node, module, env, depth)
        raise Unknown

    @staticmethod
    def _items(parts: list[ast.expr], of: Callable[[ast.AST], Any]) -> Iterator[Any]:
        for part in parts:
            if isinstance(part, ast.Starred):
                yield from of(part.value)
            else:
                yield of(part)

    def _rounds(
        self, loops: list[ast.comprehension], module: Module, env: Mapping[str, Any], depth: int
    ) -> Iterator[dict[str, Any]]:
        if not loops:
            yield dict(env)
            return
        for item in self.value(loops[0].iter, module, env, depth + 1):
            inner = {**env, **unpacked(loops[0].target, item)}
            if all(self.value(test, module, inner, depth + 1) for test in loops[0].ifs):
                yield from self._rounds(loops[1:], module, inner, depth)

    def _attribute(self, held: Any, name: str, depth: int) -> Any:
        match held:
            case Named(name=spelt):
                if name == "__name__":
                    return spelt.rpartition(".")[2]
                if name == "__module__":
                    return spelt.rpartition(".")[0]
                return self.named(f"{spelt}.{name}", depth + 1)
            case Class():
                return self.fact(held, name, depth + 1)
            case Made(kind=kind, values=values):
                return told(values[name]) if name in values else self.fact(kind, name, depth + 1)
        raise Unknown

    def _called(self, node: ast.Call, module: Module, env: Mapping[str, Any], depth: int) -> Any:
        def of(part: ast.AST) -> Any:
            return self.value(part, module, env, depth + 1)

        def tried(part: ast.AST) -> Any:
            try:
                return of(part)
            except Unknown:  # a lambda: it matters only where it is asked for
                return UNTOLD

        arguments = list(self._items(node.args, tried))
        named = {word.arg: tried(word.value) for word in node.keywords if word.arg}
        match node.func:  # methods of dicts and texts, and the type of what a class makes
            case ast.Name(id="type") if len(node.args) == 1 and isinstance(node.args[0], ast.Call):
                return of(node.args[0].func)
            case ast.Attribute(value=ast.Name(id="dict"), attr="fromkeys"):
                return dict.fromkeys(arguments[0], *arguments[1:])
            case ast.Attribute(value=ast.Constant(value=str() as between), attr="join"):
                return between.join(told(arguments[0]))
            case ast.Attribute(value=inner, attr=("items" | "values" | "keys") as name) if not arguments:
                return tuple(getattr(of(inner), name)())
        callee = of(node.func)
        match callee:
            case Named(name="builtins.map"):
                made = ast.Call(node.args[0], [ast.Name("\0")], [])
                return tuple(self.value(made, module, {**env, "\0": item}, depth + 1) for item in told(arguments[1]))
            case Named(name="builtins.type") if arguments == [None]:
                return Named("builtins.NoneType")
            case Named(name="builtins.tuple" | "builtins.list" | "builtins.frozenset" | "builtins.set"):
                return tuple(told(arguments[0])) if arguments else ()
            case Class():
                return Made(callee, {**dict(zip(self.fields(callee), arguments, strict=False)), **named})
            case Function(node=ast.FunctionDef(name="evolve")) if arguments and isinstance(arguments[0], Made):
                return Made(arguments[0].kind, {**arguments[0].values, **named})
            case Function():
                return self._run(callee, arguments, named, depth)
        raise Unknown

    def fields(self, kind: Class) -> dict[str, tuple[Module, ast.AnnAssign]]:
        """The annotated names of a class that are no class variables, those of its bases first."""
        found: dict[str, tuple[Module, ast.AnnAssign]] = {}
        for base in reversed(self.ancestry(kind)):
            if isinstance(base, Class):
                for part in base.node.body:
                    match part:
                        case ast.AnnAssign(target=ast.Name(id=name)) if "ClassVar" not in ast.dump(part.annotation):
                            found[name] = (base.module, part)
        return found

    def _run(self, function: Function, arguments: list[Any], named: dict[str, Any], depth: int) -> Any:
        spec = function.node.args
        env: dict[str, Any] = {}
        for part, default in zip(reversed(spec.args), reversed(spec.defaults), strict=False):
            env[part.arg] = self.value(default, function.module, {}, depth + 1)
        for part, other in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if other is not None:
                env[part.arg] = self.value(other, function.module, {}, depth + 1)
        env.update(zip([part.arg for part in spec.args], arguments, strict=False))
        env.update(named)
        if spec.vararg is not None:
            env[spec.vararg.arg] = tuple(arguments[len(spec.args) :])
        done, result = self._body(function.node.body, function.module, env, depth + 1)
        if not done:
            raise Unknown
        return result

    def _body(self, body: list[ast.stmt], module: Module, env: dict[str, Any], depth: int) -> tuple[bool, Any]:
        for part in body:
            match part:
                case ast.Expr(value=ast.Constant()):
                    continue
                case (
                    ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value)
                ):
                    env.update(unpacked(target, self.value(value, module, env, depth)))
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                    env[name] = combined(op, env[name], self.value(value, module, env, depth))
                case ast.Return(value=ast.expr() as value):
                    return True, self.value(value, module, env, depth)
                case ast.If(test=test, body=inside, orelse=other):
                    done, result = self._body(
                        inside if self.value(test, module, env, depth) else other, module, env, depth
                    )
                    if done:
                        return True, result
                case _:
                    raise Unknown
        return False, None
