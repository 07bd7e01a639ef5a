"""Texts in WebP files: tags of their Exif part (the container of the WebP specification)."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from scitex_io.content.notes import tiff

HAS_EXIF, HAS_ALPHA = 0x08, 0x10


def put(content: bytes, notes: Mapping[str, str]) -> bytes:
    """The file with these texts; the compressed pixels are not touched."""
    parts = _parts(content)
    kinds = [kind for kind, _ in parts]
    file = BytesIO(_exif(parts) or tiff.EMPTY)
    tiff.put(file, notes)
    if kinds[:1] != [b"VP8X"]:
        from PIL import Image

        with Image.open(BytesIO(content), formats=["WEBP"]) as image:
            flags = HAS_ALPHA if image.mode == "RGBA" else 0
            sizes = b"".join((side - 1).to_bytes(3, "little") for side in image.size)
        parts.insert(0, (b"VP8X", bytes((flags, 0, 0, 0)) + sizes))
    parts[0] = (b"VP8X", bytes((parts[0][1][0] | HAS_EXIF,)) + parts[0][1][1:])
    parts = [part for part in parts if part[0] != b"EXIF"]
    after = next((at for at, (kind, _) in enumerate(parts) if kind == b"XMP "), len(parts))
    parts.insert(after, (b"EXIF", file.getvalue()))
    body = b"".join(kind + len(data).to_bytes(4, "little") + data + bytes(len(data) & 1) for kind, data in parts)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def get(content: bytes, name: str) -> str | None:
    """The text of this name."""
    exif = _exif(_parts(content))
    return tiff.get(BytesIO(exif), name) if exif is not None else None


def _exif(parts: list[tuple[bytes, bytes]]) -> bytes | None:
    found = next((data for kind, data in parts if kind == b"EXIF"), None)
    return found.removeprefix(b"Exif\0\0") if found is not None else None


def _parts(content: bytes) -> list[tuple[bytes, bytes]]:
    end = 8 + int.from_bytes(content[4:8], "little")
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or end > len(content):
        raise ValueError("it is no WebP file, or cut short")
    found, at = [], 12
    while at < end:
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise ValueError("it is cut short")
        found.append((content[at : at + 4], content[at + 8 : at + 8 + size]))
        at += 8 + size + (size & 1)
    return found
