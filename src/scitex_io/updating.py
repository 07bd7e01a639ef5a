"""Change what a file holds, while nobody else changes it: ``with update("results.json") as tree: ...``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from scitex_io.api import load, save
from scitex_io.conflicts import FileChangedError
from scitex_io.disk import memo, routing
from scitex_io.disk.drafts import updating
from scitex_io.errors import InvalidPathError, MissingFileError, MissingKeyError, OptionError, UnsupportedTypeError
from scitex_io.handler import FormatHandler, PassThrough
from scitex_io.loading import loader_for, locate
from scitex_io.metadata import read_metadata
from scitex_io.policy import Trust
from scitex_io.saving import saver_for
from scitex_io.typing import OnLoss, StrPath, Verb, is_metadata_carrier

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")
PARTS = frozenset(
    (
        *("key", "rows", "columns", "query", "nrows", "usecols", "skiprows", "skipfooter", "chunksize", "iterator"),
        "mmap_mode",
    )
)
"""Options of `load` that leave out something, or give a view of the file."""
NOTHING: Any = object()
"""No default."""


class Update(Generic[T]):
    """What `update` gives, for a ``with`` block.

    Attributes
    ----------
    content
        What is saved at the end. Set it where the object itself cannot become what is wanted: a shorter array, a
        filtered table, another text.
    path
        The file; known inside the block.
    """

    content: T
    path: Path

    def __init__(
        self,
        path: StrPath,
        default: Any,
        as_type: Any,
        trust: Trust,
        writing: dict[str, Any],
        options: dict[str, Any],
        *,
        use_caller_path: bool,
    ) -> None:
        self._asked = routing.normalised(path)
        self._default = default
        self._as_type = as_type
        self._trust = trust
        self._writing = writing
        self._options = options
        self._use_caller_path = use_caller_path

    def __enter__(self) -> T:
        self.path = self._located()
        with ExitStack() as stack:
            stack.enter_context(updating(self.path))
            self._before = _state(self.path)
            self.content = self._loaded()
            self._lock = stack.pop_all()
        return self.content

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._lock.__exit__(kind, error, trace)
            return
        with self._lock:
            if _state(self.path) != self._before:
                raise FileChangedError(str(self.path))
            save(self.content, self.path, **self._writing)

    def _located(self) -> Path:
        try:
            found = locate(self._asked, use_caller_path=self._use_caller_path)
        except MissingFileError:
            if self._default is NOTHING:
                raise
            return routing.normalised(routing.anchor(use_caller_path=self._use_caller_path) / self._asked)
        if not isinstance(found, Path):
            raise InvalidPathError(str(self._asked), "it is a pattern, and files are updated one at a time")
        return found

    def _loaded(self) -> T:
        """The content, or the default where there is none; the options go to the verbs that know them."""
        content: Any = self._default
        told: dict[str, Any] = {}
        is_there = self._before is not None
        handler = None
        if is_there:
            handler = loader_for(self.path, None, self._writing["handler"], self._as_type)
            told = self._options_for(handler, "load")
            _check_whole(handler, told, self.path)
            try:
                given = {"handler": self._writing["handler"], "as_type": self._as_type, "trust": self._trust}
                content = load(self.path, cache=False, **given, **told)
            except MissingKeyError:
                if content is NOTHING:
                    raise
        try:
            saver, _ = saver_for(content, self.path, self._writing["handler"])
        except UnsupportedTypeError:  # a default that stands for nothing: the content is set later
            both = frozenset() if handler is None else handler.options_for("save")
            self._writing |= {name: value for name, value in self._options.items() if name not in told or name in both}
            return cast("T", content)
        written = self._options_for(saver, "save")
        for name in self._options.keys() - told - written.keys():
            saver.with_options({name: self._options[name]}, "save")  # raises: neither verb knows it
        self._writing |= written
        whole = is_there and not saver.with_options(written, "save").updates_in_place()
        if whole and is_metadata_carrier(saver) and (notes := read_metadata(self.path)) is not None:
            self._writing["metadata"] = notes
        return cast("T", content)

    def _options_for(self, handler: FormatHandler, verb: Verb) -> dict[str, Any]:
        known = {*handler.options_for(verb), *(handler.passes_on(verb) if isinstance(handler, PassThrough) else ())}
        return {name: value for name, value in self._options.items() if name in known}


@overload
def update(
    path: StrPath,
    *,
    default: Any = NOTHING,
    as_type: None = None,
    handler: Any = None,
    on_loss: OnLoss = "warn",
    durable: bool = False,
    verify: bool = False,
    verbose: bool = True,
    trust: Trust = False,
    use_caller_path: bool = False,
    **options: Any,
) -> Update[Any]: ...
@overload
def update(
    path: StrPath,
    *,
    default: Any = NOTHING,
    as_type: type[T],
    handler: Any = None,
    on_loss: OnLoss = "warn",
    durable: bool = False,
    verify: bool = False,
    verbose: bool = True,
    trust: Trust = False,
    use_caller_path: bool = False,
    **options: Any,
) -> Update[T]: ...
@overload
def update(
    path: StrPath,
    *,
    default: Any = NOTHING,
    as_type: TypeForm[T],
    handler: Any = None,
    on_loss: OnLoss = "warn",
    durable: bool = False,
    verify: bool = False,
    verbose: bool = True,
    trust: Trust = False,
    use_caller_path: bool = False,
    **options: Any,
) -> Update[T]: ...
def update(
    path: StrPath,
    *,
    default: Any = NOTHING,
    as_type: Any = None,
    handler: Any = None,
    on_loss: OnLoss = "warn",
    durable: bool = False,
    verify: bool = False,
    verbose: bool = True,
    trust: Trust = False,
    use_caller_path: bool = False,
    **options: Any,
) -> Update[Any]:
    """Change a file as one step: ``with update("results.json") as tree: tree["b"] = 2``.

    Other updates of the file, and saves of one ``key=`` of it, wait until the block ends; the lock dies with its process.
    When the block ends, what was given is saved at once; in an error the file stays as it was. What has to be replaced
    rather than changed is set as ``content``::

        with (change := update("trials.csv")) as table:
            change.content = table[table["correct"]]

    Metadata inside the file are kept; what `load` does not give (comments, formulas, styles) is not.

    Parameters
    ----------
    path
        The file that `load` would load; what is not there yet is made where `save` would put it.
    default
        The content where there is no such file, or nothing under the key. Without it that is an error.
    as_type
        As for `load`: a DataFrame, an attrs class, a `DotDict`, ...
    handler
        Use this format whatever the extension says.
    on_loss, durable, verify, verbose
        As for `save`.
    trust
        As for `load`.
    use_caller_path
        Find the calling script behind installed libraries that wrap this function.
    **options
        Options of the format, each given to the verb that knows it, or to both. ``key=`` updates one part where the
        format can save it alone (HDF5, Zarr, SQLite).

    Raises
    ------
    MissingFileError, MissingKeyError
        There is nothing to update, and no default.
    FileChangedError
        A plain `save`, or another program, replaced the file inside the block; it stays as that left it.
    OptionError
        An option that neither verb knows, or that would load only a part and lose the rest.
    """
    writing = {"handler": handler, "on_loss": on_loss, "durable": durable, "verify": verify, "verbose": verbose}
    return Update(path, default, as_type, trust, writing, options, use_caller_path=use_caller_path)


def _check_whole(handler: FormatHandler, options: Mapping[str, Any], path: Path) -> None:
    """See that nothing is left out that a save would remove.

    Raises
    ------
    OptionError
        Something is.
    """
    known = handler.options_for("load")
    for name in PARTS & options.keys() - handler.in_place_options:
        raise OptionError(handler.name, "update", name, known, reason="the rest of the file would be lost")
    if reason := handler.with_options(options, "load").leaves_out(path):
        raise OptionError(handler.name, "update", "/".join(options), known, reason=reason)


def _state(path: Path) -> object:
    """What changes when somebody replaces the file; None if it is not there."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, memo.identity(path)
