"""What mypy is told of the calls of `load` and `save`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from mypy.checker import TypeChecker
from mypy.errorcodes import ErrorCode
from mypy.messages import format_type
from mypy.nodes import Context, Expression, StrExpr
from mypy.plugin import FunctionContext
from mypy.subtypes import is_subtype
from mypy.types import AnyType, Instance, ProperType, Type, UnionType, get_proper_type

from scitex_io.mypy_plugin.arguments import call_of, is_none, listed, same_name, short, texts
from scitex_io.mypy_plugin.catalogue import Catalogue, Missing, Served
from scitex_io.mypy_plugin.endings import MARK, Name, Untold
from scitex_io.mypy_plugin.facts import Format, Option, Row, Verb
from scitex_io.mypy_plugin.kinds import ANY, Kinds, agree, union
from scitex_io.mypy_plugin.libraries import takes
from scitex_io.mypy_plugin.names import Namer
from scitex_io.mypy_plugin.reporting import report

EXT = ErrorCode("scitex-ext", "No format serves the extension of a file name", "scitex-io")
SAVE = ErrorCode("scitex-save", "The format cannot hold such an object", "scitex-io")
OPTION = ErrorCode("scitex-option", "The format has no such option, or one of another type", "scitex-io")
TYPE = ErrorCode("scitex-type", "The format cannot give what as_type asks for", "scitex-io")

KEEP_KIND = {"rows", "columns", "encoding", "password"}
"""Options that choose among what is loaded, or how it is read, and never change its type."""
READERS = {"chunksize", "iterator"}
"""Options that libraries answer with something to read from, instead of what is read."""


class Calls:
    """Checks of one call.

    Parameters
    ----------
    ctx
        What mypy tells of it.
    catalogue
        The formats.
    kinds
        The types that the file knows.
    """

    def __init__(self, ctx: FunctionContext, catalogue: Catalogue, kinds: Kinds) -> None:
        assert isinstance(ctx.api, TypeChecker)
        self._ctx = ctx
        self._checker = ctx.api
        self._catalogue = catalogue
        self._kinds = kinds
        self._call = call_of(ctx)
        self._namer = Namer(ctx.api)

    def load(self) -> Type:
        """The type of what is loaded."""
        default = self._ctx.default_return_type
        if "handler" in self._call.given and not is_none(self._call.given["handler"][1]):
            return default
        found: list[Type] = []
        for name, served in self._servers("load"):
            if isinstance(served, Missing):
                self._report_missing(served, "load")
                found.append(ANY)
            elif served is None:
                found.append(ANY)
            else:
                self._check_options(served, "load")
                self._check_wanted(served)
                kind = self._loaded(served.formats[0]) or ANY
                found.append(self._many(kind, name))
        asked = "as_type" in self._call.given and not is_none(self._call.given["as_type"][1])
        if asked:
            return default
        if not isinstance(get_proper_type(default), AnyType):  # told by ext=, of one file
            many = self._is_pattern()
            return ANY if many is None else self._many(default, Name("", is_pattern=many))
        if not found:
            return default
        kind = get_proper_type(union(found))
        return default if isinstance(kind, AnyType) else kind

    def save(self) -> Type:
        """The path, as before."""
        if "handler" in self._call.given and not is_none(self._call.given["handler"][1]):
            return self._ctx.default_return_type
        for _, served in self._servers("save"):
            if isinstance(served, Missing):
                self._report_missing(served, "save")
            elif served is not None and self._check_object(served):
                self._check_options(served, "save")
        return self._ctx.default_return_type

    # -- file names

    def _servers(self, verb: Verb) -> Iterator[tuple[Name, Served | Missing | None]]:
        """Every name that the file can have, and who serves it."""
        if verb == "load" and "ext" in self._call.given:
            node, kind = self._call.given["ext"]
            if not is_none(kind):
                name = Name("", is_pattern=self._is_pattern())
                for word in texts(node, kind):
                    served = self._catalogue.serving(f"content.{word.strip().removeprefix('.')}", verb, whole=True)
                    yield name, None if name.is_pattern is None and isinstance(served, Served) else served
                return
        node, kind = self._call.given["lpath" if verb == "load" else "specified_path"]
        try:
            names = self._namer.names(node)
        except Untold:
            return
        for name in sorted(names, key=lambda one: (one.tail, one.whole)):
            tail = name.tail.rstrip("/").rpartition("/")
            ends = tail[2]
            whole = name.whole or bool(tail[1])
            letters = "*?]}" if verb == "load" else "}"
            for letter in letters:
                _, found, rest = ends.rpartition(letter)
                if found:
                    ends, whole = rest, False
            if (verb == "load" and name.is_pattern is None) or MARK in ends:
                yield name, None
            else:
                yield name, self._catalogue.serving(ends, verb, whole=whole) if ends else None

    def _is_pattern(self) -> bool | None:
        try:
            found = {name.is_pattern for name in self._namer.names(self._call.given["lpath"][0])}
        except Untold:
            return False
        return found.pop() if len(found) == 1 else None

    def _many(self, kind: Type, name: Name) -> Type:
        if name.is_pattern:
            return self._checker.named_generic_type("builtins.list", [kind])
        return kind

    def _report_missing(self, missing: Missing, verb: Verb) -> None:
        if missing.only:
            text = f"'{missing.extension}' files can only be {'loaded' if missing.only == 'load' else 'saved'}"
        else:
            close = f"; did you mean {', '.join(missing.close)}?" if missing.close else ""
            text = f"no format {verb}s '{missing.extension}' files{close}"
        node = self._call.given["lpath" if verb == "load" else "specified_path"][0]
        self._report(text, node, EXT)

    def _report(self, text: str, node: Context, code: ErrorCode) -> None:
        report(self._checker, text, node, code)

    # -- what is loaded

    def _loaded(self, one: Format) -> Type | None:
        if self._call.is_open or one.returns is None:
            return None
        node, module = one.returns
        kind = self._kinds.annotated(node, module)
        if kind is None:
            return None
        plain = get_proper_type(kind)
        given = self._call.options.keys() - KEEP_KIND
        if given & READERS or ("Container" in one.abilities and given):
            return None
        if not isinstance(plain, UnionType):
            return kind
        if given or any(isinstance(get_proper_type(part), AnyType) for part in plain.items):
            return None
        # By itself it gives what its declaration names first.
        first = one.yields[:1]
        return next((part for part in plain.items if self._is_named(get_proper_type(part), first)), None)

    def _is_named(self, kind: ProperType, names: tuple[str, ...]) -> bool:
        plain = self._kinds.plain(kind)
        return plain is not None and bool(names) and same_name(plain.type.fullname, names[0])

    def _check_wanted(self, served: Served) -> None:
        """Can the format give what ``as_type`` asks for?"""
        if "as_type" not in self._call.given:
            return
        node, _ = self._call.given["as_type"]
        wanted = get_proper_type(self._ctx.default_return_type)
        one = served.formats[0]
        # Only plain classes: anything else is structured from a tree, or too special to judge.
        if not isinstance(wanted, Instance) or (wanted.args and wanted.type.fullname.startswith("builtins.")):
            return
        held = None if one.returns is None else self._kinds.annotated(*one.returns)
        given = get_proper_type(held) if held is not None else ANY
        trees = {"builtins.object", "builtins.dict", "builtins.list", "builtins.str", "scitex_io.dotdict.DotDict"}
        if len(served.formats) > 1 or not isinstance(given, Instance) or given.type.fullname in trees:
            return
        if wanted.type.is_protocol or wanted.type.fallback_to_any or agree(wanted, given):
            return
        if any(self._is_named(base, (name,)) for name in one.yields for base in _line(wanted)):
            return
        gives = ", ".join(short(name) for name in one.yields)
        self._report(f"'{served.extension}' cannot give {short(wanted.type.fullname)}; it gives {gives}", node, TYPE)

    # -- what is saved

    def _check_object(self, served: Served) -> bool:
        node, kind = self._call.given["obj"]
        rows = _rows(served.formats)
        if rows is None or self._kinds.stored(get_proper_type(kind), rows):
            return True
        held = get_proper_type(kind)
        stores = listed([short(row.type) for row in rows])
        others = []
        for extension, one in self._catalogue.savers():
            if one.accepts is not None and self._kinds.stored(held, one.accepts):
                others.append((any(row.type == "builtins.object" for row in one.accepts), extension))
        able = listed([extension for _, extension in sorted(others, key=lambda entry: entry[0])])
        more = f"; formats that can: {able}" if able else ""
        self._report(f"'{served.extension}' cannot hold {self._described(held)}; it stores {stores}{more}", node, SAVE)
        return False

    def _described(self, kind: ProperType) -> str:
        plain = self._kinds.plain(kind)
        if isinstance(kind, UnionType) or plain is None:
            return f"'{format_type(kind, self._checker.options)}'"
        name = plain.type.fullname
        if name in {"types.FunctionType", "builtins.function"}:
            return "a function"
        return "a class" if name == "builtins.type" else short(name)

    # -- options

    def _check_options(self, served: Served, verb: Verb) -> None:
        path = self._call.given["lpath" if verb == "load" else "specified_path"][0]
        filled = isinstance(path, StrExpr) and "{" in path.value
        if verb == "save" and (filled or not isinstance(path, StrExpr)) and not self._is_plain(path):
            return  # options that fill the placeholders of the name
        for name, (node, kind) in self._call.options.items():
            options = [one.options[name] for one in served.formats if name in one.options]
            fitting = [option for option in options if option.verb in {"", verb}]
            if len(fitting) == 1 and len(served.formats) == 1:
                self._check_value(fitting[0], served, node, kind)
            if fitting or any(one.is_open() for one in served.formats):
                continue
            if all(self._lacks(one, name, verb) for one in served.formats):
                self._report_option(served, name, verb, node, elsewhere=bool(options))

    def _is_plain(self, node: Expression) -> bool:
        try:
            return all(name.is_pattern is False and name.whole for name in self._namer.names(node))
        except Untold:
            return False

    def _lacks(self, one: Format, name: str, verb: Verb) -> bool:
        if verb == "save" and name == "metadata":
            return False
        library = one.library(verb)
        return library is None or takes(library, name, self._kinds, self._catalogue.reader) is False

    def _check_value(self, option: Option, served: Served, node: Expression, kind: Type) -> None:
        expected = self._kinds.annotated(option.annotation, option.module)
        if expected is None or is_subtype(kind, expected):
            return
        shown = format_type(kind, self._checker.options)
        wants = ast.unparse(option.annotation)
        self._report(
            f"option '{option.name}' of '{served.extension}' is {wants}, not {shown.strip(chr(34))}", node, OPTION
        )

    def _report_option(self, served: Served, name: str, verb: Verb, node: Expression, *, elsewhere: bool) -> None:
        other = "load" if verb == "save" else "save"
        known = [option.name for one in served.formats for option in one.options.values() if option.verb in {"", verb}]
        close = get_close_matches(name, known, n=3)
        if elsewhere:
            text = f"'{name}' of '{served.extension}' is an option of {other}, not of {verb}"
        else:
            library = next((found for one in served.formats if (found := one.library(verb))), None)
            beside = f", and what {library.replace(':', '.')} takes" if library else ""
            hint = f"did you mean {', '.join(close)}?" if close else f"it has {', '.join(known) or 'none'}{beside}"
            text = f"'{served.extension}' has no option '{name}' to {verb}; {hint}"
        self._report(text, node, OPTION)


def _rows(formats: tuple[Format, ...]) -> list[Row] | None:
    rows: list[Row] = []
    for one in formats:
        if one.accepts is None:
            return None
        rows.extend(one.accepts)
    return rows


def _line(kind: Instance) -> list[Instance]:
    return [Instance(base, [ANY] * len(base.type_vars)) for base in kind.type.mro]
