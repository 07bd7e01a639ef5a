"""PyTorch's files (.pt, .pth): tensors, state dicts, checkpoints.

Such a file is a zip archive (an older one: a row of pickles) of a pickle and the memory of its tensors. By default
it is read by PyTorch's restricted unpickler, which admits tensors and plain containers and runs nothing else.
"""

from __future__ import annotations

import errno
import pickle
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen
from attrs.validators import instance_of, optional

from scitex_io.content.parts import at_key, load_key_option
from scitex_io.content.pickles.careful import UnknownNameError, allowed
from scitex_io.errors import UnexpectedTypeError, UnreadableFileError, UnsupportedTypeError, UntrustedFileError
from scitex_io.errors import type_name as named
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, load_option
from scitex_io.losses import lose
from scitex_io.policy import Policy, trusted
from scitex_io.typeref import FAR
from scitex_io.typing import Describer, Loader, Saver, TypedLoader, Verb

MISMATCH = "it is damaged, or was written without checksums; verify=False loads it anyway"
ZIP = b"PK\x03\x04"
SMALL = 1 << 28
"""Bytes; a file below this that asks for more memory than there is has a damaged length in it."""
MODULE = Accepts(
    "torch.nn.Module",
    Fidelity.LOSSY,
    loads_as="collections.OrderedDict",
    domain="its state dict",
    loses="a module is stored as its state dict (weights_only=False stores the module itself)",
    subclasses=True,
)
OBJECT = Accepts(object, domain="containers of tensors, numbers and texts; anything with weights_only=False")
UNTRUE = ("pickle_load_args only works", "'torch.load' received a zip file", "Detected pickle protocol")
"""Warnings of torch about what is handled here: an encoding, a program, another protocol."""
# What the restricted unpickler says of an object, not of a damaged file.
_REFUSED = re.compile(r"GLOBAL (\S+)|Trying to (?:call|instantiate)|Can only (?:build|create)")


@frozen(kw_only=True)
class Torch(FormatHandler, PassThrough, Saver[object], Loader[Any], TypedLoader, Describer):
    """What ``torch.save`` writes; loaded without running code of the file.

    Parameters
    ----------
    weights_only
        Load: unless the file is trusted (``trust=``, or saved here), admit tensors, plain containers, numbers and texts; False admits any object and runs what the file
        says. Save: a module is stored as its state dict, and what would be refused on loading is announced;
        False stores all objects themselves.
    map_location
        Where tensors go, as in ``torch.load``; by default to the device they were on, or to the CPU where that
        device is not to be had.
    mmap
        Leave the tensors in the file until they are used; checksums are not compared then.
    verify
        Compare the checksums of the file, which ``torch.load`` does not.
    encoding
        Of texts in files of Python 2.
    key
        The part to load, ``"model/layer.weight"``.
    **torch
        What ``torch.save`` and ``torch.load`` understand.
    """

    name = "torch"
    extensions = (".pt", ".pth")
    accepts = (Accepts("torch.Tensor", domain="without its gradient", subclasses=True), MODULE, OBJECT)
    yields = (object, "numpy.ndarray")
    requires = ("torch",)
    extra = "ml"
    executes_code = True
    library = {"save": "torch:save", "load": "torch:load"}

    weights_only: bool = field(default=True, validator=instance_of(bool))
    map_location: Any = field(default=None, metadata={"verb": "load"})
    mmap: bool = load_option(False)
    verify: bool = load_option(True)
    encoding: str | None = field(default=None, validator=optional(instance_of(str)), metadata={"verb": "load"})
    key: str | None = load_key_option()

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """The options of ``torch.save`` and ``torch.load``."""
        return frozenset(super().passes_on(verb)) - {"obj", "f"}

    def match(self, obj: object, /) -> tuple[Accepts, int] | None:
        """A module is an object like any other where all may be stored."""
        found = super().match(obj)
        return (OBJECT, FAR + 1) if found is not None and found[0] is MODULE and not self.weights_only else found

    def is_cacheable(self) -> bool:
        """Not kept: copies of tensors that share their memory would not share it."""
        return False

    def save(self, obj: object, path: Path, /) -> None:
        """Write the object; of a module its state dict."""
        import torch

        if self.weights_only and isinstance(obj, torch.nn.Module):
            obj = obj.state_dict()
        try:
            with path.open("wb") as file:  # an open file: the archive in it would bear the name of the path
                torch.save(obj, file, **self.extra_options)
        except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
            raise UnsupportedTypeError(self.name, named(type(obj)), reason=str(error) or "nested too deeply") from error
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # torch hides what the disk said
                raise error.__context__ from None
            raise UnsupportedTypeError(self.name, named(type(obj)), reason=str(error)) from error
        if self.weights_only and (unknown := _beyond(path)):
            lose(f"it holds {', '.join(unknown)}, so elsewhere it loads with weights_only=False alone")

    def load(self, path: Path, /) -> Any:
        """Read the object, or the part of it that *key* names."""
        policy = trusted()
        if not self.weights_only:
            return self._load(path)
        if not policy.everything:
            try:
                with _allowing(path, policy):
                    return self._load(path)
            except UntrustedFileError:
                if not policy.written_here():
                    raise
        return evolve(self, weights_only=False)._load(path)  # noqa: SLF001  # itself

    def _load(self, path: Path) -> Any:
        zipped = _is_zip(path)
        program = zipped and self._is_program(path)
        if program and self.weights_only:
            raise _untrusted(path, (), "a program (TorchScript)")
        obj = self._read(path, zipped=zipped, program=program)
        return obj if self.key is None else at_key(obj, self.key, path)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """One dense tensor as an array."""
        import torch

        tensor = self.load(path)
        if not isinstance(tensor, torch.Tensor):
            return tensor
        try:
            return tensor.detach().cpu().resolve_conj().resolve_neg().numpy()
        except (TypeError, RuntimeError) as error:
            held = f"a tensor of {tensor.dtype}, {tensor.layout}"
            raise UnexpectedTypeError(str(path), held, named(wanted), (str(error),)) from error

    def describe(self, path: Path, /) -> dict[str, Any]:
        """What it holds, by the pickle alone where the layout allows it."""
        from scitex_io.describe import described

        try:
            return described(evolve(self, mmap=_is_zip(path)).load(path))
        except UntrustedFileError as error:
            return {"kind": "object", "untrusted": error.found}

    def _is_program(self, path: Path) -> bool:
        """Is the archive a TorchScript program? Its checksums are compared on the way.

        Raises
        ------
        UnreadableFileError
            The archive is damaged.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                bad = archive.testzip() if self.verify and not self.mmap else None
        except OSError as error:
            if error.errno != errno.EINVAL:  # a place before the file begins
                raise
            raise UnreadableFileError(str(path), self.name, "a damaged zip file") from error
        if bad is not None:
            found = f"its record '{bad}' does not match its checksum"
            raise UnreadableFileError(str(path), self.name, found, MISMATCH)
        return any(name.endswith("/constants.pkl") for name in names)

    def _read(self, path: Path, *, zipped: bool, program: bool) -> Any:
        import torch

        options = dict(self.extra_options) | ({} if self.encoding is None else {"encoding": self.encoding})
        place = _where_available if self.map_location is None and not program else self.map_location
        # An open file: torch goes by the extension of a path. Only a path can be mapped.
        source: Any = str(path) if self.mmap and zipped else path.open("rb")
        try:
            with warnings.catch_warnings():
                for text in UNTRUE:
                    warnings.filterwarnings("ignore", text)
                return torch.load(source, place, weights_only=self.weights_only, mmap=self.mmap, **options)
        except pickle.UnpicklingError as error:
            reason = _reason(error)
            refused = _REFUSED.search(reason)
            if self.weights_only and (zipped or refused):
                raise _untrusted(path, _beyond(path), (refused and refused[1]) or reason) from error
            raise UnreadableFileError(str(path), self.name, reason) from error
        except RuntimeError as error:
            if self.weights_only and "weights_only=True" in str(error):
                raise _untrusted(path, (), "what PyTorch 0.1 wrote") from error
            raise
        except TypeError as error:  # a class that is no longer made of what the file holds, or a damaged file
            raise UnreadableFileError(str(path), self.name, f"{type(error).__name__}: {error}") from error
        except MemoryError as error:
            if path.stat().st_size >= SMALL:
                raise
            raise UnreadableFileError(str(path), self.name, "a length in it is beyond any memory") from error
        finally:
            if not isinstance(source, str):
                source.close()


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def _where_available(storage: Any, location: str) -> Any:
    """The storage on the device it was on, or left on the CPU where there is no such device."""
    import torch

    try:
        return torch.serialization.default_restore_location(storage, location)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError:
        return storage


def _beyond(path: Path) -> list[str]:
    """What a file wants beyond tensors and plain containers."""
    import torch

    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(str(path)))
    except pickle.UnpicklingError as error:
        return [f"what the restricted unpickler cannot read ({error})"]
    except ValueError:  # not a zip archive
        return []


@contextmanager
def _allowing(path: Path, policy: Policy) -> Iterator[None]:
    """Let PyTorch's restricted unpickler admit what the user named."""
    import torch

    found = []
    for wanted in _beyond(path) if policy.names and _is_zip(path) else ():
        with suppress(UnknownNameError, ImportError, AttributeError, ValueError):
            module, _, name = wanted.rpartition(".")
            found.append(allowed(policy, module, name, lambda module, name: getattr(import_module(module), name)))
    with torch.serialization.safe_globals(found):
        yield


def _reason(error: Exception) -> str:
    """What torch found, without its advice."""
    lines = [line for line in str(error).splitlines() if line.strip() and "http" not in line]
    return lines[-1].strip() if lines else type(error).__name__


def _untrusted(path: Path, wanted: list[str] | tuple[()], what: str) -> UntrustedFileError:
    return trusted().refusal(path, wanted, f"it holds {', '.join(wanted) or what}", "weights_only=False")
