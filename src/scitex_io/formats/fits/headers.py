"""Metadata in the primary header of a FITS file, as a long text (FITS 4.0, section 4.2.1.2); the data stay as they lie."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

from scitex_io.content.notes import parsed

NOTE = "SCITEXMD"
BLOCK = 2880
"""Bytes; headers and data fill whole blocks."""


def put(path: Path, text: str) -> None:
    """Write the header anew, with its checksum if it has one."""
    from astropy.io import fits

    content = path.read_bytes()
    if not content.startswith(b"SIMPLE  ="):
        raise ValueError("it is no FITS file")
    with path.open("rb") as file:
        header = fits.Header.fromfile(file)
        ends = file.tell()
    header.remove(NOTE, ignore_missing=True)
    header[NOTE] = json.dumps(parsed(text))  # in one line: a header has no others
    if "CHECKSUM" in header:
        header["CHECKSUM"] = ("0" * 16, header.comments["CHECKSUM"])
        header["CHECKSUM"] = (
            _checksum(header.tostring().encode(), int(header.get("DATASUM", 0))),
            header.comments["CHECKSUM"],
        )
    path.write_bytes(header.tostring().encode() + content[ends:])


def get(path: Path) -> str | None:
    """The text of the header."""
    from astropy.io import fits

    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fits.Header.fromfile(file).get(NOTE)
    return None if found is None else str(found)


def _checksum(header: bytes, data: int) -> str:
    """What makes the sum over all 32-bit words of the unit zero, in letters (FITS 4.0, appendix J)."""
    total = data + sum(int.from_bytes(header[at : at + 4], "big") for at in range(0, len(header), 4))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    value = ~total & 0xFFFFFFFF
    columns = [[0] * 4 for _ in range(4)]
    for at in range(4):
        byte = value >> (24 - 8 * at) & 0xFF
        letters = [byte // 4 + 48 + (byte % 4 if part == 0 else 0) for part in range(4)]
        while any(48 + 9 < letter < 65 or 90 < letter < 97 for letter in letters):
            for part in (0, 2):
                one, other = letters[part], letters[part + 1]
                if 57 < one < 65 or 90 < one < 97 or 57 < other < 65 or 90 < other < 97:
                    letters[part], letters[part + 1] = one + 1, other - 1
        for part in range(4):
            columns[part][at] = letters[part]
    text = "".join(chr(letter) for part in columns for letter in part)
    return text[-1] + text[:-1]
