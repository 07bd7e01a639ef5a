"""Uses of the package, with the types they have."""

from pathlib import Path
from typing import Any, assert_type

from numpy.typing import NDArray
from tracelab.io import Count, OneLine, Trace, load_rate, save_rate

from scitex_io import FormatHandler, Loader, Saver, load, register, save

assert_type(Trace(unit="mV", skip=2), Trace)
assert_type(Trace().digits, int)
assert_type(Trace().load(Path("a.trace")), NDArray[Any])
assert_type(next(Trace().stream(Path("a.trace"))), float)
assert_type(load("a.trace", handler=Trace(skip=1)), NDArray[Any])
assert_type(load("a", handler=Count(base=16)), int)
assert_type(save([0.1, 0.2], "a.trace", handler=Trace(digits=3)), Path)
save(3, "a.count", handler=Count(strip=False))
assert_type(register(Trace), type[Trace])
assert_type(register(Count(base=2)), Count)
save_rate(3.0, Path("a.rate"), unit="kHz")
assert_type(load_rate(Path("a.rate")), float)

saver: Saver[list[float]] = Trace()
loader: Loader[object] = Count()
line: OneLine[int] = Count()
formats: list[FormatHandler] = [Trace(), Count()]
