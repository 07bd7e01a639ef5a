"""`save`, `load` and the registration of formats: thin over the registry and the disk."""

from __future__ import annotations

import errno
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_origin, overload

from scitex_io.disk import links, memo, observers, routing
from scitex_io.disk.drafts import draft
from scitex_io.errors import (
    AmbiguousPathWarning,
    FolderError,
    InvalidPathError,
    LossError,
    LossyWarning,
    MissingDependencyError,
    MissingFileError,
    RegistrationError,
    ScitexIOError,
    UnexpectedTypeError,
    UnknownFormatError,
    UnreadableFileError,
    UnsupportedTypeError,
    type_name,
)
from scitex_io.formats import MAGIC
from scitex_io.functions import Function, FunctionLoader, FunctionSaver, checked
from scitex_io.handler import Fidelity, FormatHandler
from scitex_io.losses import collecting
from scitex_io.registry import Registry, check, normal
from scitex_io.typeref import FAR, named, same_type
from scitex_io.typing import (
    Loader,
    OnLoss,
    Saver,
    StrPath,
    Verb,
    is_companion_writer,
    is_describer,
    is_loader,
    is_saver,
    is_typed_loader,
)

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")
Fn = TypeVar("Fn", bound=Callable[..., Any])
H = TypeVar("H", bound="type[FormatHandler] | FormatHandler")

REGISTRY = Registry()
"""The registry that the functions of this module use."""


def save(
    obj: object,
    specified_path: StrPath,
    makedirs: bool = True,
    verbose: bool = True,
    symlink_from_cwd: bool = False,
    symlink_to: StrPath | None = None,
    dry_run: bool = False,
    no_csv: bool = False,
    use_caller_path: bool = False,
    *,
    handler: Saver[Any] | None = None,
    on_loss: OnLoss = "warn",
    durable: bool = False,
    env_detector: Callable[[], str] | None = None,
    track: bool | None = None,
    **options: Any,
) -> Path:
    """Save an object in the format that the file name's extension names.

    The file is written beside its place and moved there when it is whole: whatever happens, the path
    holds the old content or the new.

    Parameters
    ----------
    obj
        What to save. ``scitex-io formats`` lists what each format stores.
    specified_path
        Absolute paths (and ``~``) are used as they are. A relative path is placed below ``<script>_out`` beside the
        calling script, ``<notebook>_out`` beside the notebook, or ``$SCITEX_DIR/io/runtime/cache`` in an interactive session.
    makedirs
        Create missing parent folders.
    verbose
        Report one line on standard error: where, format, size, time.
    symlink_from_cwd
        Also make a link at the same relative path below the current directory.
    symlink_to
        Also make a link here. Links are relative and replace links, never files.
    dry_run
        Print and return the path that would be written, and do nothing.
    no_csv
        Do not write the data of a figure beside its picture.
    use_caller_path
        Find the calling script behind installed libraries that wrap this function.
    handler
        Use this format whatever the extension says.
    on_loss
        What to do if the file would not give back the same values: ``"warn"`` (`LossyWarning`), ``"error"``
        (`LossError`, nothing written) or ``"allow"``.
    durable
        Return only when the file and its folder entry are on the disk.
    env_detector
        Names the environment (``script``, ``jupyter``, ``ipython``, ``interactive``) instead of detecting it.
    track
        Handed to the post-save hooks; not used here.
    **options
        Options of the format.

    Returns
    -------
    The path written.

    Raises
    ------
    UnknownFormatError, UnsupportedTypeError, OptionError, MissingDependencyError, LossError, LinkError, FolderError
        Before anything is written.
    """
    began = time.perf_counter()
    asked = routing.normalised(specified_path)
    target = asked
    if not asked.is_absolute():
        folder = routing.anchor(use_caller_path=use_caller_path, env_detector=env_detector)
        target = routing.normalised(folder / asked)
    if dry_run:
        if verbose:
            sys.stdout.write(f"(dry run) would save to: {_shown(target)}\n")
        return target
    chosen, content = _saver(obj, target, handler)
    configured = chosen.with_options(options, "save")
    planned = _links(asked, target, from_cwd=symlink_from_cwd, to=symlink_to)
    for link in planned:
        links.check(link, target)

    companions: Mapping[str, object] = {}
    if not no_csv and is_companion_writer(configured):
        companions = configured.companions(content)
    _write(content, target, configured, on_loss, makedirs=makedirs, durable=durable)
    for extension, extra in companions.items():
        _write_companion(extra, target, extension, durable=durable)
    for link in planned:
        links.plant(link, target)
    observers.saved(target, obj, {"track": track, **options})
    if verbose:
        size = _bytes(target) if target.exists() else "nothing written"
        sys.stderr.write(
            f"Saved to: {_shown(target)} ({configured.name}, {size}, {time.perf_counter() - began:.2g} s)\n"
        )
    return target


@overload
def load(
    lpath: StrPath,
    ext: str | None = None,
    show: bool = False,
    verbose: bool = False,
    cache: bool = True,
    *,
    as_type: None = None,
    handler: None = None,
    use_caller_path: bool = False,
    **options: Any,
) -> Any: ...
@overload
def load(
    lpath: StrPath,
    ext: str | None = None,
    show: bool = False,
    verbose: bool = False,
    cache: bool = True,
    *,
    as_type: type[T],
    handler: Loader[Any] | None = None,
    use_caller_path: bool = False,
    **options: Any,
) -> T: ...
@overload
def load(
    lpath: StrPath,
    ext: str | None = None,
    show: bool = False,
    verbose: bool = False,
    cache: bool = True,
    *,
    as_type: TypeForm[T],
    handler: Loader[Any] | None = None,
    use_caller_path: bool = False,
    **options: Any,
) -> T: ...
@overload
def load(
    lpath: StrPath,
    ext: str | None = None,
    show: bool = False,
    verbose: bool = False,
    cache: bool = True,
    *,
    as_type: None = None,
    handler: Loader[T],
    use_caller_path: bool = False,
    **options: Any,
) -> T: ...
def load(
    lpath: StrPath,
    ext: str | None = None,
    show: bool = False,
    verbose: bool = False,
    cache: bool = True,
    *,
    as_type: Any = None,
    handler: Loader[Any] | None = None,
    use_caller_path: bool = False,
    **options: Any,
) -> Any:
    """Load what a file holds, by the extension of its name.

    Parameters
    ----------
    lpath
        A relative path is looked for in the current directory, then where `save` of the same script would have put it.
        A pattern (``*``, ``?``, ``[``) gives the list of all matches, in natural order; a file of that very name comes first.
    ext
        Read it as this format whatever its name says (``"json"`` or ``".json"``).
    show
        Print a few facts about what was loaded on standard error.
    verbose
        Report one line on standard error: where, format, size, time.
    cache
        Give a copy of what was loaded before, if the file is unchanged.
    as_type
        What to return: a class that the format can give, or an attrs class, a dataclass, ``list[Params]``,
        ``dict[str, float]``, ... that a tree is structured into.
    handler
        Use this format whatever the extension says.
    use_caller_path
        Find the calling script behind installed libraries that wrap this function.
    **options
        Options of the format.

    Raises
    ------
    MissingFileError
        No such file, or nothing matches the pattern; all places tried are listed.
    UnknownFormatError, OptionError, MissingDependencyError
        No way to read it.
    UnreadableFileError
        The content is damaged, empty, encrypted or of another format.
    UnexpectedTypeError
        The content is not *as_type*; every mismatch is listed with its path of keys.
    """
    asked = routing.normalised(lpath)
    paths = _locate(asked, use_caller_path=use_caller_path)

    def one(path: Path) -> Any:
        began = time.perf_counter()
        configured = _loader(path, ext, handler, as_type).with_options(options, "load")
        obj = _recalled(configured, path, as_type) if cache else _read(configured, path, as_type)
        observers.loaded(path, obj)
        if verbose:
            sys.stderr.write(
                f"Loaded: {_shown(path)} ({configured.name}, {_bytes(path)}, {time.perf_counter() - began:.2g} s)\n"
            )
        if show:
            from scitex_io.describe import described

            facts = ", ".join(f"{key}: {value}" for key, value in described(obj).items())
            sys.stderr.write(f"{_shown(path)}: {facts}\n")
        return obj

    return one(paths) if isinstance(paths, Path) else [one(path) for path in paths]


def info(path: StrPath, ext: str | None = None) -> dict[str, Any]:
    """Facts about a file: format, size, and what it holds (see `Describer`), read without loading more than needed."""
    found = _locate(routing.normalised(path), use_caller_path=False)
    if not isinstance(found, Path):
        raise InvalidPathError(os.fspath(path), "facts are given for one file at a time")
    handler = _loader(found, ext, None, None)
    facts: dict[str, Any] = {"path": str(found), "format": handler.name, "bytes": _bytes_of(found)}
    if is_describer(handler):
        with _named(handler, found, "load"):
            told = handler.describe(found)
        if told:
            return facts | told
    from scitex_io.describe import described

    return facts | described(_read(handler, found, None))


# ---------------------------------------------------------------- saving


def _saver(obj: object, target: Path, handler: object) -> tuple[FormatHandler, object]:
    """The handler that stores the object, and what it is given to store."""

    def find(content: object) -> FormatHandler:
        if handler is None:
            return REGISTRY.for_saving(content, target.name)
        found = check(handler)
        if not is_saver(found) or found.match(content) is None:
            raise UnsupportedTypeError(found.name, type_name(type(content)), tuple(map(str, found.accepts)))
        return found

    try:
        return find(obj), obj
    except UnsupportedTypeError:
        from scitex_io import structure  # with cattrs and dataclasses: only when something has to be structured

        if not structure.is_record(obj):
            raise
        tree = structure.unstructured(obj)
        return find(tree), tree


def _write(
    obj: object, target: Path, handler: FormatHandler, on_loss: OnLoss, *, makedirs: bool = True, durable: bool = False
) -> None:
    assert is_saver(handler)
    with (
        collecting() as losses,
        draft(
            target,
            directory=handler.directory,
            update=handler.updates_in_place(),
            makedirs=makedirs,
            durable=durable,
            may_be_empty=isinstance(handler, Function),
        ) as fresh,
    ):
        _declare(obj, handler, losses)
        with _named(handler, target, "save"):
            handler.save(obj, fresh)
        if losses and on_loss == "error":
            raise LossError(handler.name, tuple(losses))
    memo.forget(target)
    if losses and on_loss == "warn":
        _warn(f"'{_shown(target)}' ({handler.name}): {'; '.join(losses)}", LossyWarning)


def _declare(obj: object, handler: FormatHandler, losses: dict[str, None]) -> None:
    """Note what the handler declares to lose of such an object."""
    match = handler.match(obj)
    if match is None:
        return
    row, steps = match
    if row.fidelity is Fidelity.LOSSY:
        losses[row.loses or f"{row} does not come back as it was"] = None
    if 0 < steps < FAR and row.fidelity is not Fidelity.RENDERED:
        losses[f"{type_name(type(obj))} is stored as {named(row.type)}, without what it adds to it"] = None


def _write_companion(obj: object, picture: Path, extension: str, *, durable: bool) -> None:
    """Save what accompanies a file beside it, unless another file has that name."""
    target = picture.with_suffix(extension)
    handler = REGISTRY.for_saving(obj, target.name)
    assert is_saver(handler)
    with draft(target, durable=durable, may_be_empty=True) as fresh:
        handler.save(obj, fresh)
        if target.exists() and _first_line(target) != _first_line(fresh):
            fresh.unlink()
            _warn(f"the data of '{_shown(picture)}' was not saved: '{_shown(target)}' is another file", UserWarning)
    memo.forget(target)


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(1 << 16)


def _links(asked: Path, target: Path, *, from_cwd: bool, to: StrPath | None) -> list[Path]:
    """The links to make, absolute."""
    if not from_cwd and to is None:
        return []
    here = routing.normalised(Path.cwd() / asked)
    # Where the file itself lies at this place below the current directory, no link is needed.
    wanted = [here] if from_cwd and here != target else []
    if to is not None:
        wanted.append(routing.normalised(Path.cwd() / routing.normalised(to)))
    return wanted


# ---------------------------------------------------------------- loading


def _locate(asked: Path, *, use_caller_path: bool) -> Path | list[Path]:
    """The file asked for, or those that match a pattern."""
    if asked.is_absolute():
        return asked if _exists(asked) else _matches(asked, [asked])
    here = Path.cwd() / asked
    there = routing.normalised(routing.anchor(use_caller_path=use_caller_path) / asked)
    if _exists(here):
        if here != there and _exists(there) and not _same_content(here, there):
            _warn(f"'{asked}' is both '{here}' (loaded) and '{there}', and they differ", AmbiguousPathWarning)
        return here
    return there if _exists(there) else _matches(asked, list(dict.fromkeys((here, there))))


def _exists(path: Path) -> bool:
    try:
        os.stat(path)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}:
            return False
        raise
    return True


def _same_content(one: Path, other: Path) -> bool:
    import filecmp

    return os.path.samefile(one, other) or (
        one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
    )


def _matches(asked: Path, places: list[Path]) -> list[Path]:
    """The files that match a pattern, in natural order, from the first place that has any.

    Raises
    ------
    MissingFileError
        It is no pattern, or nothing matches.
    """
    import glob

    looked = tuple(map(str, places))
    if not glob.has_magic(str(asked)):
        broken = next((place for place in places if place.is_symlink()), None)
        raise MissingFileError(looked, str(asked), f"a link to nothing ('{os.readlink(broken)}'):" if broken else "")
    for place in places:
        if found := glob.glob(str(place), recursive=True):
            from natsort import natsorted

            return [Path(path) for path in natsorted(found)]
    raise MissingFileError(looked, str(asked), "No files found matching pattern")


def _loader(path: Path, ext: str | None, handler: object, as_type: Any) -> FormatHandler:
    if handler is not None:
        found = check(handler)
        if not is_loader(found):
            raise RegistrationError(found.name, "it cannot load")
    else:
        found = _loader_by_name(path, ext, as_type)
    if path.is_dir() and not found.directory:
        raise FolderError(str(path))
    return found


def _loader_by_name(path: Path, ext: str | None, as_type: Any) -> FormatHandler:
    wanted = get_origin(as_type) or as_type
    wanted = wanted if isinstance(wanted, type) else None
    if ext is not None:
        return REGISTRY.for_loading(f"content{normal(ext)}", wanted)
    try:
        return REGISTRY.for_loading(path.name, wanted)
    except UnknownFormatError as error:
        error.path = str(path)
        error.looks_like = sniff(path)
        if error.extension or path.is_dir():
            raise
        # A name without an extension: by its first bytes, else text.
        return REGISTRY.for_loading(f"content.{error.looks_like or 'txt'}", wanted)


def sniff(path: Path) -> str:
    """The format that the first bytes betray (``"png"``), or nothing."""
    try:
        with path.open("rb") as file:
            first = file.read(16)
    except OSError:
        return ""
    return next((name for magic, name in MAGIC if first.startswith(magic)), "")


def _recalled(handler: FormatHandler, path: Path, as_type: Any) -> Any:
    """The content from the cache, else from the file and then kept."""
    key = (handler, as_type)
    try:
        hash(key)
    except TypeError:  # an option that cannot be compared cheaply
        return _read(handler, path, as_type)
    if not handler.is_cacheable():
        return _read(handler, path, as_type)
    obj = memo.recall(path, key)
    if obj is memo.MISS:
        before = memo.identity(path)
        obj = _read(handler, path, as_type)
        memo.keep(path, key, before, obj)
    return obj


def _read(handler: FormatHandler, path: Path, as_type: Any) -> Any:
    assert is_loader(handler)
    if as_type is None:
        with _named(handler, path, "load"):
            return handler.load(path)
    wanted = get_origin(as_type) or as_type
    native = isinstance(wanted, type) and any(same_type(wanted, ref) for ref in handler.yields[1:])
    with _named(handler, path, "load"):
        obj = handler.load_as(path, wanted) if native and is_typed_loader(handler) else handler.load(path)
    plain = isinstance(as_type, type) and get_origin(as_type) is None
    if plain and isinstance(obj, as_type) and not (isinstance(obj, bool) and as_type is int):
        return obj
    from scitex_io import structure

    asked = type_name(as_type) if plain else str(as_type)
    if not isinstance(obj, structure.TREE):
        raise UnexpectedTypeError(str(path), type_name(type(obj)), asked)
    try:
        return structure.structured(obj, as_type)
    except structure.StructureError as error:
        raise UnexpectedTypeError(str(path), type_name(type(obj)), asked, error.errors) from error


# ---------------------------------------------------------------- messages

_DOING = {"save": "saving", "load": "loading"}
_DISTRIBUTIONS = {"PIL": "Pillow", "yaml": "PyYAML", "ruamel": "ruamel.yaml", "python_calamine": "python-calamine"}


@contextmanager
def _named(handler: FormatHandler, path: Path, verb: Verb) -> Iterator[None]:
    """Let every error inside tell which file, format and verb it belongs to."""
    try:
        yield
    except ScitexIOError:
        raise
    except ImportError as error:
        root = (error.name or "").partition(".")[0]
        if root not in handler.requires:
            error.add_note(f"while {_DOING[verb]} '{path}' as {handler.name}")
            raise
        package = f'"scitex-io[{handler.extra}]"' if handler.extra else _DISTRIBUTIONS.get(root, root)
        raise MissingDependencyError(handler.name, root, f"pip install {package}") from error
    except Exception as error:
        theirs = verb == "save" or isinstance(handler, Function) or isinstance(error, MemoryError)
        refused = isinstance(error, TypeError) and handler != type(handler)()
        disk = isinstance(error, OSError) and error.errno is not None
        if theirs or refused or disk:
            error.add_note(f"while {_DOING[verb]} '{path}' as {handler.name}")
            raise
        looks_like = sniff(path)
        found = (
            "the file is empty" if path.is_file() and path.stat().st_size == 0 else f"{type(error).__name__}: {error}"
        )
        mislabelled = looks_like and f".{looks_like}" not in handler.extensions
        advice = f"its content looks like {looks_like}: try ext='{looks_like}'" if mislabelled else ""
        raise UnreadableFileError(str(path), handler.name, found, advice) from error


def _warn(message: str, category: type[Warning]) -> None:
    """Warn where the user's code called us, however deep inside we are."""
    frame = routing.caller()
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno, registry=registry)


def _shown(path: Path) -> str:
    """Relative to the current directory where it lies below it."""
    try:
        return f".{os.sep}{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)


def _bytes_of(path: Path) -> int:
    return (
        sum(part.stat().st_size for part in path.rglob("*") if part.is_file()) if path.is_dir() else path.stat().st_size
    )


def _bytes(path: Path) -> str:
    size = float(_bytes_of(path))
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:  # one unit
            return f"{size:.3g} {unit}" if unit != "B" else f"{size:.0f} B"
        size /= 1024
    return f"{size:.3g} TiB"


# ---------------------------------------------------------------- registration


@overload
def register_saver(ext: str, fn: None = None, *, builtin: bool = False) -> Callable[[Fn], Fn]: ...
@overload
def register_saver(ext: str, fn: Fn, *, builtin: bool = False) -> Fn: ...
def register_saver(ext: str, fn: Fn | None = None, *, builtin: bool = False) -> Fn | Callable[[Fn], Fn]:
    """Save files of an extension with ``fn(obj, path, **options)``; as a decorator or called directly.

    The function writes at *path*, a draft that replaces the target when it returns.
    """

    def register_it(function: Fn) -> Fn:
        name = normal(ext)
        REGISTRY.register(FunctionSaver(fn=checked(function, name), extension=name), name, builtin=builtin)
        return function

    return register_it if fn is None else register_it(fn)


@overload
def register_loader(ext: str, fn: None = None, *, builtin: bool = False) -> Callable[[Fn], Fn]: ...
@overload
def register_loader(ext: str, fn: Fn, *, builtin: bool = False) -> Fn: ...
def register_loader(ext: str, fn: Fn | None = None, *, builtin: bool = False) -> Fn | Callable[[Fn], Fn]:
    """Load files of an extension with ``fn(path, **options)``; as a decorator or called directly."""

    def register_it(function: Fn) -> Fn:
        name = normal(ext)
        REGISTRY.register(FunctionLoader(fn=checked(function, name), extension=name), name, builtin=builtin)
        return function

    return register_it if fn is None else register_it(fn)


def register(handler: H) -> H:
    """Serve a format's extensions with a handler class, or an instance with options of its own.

    Raises
    ------
    RegistrationError
        It cannot work; the reason says why.
    """
    return REGISTRY.register(handler)


def unregister_saver(ext: str) -> bool:
    """Drop the savers that users registered for an extension; True if there were any."""
    return REGISTRY.unregister(ext, "save")


def unregister_loader(ext: str) -> bool:
    """Drop the loaders that users registered for an extension; True if there were any."""
    return REGISTRY.unregister(ext, "load")


def get_saver(ext: str) -> Callable[..., Any] | None:
    """What saves an extension, as ``fn(obj, path, **options)``; None if nothing does."""
    found = REGISTRY.find(normal(ext), "save")
    if not found:
        return None
    if isinstance(found[0][1], FunctionSaver):
        return found[0][1].fn

    def saver(obj: object, path: StrPath, **options: Any) -> None:
        handler = REGISTRY.for_saving(obj, f"content{normal(ext)}").with_options(options, "save")
        assert is_saver(handler)
        handler.save(obj, Path(path))

    return saver


def get_loader(ext: str) -> Callable[..., Any] | None:
    """What loads an extension, as ``fn(path, **options)``; None if nothing does."""
    found = REGISTRY.find(normal(ext), "load")
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
    """The extensions that can be saved and loaded: ours (``"builtin"``) and those of users and plug-ins (``"user"``)."""
    return {
        verb: {
            "builtin": REGISTRY.extensions(verb, user=False),
            "user": REGISTRY.extensions(verb, user=True),
        }
        for verb in ("save", "load")
    }
