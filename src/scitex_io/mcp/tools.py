"""The commands as functions for a server: paths are resolved within its folders, answers are plain and bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from scitex_io import registry
from scitex_io.cli.glance import LARGEST, content, glance, too_large
from scitex_io.describe import described
from scitex_io.errors import OptionError
from scitex_io.handler import FormatHandler
from scitex_io.loading import loader_for
from scitex_io.mcp.answers import Answer, telling
from scitex_io.mcp.roots import Roots
from scitex_io.messages import bytes_of

File = Annotated[str, "A file or store: relative to one of the folders, or absolute within them."]
Key = Annotated[str | None, "Only this part of it: 'a/b'."]
Ext = Annotated[str | None, "Read it as this format, whatever its name says: 'json'."]
ACROSS = 64  # places along the other axes of an array
OWN_WORDS = {"keys", "columns", "value"}  # of a description, which would be told twice
MOST = 1000
"""Rows, paths or differences that one answer may have."""


class Tools:
    """What can be asked.

    Parameters
    ----------
    roots
        The folders.
    """

    def __init__(self, roots: Roots) -> None:
        self.roots = roots
        self._lock = Lock()  # warnings and standard output are of the whole process

    def answered(self, ask: Callable[[], Any]) -> dict[str, Any]:
        """What a tool finds, within the folders and the room of an answer."""
        notes: list[str] = []
        with self._lock, telling(notes), self.roots.confining():
            answer = Answer()
            found = {"answer": answer.plain(ask())}
        if notes:
            found["warnings"] = Answer().plain(notes)
        if not answer.is_whole:
            found["cut"] = "the answer was too long: ask for a part (key, start and stop, columns, limit)"
        return found

    # -- what there is

    def list_formats(
        self, extensions: Annotated[list[str] | None, "Only the formats of these: ['csv', '.h5']."] = None
    ) -> dict[str, Any]:
        """List the formats with their extensions; of those asked for, all that is known: types, losses, options."""

        def found() -> Any:
            from scitex_io.catalogue import catalogue

            rows = catalogue(registry.REGISTRY)
            if not extensions:
                return {row.name: {"extensions": row.extensions, "installed": row.installed} for row in rows}
            wanted = {registry.normal(extension) for extension in extensions}
            for extension in wanted:
                if not any(extension in row.extensions for row in rows):
                    registry.REGISTRY.for_loading(f"x{extension}")  # raises, naming what is close
            return [row.as_dict() for row in rows if wanted & set(row.extensions)]

        return self.answered(found)

    def glob(
        self,
        pattern: Annotated[str, "'data/sub-{sub}/run-{run:d}.{csv,tsv}', 'raw/**/*.h5'; relative or absolute."],
        limit: Annotated[int, "The most paths to list."] = 200,
    ) -> dict[str, Any]:
        """List the paths that match a pattern, in natural order, with the values of its placeholders."""

        def found() -> Any:
            matches = self.roots.matching(pattern)
            shown = matches[: _within(limit)]
            return {"count": len(matches), "paths": [{"path": path, **values} for path, values in shown]}

        return self.answered(found)

    def info(self, path: File, ext: Ext = None) -> dict[str, Any]:
        """Tell what a file holds without loading it: format, size, shape, columns or keys."""

        def found() -> Any:
            from scitex_io.facts import info

            return info(self._small_or_described(self.roots.existing(path), ext), ext)

        return self.answered(found)

    def tree(self, path: File, ext: Ext = None) -> dict[str, Any]:
        """List the keys of a file with the type, shape and dtype of what each holds."""

        def found() -> Any:
            from scitex_io.facts import info

            facts = info(self._small_or_described(self.roots.existing(path), ext), ext)
            return {"format": facts["format"], "keys": facts.get("keys") or facts.get("columns") or {}}

        return self.answered(found)

    # -- content

    def peek(self, path: File, rows: int = 5, key: Key = None, ext: Ext = None) -> dict[str, Any]:
        """Show the beginning of what a file holds: first rows, a corner of an array, first keys."""

        def found() -> Any:
            facts, head = glance(self.roots.existing(path), _within(rows), key, ext, plain=True)
            return {**facts, "head": head}

        return self.answered(found)

    def load(
        self,
        path: File,
        key: Key = None,
        start: Annotated[int, "The first row, item or line."] = 0,
        stop: Annotated[int | None, "The row after the last one; at most 1000 at a time."] = None,
        columns: Annotated[list[str] | None, "Only these columns or channels, by name."] = None,
        member: Annotated[str | None, "Of an archive: this file in it."] = None,
        ext: Ext = None,
    ) -> dict[str, Any]:
        """Load values: some rows and columns of a table or array, lines of a text, a part of a tree.

        No more is read than that where the format can do so. Larger arrays inside of a tree are told in short: name one
        with key.
        """

        def found() -> Any:
            rows = _span(start, stop)
            file = self.roots.existing(path)
            handler = loader_for(file, ext, None, None)
            known = handler.options_for("load")
            options: dict[str, Any] = {} if member is None else {"member": member}
            if columns is not None and "columns" in known:
                options["columns"] = columns
            obj: Any = None
            cut = "rows" in known and (key is None or "key" in known)
            if cut:
                try:
                    obj = content(file, ext, key, rows=rows, **options)
                except OptionError as error:  # a tree has no rows
                    if error.option != "rows":
                        raise
                    cut = False
            if not cut:
                if bytes_of(file) > LARGEST and not (key is not None and "key" in known) and member is None:
                    raise too_large(file, handler)
                obj = content(file, ext, key, **options)
            if columns is not None and "columns" not in known:
                obj = _columns(obj, columns, handler)
            told = {} if cut else {name: fact for name, fact in described(obj).items() if name not in OWN_WORDS}
            return {**told, "rows": [rows.start, rows.stop], "value": _shown(obj if cut else _rows(obj, rows))}

        return self.answered(found)

    def diff(
        self,
        one: File,
        other: File,
        rtol: float = 0.0,
        atol: float = 0.0,
        key: Key = None,
        strict: Annotated[bool, "Also types, dtypes and the order of keys have to be the same."] = False,
        limit: int = 100,
    ) -> dict[str, Any]:
        """Tell where the values of two files differ, each place with its path of keys; formats may differ."""

        def found() -> Any:
            from attrs import asdict

            from scitex_io.comparing import differences

            values = []
            for file in map(self.roots.existing, (one, other)):
                handler = loader_for(file, None, None, None)
                if bytes_of(file) > LARGEST and not (key is not None and "key" in handler.options_for("load")):
                    raise too_large(file, handler)
                values.append(content(file, None, key))
            most = _within(limit)
            places = list(islice(differences(*values, rtol=rtol, atol=atol, strict=strict, limit=most + 1), most + 1))
            shown = list(map(asdict, places[:most]))
            return {"equal": not places, "differences": shown, "more": len(places) > most}

        return self.answered(found)

    # -- a project

    def load_configs(
        self, folder: Annotated[str, "The folder of YAML files."] = "config", debug: bool | None = None
    ) -> dict[str, Any]:
        """Show the configs of a project as one tree; ``${env:...}`` is refused: the environment is not shown."""

        def found() -> Any:
            from scitex_io.session.configs import load_configs
            from scitex_io.session.references import ENVIRONMENT

            place = self.roots.existing(folder)
            token = ENVIRONMENT.set({})
            try:
                return load_configs(debug, config_dir=place).to_dict(include_private=True)
            finally:
                ENVIRONMENT.reset(token)

        return self.answered(found)

    def read_metadata(self, path: File) -> dict[str, Any]:
        """Show the metadata inside a file; null if there are none."""

        def found() -> Any:
            from scitex_io.metadata import read_metadata

            return read_metadata(self.roots.existing(path))

        return self.answered(found)

    def trace(self, path: File) -> dict[str, Any]:
        """Tell how a file came about, and which of its inputs within the folders have changed since."""

        def found() -> Any:
            from scitex_io.cli.provenance import traced

            node = traced(self.roots.existing(path), may_look=self.roots.holds)
            if node["provenance"] is None:
                raise ValueError(f"'{path}' does not tell how it came about (save it with provenance=True)")
            return node

        return self.answered(found)

    def _small_or_described(self, file: Path, ext: str | None) -> Path:
        """The file, if it can be told of without loading all of a large one."""
        from scitex_io.typing import is_describer

        handler = loader_for(file, ext, None, None)
        if not is_describer(handler) and bytes_of(file) > LARGEST:
            raise too_large(file, handler)
        return file


def _within(number: int) -> int:
    if not 1 <= number <= MOST:
        raise ValueError(f"between 1 and {MOST} can be asked for, not {number}")
    return number


def _span(start: int, stop: int | None) -> slice:
    stop = start + 100 if stop is None else stop
    if start < 0 or not 0 < stop - start <= MOST:
        raise ValueError(f"start={start}, stop={stop}: at most {MOST} rows can be asked for, counted from 0")
    return slice(start, stop)


def _rows(obj: Any, rows: slice) -> Any:
    if isinstance(obj, str):
        return "".join(obj.splitlines(keepends=True)[rows])
    if hasattr(obj, "iloc"):
        return obj.iloc[rows]
    if hasattr(obj, "shape") and hasattr(obj, "dtype"):
        return obj[rows] if obj.shape else obj
    return obj[rows] if isinstance(obj, (list, tuple)) else obj


def _columns(obj: Any, columns: list[str], handler: FormatHandler) -> Any:
    if not hasattr(obj, "columns") and not isinstance(obj, Mapping):
        raise OptionError(handler.name, "load", "columns", handler.options_for("load"), reason="only tables have them")
    return obj[columns] if hasattr(obj, "columns") else {name: obj[name] for name in columns}


def _shown(value: Any) -> Any:
    """A text as its lines, an array as its rows: each has room by itself."""
    if isinstance(value, str):
        return value.splitlines()
    if hasattr(value, "to_data_frame"):  # of MNE
        return value.to_data_frame()
    if hasattr(value, "tolist") and value.shape:
        return [row[(slice(ACROSS),) * (value.ndim - 1)] if value.ndim > 1 else row for row in value]
    return value
