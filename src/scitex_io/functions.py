"""Plain functions as handlers: what `register_saver` and `register_loader` wrap."""

from __future__ import annotations

from collections.abc import Callable, Collection
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.errors import RegistrationError
from scitex_io.handler import Accepts, FormatHandler, PassThrough
from scitex_io.typing import Loader, Saver, Verb


class _Anything(Collection[str]):
    """The option names of a function with ``**kwargs``."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


@frozen(kw_only=True)
class Function(FormatHandler, PassThrough):
    """One function, for one extension."""

    foreign = True
    positional: ClassVar[int]

    fn: Callable[..., Any]
    extension: str

    def passes_on(self, verb: Verb, /) -> Collection[str]:  # noqa: ARG002  # one function, one verb
        """The keyword parameters of the function."""
        found = list(signature(self.fn).parameters.values())
        if any(part.kind is Parameter.VAR_KEYWORD for part in found):
            return _Anything()
        kinds = {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
        return [part.name for part in found[self.positional :] if part.kind in kinds]


@frozen(kw_only=True)
class FunctionSaver(Function, Saver[Any]):
    """``fn(obj, path, **options)``, which writes at *path*."""

    name = "function"
    extensions = ()
    accepts = (Accepts(object),)
    positional = 2

    def save(self, obj: Any, path: Path, /) -> None:
        """Call the function."""
        self.fn(obj, path, **self.extra_options)


@frozen(kw_only=True)
class FunctionLoader(Function, Loader[Any]):
    """``fn(path, **options)``, which returns the object."""

    name = "function"
    extensions = ()
    yields = (object,)
    positional = 1

    def load(self, path: Path, /) -> Any:
        """Call the function."""
        return self.fn(path, **self.extra_options)


def checked(fn: object, extension: str) -> Callable[..., Any]:
    """The function itself, if it can be called.

    Raises
    ------
    RegistrationError
        It cannot.
    """
    if not callable(fn):
        raise RegistrationError(repr(fn), f"a handler for '{extension}' has to be callable")
    return fn
