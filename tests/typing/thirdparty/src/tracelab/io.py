"""Formats: a class with options, one with a base of its own, functions."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import field, frozen, validators

from scitex_io import (
    Accepts,
    Describer,
    Fidelity,
    FormatHandler,
    Loader,
    PassThrough,
    Saver,
    Streamer,
    load_option,
    lose,
    register_loader,
    register_saver,
    save_option,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

T = TypeVar("T")


@frozen(kw_only=True)
class Trace(
    FormatHandler, PassThrough, Saver["NDArray[Any] | list[float]"], Loader["NDArray[Any]"], Streamer[float], Describer
):
    """One channel as text, one sample to a line."""

    name = "trace"
    extensions = (".trace",)
    accepts = (
        Accepts("numpy.ndarray", domain="1-d float64", where=lambda array: array.ndim == 1 and array.dtype == float),
        Accepts(list, Fidelity.VALUE, loads_as="numpy.ndarray", domain="of float"),
    )
    yields = ("numpy.ndarray",)
    requires = ("numpy",)

    unit: str = field(default="V", validator=validators.in_(("V", "mV")))
    digits: int = save_option(17)
    skip: int = load_option(0)

    def save(self, obj: NDArray[Any] | list[float], path: Path, /) -> None:
        """Write the samples."""
        if self.digits < 17:
            lose(f"samples are rounded to {self.digits} digits")
        path.write_text("".join(f"{float(sample):.{self.digits}g}\n" for sample in obj))

    def load(self, path: Path, /) -> NDArray[Any]:
        """Read the samples after the first `skip`."""
        import numpy as np

        return np.array(list(self.stream(path)))

    def stream(self, path: Path, /) -> Iterator[float]:
        """Sample by sample."""
        with path.open() as file:
            for at, line in enumerate(file):
                if at >= self.skip:
                    yield float(line)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """How many samples there are."""
        return {"kind": "array", "shape": (len(path.read_text().splitlines()),)}


@frozen(kw_only=True)
class OneLine(FormatHandler, Saver[T], Loader[T], Generic[T]):
    """What fits in a line of text."""

    strip: bool = True

    @abstractmethod
    def parse(self, line: str) -> T:
        """The object of a line."""

    def save(self, obj: T, path: Path, /) -> None:
        """Write the line."""
        path.write_text(f"{obj}\n")

    def load(self, path: Path, /) -> T:
        """Read the line."""
        text = path.read_text()
        return self.parse(text.strip() if self.strip else text)


@frozen(kw_only=True)
class Count(OneLine[int]):
    """A number."""

    name = "count"
    extensions = (".count",)
    accepts = (Accepts(int),)
    yields = (int,)

    base: int = load_option(10)

    def parse(self, line: str) -> int:
        """The number."""
        return int(line, self.base)


@register_saver(".rate")
def save_rate(obj: float, path: Path, *, unit: str = "Hz") -> None:
    """Write a rate."""
    path.write_text(f"{obj} {unit}")


@register_loader(".rate")
def load_rate(path: Path) -> float:
    """Read a rate."""
    return float(path.read_text().split()[0])
