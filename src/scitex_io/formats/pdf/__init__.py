"""Portable Document Format (.pdf): figures and images as pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.content.figures import companion
from scitex_io.content.pixels import are_images
from scitex_io.content.rendering import FIGURES, KALEIDO, SAVEFIG, is_figure, render
from scitex_io.errors import OptionError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, save_option
from scitex_io.typing import CompanionWriter, Saver, Verb

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # noqa: F401  # in the header
    from matplotlib.figure import Figure  # noqa: F401  # in the header
    from PIL import Image

PILLOW = frozenset({"resolution", "title", "author", "subject", "keywords", "creator", "producer", "quality"})


@frozen(kw_only=True)
class Pdf(FormatHandler, PassThrough, Saver["Figure | Axes | Image.Image | list[Image.Image]"], CompanionWriter):
    """Figures as drawings that stay sharp; images, or a list of them, one to a page.

    Parameters
    ----------
    dpi
        Figures: the resolution of the parts that have to be pixels. Images: how large they are on the page.
    **options
        Figures: what ``Figure.savefig`` (or kaleido, for plotly) understands. Images: what Pillow does.
    """

    name = "pdf"
    extensions = (".pdf",)
    accepts = (
        *FIGURES,
        Accepts("PIL.Image.Image", Fidelity.RENDERED),
        Accepts(list, Fidelity.RENDERED, domain="of PIL images, one to a page", where=are_images),
    )
    magic = (b"%PDF-",)

    dpi: float | tuple[float, float] | None = save_option(None)

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """The options of ``savefig``, kaleido and Pillow."""
        return SAVEFIG - {"pil_kwargs"} | KALEIDO | PILLOW if verb == "save" else ()

    def save(self, obj: Any, path: Path, /) -> None:
        """Draw the figure, or lay the images on pages."""
        options = dict(self.extra_options) | ({} if self.dpi is None else {"dpi": self.dpi})
        if is_figure(obj):
            render(obj, path, "pdf", self.name, options)
            return
        for option in options:
            if option not in PILLOW | {"dpi"}:
                known = tuple(sorted(PILLOW | {"dpi"}))
                raise OptionError(self.name, "save", option, known, reason="it is no option for images")
        if isinstance(options.get("dpi"), (int, float)):
            options["dpi"] = (options["dpi"],) * 2
        first, *others = [self._page(image) for image in (obj if isinstance(obj, list) else [obj])]
        # No dates: the same images give the same bytes.
        dates = {"creationDate": None, "modDate": None}
        first.save(path, "PDF", save_all=bool(others), append_images=others, **dates, **options)

    def _page(self, image: Image.Image) -> Image.Image:
        if image.mode.startswith("I") or image.mode == "F":
            reason = f"a page shows 8-bit images, not mode {image.mode}"
            raise UnsupportedTypeError(self.name, type_name(type(image)), tuple(map(str, self.accepts)), reason)
        if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "CMYK"} and "transparency" not in image.info:
            return image
        return image.convert("RGBA" if image.has_transparency_data else "RGB")

    def companions(self, obj: Any, /) -> Mapping[str, object]:
        """The data that a matplotlib figure shows."""
        return companion(obj)
