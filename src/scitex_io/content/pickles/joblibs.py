"""Files of joblib read under the policy in force: pickles with the memory of arrays in between."""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any, ClassVar

from scitex_io.content.pickles.careful import Careful, UnknownNameError
from scitex_io.content.pickles.reading import HOSTILE
from scitex_io.content.pickles.rules import HostileError
from scitex_io.content.pickles.survey import survey
from scitex_io.limits import Counted, take
from scitex_io.policy import Policy, trusted

OLDEST = b"ZF"
"""Files of joblib before 0.10, whose arrays are files of their own."""


def loaded(path: Path, mmap_mode: str | None) -> Any:
    """The object that a file holds.

    Raises
    ------
    UntrustedFileError
        It wants more than data, and nobody allowed that.
    """
    import joblib

    policy = trusted()
    if not policy.everything:
        try:
            return _as_data(path, mmap_mode, policy)
        except (UnknownNameError, HostileError) as error:
            if not policy.written_here():
                with _opened(path) as file:
                    wanted = survey(file, policy).names
                raise policy.refusal(path, wanted, "" if wanted else HOSTILE) from error
    # Without this joblib turns every array into the byte order of the machine.
    return joblib.load(path, mmap_mode=mmap_mode, ensure_native_byte_order=False)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, unpacked if it is compressed."""
    from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap

    with path.open("rb") as raw:
        if raw.read(len(OLDEST)) == OLDEST:
            raise HostileError("it is of joblib before 0.10")
        raw.seek(0)
        with _validate_fileobject_and_memmap(raw, str(path)) as (file, _):
            yield file if file is raw else Counted(file)


def _as_data(path: Path, mmap_mode: str | None, policy: Policy) -> Any:
    copyreg.clear_extension_cache()
    with _opened(path) as file:
        # Only the file itself can be mapped.
        return _CarefulJoblib(
            file, policy, path, mmap_mode if getattr(file, "name", None) == str(path) else None
        ).load()


class _CarefulJoblib(Careful):
    """Reads the arrays that lie between the steps, as joblib's own unpickler does."""

    dispatch: ClassVar[Any] = dict(Careful.dispatch)

    def __init__(self, file: IO[bytes], policy: Policy, path: Path, mmap_mode: str | None) -> None:
        super().__init__(file, policy)
        import numpy as np

        # What joblib's wrapper of an array asks of an unpickler.
        self.file_handle, self.filename, self.mmap_mode, self.np = file, str(path), mmap_mode, np

    def load_build(self) -> None:
        """Give an instance its state; one that stands for an array is replaced by the array behind it."""
        from joblib.numpy_pickle import NumpyArrayWrapper

        super().load_build()
        if type(self.stack[-1]) is not NumpyArrayWrapper:
            return
        wrapper: Any = self.stack[-1]
        take(prod(wrapper.shape) * wrapper.dtype.itemsize, f"an array of shape {wrapper.shape}")
        if wrapper.dtype.hasobject:
            self.stack[-1] = Careful(self.file_handle, self.policy).load()
        else:
            self.stack[-1] = wrapper.read(self, ensure_native_byte_order=False)

    dispatch[pickle.BUILD[0]] = load_build
