"""Helpers that older scripts call by name, each a few lines over `save`."""

from __future__ import annotations

import csv
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scitex_io.api import save
from scitex_io.disk import memo, routing
from scitex_io.disk.drafts import draft
from scitex_io.errors import MissingFileError
from scitex_io.formats.text import Text
from scitex_io.messages import shown, size
from scitex_io.typing import StrPath


def save_text(obj: str, spath: StrPath) -> Path:
    """Save a text, whatever the extension, below the current directory and into a folder that exists; the path written."""
    return save(obj, _placed(spath), makedirs=False, verbose=False, handler=Text())


def save_image(obj: object, spath: StrPath, **options: Any) -> Path:
    """Save a picture or a figure below the current directory, into a folder that exists; options as for `save`."""
    return save(obj, _placed(spath), makedirs=False, verbose=False, **options)


def save_mp4(fig: object, spath_mp4: StrPath) -> Path:
    """Save a film below the current directory, into a folder that exists."""
    return save(fig, _placed(spath_mp4), makedirs=False, verbose=False)


def save_listed_dfs_as_csv(
    listed_dfs: Sequence[Any],
    spath_csv: StrPath,
    indi_suffix: Sequence[object] | None = None,
    overwrite: bool = False,
    verbose: bool = False,
) -> Path:
    """Write tables under one another into one text file, behind what it holds.

    Parameters
    ----------
    listed_dfs
        The tables, each written with its index.
    spath_csv
        The file, in a folder that exists.
    indi_suffix
        What stands above each table; its number by default.
    overwrite
        Replace the file; the old one is kept in a temporary folder.
    verbose
        Report one line on standard error.

    Returns
    -------
    The path written.
    """
    import pandas as pd

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for title, table in zip(_titles(indi_suffix, listed_dfs), listed_dfs, strict=True):
        rows.writerow([title])
        pd.DataFrame(table).to_csv(text, lineterminator="\n")
        rows.writerow([""])
    return _append(text.getvalue(), spath_csv, overwrite=overwrite, verbose=verbose)


def save_listed_scalars_as_csv(
    listed_scalars: Sequence[float],
    spath_csv: StrPath,
    column_name: str = "_",
    indi_suffix: Sequence[object] | None = None,
    round: int = 3,  # noqa: A002  # the name that scripts give
    overwrite: bool = False,
    verbose: bool = False,
) -> Path:
    """Write numbers as one column of a table, behind what the file holds.

    Parameters
    ----------
    listed_scalars
        The numbers.
    spath_csv
        The file, in a folder that exists.
    column_name
        The name of the column.
    indi_suffix
        What stands before each number; its own number by default.
    round
        How many decimal places are written.
    overwrite
        Replace the file; the old one is kept in a temporary folder.
    verbose
        Report one line on standard error.

    Returns
    -------
    The path written.
    """
    import pandas as pd

    table = pd.DataFrame({column_name: list(listed_scalars)}, index=_titles(indi_suffix, listed_scalars)).round(round)
    target = _placed(spath_csv)
    header = overwrite or not target.exists() or not target.stat().st_size
    return _append(table.to_csv(header=header, lineterminator="\n"), target, overwrite=overwrite, verbose=verbose)


def mv_to_tmp(fpath: StrPath, L: int = 2) -> Path:  # noqa: N803  # the name that scripts give
    """Move a file or folder out of the way, into a temporary folder of its own; the new path, named by the last *L* parts.

    Raises
    ------
    MissingFileError
        There is none.
    """
    source = _placed(fpath)
    if not source.exists():
        raise MissingFileError((str(source),), str(fpath))
    target = _spare(source, L)
    shutil.move(source, target)
    memo.forget(source)
    return target


def json2md(obj: object, level: int = 1) -> str:
    """A tree as Markdown: a heading for each key, a bullet for each item of a list.

    >>> print(json2md({"a": 1, "b": ["x", "y"]}))
    # a
    <BLANKLINE>
    1
    <BLANKLINE>
    # b
    <BLANKLINE>
    * x
    * y
    """
    if isinstance(obj, Mapping):
        parts = [f"{'#' * level} {key}\n\n{json2md(part, level + 1)}".rstrip() for key, part in obj.items()]
        return "\n\n".join(parts)
    if isinstance(obj, (list, tuple)):
        plain = not any(isinstance(part, (Mapping, list, tuple)) for part in obj)
        told = (json2md(part, level) if isinstance(part, (Mapping, list, tuple)) else f"* {part}" for part in obj)
        return ("\n" if plain else "\n\n").join(told)
    return str(obj)


def iter_io_bypass_targets() -> Iterator[tuple[str, str, str, str]]:
    """The library calls that `save` and `load` stand for: module, name, rule, severity; for programs that check scripts."""
    for rule, targets in _BYPASSES.items():
        for target in targets:
            module, _, names = target.partition(":")
            for name in names.split():
                yield module, name, rule, "warning"


_BYPASSES: Mapping[str, tuple[str, ...]] = {
    "STX-IO001": ("numpy:save savez savez_compressed savetxt",),
    "STX-IO002": ("numpy:load loadtxt genfromtxt",),
    "STX-IO003": ("pandas:read_csv read_excel read_feather read_hdf read_json read_parquet read_pickle read_xml",),
    "STX-IO004": (
        "pandas.DataFrame:to_csv to_excel to_feather to_hdf to_html to_json to_latex to_parquet to_pickle to_xml",
    ),
    "STX-IO005": ("pickle:dump load",),
    "STX-IO006": ("json:dump load",),
    "STX-IO007": ("matplotlib.pyplot:savefig", "matplotlib.figure.Figure:savefig"),
    "STX-IO008": ("torch:save load",),
    "STX-IO009": ("joblib:dump load",),
    "STX-IO010": ("yaml:dump safe_dump load safe_load",),
    "STX-IO011": ("scipy.io:savemat loadmat",),
    "STX-IO012": ("PIL.Image:open", "matplotlib.pyplot:imread imsave", "cv2:imread imwrite", "imageio:imread imwrite"),
    "STX-IO013": ("h5py:File",),
    "STX-IO015": ("sqlite3:connect",),
}
"""By rule; number 14 is about extensions and has no call of its own."""


def _placed(path: StrPath) -> Path:
    return routing.normalised(Path.cwd() / routing.normalised(path))


def _titles(given: Sequence[object] | None, items: Sequence[object]) -> list[str]:
    titles = list(map(str, range(len(items)) if given is None else given))
    if len(titles) != len(items):
        raise ValueError(f"indi_suffix has {len(titles)} entries for {len(items)} items")
    return titles


def _spare(path: Path, parts: int) -> Path:
    """A free path in a new temporary folder."""
    return Path(tempfile.mkdtemp(prefix="scitex-io-"), "-".join(path.parts[-max(parts, 1) :]).strip("/\\"))


def _append(text: str, path: StrPath, *, overwrite: bool, verbose: bool) -> Path:
    """Put *text* behind what a file holds; whatever goes wrong, the old content stays."""
    target = _placed(path)
    with draft(target, update=not overwrite, makedirs=False) as fresh:
        with fresh.open("a+b") as file:
            if file.tell():
                file.seek(-1, 2)
                # A last line without an end would run into the new text.
                text = text if file.read(1) == b"\n" else f"\n{text}"
            file.write(text.encode())
        if overwrite and target.exists():
            shutil.copy2(target, _spare(target, 2))
    memo.forget(target)
    if verbose:
        sys.stderr.write(f"Saved to: {shown(target)} (csv, {size(target)})\n")
    return target
