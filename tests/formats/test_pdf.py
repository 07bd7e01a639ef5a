from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from scitex_io import OptionError, UnsupportedTypeError, save
from scitex_io.formats.pdf import Pdf


def figure() -> Figure:
    made = Figure(figsize=(2, 1))
    made.subplots().plot([1, 2], [3, 4])
    return made


def test_a_figure_and_its_axes_become_the_same_page_every_time(tmp_path: Path) -> None:
    drawn = figure()

    paths = [save(obj, tmp_path / f"{n}.pdf", no_csv=True) for n, obj in enumerate((drawn, drawn.axes[0], figure()))]

    first, *others = (path.read_bytes() for path in paths)
    assert first.startswith(b"%PDF-")
    assert b"/MediaBox [ 0 0 144 72 ]" in first
    assert others == [first, first]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_an_image_becomes_a_page_the_same_every_time(mode: str, tmp_path: Path) -> None:
    image = Image.new(mode, (72, 36))

    one, two = (save(image, tmp_path / "a.pdf", dpi=144, on_loss="error").read_bytes() for _ in range(2))

    assert b"/MediaBox [ 0 0 36" in one
    assert one == two


def test_a_list_of_images_becomes_pages(tmp_path: Path) -> None:
    images = [Image.new("L", (9, 9), value) for value in (0, 9)]

    content = save(images, tmp_path / "a.pdf", title="paws").read_bytes()

    assert b"/Count 2" in content


@pytest.mark.parametrize("dtype", ["float32", "uint16", "int32"])
def test_images_that_a_page_cannot_show_are_refused(dtype: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="8-bit images"):
        save(Image.fromarray(np.zeros((2, 2), dtype)), tmp_path / "a.pdf")

    assert list(tmp_path.iterdir()) == []


def test_options_are_for_what_they_are_for(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no option for images"):
        save(Image.new("L", (2, 2)), tmp_path / "a.pdf", bbox_inches="tight")
    with pytest.raises(OptionError, match="no option for figures"):
        save(figure(), tmp_path / "a.pdf", quality=3, no_csv=True)


def test_a_figure_has_its_data_as_companion() -> None:
    assert list(Pdf().companions(figure())) == [".csv"]
    assert Pdf().companions(Image.new("L", (1, 1))) == {}
