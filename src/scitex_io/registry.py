"""Which handler serves this object under this name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from threading import RLock
from typing import TypeAlias, TypeVar

from scitex_io.contracts import check
from scitex_io.errors import RegistrationError, UnknownFormatError, UnsupportedTypeError, type_name
from scitex_io.formats import CODECS, HOME
from scitex_io.handler import FormatHandler
from scitex_io.notices import PluginWarning
from scitex_io.typeref import distance
from scitex_io.typing import Verb, is_loader, is_saver

Home: TypeAlias = "FormatHandler | str"  # a handler, or where its class lives: "module:Class"
Shelf: TypeAlias = dict[str, tuple[Home, ...]]  # extension -> handlers, newest first
H = TypeVar("H", bound="type[FormatHandler] | FormatHandler")

ENTRY_POINTS = "scitex_io.formats"


def normal(extension: str) -> str:
    """``"CSV"`` and ``".csv"`` as ``".csv"``."""
    if not isinstance(extension, str):
        raise RegistrationError(repr(extension), "an extension has to be a string")
    lowered = extension.strip().lower()
    return lowered if not lowered or lowered.startswith(".") else f".{lowered}"


def suffixes(name: str) -> Iterator[str]:
    """The possible extensions of a file name, longest first: ``.tar.gz``, ``.gz``."""
    rest = os.path.basename(name).lower().lstrip(".")
    while (at := rest.find(".")) >= 0:
        yield rest[at:]
        rest = rest[at + 1 :]


class Registry:
    """Handlers by extension, in three tiers: what users registered, ours, those of installed plug-ins.

    Parameters
    ----------
    builtin
        The built-in tier: extension -> ``"module:Class"`` below `scitex_io.formats`, one or several.
    plugins
        Whether to look for the entry points of installed packages when nothing else serves a name.
    """

    def __init__(self, builtin: Mapping[str, str | tuple[str, ...]] = HOME, *, plugins: bool = True) -> None:
        self._user: Shelf = {}
        self._builtin: Shelf = {
            extension: (homes,) if isinstance(homes, str) else homes for extension, homes in builtin.items()
        }
        self._plugin: Shelf | None = None if plugins else {}
        self._loaded: dict[str, FormatHandler] = {}
        self._lock = RLock()

    # -- who is there

    def extensions(self, verb: Verb, *, user: bool | None = None) -> list[str]:
        """The extensions served for *verb*, sorted; only those of users and plug-ins, or only ours."""
        shelves = [
            shelf
            for shelf, ours in ((self._user, False), (self._builtin, True), (self.plugins(), False))
            if user is not ours
        ]
        return sorted(
            {ext for shelf in shelves for ext, homes in shelf.items() if any(self._serves(h, verb) for h in homes)}
        )

    def handlers(self) -> Iterator[tuple[str, FormatHandler]]:
        """Every (extension, handler), in the order in which they are asked."""
        for shelf in (self._user, self._builtin, self.plugins()):
            for extension in sorted(shelf):
                for home in shelf[extension]:
                    if (handler := self._handler(home)) is not None:
                        yield extension, handler

    def plugins(self) -> Shelf:
        """The tier of installed packages, read once."""
        with self._lock:
            if self._plugin is None:
                from importlib.metadata import entry_points  # 40 ms: only when nothing else served the name

                shelf: Shelf = {}
                for entry in entry_points(group=ENTRY_POINTS):
                    extension = normal(entry.name)
                    shelf[extension] = (*shelf.get(extension, ()), entry.value)
                self._plugin = shelf
            return self._plugin

    def find(self, extension: str, verb: Verb) -> list[tuple[int, FormatHandler]]:
        """(tier, handler) of one extension, those that *verb* can use; lower tiers come first."""
        found: list[tuple[int, FormatHandler]] = []
        for tier, shelf in enumerate((self._user, self._builtin, self._plugin or {})):
            for home in shelf.get(extension, ()):
                handler = self._handler(home)
                if handler is not None and (is_saver(handler) if verb == "save" else is_loader(handler)):
                    found.append((tier, handler))
        return found

    # -- who serves this

    def for_saving(self, obj: object, name: str) -> FormatHandler:
        """The saver that stores *obj* under *name*: nearest type, in the first tier that has one.

        Raises
        ------
        UnknownFormatError
            No saver for any suffix of the name.
        UnsupportedTypeError
            None of the savers of its suffix stores such an object.
        """
        candidates = self._candidates(name, "save")
        best = self._nearest(obj, candidates)
        if best is None and self._plugin is None and self.plugins():
            candidates = self._candidates(name, "save")
            best = self._nearest(obj, candidates)
        if best is not None:
            return best
        stores = dict.fromkeys(str(row) for _, handler in candidates for row in handler.accepts)
        label = "/".join(dict.fromkeys(handler.name for _, handler in candidates))
        raise UnsupportedTypeError(label, type_name(type(obj)), tuple(stores), self._why_not(obj, candidates))

    def for_loading(self, name: str, wanted: type | None = None) -> FormatHandler:
        """The loader for *name*, preferring one that yields *wanted*.

        Raises
        ------
        UnknownFormatError
            No loader for any suffix of the name.
        """
        candidates = self._candidates(name, "load")
        if wanted is not None:
            for _, handler in candidates:
                if any(distance(wanted, ref) == 0 for ref in handler.yields):
                    return handler
        return candidates[0][1]

    def _candidates(self, name: str, verb: Verb) -> list[tuple[int, FormatHandler]]:
        for _ in range(2):
            longer = ""
            for suffix in suffixes(name):
                if suffix in CODECS and longer and self._is_claimed(longer.removesuffix(suffix)):
                    break  # a bare codec serves what has no format of its own: `x.gz`, not `page.html.gz`
                longer = suffix
                if found := self.find(suffix, verb):
                    return found
                codec = suffix[suffix.rfind(".") :]
                if codec in CODECS:
                    from scitex_io.compression import compressed

                    inner = self.find(suffix[: -len(codec)], verb)
                    if found := [
                        (tier, compressed(handler, codec)) for tier, handler in inner if not handler.directory
                    ]:
                        return found
            if self._plugin is not None:
                break
            self.plugins()
        raise self._unknown(name, verb)

    def _is_claimed(self, extension: str) -> bool:
        """Does any format, for any verb, have this extension? As long as plug-ins are unread, one might."""
        if self._plugin is None:
            return True
        return any(extension in shelf for shelf in (self._user, self._builtin, self._plugin))

    @staticmethod
    def _nearest(obj: object, candidates: Iterable[tuple[int, FormatHandler]]) -> FormatHandler | None:
        ranked = [
            (tier, match[1], order, handler)
            for order, (tier, handler) in enumerate(candidates)
            if (match := handler.match(obj)) is not None
        ]
        return min(ranked, key=lambda entry: entry[:3])[3] if ranked else None

    @staticmethod
    def _why_not(obj: object, candidates: Iterable[tuple[int, FormatHandler]]) -> str:
        for _, handler in candidates:
            for row in handler.accepts:
                if row.domain and distance(type(obj), row.type) is not None:
                    return f"only {row.domain}"
        return ""

    def _unknown(self, name: str, verb: Verb) -> UnknownFormatError:
        from difflib import get_close_matches

        found = list(suffixes(name))
        extension = found[-2] if len(found) > 1 and found[-1] in CODECS else next(reversed(found), "")
        other: Verb = "load" if verb == "save" else "save"
        known = self.extensions(verb)
        detail = f"it can only {other} such files" if self.find(extension, other) else ""
        codec = found[-1] if extension.endswith(CODECS) and extension not in CODECS else ""
        close = [] if detail else get_close_matches(extension.removesuffix(codec), known, cutoff=0.65)
        return UnknownFormatError(name, extension, verb, tuple(name + codec for name in close), detail=detail)

    # -- changes

    def register(self, handler: H, *extensions: str, builtin: bool = False) -> H:
        """Serve the handler's extensions (or *extensions*) with it, before any earlier one.

        Raises
        ------
        RegistrationError
            The class cannot work as a handler; the reason says why.
        """
        instance = check(handler)
        names = [normal(extension) for extension in extensions or instance.extensions]
        if not names or "" in names:
            raise RegistrationError(type_name(type(instance)), "it names no extension")
        with self._lock:
            # Readers see the old shelf or the new one: entries are replaced, never changed.
            shelf = self._builtin if builtin else self._user
            for name in names:
                shelf[name] = (instance, *shelf.get(name, ()))
        return handler

    def unregister(self, extension: str, verb: Verb) -> bool:
        """Drop what users registered for one extension and verb; False if there was nothing."""
        name = normal(extension)
        with self._lock:
            before = self._user.get(name, ())
            after = tuple(home for home in before if not self._serves(home, verb))
            if after:
                self._user[name] = after
            else:
                self._user.pop(name, None)
            return len(after) < len(before)

    # -- from homes to handlers

    def _serves(self, home: Home, verb: Verb) -> bool:
        handler = self._handler(home)
        return handler is not None and (is_saver(handler) if verb == "save" else is_loader(handler))

    def _handler(self, home: Home) -> FormatHandler | None:
        if isinstance(home, FormatHandler):
            return home
        handler = self._loaded.get(home)
        if handler is None:
            module, _, attribute = home.partition(":")
            if "." not in module and not self._is_plugin(home):
                module = f"scitex_io.formats.{module}"
            try:
                handler = check(getattr(import_module(module), attribute))
            except Exception as error:
                if not self._is_plugin(home):
                    raise
                import warnings

                warnings.warn(
                    f"the format plug-in '{home}' could not be loaded: {error!r}", PluginWarning, stacklevel=4
                )
                return None
            self._loaded[home] = handler
        return handler

    def _is_plugin(self, home: Home) -> bool:
        return self._plugin is not None and any(home in homes for homes in self._plugin.values())


REGISTRY = Registry()
"""The registry that `scitex_io.save`, `scitex_io.load` and the functions beside them use."""
