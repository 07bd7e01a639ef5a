"""Sound (.wav .flac .ogg): samples with their rate."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import frozen

from scitex_io.content import containers
from scitex_io.content.notes import NoteKeeper
from scitex_io.content.sound import DTYPES, Sound, stores
from scitex_io.errors import UnsupportedTypeError
from scitex_io.handler import Fidelity

if TYPE_CHECKING:
    from numpy.typing import NDArray


@frozen(kw_only=True)
class Wav(Sound, NoteKeeper):
    """Samples as they are: integers of 8, 16 and 32 bits, floats of 32 and 64."""

    name = "wav"
    extensions = (".wav",)
    accepts = stores(Fidelity.EXACT, ", ".join(DTYPES))
    magic = (b"RF64", b"RIFX")
    container = "WAV"
    subtypes = {"uint8": "PCM_U8", "int16": "PCM_16", "int32": "PCM_32", "float32": "FLOAT", "float64": "DOUBLE"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the samples as they are, and no date."""
        super().save(obj, path)
        with path.open("r+b") as file:
            peak = next((at for name, at, _ in containers.chunks(file) if name == b"PEAK"), None)
            if peak is not None:
                file.seek(peak + 4)  # behind its version
                file.write(bytes(4))

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As comments in LIST parts of their own, behind the samples."""
        with path.open("r+b") as file:
            self._whole(file)
            order = ">" if file.read(4) == b"RIFX" else "<"
            end = file.seek(0, 2)
            for name, at, size in reversed(list(containers.chunks(file))):
                if name == b"LIST" and any(_noted(file, at, size, word) is not None for word in notes):
                    file.seek(at - 8)
                    if at + size + (size & 1) >= end:
                        end = at - 8
                        file.truncate(end)
                    else:
                        file.write(b"JUNK" + struct.pack(f"{order}I", size) + bytes(size))
            file.seek(0, 2)
            file.write(bytes(end & 1))
            for word, text in notes.items():
                data = f"{word}\0{text}\0".encode()
                data = b"INFOICMT" + struct.pack(f"{order}I", len(data)) + data + bytes(len(data) & 1)
                file.write(b"LIST" + struct.pack(f"{order}I", len(data)) + data)
            self._measure(file, order)

    def _whole(self, file: BinaryIO) -> None:
        first = file.read(12)
        if first[:4] not in (b"RIFF", *self.magic) or first[8:] != b"WAVE":
            raise ValueError("it is no WAV file")
        if wrong := self.walk(file):
            raise ValueError(wrong)
        file.seek(0)

    @staticmethod
    def _measure(file: BinaryIO, order: str) -> None:
        """Note how long the file is."""
        size = file.seek(0, 2) - 8
        file.seek(0)
        if file.read(4) == b"RF64":
            file.seek(20)
            file.write(struct.pack("<Q", size))
        elif size >= 1 << 32:
            raise ValueError("a WAV file has 4 GiB at most; no more fits in")
        else:
            file.write(struct.pack(f"{order}I", size))

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        with path.open("rb") as file:
            self._whole(file)
            for kind, at, size in list(containers.chunks(file)):
                if kind == b"LIST" and (found := _noted(file, at, size, name)) is not None:
                    return found
        return None

    def walk(self, file: BinaryIO, /) -> str:
        """A part that is longer than the file."""
        return containers.wave(file)


def _noted(file: BinaryIO, at: int, size: int, name: str) -> str | None:
    """What a LIST part of ours says under this name."""
    file.seek(at)
    head = file.read(12 + len(name) + 1)
    if head[:8] != b"INFOICMT" or head[12:] != name.encode() + b"\0":
        return None
    return file.read(size - len(head)).rstrip(b"\0").decode()


@frozen(kw_only=True)
class Flac(Sound):
    """Integers of up to 24 bits, compressed without loss."""

    name = "flac"
    extensions = (".flac",)
    accepts = stores(Fidelity.EXACT, "int16, or int32 whose lowest 8 bits are not used")
    magic = (b"fLaC",)
    container = "FLAC"
    subtypes = {"uint8": "PCM_S8", "int16": "PCM_16", "int32": "PCM_24", "float32": "PCM_24", "float64": "PCM_24"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the samples, of which there has to be one."""
        super().save(obj, path)
        if not len(self._audio(obj)):
            raise UnsupportedTypeError(self.name, "no samples", (), "such a file could not be read")

    def doubt(self, samples: NDArray[Any], path: Path, /) -> str:
        """The file tells the MD5 sum of its samples, which libsndfile does not compare."""
        with path.open("rb") as file:
            head = file.read(42)
        told, bits = head[26:], (int.from_bytes(head[20:22], "big") >> 4 & 31) + 1
        if head[:4] != self.magic[0] or not any(told) or bits % 8 or samples.dtype.kind == "f":
            return ""
        # The upper bytes of each sample: libsndfile gives integers over their whole range.
        used = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
        if bits < 8 * used.itemsize:
            used = used.view("u1").reshape(used.size, -1)[:, -(bits // 8) :].copy()
        found = md5(used.data, usedforsecurity=False).digest()
        return "" if found == told else "the checksum of its samples is wrong"


@frozen(kw_only=True)
class Ogg(Sound):
    """Sound for the ear, compressed with loss: Vorbis, or ``subtype="OPUS"``."""

    name = "ogg"
    extensions = (".ogg",)
    accepts = stores(Fidelity.LOSSY, ", ".join(DTYPES), "VORBIS coding changes samples")
    magic = (b"OggS",)
    container = "OGG"
    subtypes = dict.fromkeys(DTYPES, "VORBIS")

    def walk(self, file: BinaryIO, /) -> str:
        """A page that is missing or damaged."""
        return containers.pages(file)
