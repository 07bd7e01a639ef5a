"""What tools answer: plain data of bounded size, and errors in our words."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, redirect_stdout
from sys import stderr
from typing import Any

from scitex_io.cli.telling import words
from scitex_io.describe import short

ROOM = 20_000
"""Characters of an answer, about."""
LONGEST = 2_000  # of one text in it
SMALL = 256  # elements of an array that is shown inside of something


class Answer:
    """Takes data until there is no room left, and knows whether all of it was taken."""

    def __init__(self, room: int = ROOM) -> None:
        self._left = room
        self.is_whole: bool = True

    def plain(self, value: Any) -> Any:
        """The value as JSON has it, as much as there is room for."""
        if value is None or isinstance(value, (bool, int)):
            return self._taken(value, 6 if value is None else value.bit_length() // 3 + 2)
        if isinstance(value, float):
            return self._taken(value if math.isfinite(value) else None, len(repr(value)) + 1)
        if isinstance(value, str):
            return self._text(value, LONGEST)
        if isinstance(value, Mapping):
            return {self._text(str(key), LONGEST): self.plain(part) for key, part in self._parts(value.items())}
        if isinstance(value, (list, tuple, AbstractSet)):
            return [self.plain(part) for part in self._parts(value)]
        if hasattr(value, "columns") and hasattr(value, "iloc"):
            return self.plain(value.to_dict("records"))
        if hasattr(value, "to_dicts"):
            return self.plain(value.to_dicts())
        if hasattr(value, "tolist") and getattr(value, "size", SMALL + 1) <= SMALL:
            return self.plain(value.tolist())
        return self._text(short(value), LONGEST)

    def text(self, value: str) -> str:
        """As much of a long text as there is room for."""
        return self._text(value, self._left)

    def _text(self, value: str, longest: int) -> str:
        longest = max(0, min(longest, self._left))
        if len(value) > longest:
            self.is_whole = False
            value = f"{value[:longest]}..."
        # A lone surrogate, of a file name that is no UTF-8, is no character of JSON.
        return str(self._taken(value.encode("utf-8", "backslashreplace").decode(), len(value) + 4))

    def _parts(self, parts: Any) -> Iterator[Any]:
        for part in parts:
            if self._left <= 0:
                self.is_whole = False
                return
            yield part

    def _taken(self, value: Any, room: int) -> Any:
        self._left -= room
        return value


@contextmanager
def telling(notes: list[str]) -> Iterator[None]:
    """Errors that users can do something about become answers, warnings are noted; nothing is printed as an answer."""
    from fastmcp.exceptions import ToolError

    with warnings.catch_warnings(record=True) as caught, redirect_stdout(stderr):
        warnings.simplefilter("default")
        try:
            yield
        except (ValueError, TypeError, LookupError) as error:
            raise ToolError(_cut(_said(error))) from error
        except Exception as error:
            raise ToolError(_cut(words(error))) from error
        finally:
            notes += dict.fromkeys(_cut(str(one.message)) for one in caught)


def _said(error: Exception) -> str:
    """Its words; of a plain one that no file is named with, what it says itself."""
    try:
        return words(error)
    except (ValueError, TypeError, LookupError) as same:
        return f"{same}"


def _cut(text: str) -> str:
    return Answer().text(text)
