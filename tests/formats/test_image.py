from __future__ import annotations

import io
import sys
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from same import difference
from scitex_io import LossyWarning, OptionError, UnreadableFileError, UnsupportedTypeError, load, save
from scitex_io.errors import MissingDependencyError
from scitex_io.facts import info
from scitex_io.formats.image import Png

EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".webp", ".bmp")
RNG = np.random.default_rng(20)


def noise(*shape: int, dtype: str = "uint8") -> Any:
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def figure() -> Figure:
    made = Figure(figsize=(2, 1))
    made.subplots().plot([1, 2], [3, 4])
    return made


@pytest.fixture
def quiet(recwarn: pytest.WarningsRecorder) -> Callable[[], list[str]]:
    """What was warned about, once the test asks."""
    warnings.simplefilter("always")
    return lambda: [str(warning.message) for warning in recwarn.list]


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_figure_made_without_pyplot_is_drawn(extension: str, tmp_path: Path) -> None:
    loaded = load(save(figure(), tmp_path / f"f{extension}", dpi=50, no_csv=True))

    assert loaded.size == (100, 50)
    assert len(loaded.convert("RGB").getcolors(10000)) > 2


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_axes_save_their_figure(extension: str, tmp_path: Path) -> None:
    drawn = figure()

    by_axes = load(save(drawn.axes[0], tmp_path / f"a{extension}", no_csv=True))
    by_figure = load(save(drawn, tmp_path / f"f{extension}", no_csv=True))

    assert difference(by_axes, by_figure) is None


def test_a_tiff_figure_has_300_dpi_unless_told(tmp_path: Path) -> None:
    assert load(save(figure(), tmp_path / "f.tif", no_csv=True)).size == (600, 300)
    assert load(save(figure(), tmp_path / "g.tif", dpi=100, no_csv=True)).size == (200, 100)


def test_drawing_changes_nothing_of_the_figure_nor_the_settings(tmp_path: Path) -> None:
    drawn = figure()
    before = (drawn.dpi, tuple(drawn.get_size_inches()), drawn.get_facecolor(), type(drawn.canvas), mpl.get_backend())
    settings = dict(mpl.rcParams)

    for extension in EXTENSIONS:
        save(drawn, tmp_path / f"f{extension}", dpi=33, facecolor="red", no_csv=True)

    after = (drawn.dpi, tuple(drawn.get_size_inches()), drawn.get_facecolor(), type(drawn.canvas), mpl.get_backend())
    assert before == after
    assert settings == dict(mpl.rcParams)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_same_figure_gives_the_same_bytes(extension: str, tmp_path: Path) -> None:
    first = save(figure(), tmp_path / f"1{extension}", no_csv=True)
    second = save(figure(), tmp_path / f"2{extension}", no_csv=True)

    assert first.read_bytes() == second.read_bytes()


def test_options_of_savefig_and_of_the_encoder_reach_a_figure(tmp_path: Path) -> None:
    wide = load(save(figure(), tmp_path / "w.png", dpi=50, no_csv=True))
    tight = load(save(figure(), tmp_path / "t.png", dpi=50, bbox_inches="tight", pad_inches=0, no_csv=True))
    small = save(figure(), tmp_path / "s.jpg", quality=5, no_csv=True)
    large = save(figure(), tmp_path / "l.jpg", quality=95, no_csv=True)

    assert wide.size != tight.size
    assert small.stat().st_size < large.stat().st_size


def test_a_drawing_is_no_loss(tmp_path: Path, quiet: Callable[[], list[str]]) -> None:
    for extension in EXTENSIONS:
        save(figure(), tmp_path / f"f{extension}", on_loss="error", no_csv=True)

    assert quiet() == []


def test_the_data_of_a_figure_is_its_companion() -> None:
    assert list(Png().companions(figure())) == [".csv"]
    assert Png().companions(Figure()) == {}
    assert Png().companions(noise(2, 2)) == {}


def test_the_data_of_a_figure_lies_beside_it_unless_unwanted(tmp_path: Path) -> None:
    save(figure(), tmp_path / "f.png")
    save(figure(), tmp_path / "g.png", no_csv=True)

    assert load(tmp_path / "f.csv")["y"].tolist() == [3, 4]
    assert not (tmp_path / "g.csv").exists()


def test_the_data_of_a_figure_follow_it_when_it_shows_more(tmp_path: Path) -> None:
    drawn = figure()
    save(drawn, tmp_path / "f.png")
    drawn.axes[0].errorbar([5], [6], yerr=1)

    save(drawn, tmp_path / "f.png")

    assert 7 in load(tmp_path / "f.csv")["upper"].tolist()


def test_a_table_of_the_user_is_not_replaced_by_the_data_of_a_figure(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("subject,age\n1,30\n")

    with pytest.warns(UserWarning, match="another file"):
        save(figure(), tmp_path / "f.png")

    assert (tmp_path / "f.csv").read_text() == "subject,age\n1,30\n"


def test_plotly_figures_are_drawn_by_kaleido_and_its_absence_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BaseFigure:
        data = ()

        def to_image(self, format: str, **options: Any) -> bytes:  # noqa: A002  # plotly's name
            made = io.BytesIO()
            Image.new("RGB", (options["width"], 5)).save(made, format)
            return made.getvalue()

    module = ModuleType("plotly.basedatatypes")
    module.BaseFigure = BaseFigure  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "plotly.basedatatypes", module)
    monkeypatch.setattr("scitex_io.content.rendering.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"scitex-io\[plotly\]"):
        save(BaseFigure(), tmp_path / "f.png", width=7)

    monkeypatch.setattr("scitex_io.content.rendering.find_spec", lambda name: name)
    for extension in (".png", ".bmp", ".tif"):
        assert load(save(BaseFigure(), tmp_path / f"f{extension}", width=7)).size == (7, 5)


# ---------------------------------------------------------------- arrays


@pytest.mark.parametrize("extension", [".png", ".tif", ".webp", ".bmp"])
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3), (4, 6, 4)])
def test_bytes_come_back_as_an_array(extension: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    array = noise(*shape)
    if extension == ".bmp":
        array = array[..., :3] if len(shape) == 3 else array
    expected = np.repeat(array[..., None], 3, 2) if extension == ".webp" and len(shape) == 2 else array

    loaded = load(save(array, tmp_path / f"a{extension}", on_loss="error"), as_type=np.ndarray)

    assert difference(loaded, expected) is None
    assert loaded.flags.writeable


@pytest.mark.parametrize("extension", [".png", ".tif"])
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3), (4, 6, 4), (1, 1, 3), (1, 9, 4)])
@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_all_16_bits_come_back_as_an_array(extension: str, shape: tuple[int, ...], dtype: str, tmp_path: Path) -> None:
    array = noise(*shape, dtype="uint16").astype(dtype)

    loaded = load(save(array, tmp_path / f"a{extension}", on_loss="allow"), as_type=np.ndarray)

    assert difference(loaded, array.astype("uint16")) is None


def test_16_bit_colours_are_cut_to_8_in_an_image_and_that_is_announced(tmp_path: Path) -> None:
    array = noise(4, 6, 3, dtype="uint16")

    with pytest.warns(LossyWarning, match="as_type=numpy.ndarray"):
        path = save(array, tmp_path / "a.png")

    assert np.array_equal(array >> 8, np.asarray(load(path)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_are_kept_by_tiff_as_32_bits(dtype: str, tmp_path: Path) -> None:
    array = RNG.random((4, 6)).astype(dtype)

    path = save(array, tmp_path / "a.tif", on_loss="error" if dtype == "float32" else "allow")

    assert difference(load(path, as_type=np.ndarray), array.astype("float32")) is None


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_floats_become_bytes_and_that_is_announced(extension: str, tmp_path: Path) -> None:
    array = np.repeat(np.array([[0.0, 0.5, 1.0]])[..., None], 3, 2)

    with pytest.warns(LossyWarning, match="floats become 8-bit"):
        path = save(array, tmp_path / f"a{extension}")

    assert np.abs(load(path, as_type=np.ndarray)[0, :, 0].astype(int) - [0, 128, 255]).max() < 3


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("value", [1.5, -0.1, np.nan, np.inf])
def test_floats_outside_0_to_1_are_refused(extension: str, value: float, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"\[0, 1\]"):
        save(np.array([[0.0, value]]), tmp_path / f"a{extension}")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2), int), np.zeros(3), np.zeros((2, 2, 2), "u1"), np.zeros((0, 3), "u1"), np.zeros((2, 2), complex)],
    ids=["int64", "1-d", "2 channels", "empty", "complex"],
)
def test_what_is_no_picture_is_refused(array: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"\(H, W\)"):
        save(array, tmp_path / "a.png")


def test_a_palette_and_cmyk_give_colours_as_an_array(tmp_path: Path) -> None:
    array = noise(3, 3, 3)
    palette = Image.fromarray(array).quantize(256)
    cmyk = Image.fromarray(array).convert("CMYK")

    assert (
        difference(load(save(palette, tmp_path / "p.png"), as_type=np.ndarray), np.array(palette.convert("RGB")))
        is None
    )
    assert difference(load(save(cmyk, tmp_path / "c.tif"), as_type=np.ndarray), np.array(cmyk.convert("RGB"))) is None


def test_unsigned_32_bits_are_an_array_and_too_large_for_an_image(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    unsigned = noise(5, 7, dtype="uint32")
    tifffile.imwrite(tmp_path / "u.tif", unsigned, byteorder="<")

    assert difference(load(tmp_path / "u.tif", as_type=np.ndarray), unsigned) is None
    with pytest.raises(UnreadableFileError, match=r"as_type=numpy\.ndarray"):
        load(tmp_path / "u.tif")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_16_bit_colours_of_other_programs_are_read_in_full(order: str, compression: str | None, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    array = noise(5, 7, 3, dtype="uint16")
    tifffile.imwrite(tmp_path / "a.tif", array, byteorder=order, compression=compression)

    assert difference(load(tmp_path / "a.tif", as_type=np.ndarray), array) is None


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_16_bit_samples_in_separate_planes_are_an_error(compression: str | None, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    array = noise(3, 5, 7, dtype="uint16")
    tifffile.imwrite(tmp_path / "p.tif", array, photometric="rgb", planarconfig="separate", compression=compression)

    for wanted in (None, np.ndarray):
        with pytest.raises(UnreadableFileError, match="plane"):
            load(tmp_path / "p.tif", as_type=wanted)


def test_16_bit_grey_with_alpha_is_read_in_full(tmp_path: Path) -> None:
    # Written as RGBA of 8 bits: the same bytes, once the header says what they are.
    array = noise(5, 7, 2, dtype="uint16")
    written = save(array.astype(">u2").view("u1").reshape(5, 7, 4), tmp_path / "a.png")
    content = bytearray(written.read_bytes())
    content[24:26] = 16, 4
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    written.write_bytes(content)

    assert difference(load(written, as_type=np.ndarray), array) is None


# ---------------------------------------------------------------- images


@pytest.mark.parametrize("extension", [".gif", ".tif", ".webp", ".png"])
def test_frames_come_back_stay_at_hand_and_make_one_array(extension: str, tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((4, 5, 3), value, "u1")) for value in (0, 100, 200)]

    path = save(frames, tmp_path / f"f{extension}", on_loss="error")
    loaded = load(path)
    array = load(path, as_type=np.ndarray)
    path.unlink()

    assert loaded.n_frames == 3
    for at in (2, 0, 1):
        loaded.seek(at)
        assert np.array_equal(np.asarray(frames[at]), np.asarray(loaded.convert("RGB")))
    assert array.shape == (3, 4, 5, 3)
    assert array[:, 0, 0, 0].tolist() == [0, 100, 200]


@pytest.mark.parametrize("extension", [".gif", ".webp", ".png"])
def test_a_loaded_animation_is_saved_with_its_frames_and_times(extension: str, tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((4, 5), value, "u1")) for value in (0, 100, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[50, 100, 150], loop=0)

    copy = load(save(load(tmp_path / "a.gif"), tmp_path / f"b{extension}", on_loss="allow"))

    durations = []
    for at in range(copy.n_frames):
        copy.seek(at)
        copy.load()
        durations.append(copy.info["duration"])
    assert durations == [50, 100, 150]


def test_equal_frames_that_become_one_are_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="frames change"):
        save([Image.new("L", (2, 2))] * 3, tmp_path / "a.gif")


@pytest.mark.parametrize("extension", [".jpg", ".bmp"])
def test_frames_that_a_format_lacks_are_announced(extension: str, tmp_path: Path) -> None:
    frames = [Image.fromarray(noise(3, 3)) for _ in range(2)]

    with pytest.warns(LossyWarning, match="only the first of 2 frames"):
        save(load(save(frames, tmp_path / "a.tif")), tmp_path / f"b{extension}")
    with pytest.raises(UnsupportedTypeError):
        save(frames, tmp_path / f"c{extension}")


@pytest.mark.parametrize(
    ("mode", "extension", "loss"),
    [
        ("RGBA", ".jpg", "alpha channel is dropped"),
        ("LA", ".bmp", "alpha channel is dropped"),
        ("CMYK", ".png", "CMYK becomes RGB"),
        ("YCbCr", ".webp", "YCbCr becomes RGB"),
        ("I;16", ".jpg", "16-bit values become 8-bit"),
        ("RGBA", ".gif", "transparen"),
    ],
)
def test_what_a_mode_loses_is_announced(mode: str, extension: str, loss: str, tmp_path: Path) -> None:
    bands = {"I;16": 2}.get(mode, len(mode) if mode != "YCbCr" else 3)
    image = Image.frombytes(mode, (8, 8), noise(64 * bands).tobytes())

    with pytest.warns(LossyWarning, match=loss):
        save(image, tmp_path / f"a{extension}")


def test_more_than_256_colours_in_a_gif_are_announced_and_fewer_are_exact(tmp_path: Path) -> None:
    few, many = Image.fromarray(noise(10, 10, 3)), Image.fromarray(noise(20, 20, 3))

    exact = load(save(few, tmp_path / "few.gif", on_loss="error"))
    with pytest.warns(LossyWarning, match="256"):
        near = load(save(many, tmp_path / "many.gif"))

    assert np.array_equal(np.asarray(few), np.asarray(exact.convert("RGB")))
    assert np.abs(np.asarray(many).astype(int) - np.asarray(near.convert("RGB"))).mean() < 40


def test_full_transparency_survives_a_gif(tmp_path: Path) -> None:
    pixels = noise(5, 5, 4)
    pixels[..., 3] = 255
    pixels[0] = 0

    loaded = load(save(pixels, tmp_path / "a.gif", on_loss="error"))

    assert np.array_equal(pixels, np.asarray(loaded.convert("RGBA")))


@pytest.mark.parametrize("extension", [".jpg", ".gif", ".webp", ".bmp", ".png"])
def test_an_image_of_floats_is_refused_and_the_formats_that_take_it_are_known(extension: str, tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[1e9, -1]], "f4"))

    with pytest.raises(UnsupportedTypeError, match="no mode F"):
        save(image, tmp_path / f"a{extension}")
    assert difference(load(save(image, tmp_path / "a.tif")), image) is None


def test_webp_is_lossless_unless_told(tmp_path: Path) -> None:
    image = Image.fromarray(noise(9, 9, 4))

    assert difference(load(save(image, tmp_path / "a.webp", on_loss="error")), image) is None
    for options in ({"quality": 50}, {"lossless": False}):
        with pytest.warns(LossyWarning, match="WebP compression"):
            save(image, tmp_path / "b.webp", **options)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_compression_changes_no_pixel(compression: str, tmp_path: Path) -> None:
    image = Image.fromarray(noise(9, 9, 3))

    loaded = load(save(image, tmp_path / "a.tif", compression=compression, on_loss="error"))

    assert difference(loaded, image) is None
    assert compression == loaded.info["compression"]


def test_lossy_compression_in_a_tiff_is_announced_and_not_inherited(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="jpeg compression"):
        path = save(noise(16, 16, 3), tmp_path / "a.tif", compression="jpeg")
    image = load(path)

    assert difference(load(save(image, tmp_path / "b.tif", on_loss="error")), image.copy()) is None


@pytest.mark.parametrize("extension", [".png", ".jpg", ".tif", ".webp"])
def test_exif_profile_and_resolution_go_along(extension: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"left paw"
    Image.fromarray(noise(8, 8, 3)).save(tmp_path / "a.jpg", exif=exif, dpi=(200, 200), icc_profile=b"profile" * 20)

    copy = load(save(load(tmp_path / "a.jpg"), tmp_path / f"b{extension}", on_loss="allow"))

    # Pillow turns a TIFF upright while it reads it.
    assert (None if extension == ".tif" else 6) == copy.getexif().get(ExifTags.Base.Orientation)
    assert copy.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] == b"left paw"
    assert copy.info["icc_profile"] == b"profile" * 20
    if extension != ".webp":
        assert [round(value) for value in copy.info["dpi"]] == [200, 200]


def test_a_tiff_of_a_turned_image_comes_back_upright_and_that_is_announced(tmp_path: Path) -> None:
    image = Image.fromarray(noise(4, 6, 3))
    image.getexif()[ExifTags.Base.Orientation] = 6

    with pytest.warns(LossyWarning, match="upright"):
        path = save(image, tmp_path / "a.tif")

    assert difference(load(path), ImageOps.exif_transpose(image)) is None


def test_the_structure_of_a_tiff_does_not_go_along(tmp_path: Path) -> None:
    image = load(save(noise(8, 8, 3), tmp_path / "a.tif"))

    assert len(load(save(image, tmp_path / "b.png")).getexif()) == 0


def test_texts_of_a_png_and_its_transparent_colour_go_along(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "paw")
    texts.add_itxt("Name", "Zoë", "de", "Name")
    Image.fromarray(noise(4, 4, 3)).save(tmp_path / "a.png", pnginfo=texts, transparency=(1, 2, 3))

    copy = load(save(load(tmp_path / "a.png"), tmp_path / "b.png", on_loss="error"))

    assert copy.text == {"Title": "paw", "Name": "Zoë"}
    assert copy.info["transparency"] == (1, 2, 3)


def test_saving_an_image_changes_nothing_of_it(tmp_path: Path) -> None:
    image = load(save([Image.fromarray(noise(4, 4)) for _ in range(3)], tmp_path / "a.tif"))
    image.seek(1)
    before = (image.mode, dict(image.info), image.tobytes())

    for extension in EXTENSIONS:
        save(image, tmp_path / f"b{extension}", on_loss="allow")

    assert before == (image.mode, dict(image.info), image.tobytes())
    assert image.tell() == 1


# ---------------------------------------------------------------- options


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("grain", [5, 0])
def test_grainy_and_smooth_pictures_are_packed_as_small_as_by_default(
    dtype: str, channels: tuple[int, ...], grain: int, tmp_path: Path
) -> None:
    y, x = np.mgrid[:420, :700]
    smooth = 120 + 60 * np.sin(x / 97) + 40 * np.cos(y / 61)
    grains = np.random.default_rng(0).normal(0, grain, (420, 700, *channels)) if grain else 0
    pixels = np.round(smooth.reshape(420, 700, *(1,) * len(channels)) + grains)
    image = np.broadcast_to(pixels, (420, 700, *channels)).astype(dtype)

    path = save(image, tmp_path / "a.png", on_loss="allow")

    assert np.array_equal(load(path, as_type=np.ndarray), image)
    if not (channels and dtype == "u2"):  # which have no options
        # zlib's default strategy, for which nothing is tried out.
        asked = save(image, tmp_path / "b.png", compress_type=0)
        assert path.stat().st_size <= 1.02 * asked.stat().st_size


def test_options_of_the_encoder_reach_images_and_arrays(tmp_path: Path) -> None:
    array = np.tile(np.arange(200, dtype="u1"), (200, 1))

    packed = save(array, tmp_path / "a.png", compress_level=9)
    plain = save(array, tmp_path / "b.png", compress_level=0)

    assert packed.stat().st_size < plain.stat().st_size
    assert round(load(save(array, tmp_path / "c.png", dpi=300)).info["dpi"][0]) == 300


@pytest.mark.parametrize("obj", [noise(2, 2), Image.new("L", (2, 2))], ids=["array", "image"])
def test_an_option_for_figures_is_refused_for_images(obj: Any, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"bbox_inches.*images and arrays"):
        save(obj, tmp_path / "a.png", bbox_inches="tight")

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_option_is_refused_with_the_near_ones(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="did you mean quality"):
        save(noise(2, 2), tmp_path / "a.jpg", qualty=3)
    with pytest.raises(OptionError, match="16 bits are written without options"):
        save(noise(2, 2, 3, dtype="uint16"), tmp_path / "a.png", dpi=3)


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("frames", [1, 3])
def test_a_file_cut_short_is_an_error_wherever_pixels_are_missing(extension: str, frames: int, tmp_path: Path) -> None:
    if frames > 1 and extension in {".jpg", ".jpeg", ".bmp"}:
        pytest.skip("one frame")
    images = [Image.fromarray(noise(9, 9)) for _ in range(frames)]
    path = save(images if frames > 1 else images[0], tmp_path / f"a{extension}", on_loss="allow")
    content, whole = path.read_bytes(), load(path)
    cuts = range(0, len(content), max(1, len(content) // 60))

    for cut in (*cuts, *range(max(0, len(content) - 20), len(content))):
        path.write_bytes(content[:cut])
        for wanted in (None, np.ndarray):
            try:
                partial = load(path, as_type=wanted)
            except UnreadableFileError as error:
                assert str(path) in str(error)
            else:
                if wanted is None:
                    assert difference(partial, whole) is None, f"cut at {cut} of {len(content)}"


def test_every_flipped_bit_of_a_png_is_an_error(tmp_path: Path) -> None:
    content = save(noise(5, 5), tmp_path / "a.png").read_bytes()

    for at in range(len(content)):
        broken = bytearray(content)
        broken[at] ^= 1 << at % 8
        (tmp_path / "a.png").write_bytes(broken)
        with pytest.raises(UnreadableFileError):
            load(tmp_path / "a.png")


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_file_of_another_format_is_an_error_that_names_it(extension: str, tmp_path: Path) -> None:
    other = ".png" if extension != ".png" else ".gif"
    save(noise(2, 2), tmp_path / f"a{other}").rename(tmp_path / f"b{extension}")

    with pytest.raises(UnreadableFileError, match=f"looks like {other[1:]}"):
        load(tmp_path / f"b{extension}")
    assert load(tmp_path / f"b{extension}", ext=other).size == (2, 2)


def test_a_decompression_bomb_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(noise(30, 30), tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)

    for wanted in (None, np.ndarray):
        with pytest.raises(UnreadableFileError, match="MAX_IMAGE_PIXELS"):
            load(path, as_type=wanted)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_no_load_depends_on_the_file_afterwards(extension: str, tmp_path: Path) -> None:
    path = save(noise(6, 6), tmp_path / f"a{extension}", on_loss="allow")

    loaded, again = load(path), load(path)
    before = loaded.tobytes()
    loaded.putpixel((0, 0), 1)
    path.write_bytes(b"gone")

    assert before == again.tobytes()
    assert isinstance(again, Image.Image)


def test_facts_are_told_without_decoding(tmp_path: Path) -> None:
    frames = [Image.fromarray(noise(4, 6)) for _ in range(3)]
    path = save(frames, tmp_path / "a.tif", dpi=150)

    told = info(path)

    assert {"kind": "image", "size": (6, 4), "mode": "L", "frames": 3, "dpi": (150.0, 150.0)}.items() <= told.items()
    broken = save(noise(40, 40), tmp_path / "b.png").read_bytes()[:200]
    (tmp_path / "b.png").write_bytes(broken)
    assert info(tmp_path / "b.png")["size"] == (40, 40)


def test_real_files_are_read(corpus: Path) -> None:
    folder = corpus / "image"
    means = {
        "hopper.jpg": [89.719, 80.077, 95.406],
        "hopper.png": [89.711, 80.085, 95.377],
        "pil_sample_cmyk.jpg": [30.232, 5.444, 7.386],
        "tiff_16bit_RGB.tiff": [41.773, 28.784, 21.646],
    }

    for name, mean in means.items():
        assert mean == pytest.approx(np.asarray(load(folder / name).convert("RGB"), float).mean((0, 1)), abs=0.01)
    deep = load(folder / "tiff_16bit_RGB.tiff", as_type=np.ndarray)
    assert (deep.dtype, deep.shape) == (np.dtype("u2"), (40, 100, 3))
    assert np.array_equal(deep >> 8, np.asarray(load(folder / "tiff_16bit_RGB.tiff")))


@pytest.mark.parametrize("name", ["broken.png", "crash-2020-10-test.tif"])
def test_real_broken_files_are_errors(corpus: Path, name: str) -> None:
    for wanted in (None, np.ndarray):
        with pytest.raises(UnreadableFileError, match=name):
            load(corpus / "image" / name, as_type=wanted)
