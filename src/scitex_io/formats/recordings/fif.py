"""Neuromag's and MNE's own files (.fif): raw data, epochs, evoked responses."""

from __future__ import annotations

import copy
import logging
import struct
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from scitex_io.content.arrays import one_of
from scitex_io.errors import UnreadableFileError
from scitex_io.formats.recordings.exporting import refuse, refusing
from scitex_io.formats.recordings.recording import IN_TURN, PLACES, Recording, called, linked
from scitex_io.handler import Accepts, Fidelity, parameters
from scitex_io.losses import lose
from scitex_io.typing import Saver, Verb

RAW, EPOCHS, EVOKED = "mne.io:read_raw_fif", "mne:read_epochs", "mne:read_evokeds"
WRITE_RAW, WRITE_EPOCHS, WRITE_EVOKED = "mne.io:BaseRaw.save", "mne:BaseEpochs.save", "mne:write_evokeds"
TAG = struct.Struct(">iIii")  # kind, type, bytes, next
FILE_ID, BLOCK_START, BLOCK_END = 100, 104, 105  # kinds of tags
BLOCKS = {373: EPOCHS, 102: RAW, 104: EVOKED}  # kinds of blocks, and who reads them
ANNOTATIONS = 3810
SEPARATORS = ";"  # of the names of conditions
MOMENT = 0.01  # of a sample: by so much a time may move unannounced
SINGLE = "numbers of the header in single precision"


def are_evoked(items: list[Any]) -> bool:
    """Is it two or more evoked responses?"""
    import mne

    return len(items) > 1 and all(isinstance(item, mne.Evoked) for item in items)


@frozen(kw_only=True)
class Fif(Recording, Saver[Any]):
    """Raw data, epochs or evoked responses, with all that MNE knows of them.

    Parameters
    ----------
    fmt
        How samples are stored: ``"double"`` keeps them, ``"single"`` (and ``"int"``, ``"short"`` for raw data) takes
        less room.
    """

    name = "fif"
    extensions = (".fif",)
    accepts = (
        Accepts("mne.io.BaseRaw", Fidelity.VALUE, loads_as="mne.io.Raw", domain=SINGLE, subclasses=True),
        Accepts("mne.BaseEpochs", Fidelity.VALUE, loads_as="mne.BaseEpochs", domain=SINGLE, subclasses=True),
        Accepts("mne.Evoked", Fidelity.VALUE, domain=f"samples and {SINGLE}", subclasses=True),
        Accepts(list, Fidelity.VALUE, domain="two or more mne.Evoked", where=are_evoked),
    )
    yields = ("mne.io.BaseRaw", "numpy.ndarray", "pandas.DataFrame", "mne.BaseEpochs", "mne.Evoked", list)
    readers = (RAW, EPOCHS, EVOKED)
    companions = True

    fmt: Literal["double", "single", "int", "short"] = field(
        default="double", validator=one_of("double", "single", "int", "short"), metadata={"verb": "save"}
    )

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What MNE's readers or writers take beside file and object."""
        if verb == "load":
            return Recording.passes_on(self, verb)
        writers = map(parameters, (WRITE_RAW, WRITE_EPOCHS, WRITE_EVOKED))
        return frozenset().union(*writers) - PLACES - {"fmt", "evoked"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write it; what is too large for one file goes on in others beside it."""
        import mne

        given, options = dict(self.extra_options), {"overwrite": True}
        written = path.with_suffix(".fif")  # MNE takes no other
        with _quiet_about_names(), refusing(self, obj):
            for item in obj if isinstance(obj, list) else [obj]:
                refuse(item, path)
                self._announce(item)
            if isinstance(obj, mne.io.BaseRaw | mne.BaseEpochs):
                writer = WRITE_RAW if isinstance(obj, mne.io.BaseRaw) else WRITE_EPOCHS
                source = _unscaled(obj) if self.fmt in {"double", "single"} else obj
                called(self, "save", writer, source, given, options | {"fname": str(written), "fmt": self.fmt})
                self._compare_metadata(obj, written)
            else:
                evoked = [_unscaled(item) for item in (obj if isinstance(obj, list) else [obj])]
                called(self, "save", WRITE_EVOKED, written, given, options | {"evoked": evoked})
        written.replace(path)

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """Whatever of the kinds the file holds.

        Raises
        ------
        UnreadableFileError
            It holds none of them, or is not whole.
        """
        kinds = blocks(path, self.name)
        reader = next((function for kind, function in BLOCKS.items() if kind in kinds), None)
        with _quiet_about_names():
            if reader == EVOKED:
                found = self.call(EVOKED, path)
                return found[0] if isinstance(found, list) and len(found) == 1 else found
            if reader is not None:
                found = self.call(reader, path, preload=preload)
                for part in found.filenames[1:] if reader == RAW else ():
                    blocks(Path(part), self.name)
                return found
            if ANNOTATIONS in kinds:
                import mne

                with linked(path, ".fif") as link:
                    return mne.read_annotations(link)
        found = "it holds neither raw data nor epochs nor evoked responses nor annotations"
        raise UnreadableFileError(str(path), self.name, found, "MNE has readers of their own for other content")

    def _announce(self, obj: Any) -> None:
        """Say what the file has no room for: precision of times and of evoked responses, characters of other scripts."""
        import numpy as np

        rate = float(obj.info["sfreq"])
        if (stored := float(np.float32(rate))) != rate:
            lose(f"the sampling rate {rate} becomes {stored:.9g}")
        annotations = getattr(obj, "annotations", None) or None
        for name in ("onset", "duration") if annotations is not None else ():
            times = np.asarray(getattr(annotations, name), float)
            moved = np.abs(times.astype(np.float32) - times).max(initial=0)
            if moved * rate > MOMENT:
                lose(f"annotations move by up to {moved:.2g} s ({name})")
        if hasattr(obj, "nave"):
            with np.errstate(over="ignore"):
                single = obj.data.astype(np.complex64 if np.iscomplexobj(obj.data) else np.float32)
            if not np.array_equal(obj.data, single, equal_nan=True):
                lose("samples are rounded to single precision")
        elif self.fmt != "double":
            lose(f"samples are rounded (fmt={self.fmt!r})")
        conditions = getattr(obj, "event_id", None) or {}
        if odd := next((name for name in conditions if set(name) & set(SEPARATORS)), None):
            raise ValueError(f"the name of the condition {odd!r} holds a character that separates them in the file")
        subject = obj.info["subject_info"] or {}
        texts = [
            *(annotations.description if annotations is not None else ()),
            *conditions,
            getattr(obj, "comment", ""),
        ]
        for text in (*texts, *obj.info.values(), *subject.values()):
            if isinstance(text, str) and text.encode("latin-1", "xmlcharrefreplace") != text.encode(
                "latin-1", "replace"
            ):
                lose("characters beyond Latin-1 become references like &#8364;")

    def _compare_metadata(self, obj: Any, path: Path) -> None:
        """Say where the table of epochs changes, which is stored as JSON."""
        metadata = getattr(obj, "metadata", None)
        if metadata is None:
            return
        stored = called(self, "load", EPOCHS, path, {}, {"preload": False}).metadata
        if stored is None or not stored.equals(metadata) or list(stored.dtypes) != list(metadata.dtypes):
            lose("the metadata of epochs is stored as JSON, which changes their types or index")


def _unscaled(obj: Any) -> Any:
    """The same object for a writer, without the calibrations that it would divide by and multiply with again."""
    source = copy.copy(obj)
    source.info = obj.info.copy()
    for channel in source.info["chs"]:
        channel["cal"] = channel["range"] = 1.0
    return source


@contextmanager
def _quiet_about_names() -> Iterator[None]:
    """Inside, MNE neither warns nor logs that a name should end in ``-raw.fif`` or the like."""
    logger, begin = logging.getLogger("mne"), "This filename "

    def is_other(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(begin)

    logger.addFilter(is_other)
    try:
        with IN_TURN, warnings.catch_warnings():
            warnings.filterwarnings("ignore", begin)
            yield
    finally:
        logger.removeFilter(is_other)


def blocks(path: Path, name: str) -> set[int]:
    """The kinds of blocks in the file, found by following its tags.

    Raises
    ------
    UnreadableFileError
        A tag reaches beyond the end, or a block does not end.
    """
    size = path.stat().st_size
    found: set[int] = set()
    inside: list[int] = []
    at = 0
    with path.open("rb") as file:

        def damaged(what: str) -> UnreadableFileError:
            return UnreadableFileError(str(path), name, f"it is cut short or damaged: {what}")

        while at < size:
            file.seek(at)
            head = file.read(TAG.size)
            if len(head) < TAG.size:
                raise damaged("it ends in a tag")
            kind, _, length, following = TAG.unpack(head)
            if at == 0 and kind != FILE_ID:
                raise UnreadableFileError(str(path), name, "it does not begin as such files do")
            end = at + TAG.size + length
            if length < 0 or end > size:
                raise damaged(f"a tag of {length} bytes reaches beyond its end")
            if kind in {BLOCK_START, BLOCK_END}:
                (block,) = struct.unpack(">i", file.read(4).ljust(4, b"\xff"))
                if kind == BLOCK_START:
                    inside.append(block)
                    found.add(block)
                elif not inside or inside.pop() != block:
                    raise damaged("its blocks are not nested")
            if following == -1:
                break
            if 0 < following <= at:
                raise damaged("its tags lead back")
            at = following if following > 0 else end
    if inside or not found:
        raise damaged("a block does not end")
    return found
