"""Any nested object in the words that a text format has: dicts, lists, text, numbers, and little else.

`plain` gives the tree that a format writes. What changes on the way is announced once for each kind of
change, with the keys that lead to its first occurrence; what has no obvious form is refused. A tree that is
plain already is recognised level by level at the speed of C and passed on as it is, not copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

from attrs import define, field, frozen

from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.forms import RULES, Rule
from scitex_io.handler import Accepts, Fidelity
from scitex_io.losses import lose
from scitex_io.structure import fields_of, is_record
from scitex_io.typeref import TypeRef, named, resolve

DEPTH = 200
"""Levels of nesting that every reader of these formats manages within Python's own limit of recursion."""

SCALARS: frozenset[type] = frozenset({str, int, float, bool, type(None)})
CONTAINERS: frozenset[type] = frozenset({dict, list})
_MANY = 1000


@frozen
class Words:
    """What a format can write as it is."""

    format: str
    scalars: frozenset[type] = SCALARS
    keys: frozenset[type] = frozenset({str})
    natives: Mapping[type, Callable[[Any], bool]] = field(factory=dict[type, Callable[[Any], bool]])
    """More types of values, each with the question whether the format keeps this one exactly."""
    leaves_out_none: bool = False  # a key without a value is no key


def kinds(tree: object, words: Words) -> set[type] | None:
    """The types of all values in a tree, if the format has words for every one of them; None if not."""
    allowed = words.scalars | CONTAINERS
    below = found = {type(tree)}
    level: Any = (tree,)
    dicts: Any
    lists: Any
    for depth in range(DEPTH + 1):
        if not below <= allowed:
            return None
        if not below & CONTAINERS:
            return found
        dicts = level if below == {dict} else [node for node in level if type(node) is dict]
        lists = level if below == {list} else [node for node in level if type(node) is list]
        if below == {dict}:
            lists = ()
        elif below == {list}:
            dicts = ()
        if not words.keys.issuperset(map(type, chain.from_iterable(dicts))):
            return None
        level = list(chain(chain.from_iterable(map(dict.values, dicts)), chain.from_iterable(lists)))
        below = set(map(type, level))
        found = found | below
        if depth and len(level) > _MANY and below & CONTAINERS:
            # Containers once each: an object that holds itself twice would double with every level.
            level = list({id(node): node for node in level if type(node) in CONTAINERS}.values())
    return None


def plain(obj: object, words: Words) -> Any:
    """*obj* in the words of a format; itself where it has only such.

    Raises
    ------
    UnsupportedTypeError
        A part has no obvious form, two keys become the same text, it holds itself, or is nested too deeply.
    """
    return obj if kinds(obj, words) is not None else _Walk(words).tree(obj, ())


def spelt(path: tuple[object, ...]) -> str:
    """The keys that lead to a value, as one would write them: ``a.b[2]``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path[:20])
    return text.removeprefix(".") + ("..." if len(path) > 20 else "")


def _known() -> dict[type, Rule]:
    # Of libraries that are not imported there is nothing to convert.
    return {kind: rule for rule in RULES if (kind := resolve(rule.kind)) is not None}


@define
class _Walk:
    words: Words
    rules: dict[type, Rule] = field(factory=_known)
    plans: dict[type, tuple[Rule | None, str, bool]] = field(factory=dict[type, "tuple[Rule | None, str, bool]"])
    inside: set[int] = field(factory=set[int])  # the containers on the way down
    said: set[str] = field(factory=set[str])

    def refusal(self, node: object, path: tuple[object, ...], reason: str) -> UnsupportedTypeError:
        place = f" at '{spelt(path)}'" if path else ""
        return UnsupportedTypeError(self.words.format, type_name(type(node)) + place, reason=reason)

    def say(self, what: str, path: tuple[object, ...]) -> None:
        if what and what not in self.said:
            self.said.add(what)
            # At the root these are the words of the declaration, which the api has said already.
            lose(f"{what} (first at '{spelt(path)}')" if path else what)

    def tree(self, node: Any, path: tuple[object, ...]) -> Any:
        kind = type(node)
        if kind in self.words.scalars:
            return node
        fits = self.words.natives.get(kind)
        if fits is not None and fits(node):
            return node
        if len(path) > DEPTH:
            raise self.refusal(node, path, f"nested more than {DEPTH} levels deep")
        if id(node) in self.inside:
            raise self.refusal(node, path, "it contains itself")
        self.inside.add(id(node))
        try:
            return self.container(node, path)
        except RecursionError:
            raise self.refusal(node, path, "nested too deeply") from None
        finally:
            self.inside.discard(id(node))

    def container(self, node: Any, path: tuple[object, ...]) -> Any:
        if type(node) is list:
            if self.words.scalars.issuperset(map(type, node)):
                return node
            return [self.tree(part, (*path, at)) for at, part in enumerate(node)]
        if type(node) is dict:
            return self.pairs(node.items(), path)
        return self.other(node, path)

    def pairs(self, pairs: Iterable[tuple[Any, Any]], path: tuple[object, ...]) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, part in pairs:
            name = key if type(key) in self.words.keys else self.key(key, path)
            if name in made:
                raise self.refusal({}, path, f"two of its keys become the same text {name!r}")
            if part is None and self.words.leaves_out_none:
                self.say("keys whose value is None are left out", (*path, name))
                continue
            made[name] = self.tree(part, (*path, name))
        return made

    def key(self, key: Any, path: tuple[object, ...]) -> Any:
        """The key as the format can write it, always text where it knows no other keys."""
        rule, adds, _ = self.plan(key)
        form = key if rule is None else self.formed(rule, key, path)
        if type(form) not in self.words.keys and type(form) in SCALARS:
            form = (
                {None: "null", True: "true", False: "false"}[form]
                if form is None or form is True or form is False
                else repr(form)
            )
        if type(form) not in self.words.keys:
            raise self.refusal(key, path, f"a key that has no obvious text: {key!r:.80}")
        if not isinstance(key, str) and isinstance(form, str):
            self.say("keys that are no text become text", (*path, form))
        elif rule is not None:
            self.say(adds, (*path, form))
        return form

    def other(self, node: Any, path: tuple[object, ...]) -> Any:
        kind = type(node)
        rule, adds, record = self.plan(node)
        if record:
            names, left_out = fields_of(kind)
            self.say(f"{type_name(kind)} becomes a dict", path)
            if left_out:
                self.say(f"what {type_name(kind)}() does not take is left out: {', '.join(left_out)}", path)
            return self.pairs(((name, getattr(node, name)) for name in names), path)
        if rule is None:
            if isinstance(node, Mapping):
                return self.pairs(node.items(), path)
            raise self.refusal(node, path, "it has no obvious form as text and numbers")
        form = self.formed(rule, node, path)
        self.say(rule.says, path)
        self.say(adds, path)
        return form if type(form) in self.words.scalars else self.tree(form, path)

    def plan(self, node: Any) -> tuple[Rule | None, str, bool]:
        """The rule of the nearest base, what to say of a subclass, and whether it is a record."""
        kind = type(node)
        known = self.plans.get(kind)
        if known is None:
            base = next((base for base in kind.__mro__ if base in self.rules), kind)
            rule = self.rules.get(base)
            adds = ""
            if rule is not None and base is not kind and not rule.open:
                adds = f"{type_name(kind)} is stored as {named(rule.kind)}, without what it adds to it"
            known = self.plans[kind] = (rule, adds, is_record(node))
        return known

    def formed(self, rule: Rule, node: Any, path: tuple[object, ...]) -> Any:
        try:
            return rule.form(node)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.refusal(node, path, str(error)) from error


def rows(*only: TypeRef) -> tuple[Accepts, ...]:
    """Declarations for the types that have an obvious form; *only* those whose form is one of these types."""
    made = tuple(
        Accepts(
            rule.kind,
            Fidelity.LOSSY if rule.says else Fidelity.VALUE,
            loads_as=rule.becomes,
            loses=rule.says,
        )
        for rule in RULES
        if rule.kind not in SCALARS | CONTAINERS and (not only or rule.becomes in only)
    )
    mapping = Accepts("collections.abc.Mapping", Fidelity.VALUE, loads_as=dict)
    return (*made, mapping) if not only or dict in only else made


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles meanwhile: trees have none, and looking at every part again and again takes longest."""
    import gc

    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if not gc.get_freeze_count():
                # What was made goes to the oldest generation at once, unlooked at.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
