"""Bytes as text: the encoding that a byte order mark declares, else UTF-8, else Latin-1."""

from __future__ import annotations

import codecs
from pathlib import Path

from scitex_io.errors import UnreadableFileError, UnsupportedTypeError

_MARKS = (
    # The mark of UTF-16 LE begins that of UTF-32 LE.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def declared(data: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning declares."""
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def decoded(data: bytes, path: Path, format_name: str, encoding: str | None = None) -> str:
    """The text that bytes spell, newlines untouched.

    Raises
    ------
    UnreadableFileError
        The bytes are no text (they hold NUL), or none in this encoding.
    """
    chosen = encoding or declared(data)
    try:
        if chosen is None:
            try:
                text = data.decode()
            except UnicodeDecodeError:
                text = data.decode("latin-1")
        else:
            text = data.decode(chosen)
    except UnicodeError as error:
        raise UnreadableFileError(str(path), format_name, f"it is not {chosen}: {error}") from error
    if "\0" in text:
        raise UnreadableFileError(str(path), format_name, "it is binary (it holds NUL bytes), not text")
    return text


def encoded(text: str, format_name: str, encoding: str | None = None) -> bytes:
    """The bytes from which `decoded` makes the same text.

    Raises
    ------
    UnsupportedTypeError
        The encoding has no bytes for a character, or the text would be taken for binary content.
    """
    if (at := text.find("\0")) >= 0:
        raise UnsupportedTypeError(format_name, "str", reason=f"the NUL character at {at} makes a file binary")
    try:
        data = text.encode(encoding or "utf-8")
    except UnicodeEncodeError as error:
        found = f"{error.object[error.start]!a} at {error.start}"
        raise UnsupportedTypeError(format_name, "str", reason=f"{error.encoding} cannot write {found}") from error
    # What looks like a byte order mark is dropped on loading, unless it stands behind one.
    return codecs.BOM_UTF8 + data if encoding is None and data.startswith(codecs.BOM_UTF8) else data


def is_encoding(name: str | None) -> bool:
    """Is it the name of a text encoding (or None: found out by itself)?"""
    try:
        return name is None or bool(codecs.lookup(name).name)
    except LookupError:
        return False
