"""From a path to an object: where the file is, which handler, as what type, from the cache or not."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, get_args, get_origin

from scitex_io import registry
from scitex_io.contracts import check
from scitex_io.disk import memo, routing, trust
from scitex_io.disk.steady import steadily
from scitex_io.errors import (
    FolderError,
    MissingFileError,
    RegistrationError,
    ScitexIOError,
    UnexpectedTypeError,
    UnknownFormatError,
    type_name,
)
from scitex_io.handler import FormatHandler
from scitex_io.limits import checked, limited
from scitex_io.messages import naming, sniff, warn
from scitex_io.notices import AmbiguousPathWarning
from scitex_io.patterns import has_wildcards
from scitex_io.policy import NOTHING_SAID, Terms, trusting
from scitex_io.registry import normal
from scitex_io.typeref import same_type
from scitex_io.typing import is_container, is_loader, is_typed_loader


class Match(NamedTuple):
    """A file that a pattern stands for."""

    path: Path
    name: str  # written as the pattern is
    values: Mapping[str, Any]  # of the placeholders


Reader: TypeAlias = Callable[[FormatHandler, Path, Any, Terms], Any]
"""Like `read`."""


def locate(asked: Path, *, use_caller_path: bool) -> Path | list[Match]:
    """The file asked for, or those that match a pattern."""
    if asked.is_absolute():
        return asked if _exists(asked) else _matches(asked, [Path()])
    folders = [Path.cwd(), routing.anchor(use_caller_path=use_caller_path)]
    here, there = folders[0] / asked, routing.normalised(folders[1] / asked)
    if _exists(here):
        if here != there and _exists(there) and not _same_content(here, there):
            warn(f"'{asked}' is both '{here}' (loaded) and '{there}', and they differ", AmbiguousPathWarning)
        return here
    return there if _exists(there) else _matches(asked, folders)


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


def _matches(asked: Path, folders: list[Path]) -> list[Match]:
    """The files that match a pattern, in natural order, from the first folder that has any.

    Raises
    ------
    MissingFileError
        It is no pattern, or nothing matches.
    """
    places = list(dict.fromkeys(routing.normalised(folder / asked) for folder in folders))
    looked = tuple(map(str, places))
    if not has_wildcards(str(asked)):
        broken = next((place for place in places if os.path.islink(place)), None)
        raise MissingFileError(looked, str(asked), f"a link to nothing ('{os.readlink(broken)}'):" if broken else "")
    from scitex_io.patterns.files import matches

    # The folders are taken by their names, whatever letters are in them.
    pattern = asked.as_posix()
    up = "../" * asked.parts.count("..")
    for folder in folders:
        within = "" if asked.is_absolute() else f"{routing.normalised(folder / up).as_posix().rstrip('/')}/"
        if found := matches(pattern.removeprefix(up), within):
            return [Match(Path(within + name), up + name, values) for name, values in found]
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


def resolver(
    ext: str | None, handler: object, as_type: Any, options: Mapping[str, Any]
) -> Callable[[Path], FormatHandler]:
    """Gives the handler of each file, with its options; for names that end alike it is looked for once."""
    known: dict[str, FormatHandler] = {}

    def resolve(path: Path) -> FormatHandler:
        ending = path.name.lstrip(".").partition(".")[2]
        found = known.get(ending)
        if found is None:
            found = loader_for(path, ext, handler, as_type).with_options(options, "load")
            if ending:
                known[ending] = found
        elif os.path.isdir(path) and not found.directory:
            raise FolderError(str(path))
        return found

    return resolve


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


def read(handler: FormatHandler, path: Path, as_type: Any, terms: Terms = NOTHING_SAID) -> Any:
    """The content as *as_type*: natively where the format can, else structured from a tree.

    Raises
    ------
    UnexpectedTypeError
        It cannot be that.
    """
    if is_container(handler) and (options := handler.options_inside()) is not None:
        return _member(handler, path, options, as_type, terms)
    return given(held(handler, path, native(handler, as_type), terms), path, as_type)


def native(handler: FormatHandler, as_type: Any) -> type | None:
    """The class that the format itself gives for *as_type*; None where that is what it gives anyway, or nothing."""
    wanted = get_origin(as_type) or as_type
    if not isinstance(wanted, type) or not is_typed_loader(handler):
        return None
    return wanted if any(same_type(wanted, ref) for ref in handler.yields[1:]) else None


def held(handler: FormatHandler, path: Path, wanted: type | None, terms: Terms = NOTHING_SAID) -> Any:
    """The content as the format gives it."""
    assert is_loader(handler)
    loader = handler

    def content() -> Any:
        return loader.load_as(path, wanted) if wanted is not None and is_typed_loader(loader) else loader.load(path)

    with naming(handler, path, "load"), trusting(trust.policy_for(path, terms.trust)), limited(path, terms.max_bytes):
        return steadily(path, content, folder=handler.directory)


def given(obj: Any, path: Path, as_type: Any) -> Any:
    """The content as the caller asked for it."""
    if as_type is None:
        return obj
    wanted = get_origin(as_type) or as_type
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


def _member(handler: FormatHandler, path: Path, options: Mapping[str, Any], as_type: Any, terms: Terms) -> Any:
    """What one file of a container holds, by the format of its own name."""
    from tempfile import TemporaryDirectory

    assert is_container(handler)
    with TemporaryDirectory(prefix="scitex-io-") as folder:
        with naming(handler, path, "load"), limited(path, terms.max_bytes):
            inside = handler.extract(path, Path(folder))
        try:
            found = loader_for(inside, None, None, as_type).with_options(options, "load").whole()
            if found.stays_bound(as_type):
                reason = "it goes on reading the file, which has to lie outside the archive for that"
                raise UnexpectedTypeError(str(inside), "a member", type_name(as_type), (reason,))
            return read(found, inside, as_type, terms)
        except ScitexIOError as error:
            if getattr(error, "path", None) == str(inside):
                error.path = f"{path}/{inside.name}"  # type: ignore[attr-defined]  # the scratch folder means nothing
            raise


def recalled(
    handler: FormatHandler,
    path: Path,
    as_type: Any,
    terms: Terms = NOTHING_SAID,
    *,
    keep: bool = True,
    reader: Reader = read,
) -> Any:
    """The content from the cache, else what *reader* gives, which is kept if *keep*."""
    key = (handler, as_type, *trust.allowed(terms.trust), checked(terms.max_bytes))
    try:
        hash(key)
    except TypeError:  # an option that cannot be compared cheaply
        return reader(handler, path, as_type, terms)
    if not handler.is_cacheable() or handler.stays_bound(as_type):
        return reader(handler, path, as_type, terms)
    obj = memo.recall(path, key)
    if obj is memo.MISS:
        before = memo.identity(path)
        began = time.perf_counter()
        obj = reader(handler, path, as_type, terms)
        if keep:
            memo.keep(path, key, before, obj, time.perf_counter() - began)
    return obj


def _are(items: list[Any], kinds: tuple[Any, ...]) -> bool:
    """Are the items of the one class that ``list[...]`` names already, so that nothing is to be structured?"""
    return len(kinds) == 1 and isinstance(kinds[0], type) and all(type(item) is kinds[0] for item in items)
