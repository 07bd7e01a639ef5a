"""What would survive a save, told beforehand."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.catalogue import MEANING
from scitex_io.errors import LossError, ScitexIOError, UnsupportedTypeError, type_name
from scitex_io.handler import Fidelity
from scitex_io.losses import collecting
from scitex_io.registry import normal
from scitex_io.saving import saver_for, write
from scitex_io.typeref import named
from scitex_io.typing import is_loader


@frozen
class Explanation:
    """What becomes of one object in one format."""

    type: str
    format: str
    fidelity: Fidelity | None
    """What survives; None: it is refused."""
    loads_as: str = ""
    """What `load` gives for it; empty: nothing loads such files."""
    losses: tuple[str, ...] = ()
    """What does not come back as it was."""
    reason: str = ""
    """Why it is refused."""

    def __str__(self) -> str:
        if self.fidelity is None:
            return f"{self.type} in {self.format}: refused: {self.reason}"
        text = f"{self.type} in {self.format}: {self.fidelity.value}: {MEANING[self.fidelity].replace('`', '')}"
        text += f"; it loads as {self.loads_as}" if self.loads_as else "; nothing loads such files"
        return text + "".join(f"\n  - {loss}" for loss in self.losses)


def explain(obj: object, ext: str, **options: Any) -> Explanation:
    """What would survive if *obj* were saved with this extension, without saving it there.

    Told from what the format declares and, because some losses depend on the values, from a trial: the object is
    written into a scratch folder, which is removed.

    Parameters
    ----------
    obj
        What would be saved.
    ext
        ``".csv"``, ``"csv"``, ``".csv.gz"``, or the name of a file.
    **options
        Options of the format.

    Raises
    ------
    UnknownFormatError
        Nothing saves such files.
    OptionError
        The format has no such option.

    Examples
    --------
    >>> print(explain({"band": (8.0, 13.0)}, ".json"))
    dict in json: lossy: something changes, and a LossyWarning says what; it loads as dict
      - tuples become lists (first at 'band')
    """
    name = ext if Path(ext).suffix and not ext.startswith(".") else f"x{normal(ext)}"
    kind = type_name(type(obj))
    with tempfile.TemporaryDirectory(prefix="scitex-io-") as folder, collecting() as losses:
        target = Path(folder, Path(name).name)
        try:
            handler, content = saver_for(obj, target, None)
        except UnsupportedTypeError as error:
            return Explanation(kind, error.format, None, reason=str(error))
        configured = handler.with_options(options, "save")
        try:
            write(content, target, configured, "error")
        except LossError as error:
            losses.update(dict.fromkeys(error.losses))
        except Exception as error:  # noqa: BLE001  # whatever a format raises is why it is refused
            reason = str(error) if isinstance(error, ScitexIOError) else f"{type(error).__name__}: {error}"
            return Explanation(kind, handler.name, None, reason=reason)
    match = handler.match(content)
    row = match[0] if match else None
    fidelity = row.fidelity if row else Fidelity.EXACT
    loads_as = named(row.loads_as) if row and row.loads_as is not None else type_name(type(content))
    if losses or (content is not obj and fidelity is Fidelity.EXACT):
        fidelity = Fidelity.LOSSY if losses else Fidelity.VALUE
    return Explanation(kind, handler.name, fidelity, loads_as if is_loader(handler) else "", tuple(losses))
