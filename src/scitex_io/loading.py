"""From a path to an object: where the file is, which handler, as what type, from the cache or not."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias, get_args, get_origin

from scitex_io import registry
from scitex_io.disk import memo, routing, trust
from scitex_io.errors import (
    AmbiguousPathWarning,
    FolderError,
    MissingFileError,
    RegistrationError,
    ScitexIOError,
    UnexpectedTypeError,
    UnknownFormatError,
    type_name,
)
from scitex_io.handler import FormatHandler
from scitex_io.messages import naming, sniff, warn
from scitex_io.policy import trusting
from scitex_io.registry import check, normal
from scitex_io.typeref import same_type
from scitex_io.typing import is_container, is_loader, is_typed_loader


def locate(asked: Path, *, use_caller_path: bool) -> Path | list[Path]:
    """The file asked for, or those that match a pattern."""
    if asked.is_absolute():
        return asked if _exists(asked) else _matches(asked, [asked])
    here = Path.cwd() / asked
    there = routing.normalised(routing.anchor(use_caller_path=use_caller_path) / asked)
    if _exists(here):
        if here != there and _exists(there) and not _same_content(here, there):
            warn(f"'{asked}' is both '{here}' (loaded) and '{there}', and they differ", AmbiguousPathWarning)
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
        broken = next((place for place in places if os.path.islink(place)), None)
        raise MissingFileError(looked, str(asked), f"a link to nothing ('{os.readlink(broken)}'):" if broken else "")
    for place in places:
        if found := glob.glob(str(place), recursive=True):
            from natsort import natsorted

            return [Path(path) for path in natsorted(found)]
    raise MissingFileError(looked, str(asked), "No files found matching pattern")


def loader_for(path: Path, ext: str | None, handler: object, as_type: Any) -> FormatHandler:
    """The handler that reads the file: the one given, that of *ext*, or that of the name."""
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
        return registry.REGISTRY.for_loading(f"content{normal(ext)}", wanted)
    try:
        return registry.REGISTRY.for_loading(path.name, wanted)
    except UnknownFormatError as error:
        error.path = str(path)
        error.looks_like = sniff(path)
        if error.extension or path.is_dir():
            raise
        # A name without an extension: by its first bytes, else text.
        return registry.REGISTRY.for_loading(f"content.{error.looks_like or 'txt'}", wanted)


Trust: TypeAlias = bool | Collection[str | type]
"""May the file run code: whatever it says, nothing, or what is named."""


def recalled(handler: FormatHandler, path: Path, as_type: Any, trusted: Trust = False) -> Any:
    """The content from the cache, else from the file and then kept."""
    policy = trust.policy_for(path, trusted)
    key = (handler, as_type, policy.everything, policy.names)
    try:
        hash(key)
    except TypeError:  # an option that cannot be compared cheaply
        return read(handler, path, as_type, trusted)
    if not handler.is_cacheable():
        return read(handler, path, as_type, trusted)
    obj = memo.recall(path, key)
    if obj is memo.MISS:
        before = memo.identity(path)
        began = time.perf_counter()
        obj = read(handler, path, as_type, trusted)
        memo.keep(path, key, before, obj, time.perf_counter() - began)
    return obj


def read(handler: FormatHandler, path: Path, as_type: Any, trusted: Trust = False) -> Any:
    """The content as *as_type*: natively where the format can, else structured from a tree.

    Raises
    ------
    UnexpectedTypeError
        It cannot be that.
    """
    assert is_loader(handler)
    if is_container(handler) and (options := handler.options_inside()) is not None:
        return _member(handler, path, options, as_type, trusted)
    wanted = get_origin(as_type) or as_type
    native = isinstance(wanted, type) and any(same_type(wanted, ref) for ref in handler.yields[1:])
    with naming(handler, path, "load"), trusting(trust.policy_for(path, trusted)):
        if as_type is None:
            return handler.load(path)
        obj = handler.load_as(path, wanted) if native and is_typed_loader(handler) else handler.load(path)
    plain = isinstance(as_type, type) and get_origin(as_type) is None
    if plain and isinstance(obj, as_type) and not (isinstance(obj, bool) and as_type is int):
        return obj
    if wanted is list and isinstance(obj, list) and _are(obj, get_args(as_type)):
        return obj
    from scitex_io import structure

    asked = type_name(as_type) if plain else str(as_type)
    if not isinstance(obj, structure.TREE):
        raise UnexpectedTypeError(str(path), type_name(type(obj)), asked)
    try:
        return structure.structured(obj, as_type)
    except structure.StructureError as error:
        raise UnexpectedTypeError(str(path), type_name(type(obj)), asked, error.errors) from error


def _member(handler: FormatHandler, path: Path, options: Mapping[str, Any], as_type: Any, trusted: Trust) -> Any:
    """What one file of a container holds, by the format of its own name."""
    from tempfile import TemporaryDirectory

    assert is_container(handler)
    with TemporaryDirectory(prefix="scitex-io-") as folder:
        with naming(handler, path, "load"):
            inside = handler.extract(path, Path(folder))
        try:
            found = loader_for(inside, None, None, as_type).with_options(options, "load").whole()
            return read(found, inside, as_type, trusted)
        except ScitexIOError as error:
            if getattr(error, "path", None) == str(inside):
                error.path = f"{path}/{inside.name}"  # type: ignore[attr-defined]  # the scratch folder means nothing
            raise


def _are(items: list[Any], kinds: tuple[Any, ...]) -> bool:
    """Are the items of the one class that ``list[...]`` names already, so that nothing is to be structured?"""
    return len(kinds) == 1 and isinstance(kinds[0], type) and all(type(item) is kinds[0] for item in items)
