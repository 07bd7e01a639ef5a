"""How MNE's exporters write, and how what they change is told."""

from __future__ import annotations

import copy
import importlib
import logging
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.errors import ScitexIOError, UnsupportedTypeError, type_name
from scitex_io.formats.recordings.recording import IN_TURN, PLACES, Recording, called
from scitex_io.handler import parameters
from scitex_io.losses import lose
from scitex_io.typing import Verb

RAW, EPOCHS = "mne.export:export_raw", "mne.export:export_epochs"
KNOWN = ("Encountered data in",)
"""How warnings begin that say what the format declares to lose anyway."""


@frozen(kw_only=True)
class Exported(Recording):
    """A format that MNE exports to, with a library of its own.

    Parameters
    ----------
    **mne
        What ``mne.export.export_raw`` or ``export_epochs`` understands.
    """

    exports_as: ClassVar[str]  # MNE's word for the format
    exports_with: ClassVar[str]  # its library
    writes: ClassVar[tuple[str, ...]] = ()  # the extensions of other files
    exporters: ClassVar[tuple[str, ...]] = (RAW,)

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What MNE's readers or exporters take beside file and object."""
        if verb == "load":
            return Recording.passes_on(self, verb)
        return frozenset().union(*map(parameters, self.exporters)) - PLACES - {"raw", "epochs", "fmt"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the recording; every warning of the exporter is a loss.

        Raises
        ------
        UnsupportedTypeError
            The format has no room for something in it: a long name, a date of another century.
        """
        import mne

        importlib.import_module(self.exports_with)
        exporter = EPOCHS if isinstance(obj, mne.BaseEpochs) else RAW
        source = copy.copy(obj)  # the samples that an exporter loads are not to stay in the user's object
        given = {
            (next(iter({"epochs", "raw"} & parameters(exporter)))): source,
            "fmt": self.exports_as,
            "overwrite": True,
        }
        with (
            IN_TURN,
            warnings.catch_warnings(record=True) as told,
            refusing(self, obj),
            _logging_losses(self.exports_with),
        ):
            warnings.simplefilter("always")
            refuse(obj, path, *self.writes)
            called(self, "save", exporter, path, dict(self.extra_options), given)
        for warning in told:
            text = str(warning.message)
            if issubclass(warning.category, (RuntimeWarning, UserWarning)) and not text.startswith(KNOWN):
                lose(text)


def refuse(obj: Any, path: Path, *companions: str) -> None:
    """Raise where MNE would write something else than is there.

    Raises
    ------
    ValueError
        Raw samples are complex, or they are still to be read from what is to be replaced.
    """
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it means to read one sample alone
        if hasattr(obj, "first_samp") and np.iscomplexobj(obj.get_data(start=0, stop=1)):
            raise ValueError("its samples are complex")
    if getattr(obj, "preload", True):
        return
    written = {path.name, *(path.with_suffix(companion).name for companion in companions)}
    folders = {folder.resolve() for folder in _folders(path)}
    for place in map(Path, filter(None, getattr(obj, "filenames", None) or [obj.filename])):
        if place.name in written and place.parent.resolve() in folders:
            raise ValueError(f"it would read its samples from '{place.name}' after that is replaced: load_data() first")


def _folders(path: Path) -> Iterator[Path]:
    """The folder of a draft, which is hidden in that of its target, and those above up to one that is not."""
    for folder in path.parents:
        yield folder
        if not folder.name.startswith("."):
            return


@contextmanager
def _logging_losses(library: str) -> Iterator[None]:
    """Take what a library logs while it writes for a loss, instead of letting it print that."""

    def taken(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            lose(record.getMessage())
        return False

    logger = logging.getLogger(library)
    logger.addFilter(taken)
    try:
        yield
    finally:
        logger.removeFilter(taken)


@contextmanager
def refusing(handler: Recording, obj: object) -> Iterator[None]:
    """Let what a writer of MNE's objects to, where no option can be the reason, be the refusal that it is."""
    try:
        yield
    except ScitexIOError:
        raise
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        if handler.extra_options:
            raise
        raise UnsupportedTypeError(handler.name, type_name(type(obj)), reason=str(error)) from error
