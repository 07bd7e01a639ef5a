"""What is under test: a handler, and what its checks need to know about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import field, frozen

from scitex_io import api
from scitex_io.comparing import differences
from scitex_io.contracts import check
from scitex_io.errors import MissingDependencyError
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.typeref import TypeRef, named

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

FIT = 50
"""Values tried to see whether a strategy gives any for a row."""


class NotApplicableError(Exception):
    """What the check takes is not there on this system."""


def fail(what: str) -> NoReturn:
    """End the check: the handler breaks its promise."""
    raise AssertionError(what)


def needs(module: str) -> None:
    """Say how to install what the checks themselves need.

    Raises
    ------
    MissingDependencyError
        It is absent.
    """
    if find_spec(module) is None:
        raise MissingDependencyError("scitex_io.testing", module, 'pip install "scitex-io[testing]"')


@frozen(kw_only=True)
class Effort:
    """How much is tried."""

    cuts: int = 512
    """Places at which a file is cut; every byte of one that is not longer."""
    flips: int = 256
    """Bits that are flipped, one in each try."""
    examples: int | None = None
    """Values for each row; None: as many as hypothesis's profile says."""
    seconds: float = 20
    """The longest that loading a damaged file may take."""


def _values(given: Any) -> Any:
    return {named(kind): drawn for kind, drawn in given.items()} if isinstance(given, Mapping) else given


def _by_name(given: Mapping[TypeRef, Any]) -> dict[TypeRef, Any]:
    return {named(kind): value for kind, value in given.items()}


def _plain(got: Any, want: Any) -> str | None:
    return next((str(found) for found in differences(want, got, limit=1)), None)


def _itself(value: Any) -> Any:
    return value


@frozen(kw_only=True)
class Subject:
    """A handler under test.

    Parameters
    ----------
    handler
        An instance, or a class whose options all have defaults.
    values
        What to save: a strategy of hypothesis, or one for each accepted type (or row, as its text). Types of Python, NumPy and
        pandas need none.
    loads_as
        For rows of fidelity VALUE: what an object has to be equal to when it is loaded. Without it, what means the same is
        equal.
    options
        What saving objects of a type cannot do without.
    sample
        Makes the object whose file is damaged; the simplest value, if it is not given.
    parts_are_whole
        A part of a file can be a file: text without an end.
    checksummed
        No flipped bit changes what is loaded.
    kindred
        Other formats that `load` reads as well: ``{"png"}``.
    content
        What of a loaded value is content, where some of it is about the file.
    difference
        Tells in words how what was loaded differs from what it should be; None if it does not.
    weak
        Rows (as their text) whose claims are weaker than what is seen, and why that is right.
    by_name
        Leave it to the file's name which handler is used, as for one that is registered.
    """

    handler: FormatHandler = field(converter=check)
    values: SearchStrategy[Any] | Mapping[TypeRef, SearchStrategy[Any]] = field(
        factory=dict[Any, Any], converter=_values
    )
    loads_as: Mapping[TypeRef, Callable[[Any], Any]] = field(factory=dict[Any, Any], converter=_by_name)
    options: Mapping[TypeRef, Mapping[str, Any]] = field(factory=dict[Any, Any], converter=_by_name)
    sample: Callable[[], Any] | None = None
    parts_are_whole: bool = False
    checksummed: bool = False
    kindred: Collection[str] = ()
    content: Callable[[Any], Any] = _itself
    difference: Callable[[Any, Any], str | None] = _plain
    weak: Mapping[str, str] = field(factory=dict[str, str])
    by_name: bool = False

    def path(self, folder: Path, stem: str = "x") -> Path:
        """A name of this format."""
        return folder / f"{stem}{self.handler.extensions[0]}"

    def save(self, obj: object, path: Path, **options: Any) -> Path:
        """Save as users do."""
        given: dict[str, Any] = {"verbose": False, "on_loss": "allow", **options}
        given |= {} if self.by_name else {"handler": self.handler}
        return api.save(obj, path, **given)

    def load(self, path: Path, **options: Any) -> Any:
        """Load as users do."""
        given: dict[str, Any] = options if self.by_name else {"handler": self.handler, **options}
        return api.load(path, cache=False, **given)

    # ------------------------------------------------------------ values

    def drawn(self, row: Accepts) -> SearchStrategy[Any]:
        """Objects that the handler itself assigns to this row."""
        needs("hypothesis")
        from scitex_io.testing.values import derived

        def assigned(obj: Any) -> bool:
            found = self.handler.match(obj)
            return found is not None and found[0] is row

        strategy: Any = self.values
        if isinstance(self.values, Mapping):
            strategy = self.values.get(str(row), self.values.get(named(row.type)))
        elif not _gives(strategy.filter(assigned)):
            strategy = None
        strategy = derived(row.type) if strategy is None else strategy
        if strategy is None:
            fail(f"no values are known for {row}: give values={{{named(row.type)!r}: a strategy}}")
        filtered: SearchStrategy[Any] = strategy.filter(assigned)
        return filtered

    def options_for(self, row: Accepts) -> Mapping[str, Any]:
        """What saving objects of this row cannot do without."""
        return self.options.get(named(row.type), {})

    def made(self) -> tuple[Any, Mapping[str, Any]]:
        """The object whose file is damaged, and what saving it takes."""
        if self.sample is not None:
            obj = self.sample()
        else:
            from scitex_io.testing.values import example

            obj = next(
                (found for row in self.handler.accepts if (found := example(self.handler, row)) is not None), None
            )
            obj = self._simplest() if obj is None else obj
        match = self.handler.match(obj)
        return obj, self.options_for(match[0]) if match else {}

    def _simplest(self) -> Any:
        from hypothesis import find, settings

        return find(self.drawn(self.handler.accepts[0]), lambda _: True, settings=settings(database=None))

    def is_steady(self, obj: Any) -> bool:
        """Does the same object give the same content each time? What encodes in threads of its own need not."""
        match = self.handler.match(obj)
        return match is None or match[0].fidelity in {Fidelity.EXACT, Fidelity.VALUE}

    def saved(self, folder: Path) -> tuple[Path, Any]:
        """A file of this format, and what it loads as."""
        obj, options = self.made()
        path = self.save(obj, self.path(folder), **options)
        return path, self.load(path)

    def changed(self, got: Any, want: Any) -> str | None:
        """How the content of two loaded values differs."""
        return self.difference(self.content(got), self.content(want))


def _gives(strategy: Any) -> bool:
    from hypothesis import HealthCheck, find, settings
    from hypothesis.errors import NoSuchExample, Unsatisfiable

    health: Any = list(HealthCheck)
    few = settings(max_examples=FIT, database=None, derandomize=True, suppress_health_check=health)
    try:
        find(strategy, lambda _: True, settings=few)
    except (NoSuchExample, Unsatisfiable):
        return False
    return True


@contextmanager
def quiet() -> Iterator[None]:
    """Libraries may warn of damage as they like."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
