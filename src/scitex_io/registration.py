"""Adding formats, and asking who serves what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

from scitex_io import registry
from scitex_io.functions import FunctionLoader, FunctionSaver, checked
from scitex_io.handler import FormatHandler
from scitex_io.registry import normal
from scitex_io.typing import StrPath, is_loader, is_saver

Fn = TypeVar("Fn", bound=Callable[..., Any])
H = TypeVar("H", bound="type[FormatHandler] | FormatHandler")


@overload
def register_saver(ext: str, fn: None = None, *, builtin: bool = False) -> Callable[[Fn], Fn]: ...
@overload
def register_saver(ext: str, fn: Fn, *, builtin: bool = False) -> Fn: ...
def register_saver(ext: str, fn: Fn | None = None, *, builtin: bool = False) -> Fn | Callable[[Fn], Fn]:
    """Save files of an extension with ``fn(obj, path, **options)``; as a decorator or called directly.

    Parameters
    ----------
    ext
        With or without its dot, in any case.
    fn
        Writes *obj* at *path*, a draft that replaces the target when it returns. Its keyword parameters are the options
        that `save` takes.
    builtin
        Serve the extension only where no user's function does.

    Returns
    -------
    *fn*, or the decorator.

    Raises
    ------
    RegistrationError
        *fn* cannot be called so.
    """

    def register_it(function: Fn) -> Fn:
        name = normal(ext)
        registry.REGISTRY.register(FunctionSaver(fn=checked(function, name), extension=name), name, builtin=builtin)
        return function

    return register_it if fn is None else register_it(fn)


@overload
def register_loader(ext: str, fn: None = None, *, builtin: bool = False) -> Callable[[Fn], Fn]: ...
@overload
def register_loader(ext: str, fn: Fn, *, builtin: bool = False) -> Fn: ...
def register_loader(ext: str, fn: Fn | None = None, *, builtin: bool = False) -> Fn | Callable[[Fn], Fn]:
    """Load files of an extension with ``fn(path, **options)``; as a decorator or called directly.

    Parameters
    ----------
    ext
        With or without its dot, in any case.
    fn
        Gives what the file at *path* holds. Its keyword parameters are the options that `load` takes.
    builtin
        Serve the extension only where no user's function does.

    Returns
    -------
    *fn*, or the decorator.

    Raises
    ------
    RegistrationError
        *fn* cannot be called so.
    """

    def register_it(function: Fn) -> Fn:
        name = normal(ext)
        registry.REGISTRY.register(FunctionLoader(fn=checked(function, name), extension=name), name, builtin=builtin)
        return function

    return register_it if fn is None else register_it(fn)


def register(handler: H) -> H:
    """Serve a format's extensions with a handler class, or an instance with options of its own.

    Parameters
    ----------
    handler
        The class, or an instance. It comes before what is built in, and after what is registered later.

    Returns
    -------
    *handler*, so that this can be a decorator.

    Raises
    ------
    RegistrationError
        It cannot work; the reason says why.
    """
    return registry.REGISTRY.register(handler)


def unregister_saver(ext: str) -> bool:
    """Drop the savers that users registered for an extension; True if there were any."""
    return registry.REGISTRY.unregister(ext, "save")


def unregister_loader(ext: str) -> bool:
    """Drop the loaders that users registered for an extension; True if there were any."""
    return registry.REGISTRY.unregister(ext, "load")


def get_saver(ext: str) -> Callable[..., Any] | None:
    """What saves an extension, as ``fn(obj, path, **options)``; None if nothing does."""
    found = registry.REGISTRY.find(normal(ext), "save")
    if not found:
        return None
    if isinstance(found[0][1], FunctionSaver):
        return found[0][1].fn

    def saver(obj: object, path: StrPath, **options: Any) -> None:
        handler = registry.REGISTRY.for_saving(obj, f"content{normal(ext)}").with_options(options, "save")
        assert is_saver(handler)
        handler.save(obj, Path(path))

    return saver


def get_loader(ext: str) -> Callable[..., Any] | None:
    """What loads an extension, as ``fn(path, **options)``; None if nothing does."""
    found = registry.REGISTRY.find(normal(ext), "load")
    if not found:
        return None
    if isinstance(found[0][1], FunctionLoader):
        return found[0][1].fn

    def loader(path: StrPath, **options: Any) -> Any:
        handler = found[0][1].with_options(options, "load")
        assert is_loader(handler)
        return handler.load(Path(path))

    return loader


def list_formats() -> dict[str, dict[str, list[str]]]:
    """The extensions that can be saved and loaded: ours (``"builtin"``) and those of users and plug-ins (``"user"``).

    Returns
    -------
    ``{"save": {"builtin": [...], "user": [...]}, "load": {...}}``, sorted.
    """
    return {
        verb: {
            "builtin": registry.REGISTRY.extensions(verb, user=False),
            "user": registry.REGISTRY.extensions(verb, user=True),
        }
        for verb in ("save", "load")
    }
