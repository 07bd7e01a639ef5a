"""Texts in JPEG files: metadata as the description in Exif, and segments of our own for what does not go there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO

from scitex_io.content.notes import METADATA, tiff

EXIF, OWN = 0xE1, 0xEA  # APP1, APP10
HEAD = b"Exif\0\0"
LONGEST = 0xFFFF - 2
"""Bytes in a segment."""


def put(content: bytes, notes: Mapping[str, str]) -> bytes:
    """The file with these texts; the compressed pixels are not touched."""
    segments = [content[start:end] for _, start, end in _segments(content)]
    rest = content[2 + sum(map(len, segments)) :]
    old = {name: block for name in notes if (block := _own(segments, name))}
    segments = [one for one in segments if not any(_is_own(one, name) for name in notes)]
    own = dict(notes)
    if METADATA in notes:
        exif = next((one[4 + len(HEAD) :] for one in segments if _is_exif(one)), None)
        file = BytesIO(tiff.EMPTY if exif is None else exif)
        described = tiff.get(file, METADATA)
        free = described is None or (tiff.is_ours(described) and METADATA not in old)
        if free:
            tiff.put(file, {METADATA: notes[METADATA]})
        if free and len(HEAD) + len(file.getvalue()) <= LONGEST:
            del own[METADATA]
            segment = _segment(EXIF, HEAD + file.getvalue())
            if exif is None:
                segments.insert(1 if segments and segments[0][1] == 0xE0 else 0, segment)  # behind that of JFIF
            else:
                segments = [segment if _is_exif(one) else one for one in segments]
    for name, text in own.items():
        room = LONGEST - len(name) - 1
        pieces = [text[at : at + room] for at in range(0, len(text), room)]
        at = next((at for at, one in enumerate(segments) if not 0xE0 <= one[1] <= 0xEF), len(segments))
        segments[at:at] = [_segment(OWN, f"{name}\0{piece}".encode("ascii")) for piece in pieces]
    return b"".join((content[:2], *segments, rest))


def get(content: bytes, name: str) -> str | None:
    """The text of this name; for metadata also the description in Exif, whoever wrote it."""
    segments = [content[start:end] for _, start, end in _segments(content)]
    if own := _own(segments, name):
        return own.decode("ascii")
    exif = next((one[4 + len(HEAD) :] for one in segments if _is_exif(one)), None)
    return tiff.get(BytesIO(exif), METADATA) if exif is not None and name == METADATA else None


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """The mark, start and end of each segment before the pixels."""
    if content[:3] != b"\xff\xd8\xff":
        raise ValueError("it is no JPEG file")
    at = 2
    while (mark := content[at + 1 : at + 2]) != b"\xda":
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at : at + 1] != b"\xff" or mark == b"" or end > len(content):
            raise ValueError("it is cut short, or damaged")
        yield mark[0], at, end
        at = end
        while content[at : at + 2] == b"\xff\xff":  # fill bytes, which belong to nothing
            at += 1


def _segment(mark: int, data: bytes) -> bytes:
    return bytes((0xFF, mark)) + (len(data) + 2).to_bytes(2, "big") + data


def _is_exif(segment: bytes) -> bool:
    return segment[1] == EXIF and segment[4:].startswith(HEAD)


def _is_own(segment: bytes, name: str) -> bool:
    return segment[1] == OWN and segment[4:].startswith(name.encode() + b"\0")


def _own(segments: list[bytes], name: str) -> bytes:
    return b"".join(one[4 + len(name) + 1 :] for one in segments if _is_own(one, name))
