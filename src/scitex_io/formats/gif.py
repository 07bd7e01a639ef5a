"""Graphics Interchange Format (.gif): up to 256 colours, still or moving."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import frozen

from scitex_io.content.modes import indexed
from scitex_io.content.moving import Moving, moving

if TYPE_CHECKING:
    from PIL import Image


@frozen(kw_only=True)
class Gif(Moving):
    """Up to 256 colours, still or moving."""

    name = "gif"
    extensions = (".gif",)
    accepts = moving(grey=True)
    magic = (b"GIF87a", b"GIF89a")
    pillow = "GIF"
    modes = ("L", "P")
    encoder = frozenset(
        ["interlace", "disposal", "palette", "optimize", "transparency", "duration", "loop", "comment", "background"]
    )
    animated = True
    grain = 10

    def fit(self, image: Image.Image, /) -> Image.Image:
        """The image with a palette of its own colours."""
        return indexed(image, self.name, self.accepts)

    def write(self, frames: list[Image.Image], path: Path, options: dict[str, Any], /) -> None:
        """Frames with transparency are shown one after the other, not over each other."""
        if len(frames) > 1 and any(frame.has_transparency_data for frame in frames):
            options = {"disposal": 2} | options
        super().write(frames, path, options)

    def belonging(self, image: Image.Image, /) -> dict[str, Any]:
        """The index of the transparent colour."""
        return {"transparency": image.info["transparency"]} if "transparency" in image.info else {}

    def picture(self, image: Image.Image, /) -> Image.Image:
        """The colours of a drawing, reduced to the nearest 256."""
        return image.convert("RGB").quantize()

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """Pillow takes the end of the file for the last frame."""
        head = file.read(13)
        if head[:6] not in self.magic or len(head) < 13:
            return
        file.seek(_colours(head[10]), 1)
        while (mark := file.read(1)) != b"\x3b":
            if mark == b"\x21":
                file.seek(1, 1)
            elif mark == b"\x2c":
                place = file.read(9)
                file.seek((_colours(place[8]) if len(place) == 9 else 0) + 1, 1)
            elif mark:
                raise self.damaged(path, f"no part of a GIF begins with {mark!r}")
            else:
                raise self.damaged(path, "it is cut short")
            while size := file.read(1)[:1]:
                if size == b"\0":
                    break
                file.seek(size[0], 1)


def _colours(flags: int) -> int:
    """The bytes of a GIF's colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
