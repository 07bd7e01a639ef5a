"""Is a pickle's memo no larger than the pickle? Found by passing over its steps, with a regular expression for speed.

Python's own unpickler makes room for as many entries as the largest number in the file, in some versions for up to
four thousand million: a file of ten bytes, or one flipped bit, would take all memory there is.
"""

from __future__ import annotations

import io
import pickle
import re
from functools import cache
from typing import IO

WINDOW = 1 << 20
"""Bytes that are looked at together."""
SPARSE = 1 << 22
"""Numbers below it take 64 MB at most, and are passed over without a look."""


@cache
def _is_weak() -> bool:
    """Does this Python make room for numbers that are not there?"""
    unpickler = pickle.Unpickler(io.BytesIO(b"Nr\x00\x00\x01\x00."))  # noqa: S301  # None, as entry 65536
    unpickler.load()
    return unpickler.__sizeof__() > 1 << 19


@cache
def _steps() -> re.Pattern[bytes]:
    """As many steps as there are whose length is soon told, and whose numbers are small."""

    def counted(zeros: bytes) -> bytes:
        return b"|".join(re.escape(bytes([length])) + zeros + b".{%d}" % length for length in range(256))

    plain = rb"[%b]" % re.escape(b"()01}]NRabdeloutsQ2\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98")
    # What is frequent comes first, numbers several at a time: a file of a million small objects has millions of steps.
    steps = (
        rb"J....J....J....J....J....J....J....J....|J....",
        rb"\x8c(?:%b)" % counted(b""),
        rb"[Kqh\x80\x82].|[M\x83]..|[G\x95]........|[j\x84]....",
        rb"[UC\x8a](?:%b)" % counted(b""),
        rb"[XBT](?:%b)" % counted(rb"\x00\x00\x00"),
        plain,
        rb"r..[\x00-\x3f]\x00|p\d{1,6}\n",
        rb"[IFLSVPg][^\n]*\n|[ci][^\n]*\n[^\n]*\n",
    )
    return re.compile(rb"(?:(?:%b)%b*)*+" % (b"|".join(steps), plain), re.DOTALL)


def is_bounded(file: IO[bytes]) -> bool:
    """Can the pickle that begins where *file* stands do no harm by its numbers? *file* is put back there."""
    if not _is_weak():
        return True
    start = file.tell()
    try:
        return _walk(file)
    finally:
        file.seek(start)


def _walk(file: IO[bytes]) -> bool:
    steps = _steps()
    place, window, at = file.tell(), b"", 0  # where the window begins in the file, and where the next step in it
    while True:
        if at + 9 > len(window):  # the step may be cut by the window's end
            place += at
            file.seek(place)
            window, at = file.read(WINDOW), 0
        found = steps.match(window, at)
        end = found.end() if found is not None else at
        step = window[end : end + 1]
        if step == b".":
            return True
        if end + 9 > len(window) and end > at:
            at = end
            continue
        number = int.from_bytes(window[end + 1 : end + 5], "little")
        if step == b"r" and number <= place + end:  # an entry takes a step before it
            at = end + 5
        elif step and step in _FOUR:
            at = end + 5 + number
        elif step and step in _EIGHT:
            at = end + 9 + int.from_bytes(window[end + 1 : end + 9], "little")
        elif end > 0 and step:  # longer than what is left of the window
            place += end
            file.seek(place)
            window, at = file.read(WINDOW), 0
        else:
            return False


_FOUR, _EIGHT = b"XBT\x8b", b"\x8d\x8e\x96"
"""Steps with so many bytes of length before their content."""
