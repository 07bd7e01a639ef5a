"""NumPy dtypes from the states that pickles hold, held to what NumPy's own constructor allows.

``numpy.dtype.__setstate__`` believes everything: a field beyond the end of an element, or objects in memory that is
read from the file. So a state is turned into the constructor's arguments, and what that makes is taken.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

ALIGNED = 0x80
_NATIVE = "<" if sys.byteorder == "little" else ">"
_CODE = re.compile(r"[<>=|]?[?bBhHiIlLqQuefdgFDGOSUVMmac]\d{0,9}")


class DtypeError(ValueError):
    """No dtype has this code or state."""


def bare(code: object) -> np.dtype[Any]:
    """The dtype of a code (``"f8"``, ``"V12"``) or of a scalar class, as a pickle makes it before its state."""
    import numpy as np

    if isinstance(code, bytes):
        code = code.decode("ascii")
    if isinstance(code, str) and _CODE.fullmatch(code):
        return np.dtype(code, copy=True)
    if isinstance(code, type) and issubclass(code, np.generic):
        return np.dtype(code, copy=True)
    raise DtypeError(f"no dtype has the code {code!r}")


def stated(start: np.dtype[Any], state: Any) -> Any:
    """The dtype that *start* becomes with a state.

    Raises
    ------
    DtypeError
        NumPy would not make such a dtype.
    """
    import numpy as np

    try:
        _, order, packed, names, fields, size, _, *rest = state
        order = order.decode("ascii") if isinstance(order, bytes) else order
        flags = rest[0] if rest else 0
        metadata: Any = rest[1] if len(rest) > 1 else None
        made: Any
        if names is not None:
            made = _record(names, fields, size, aligned=bool(flags & ALIGNED))
            if start.type is not np.void:
                made = np.dtype((start.type, made))
        elif packed is not None:
            made = np.dtype((_dtype(packed[0]), packed[1]))
        elif start.kind in "Mm":
            metadata, unit = metadata
            made = _dated(start.kind, unit)
        elif start.kind in "SUV":
            made = np.dtype(f"{start.kind}{size // (4 if start.kind == 'U' else 1)}" if size >= 0 else start)
        else:
            made = start
        if order in ("<", ">") and order != _NATIVE:
            made = made.newbyteorder(order)
        if metadata:
            made = np.dtype(made, metadata=metadata)
    except (ValueError, TypeError, KeyError, AttributeError, UnicodeError, OverflowError) as error:
        raise DtypeError(f"a dtype in it is damaged or hostile ({error})") from error
    return made


def _dtype(found: object) -> np.dtype[Any]:
    import numpy as np

    if not isinstance(found, np.dtype):
        raise DtypeError("a field without a dtype")
    return found


def _record(names: Any, fields: Any, size: int, *, aligned: bool) -> np.dtype[Any]:
    import numpy as np

    parts = [fields[name] for name in names]
    spec: dict[str, Any] = {
        "names": [name.decode("ascii") if isinstance(name, bytes) else name for name in names],
        "formats": [_dtype(part[0]) for part in parts],
        "offsets": [int(part[1]) for part in parts],
        "itemsize": int(size),
    }
    if any(len(part) > 2 for part in parts):
        spec["titles"] = [part[2] if len(part) > 2 else None for part in parts]
    make: Any = np.dtype  # its types ask for a literal spec
    made: np.dtype[Any] = make(spec, align=aligned)
    return made


def _dated(kind: str, unit: Any) -> np.dtype[Any]:
    import numpy as np

    word, count, *_ = unit
    word = word.decode("ascii") if isinstance(word, bytes) else word
    if word == "generic":
        return np.dtype(f"{kind}8")
    if not re.fullmatch(r"[a-zA-Zμ]{1,2}", word):
        raise DtypeError(f"no unit of time: {word!r}")
    return np.dtype(f"{kind}8[{int(count)}{word}]")
