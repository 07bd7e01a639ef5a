"""NumPy's own single-array format (.npy)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option
from scitex_io.typing import Loader, Saver

if TYPE_CHECKING:
    from numpy.typing import NDArray


@frozen(kw_only=True)
class Npy(FormatHandler, Saver["NDArray[Any]"], Loader["NDArray[Any]"]):
    """One array, exact."""

    name = "npy"
    extensions = (".npy",)
    accepts = (
        Accepts("numpy.ndarray", domain="no object dtype", where=lambda array: not array.dtype.hasobject),
        Accepts("numpy.memmap", Fidelity.VALUE, loads_as="numpy.ndarray"),
    )
    yields = ("numpy.ndarray",)
    requires = ("numpy",)
    magic = (b"\x93NUMPY",)

    mmap_mode: Literal["r", "r+", "c"] | None = load_option(None)

    def is_cacheable(self) -> bool:
        """A memory map stays one only if it is not copied."""
        return self.mmap_mode is None

    def save(self, obj: NDArray[Any], path: Path, /) -> None:
        """Write the array as it is: dtype, order and shape."""
        import numpy as np

        with path.open("wb") as file:
            np.save(file, obj, allow_pickle=False)

    def load(self, path: Path, /) -> NDArray[Any]:
        """Read the array; with ``mmap_mode`` only what is touched."""
        import numpy as np

        array: NDArray[Any] = np.load(path, mmap_mode=self.mmap_mode, allow_pickle=False)
        return array
