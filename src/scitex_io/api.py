"""`save`, `load` and `info`: thin over the registry and the disk."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, overload

from scitex_io.disk import inputs, links, observers, routing
from scitex_io.handler import FormatHandler
from scitex_io.loading import locate, read, recalled, resolver
from scitex_io.messages import facts_of, shown, size
from scitex_io.policy import Terms, Trust
from scitex_io.saving import links_for, saver_for, write, write_companion
from scitex_io.typing import Loader, OnLoss, Saver, StrPath, is_companion_writer

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from PIL import Image
    from typing_extensions import TypeForm

    from scitex_io.content.media import Audio, Video

T = TypeVar("T")
CHOICES = get_args(OnLoss)


def save(
    obj: T,
    specified_path: StrPath,
    makedirs: bool = True,
    verbose: bool = True,
    symlink_from_cwd: bool = False,
    symlink_to: StrPath | None = None,
    dry_run: bool = False,
    no_csv: bool = False,
    use_caller_path: bool = False,
    *,
    handler: Saver[T] | None = None,
    on_loss: OnLoss = "warn",
    durable: bool = False,
    verify: bool = False,
    metadata: Mapping[str, Any] | None = None,
    provenance: bool | None = None,
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
        Placeholders are filled: ``save(df, "sub-{sub:03d}.csv", sub=1)`` (see `format_path`).
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
        Do not write the data of a figure beside its picture, nor into it (see `load_figure_data`).
    use_caller_path
        Find the calling script behind installed libraries that wrap this function.
    handler
        Use this format whatever the extension says.
    on_loss
        What to do if the file would not give back the same values: ``"warn"`` (`LossyWarning`), ``"error"``
        (`LossError`, nothing written) or ``"allow"``.
    durable
        Return only when the file and its folder entry are on the disk.
    verify
        Before anything is replaced, load what was written; where the format declares that it gives such objects
        back exactly, compare them (objects of Python, NumPy, pandas and Pillow).
    metadata
        Embed this in the file (see `embed_metadata`); a format that has no place for it refuses.
    provenance
        Embed how the file came about: script, command, commit, versions, and the files loaded before with their
        hashes (see ``scitex-io trace``). By default if ``$SCITEX_IO_PROVENANCE`` is 1 and the format has a place.
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
    VerificationError
        What was written would not give *obj* back (with *verify*); the path holds what it held before.
    """
    began = time.perf_counter()
    if on_loss not in CHOICES:
        raise ValueError(f"on_loss is one of {', '.join(CHOICES)}, not {on_loss!r}")
    if "{" in os.fspath(specified_path):
        from scitex_io.patterns import filled

        specified_path, options = filled(os.fspath(specified_path), options)
    asked = routing.normalised(specified_path)
    target = asked
    if not asked.is_absolute():
        folder = routing.anchor(use_caller_path=use_caller_path, env_detector=env_detector)
        target = routing.normalised(folder / asked)
    chosen, content = saver_for(obj, target, handler)
    if metadata is not None and (chosen.foreign or "metadata" in chosen.options_for("save")):
        options["metadata"], metadata = metadata, None  # its own idea of them
    configured = chosen.with_options(options, "save")
    if dry_run:
        if verbose:
            sys.stdout.write(f"(dry run) would save to: {shown(target)}\n")
        return target
    planned = links_for(asked, target, from_cwd=symlink_from_cwd, to=symlink_to)
    for link in planned:
        links.check(link, target)

    companions: Mapping[str, object] = {}
    if not no_csv and is_companion_writer(configured):
        companions = configured.companions(content)
    embed = None
    if companions or metadata is not None or provenance or "SCITEX_IO_PROVENANCE" in os.environ:
        from scitex_io.metadata import embedding

        embed = embedding(configured, metadata, provenance, companions)
    write(content, target, configured, on_loss, embed=embed, makedirs=makedirs, durable=durable, verify=verify)
    for extension, extra in companions.items():
        write_companion(extra, target, extension, durable=durable)
    for link in planned:
        links.plant(link, target)
    told = {} if metadata is None else {"metadata": metadata}
    observers.saved(target, obj, {"track": track, **options, **told})
    if verbose:
        written = size(target) if target.exists() else "nothing written"
        sys.stderr.write(
            f"Saved to: {shown(target)} ({configured.name}, {written}, {time.perf_counter() - began:.2g} s)\n"
        )
    return target


# fmt: off
# Made by `python .ci/overloads.py` from the headers of the formats:
@overload
def load(lpath: StrPath, ext: Literal["csv", ".csv", "tsv", ".tsv", "parquet", ".parquet", "feather", ".feather", "vmrk", ".vmrk", "arrow", ".arrow", "ipc", ".ipc", "orc", ".orc"], show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> pd.DataFrame: ...
@overload
def load(lpath: StrPath, ext: Literal["npy", ".npy"], show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> NDArray[Any]: ...
@overload
def load(lpath: StrPath, ext: Literal["txt", ".txt", "log", ".log", "md", ".md", "rst", ".rst", "py", ".py", "sh", ".sh", "bash", ".bash", "zsh", ".zsh", "css", ".css", "js", ".js", "tex", ".tex", "dot", ".dot", "gv", ".gv", "mmd", ".mmd", "def", ".def", "event", ".event"], show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> str | list[str]: ...
@overload
def load(lpath: StrPath, ext: Literal["png", ".png", "jpg", ".jpg", "jpeg", ".jpeg", "tif", ".tif", "tiff", ".tiff", "gif", ".gif", "webp", ".webp", "bmp", ".bmp"], show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> Image.Image: ...
@overload
def load(lpath: StrPath, ext: Literal["svg", ".svg", "html", ".html", "htm", ".htm"], show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> str: ...
@overload
def load(lpath: StrPath, ext: Literal["mp4", ".mp4", "mov", ".mov", "avi", ".avi", "mkv", ".mkv"], show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> Video: ...
@overload
def load(lpath: StrPath, ext: Literal["wav", ".wav", "flac", ".flac", "ogg", ".ogg"], show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> Audio: ...
# End of what is made.
@overload
def load(lpath: StrPath, ext: str | None = None, show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> Any: ...
@overload
def load(lpath: StrPath, ext: str | None = None, show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: type[T], handler: Loader[Any] | None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> T: ...
@overload
def load(lpath: StrPath, ext: str | None = None, show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: TypeForm[T], handler: Loader[Any] | None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> T: ...
@overload
def load(lpath: StrPath, ext: str | None = None, show: bool = False, verbose: bool = False, cache: bool = True, *, as_type: None = None, handler: Loader[T], use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, **options: Any) -> T: ...
# fmt: on
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
    trust: Trust = False,
    max_bytes: float | None = None,
    **options: Any,
) -> Any:
    """Load what a file holds, by the extension of its name.

    Parameters
    ----------
    lpath
        A relative path is looked for in the current directory, then where `save` of the same script would have put it.
        A pattern (``*``, ``?``, ``[...]``, ``**``, ``{a,b}``, ``{name}``) gives the list of all matches, in natural
        order (see `load_all`); a file of that very name comes first.
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
    trust
        True: let the file run whatever it says. ``["package.Class", "package.*"]``: let it import these. By default a
        file holds data, or is one that this user saved and nobody changed. ``$SCITEX_IO_TRUST`` says the same for all.
    max_bytes
        How many bytes the file may unfold to; False: any. By default a part of the free memory, and always a hundred times
        its own size if there is room. ``$SCITEX_IO_MAX_BYTES`` says the same for all.
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
    UntrustedFileError
        It wants more than data are made of, and nothing allows that; what it wants is listed.
    FileTooLargeError
        It is, or would become, larger than *max_bytes*.
    UnexpectedTypeError
        The content is not *as_type*; every mismatch is listed with its path of keys.
    """
    found = locate(routing.normalised(lpath), use_caller_path=use_caller_path)
    resolve = resolver(ext, handler, as_type, options)
    terms = Terms(trust, max_bytes)

    def told(path: Path, configured: FormatHandler, obj: Any, seconds: float) -> Any:
        observers.loaded(path, obj)
        if verbose:
            sys.stderr.write(f"Loaded: {shown(path)} ({configured.name}, {size(path)}, {seconds:.2g} s)\n")
        if show:
            sys.stderr.write(f"{shown(path)}: {facts_of(obj)}\n")
        return obj

    if isinstance(found, Path):
        began = time.perf_counter()
        inputs.note(found)
        configured = resolve(found)
        obj = (recalled if cache else read)(configured, found, as_type, terms)
        return told(found, configured, obj, time.perf_counter() - began)
    from scitex_io.many.engine import each

    for match in found:
        inputs.note(match.path)
    with closing(each([match.path for match in found], resolve, as_type, cache=cache, terms=terms)) as outcomes:
        return [told(one.path, *one.get(), one.seconds) for one in outcomes]
