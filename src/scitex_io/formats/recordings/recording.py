"""What all formats of recordings share: MNE reads them, into memory, whole or a part."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from functools import reduce
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, Self

from attrs import evolve, frozen

from scitex_io.content.parts import TablePart
from scitex_io.errors import OptionError, UnreadableFileError
from scitex_io.formats.recordings.forms import as_wanted, facts, part_of
from scitex_io.handler import FormatHandler, PassThrough, load_option, parameters
from scitex_io.typeref import TypeRef
from scitex_io.typing import Describer, Loader, TypedLoader, Verb

IN_TURN = RLock()
"""Filters of warnings belong to the process: threads that change them take turns, or one would undo what another set."""
PLACES = frozenset({"fname", "input_fname", "vhdr_fname", "overwrite", "preload", "verbose"})
"""Parameters of MNE's functions that are ours to give."""
SEAMS = frozenset({"isfile", "mne_module", "reader"})
"""Taken without effect, for scripts that passed stand-ins for MNE to earlier versions."""
SMALL = 1 << 28
"""Bytes; a file below this that asks for more memory than there is has a damaged length in it."""


@frozen(kw_only=True)
class Recording(FormatHandler, PassThrough, TablePart, Loader[Any], TypedLoader, Describer):
    """Signals of several channels over time.

    Parameters
    ----------
    preload
        True: the samples are read into memory, and the object has nothing more to do with the file. False: MNE reads
        them from the file when they are used. A path: MNE keeps them in that file.
    rows
        ``slice(start, stop)``: only these samples (of an epoched file: these epochs).
    columns
        Only these channels, by name.
    **mne
        What MNE's reader of the format understands.
    """

    yields: ClassVar[tuple[TypeRef, ...]] = ("mne.io.BaseRaw", "numpy.ndarray", "pandas.DataFrame")
    requires: ClassVar[tuple[str, ...]] = ("mne",)
    readers: ClassVar[tuple[str, ...]] = ()  # the functions that take the options
    companions: ClassVar[bool] = False  # more files than one, of which the cache would see no change
    header_only: ClassVar[bool] = False  # what is read under another name is needed once
    cuts_first: ClassVar[bool] = True  # a part of the file can be read by itself

    preload: bool | str = load_option(True)

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What MNE's readers take beside the file."""
        if verb == "save":
            return ()
        return frozenset().union(*map(parameters, self.readers)) - PLACES | SEAMS

    def is_cacheable(self) -> bool:
        """Not where the samples stay in a file, nor where they are in another one than the header."""
        return self.preload is True and not self.companions

    def whole(self) -> Self:
        """Loaded into memory."""
        return evolve(self, preload=True)

    def load(self, path: Path, /) -> Any:
        """The recording as MNE's object, in memory unless ``preload=False``."""
        part = self.rows is not None or self.columns is not None
        with self.readable(path) as source:
            preload = self.preload if not part else not self.can_cut(source)
            try:
                found = part_of(self, self.read(source, preload=preload), path)
                if (self.preload and part) or (source != path and not self.header_only):
                    _load_data(found)
            except MemoryError as error:
                if path.stat().st_size >= SMALL:
                    raise
                raise UnreadableFileError(str(path), self.name, "a length in it is beyond any memory") from error
        return found

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The samples as (channels, times) or (epochs, channels, times) in volts, or as a table beside their times."""
        return as_wanted(self.load(path), wanted, path)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Channels, sampling rate, duration, number of annotations and date, without reading samples where MNE can."""
        with self.readable(path) as source, IN_TURN, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return facts(self.read(source, preload=False))

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The content as MNE reads it."""
        return self.call(self.readers[0], path, preload=preload)

    def call(self, function: str, path: Path, /, **options: Any) -> Any:
        """What a function of MNE, ``"module:name"``, makes of the file with the user's options."""
        given = {name: value for name, value in self.extra_options.items() if name not in SEAMS}
        return called(self, "load", function, path, given, options)

    def can_cut(self, path: Path) -> bool:  # noqa: ARG002  # for those whose files differ in this
        """Is a part of this file the same read by itself as cut out of the whole?"""
        return self.cuts_first

    @contextmanager
    def readable(self, path: Path) -> Iterator[Path]:
        """The file under a name that MNE takes for one of this format."""
        if path.name.lower().endswith(self.extensions):
            yield path
        else:
            with linked(path, self.extensions[0]) as link:
                yield link


def called(
    handler: FormatHandler, verb: Verb, function: str, obj: Any, given: dict[str, Any], options: dict[str, Any]
) -> Any:
    """What a function of MNE returns, which is to tell of what matters and of nothing else.

    Raises
    ------
    OptionError
        The function has no such option.
    """
    known = parameters(function)
    for name in given:
        if name not in known:
            raise OptionError(handler.name, verb, name, tuple(sorted(known - PLACES)), reason="not for such content")
    module, _, name = function.partition(":")
    made = reduce(getattr, name.split("."), import_module(module))
    source = str(obj) if isinstance(obj, Path) else obj
    import numpy as np

    with (
        nullcontext() if _Settled.by else quiet(),
        np.errstate(all="ignore"),
    ):  # places that are not known, and the like
        return made(source, **{"verbose": "WARNING", **options, **given})  # type: ignore[operator]  # a function, by its name


@contextmanager
def quiet() -> Iterator[None]:
    """Without what libraries tell each other of what will be deprecated."""
    with IN_TURN, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


class _Settled:
    by = 0  # who loads many files in threads, and has set the filters for all of them


@contextmanager
def settled() -> Iterator[None]:
    """`quiet` once, for many calls that need not take turns."""
    _Settled.by += 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        _Settled.by -= 1


@contextmanager
def linked(path: Path, extension: str) -> Iterator[Path]:
    """A link to the file whose name ends in *extension*, for readers that go by the name."""
    with tempfile.TemporaryDirectory(prefix="scitex-io-") as folder:
        link = Path(folder, f"{path.stem}{extension}")
        link.symlink_to(path.absolute(), target_is_directory=path.is_dir())
        yield link


def _load_data(found: Any) -> None:
    import mne

    with mne.use_log_level("WARNING"):
        for item in found if isinstance(found, list) else [found]:
            if hasattr(item, "load_data"):
                item.load_data()
