"""What a format is: a frozen attrs class whose class variables are facts and whose fields are options."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache, lru_cache, reduce
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeAlias, TypeVar, cast

from attrs import evolve, field, fields, frozen

from scitex_io.errors import OptionError
from scitex_io.typeref import TypeRef, distance, named, same_type
from scitex_io.typing import ABILITIES, Verb

T = TypeVar("T")
Parallel: TypeAlias = Literal["none", "threads", "processes", "both"]
"""``threads``: the library is safe in threads, and works without the interpreter's lock; ``processes``: it holds the
lock, and what it returns is small beside the work; ``both``: it lets go of the lock for a part of the time, so that
threads do until processes have started; ``none``: one file after the other."""


DISTRIBUTIONS = {"PIL": "Pillow", "yaml": "PyYAML", "ruamel": "ruamel.yaml", "python_calamine": "python-calamine"}
"""Import roots that are installed under another name."""


class Fidelity(enum.Enum):
    """What survives ``load(save(x))``."""

    EXACT = "exact"  # the same type and the same values
    VALUE = "value"  # equal values in another container
    LOSSY = "lossy"  # values change; announced by a LossyWarning
    RENDERED = "rendered"  # a picture of the object, made to be looked at


@frozen
class Accepts:
    """One kind of object that a format stores."""

    type: TypeRef  #: a class, or its public name (``"pandas.DataFrame"``), which is never imported to compare
    fidelity: Fidelity = Fidelity.EXACT  #: what survives
    loads_as: TypeRef | None = None  #: None: the same type
    domain: str = ""  #: the values the claim holds for, in a few words shown to users
    where: Callable[[Any], bool] | None = None  #: for what a class cannot say: "no object dtype"
    loses: str = ""  #: LOSSY: what does not come back, in a few words
    subclasses: bool = False  #: what a subclass adds is kept, or is no part of the value

    def __str__(self) -> str:
        return named(self.type) + (f" ({self.domain})" if self.domain else "")


def save_option(default: T) -> T:
    """A field that only ``save`` understands."""
    option: T = field(default=default, metadata={"verb": "save"})
    return option


def load_option(default: T) -> T:
    """A field that only ``load`` understands."""
    option: T = field(default=default, metadata={"verb": "load"})
    return option


def _as_text(options: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    # Options for a library may hold lists, dicts and functions: their text stands for them in comparisons and hashes.
    return tuple(sorted((name, repr(value)) for name, value in options.items()))


@frozen(kw_only=True)
class PassThrough:
    """Mixin: options that the class does not name go to the library function behind it."""

    library: ClassVar[Mapping[Verb, str]] = {}  # {"load": "pandas:read_csv", "save": "pandas:DataFrame.to_csv"}

    extra_options: Mapping[str, Any] = field(factory=dict[str, Any], eq=_as_text, repr=False)

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """The names of the options that the library function takes."""
        return parameters(self.library[verb]) if verb in self.library else ()


@cache
def parameters(function: str) -> frozenset[str]:
    """The keyword parameters of a function, given as ``"module:qualified.name"``."""
    module, _, path = function.partition(":")
    found: Any = reduce(getattr, path.split("."), import_module(module))
    kinds = {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
    return frozenset(name for name, part in signature(found).parameters.items() if part.kind in kinds) - {"self"}


@frozen(kw_only=True)
class FormatHandler:
    """A format with these options; hashable, printable, evolvable.

    Subclass it with ``@frozen(kw_only=True)``, list the abilities (`Saver`, `Loader`, ...) in the header,
    state the facts as class variables and the options as fields.
    """

    name: ClassVar[str]  #: as errors and reports call it
    extensions: ClassVar[tuple[str, ...]]  #: with their dots, in lower case
    accepts: ClassVar[tuple[Accepts, ...]] = ()  #: what `save` stores, and how faithfully
    yields: ClassVar[tuple[TypeRef, ...]] = ()  #: what `load` gives first, then what `load_as` can give
    bound: ClassVar[tuple[TypeRef, ...]] = ()  #: those of `yields` that go on reading the file: never cached
    requires: ClassVar[tuple[str, ...]] = ()  #: import roots of the libraries it needs
    extra: ClassVar[str] = ""  #: the pip extra of ours that brings them; empty: installed with us
    also: ClassVar[Mapping[str, str]] = {}  #: what only some objects or options need: import root -> our extra
    directory: ClassVar[bool] = False  #: a store that is a folder
    alone: ClassVar[bool] = False  #: writes only the file it is given, always, however its name begins: saved faster
    executes_code: ClassVar[bool] = False  #: loading can run code that the file chooses
    in_place_options: ClassVar[frozenset[str]] = frozenset()  #: options that mean "update the file"
    magic: ClassVar[tuple[bytes, ...]] = ()  #: first bytes
    beside: ClassVar[
        tuple[str, ...]
    ] = ()  #: endings of files that, beside it, hold changes another program has not finished
    foreign: ClassVar[bool] = False  #: a user's function: its errors are its own, and it may write elsewhere
    parallel: ClassVar[Parallel] = "none"  #: how several files are loaded at a time

    @classmethod
    def can(cls) -> tuple[str, ...]:
        """The names of the abilities that the class lists."""
        return tuple(ability.__name__ for ability in ABILITIES if ability in cls.__mro__)

    @classmethod
    def options_for(cls, verb: Verb) -> tuple[str, ...]:
        """The names of the options that this verb understands."""
        return tuple(
            option.name
            for option in fields(cls)
            if option.metadata.get("verb", verb) == verb and option.name != "extra_options"
        )

    @classmethod
    def how_to_install(cls, module: str) -> str:
        """The command that installs *module*, one of ``requires`` or ``also``."""
        extra = cls.also.get(module, cls.extra)
        package = f'"scitex-io[{extra}]"' if extra else DISTRIBUTIONS.get(module, module)
        return f"pip install {package}"

    def with_options(self, options: Mapping[str, Any], verb: Verb, /) -> Self:
        """The same format with other options.

        Raises
        ------
        OptionError
            The format has no such option for *verb*, or the value is not one it takes.
        """
        if not options:
            return self
        known = self.options_for(verb)
        own = {name: value for name, value in options.items() if name in known}
        extra = {name: value for name, value in options.items() if name not in known}
        if extra:
            more = self.passes_on(verb) if isinstance(self, PassThrough) else ()
            for name in extra:
                if name not in more:
                    raise self._no_such_option(name, verb, (*known, *sorted({*more} - {*known})))
            own["extra_options"] = extra
        try:
            return evolve(self, **own)
        except (TypeError, ValueError) as error:
            raise OptionError(self.name, verb, "/".join(own), known, reason=str(error)) from error

    def _no_such_option(self, name: str, verb: Verb, known: tuple[str, ...]) -> OptionError:
        from difflib import get_close_matches

        other: Verb = "load" if verb == "save" else "save"
        reason = f"it is an option of {other}" if name in self.options_for(other) else ""
        # `separator` is no typo of `sep`, but means it.
        longer = [option for option in known if len(option) > 1 and name.startswith(option)]
        close = tuple(dict.fromkeys([*longer, *get_close_matches(name, known)]))
        return OptionError(self.name, verb, name, known, close, reason)

    def updates_in_place(self) -> bool:
        """Do the options ask to update a file instead of replacing it?"""
        return any(getattr(self, name) is not None for name in self.in_place_options)

    def reading_back(self, obj: object, /) -> Self:  # noqa: ARG002  # for those where it depends on the object
        """The same format with the options that load all of *obj*, which it has just saved."""
        return evolve(self, extra_options={}) if isinstance(self, PassThrough) and self.extra_options else self

    def needs_trust(self, path: Path, /) -> bool:  # noqa: ARG002  # for those that can tell
        """Could loading the file just saved ask whether it is trusted? Then its fingerprint is kept."""
        return self.executes_code

    def leaves_out(self, path: Path, /) -> str:  # noqa: ARG002  # for those where the file tells
        """Why saving what `load` gives would lose something else in the file; nothing if it would not."""
        return ""

    def is_cacheable(self) -> bool:
        """May the load cache keep what this loads? Not where it is a view of the file (a memory map)."""
        return True

    def stays_bound(self, wanted: object) -> bool:
        """Would what is loaded as *wanted* go on reading the file?"""
        return isinstance(wanted, type) and any(same_type(wanted, ref) for ref in self.bound)

    def whole(self) -> Self:
        """The same, giving nothing that stays bound to the file: for a file that is gone after the call."""
        return self

    def together(self) -> AbstractContextManager[object]:
        """Entered once around loading many files, for what is set for the whole process.

        A handler that changes such a thing for each file, as `warnings.catch_warnings` does, and is loaded in threads,
        makes the change here as well: then no thread can undo it for another.
        """
        return nullcontext()

    def match(self, obj: object, /) -> tuple[Accepts, int] | None:
        """The nearest accepted kind of *obj* and its distance (see `typeref.distance`); None if there is none."""
        # Classes are hashable, whatever a checker reads from the hash of their instances.
        ranked = _nearest(cast("Any", type(self)), cast("Any", type(obj)))
        return next(((row, steps) for row, steps in ranked if row.where is None or row.where(obj)), None)


@lru_cache(maxsize=1024)
def _nearest(handler: Any, kind: type) -> list[tuple[Accepts, int]]:
    """The rows for objects of one class, nearest first.

    Asked once for a class: the libraries of its bases are imported, or it would not be there.
    """
    found = [(row, steps) for row in handler.accepts if (steps := distance(kind, row.type)) is not None]
    return sorted(found, key=lambda entry: entry[1])
