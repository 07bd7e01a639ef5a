"""What the formats of sound share: samples and their rate, by libsndfile."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Literal

from attrs import field, frozen
from attrs.validators import in_, optional

from scitex_io.content.media import Audio
from scitex_io.content.parts import RowPart
from scitex_io.errors import OptionError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler, save_option
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    from numpy.typing import NDArray

AUDIO = "scitex_io.Audio"
DTYPES = ("uint8", "int16", "int32", "float32", "float64")
BLOCK = 1 << 16  # samples written at once: libsndfile's Vorbis encoder overflows the stack with many
DENSEST = 256  # samples a byte
UNKNOWN = 1 << 60  # samples: libsndfile's way to say so
LONG = (1 << 32) - (1 << 16)  # bytes, from which on a WAV file needs lengths of 64 bits
BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
COMES_AS = {"PCM_U8": "uint8", "PCM_S8": "int16", "PCM_16": "int16", "PCM_24": "int32", "PCM_32": "int32"} | {
    "ULAW": "int16",
    "ALAW": "int16",
    "DOUBLE": "float64",
}
"""The dtype that a coding is loaded as; float32 for all others."""


def is_sound(samples: Any) -> bool:
    """Is it (samples,) or (samples, channels) of a kind that sound has?"""
    return samples.dtype.name in DTYPES and samples.ndim in {1, 2} and 0 not in samples.shape[1:]


def is_pair(pair: tuple[Any, ...]) -> bool:
    """Is it samples and their rate, in either order?"""
    return len(pair) == 2 and _sorted(pair) is not None


def _sorted(pair: tuple[Any, ...]) -> tuple[Any, Any] | None:
    import numpy as np

    first, second = pair
    samples, rate = (first, second) if isinstance(first, np.ndarray) and first.ndim else (second, first)
    held = isinstance(samples, np.ndarray) and is_sound(samples)
    return (samples, rate) if held and isinstance(rate, (int, float, np.number)) else None


def stores(fidelity: Fidelity, dtypes: str, loses: str = "") -> tuple[Accepts, ...]:
    """The rows of a format of sound."""
    value = Fidelity.VALUE if fidelity is Fidelity.EXACT else fidelity
    shape = f"(samples,) or (samples, channels) of {dtypes}, with rate="
    return (
        Accepts(AUDIO, fidelity, AUDIO, dtypes, lambda audio: is_sound(audio.samples), loses),
        *(Accepts(kind, value, AUDIO, shape, is_sound, loses) for kind in ("numpy.ndarray", "numpy.memmap")),
        Accepts(tuple, value, AUDIO, "samples and rate, in either order", is_pair, loses),
    )


@frozen(kw_only=True)
class Sound(FormatHandler, RowPart, Saver[Any], Loader[Audio], TypedLoader, Describer):
    """What the formats of sound share.

    Parameters
    ----------
    rate
        Samples a second, for arrays.
    subtype
        How samples are coded, in libsndfile's words (``"PCM_24"``); else as their dtype says.
    rows
        Which samples to load.
    dtype
        Load samples as ``"float32"`` or ``"float64"``; what was integers then lies in [-1, 1].
    """

    yields = (AUDIO, "numpy.ndarray")
    requires = ("soundfile",)
    extra = "audio"

    container: ClassVar[str]  # libsndfile's name
    subtypes: ClassVar[dict[str, str]]  # how each dtype is coded

    rate: int | None = save_option(None)
    subtype: str | None = save_option(None)
    dtype: Literal["float32", "float64"] | None = field(
        default=None, validator=optional(in_(("float32", "float64"))), metadata={"verb": "load"}
    )

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the samples as they are.

        Raises
        ------
        OptionError
            An array without its rate, or a coding that the format does not have.
        UnsupportedTypeError
            Floats beyond -1 and 1 where integers are stored, or more channels than the format has.
        """
        import soundfile

        audio = self._audio(obj)
        subtype = self.subtype or self.subtypes[audio.samples.dtype.name]
        if not soundfile.check_format(self.container, subtype):
            known = ", ".join(soundfile.available_subtypes(self.container))
            raise OptionError(self.name, "save", "subtype", reason=f"one of {known}")
        samples = self._fitting(audio.samples, subtype)
        container = "RF64" if self.container == "WAV" and samples.nbytes >= LONG else self.container
        # Compressed sound into memory first: the library does not tell when the disk is full.
        between = None if self.container == "WAV" else BytesIO()
        try:
            file = soundfile.SoundFile(between or path, "w", audio.rate, samples.shape[1], subtype, None, container)
        except soundfile.LibsndfileError as error:
            what = f"{samples.shape[1]} channels at {audio.rate} Hz as {subtype}"
            raise UnsupportedTypeError(self.name, what, (), error.error_string) from error
        with file:
            for at in range(0, len(samples), BLOCK):
                file.write(samples[at : at + BLOCK])
        if between is not None:
            path.write_bytes(between.getbuffer())

    def _audio(self, obj: Any) -> Audio:
        if isinstance(obj, Audio):
            if self.rate not in {None, obj.rate}:
                raise OptionError(self.name, "save", "rate", reason=f"these samples have a rate of {obj.rate}")
            return obj
        samples, rate = (_sorted(obj) or (obj, None)) if isinstance(obj, tuple) else (obj, self.rate)
        if rate is None:
            raise OptionError(self.name, "save", "rate", reason="the samples a second of an array have to be given")
        try:
            return Audio(samples, rate)
        except (TypeError, ValueError) as error:
            raise OptionError(self.name, "save", "rate", reason=str(error)) from error

    def _fitting(self, samples: NDArray[Any], subtype: str) -> NDArray[Any]:
        """The samples as libsndfile takes them; what the coding changes is announced."""
        import numpy as np

        bits, used = BITS.get(subtype), samples.dtype.itemsize * 8
        comes_as = COMES_AS.get(subtype, "float32")
        if comes_as != samples.dtype.name:
            lose(f"{samples.dtype} becomes {comes_as}, each over its whole range")
        if not bits and subtype not in {"FLOAT", "DOUBLE"}:
            lose(f"{subtype} coding changes samples")
        if bits and samples.dtype.kind == "f":
            if not np.all(np.abs(samples) <= 1):
                reason = f"floats have to lie in [-1, 1] to become integers of {bits} bits; .wav stores any floats"
                raise UnsupportedTypeError(self.name, type_name(type(samples)), (), reason)
        elif bits and bits < used and np.any(samples & ((1 << used - bits) - 1)):
            lose(f"integers of {used} bits are cut to {bits}")
        if samples.dtype.name == "uint8":
            return (samples.astype(np.int16) - 128) << 8
        return np.ascontiguousarray(samples, samples.dtype.newbyteorder("="))

    def load(self, path: Path, /) -> Audio:
        """Read the samples, (samples, channels), and their rate.

        Integers come as uint8, int16 or int32 (those of 24 bits as its upper ones), floats as they are, what is
        compressed with loss as float32.

        Raises
        ------
        UnreadableFileError
            The file is cut short or damaged.
        """
        with self._opened(path) as file:
            total = file.frames
            wanted = range(total)[self.rows or slice(None)]
            ordered = wanted if wanted.step > 0 else wanted[::-1]
            length = ordered[-1] + 1 - ordered.start if wanted else 0
            if length >= UNKNOWN:
                found = "it was streamed and does not tell how long it is"
                raise UnreadableFileError(str(path), self.name, found, "rows=slice(0, n) loads its beginning")
            if length > DENSEST * path.stat().st_size:  # silence, or a damaged header that asks for gigabytes
                file.seek(ordered[-1])
                file.read(1, "int16")
            file.seek(ordered.start if wanted else 0)
            kind = self.dtype or COMES_AS.get(file.subtype, "float32")
            samples = file.read(length, "int16" if kind == "uint8" else kind, always_2d=True)
            rate, step = file.samplerate, abs(wanted.step)
        if len(samples) < length:
            raise UnreadableFileError(str(path), self.name, f"only {len(samples)} of its {length} samples can be read")
        if wanted == range(total) and (wrong := self.doubt(samples, path)):
            raise UnreadableFileError(str(path), self.name, wrong)
        if rate % step:
            raise OptionError(self.name, "load", "rows", reason=f"{rate} samples a second cannot be divided by {step}")
        samples = samples[::step] if wanted.step > 0 else samples[::step][::-1].copy()
        return Audio(((samples >> 8) + 128).astype("uint8") if kind == "uint8" else samples, rate // step)

    def load_as(self, path: Path, wanted: type, /) -> NDArray[Any]:
        """Read the samples alone."""
        del wanted  # there is one: numpy.ndarray
        return self.load(path).samples

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Channels, rate, length and coding, from the header."""
        with self._opened(path) as file:
            return {
                "kind": "audio",
                "dtype": COMES_AS.get(file.subtype, "float32"),
                "channels": file.channels,
                "rate": file.samplerate,
                "subtype": file.subtype,
            } | (
                {"shape": (file.frames, file.channels), "duration": file.frames / file.samplerate}
                if file.frames < UNKNOWN
                else {}
            )

    def _opened(self, path: Path) -> Any:
        import soundfile

        with path.open("rb") as file:
            if wrong := self.walk(file):
                raise UnreadableFileError(str(path), self.name, wrong)
        found = soundfile.SoundFile(path)
        if found.format not in {self.container, "WAVEX", "RF64"}:
            found.close()
            raise UnreadableFileError(str(path), self.name, f"it is a {found.format} file")
        return found

    def walk(self, file: BinaryIO, /) -> str:  # noqa: ARG002  # for formats that need it
        """What is wrong with the file that libsndfile overlooks."""
        return ""

    def doubt(self, samples: NDArray[Any], path: Path, /) -> str:  # noqa: ARG002  # for formats that need it
        """Why these are not all the samples of the file."""
        return ""
