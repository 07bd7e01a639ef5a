"""What films and recordings are as objects: the samples, and how fast they follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import cmp_using, field, frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    import numpy as np

    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _as_array(values: Any) -> Any:
    import numpy as np

    return None if values is None else np.asanyarray(values)


def _as_channels(samples: Any) -> Any:
    array = _as_array(samples)
    return array[:, None] if array.ndim == 1 else array


def _shown(array: Any) -> str:
    return "None" if array is None else f"<{array.dtype} {array.shape}>"


def _positive(_: object, field_: Any, value: Any) -> None:
    if isinstance(value, bool) or not 0 < value < float("inf"):
        raise ValueError(f"{field_.name} has to be a positive number, not {value!r}")


def _whole(value: Any) -> Any:
    return int(value) if hasattr(value, "__index__") or (isinstance(value, float) and value.is_integer()) else value


@frozen
class Video:
    """Frames and their rate; ``np.asarray(video)`` gives the frames.

    Parameters
    ----------
    frames
        (T, H, W, 3) of uint8, as `load` gives them, or anything else that video formats store.
    fps
        Frames a second; their mean where `times` are given.
    times
        Seconds from the first frame, (T,), where frames do not follow each other evenly; else None.
    """

    frames: NDArray[Any] = field(converter=_as_array, eq=cmp_using(eq=_same, require_same_type=False), repr=_shown)
    fps: float = field(converter=float, validator=_positive)
    times: NDArray[np.float64] | None = field(
        default=None, converter=_as_array, eq=cmp_using(eq=_same, require_same_type=False), repr=_shown
    )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        import numpy as np

        return np.array(self.frames, dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.frames)


@frozen
class Audio:
    """Samples and their rate; ``np.asarray(audio)`` gives the samples.

    Parameters
    ----------
    samples
        (samples, channels); one channel may be given as (samples,).
    rate
        Samples a second.
    """

    samples: NDArray[Any] = field(converter=_as_channels, eq=cmp_using(eq=_same, require_same_type=False), repr=_shown)
    rate: int = field(converter=_whole, validator=_positive)

    @rate.validator  # pyright: ignore[reportUntypedFunctionDecorator, reportAttributeAccessIssue]  # of attrs: the field's own
    def _is_whole(self, _: Any, value: object) -> None:
        if not isinstance(value, int):
            raise TypeError(f"rate has to be a whole number, not {value!r}")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        import numpy as np

        return np.array(self.samples, dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.samples)
