"""The files that match a pattern, in natural order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from scitex_io.patterns import alternatives, fields_of, has_wildcards
from scitex_io.patterns.matching import part


def matches(
    pattern: str, within: str = "", may_enter: Callable[[str], bool] | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """Each path that matches with the values of its placeholders, in natural order.

    Paths are written as the pattern is. A relative one is looked for in *within*, a folder that ends in a slash, or
    in the current directory. Folders that *may_enter* denies are taken for empty.
    """
    from natsort import natsort_keygen

    found: dict[str, dict[str, Any]] = {}
    walk = _Walk(may_enter)
    for one in alternatives(pattern):
        fields = {field.name: field for field in fields_of(one.replace("**", "*"))}
        root = "/" if one.startswith("/") else within
        numbers = [name for name, field in fields.items() if field.width is not None]
        parts = [text for text in one.split("/") if text]
        for path, texts in walk.matching(root, parts, {}, one.endswith("/")) if parts else ():
            values: dict[str, Any] = {**texts}
            for name in numbers:
                values[name] = int(texts[name])
            found.setdefault(path.removeprefix(within), values)
    key = natsort_keygen()
    return sorted(found.items(), key=lambda entry: key(entry[0]))


@frozen
class _Walk:
    """Looks through folders, but those that it may not enter."""

    may_enter: Callable[[str], bool] | None

    def matching(
        self, folder: str, parts: list[str], known: dict[str, str], only_folders: bool
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """What matches *parts* below a folder, which is written as the pattern has it."""
        text, rest = parts[0], parts[1:]
        if not has_wildcards(text):
            path = folder + text
            if rest and os.path.isdir(path):
                yield from self.matching(path + "/", rest, known, only_folders)
            elif not rest and (os.path.isdir(path) if only_folders else os.path.lexists(path)):
                yield path, known
            return
        if text == "**":
            # Last, it stands for every file below as well.
            yield from self._deep(folder, rest or ["*"], known, only_folders, ())
            return
        matcher = part(text)
        for entry in self._entries(folder):
            texts = matcher.match(entry.name, known)
            if texts is None:
                continue
            if rest:
                if _is_folder(entry):
                    yield from self.matching(f"{folder}{entry.name}/", rest, texts, only_folders)
            elif not only_folders or _is_folder(entry):
                yield folder + entry.name, texts

    def _deep(
        self, folder: str, rest: list[str], known: dict[str, str], only_folders: bool, above: tuple[str, ...]
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """What matches *rest* below a folder and below each folder in it."""
        yield from self.matching(folder, rest, known, only_folders)
        for entry in self._entries(folder):
            if entry.name.startswith(".") or not _is_folder(entry):
                continue
            # A link back up would never end.
            real = os.path.realpath(entry.path) if entry.is_symlink() else ""
            if real and (real in above or os.path.realpath(folder or ".").startswith(real)):
                continue
            yield from self._deep(
                f"{folder}{entry.name}/", rest, known, only_folders, (*above, real) if real else above
            )

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        if self.may_enter is not None and not self.may_enter(folder):
            return []
        try:
            with os.scandir(folder or ".") as entries:
                return list(entries)
        except OSError:  # gone meanwhile, not a folder, not ours to read: nothing matches there
            return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
