"""From an object to a file: which handler, what is lost, the draft, its companions."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from scitex_io import registry
from scitex_io.contracts import check
from scitex_io.disk import memo, routing, trust
from scitex_io.disk.drafts import draft
from scitex_io.errors import FileInUseError, LossError, UnsupportedTypeError, type_name
from scitex_io.handler import Fidelity, FormatHandler
from scitex_io.losses import collecting
from scitex_io.messages import naming, shown, warn
from scitex_io.notices import LossyWarning
from scitex_io.typeref import FAR, named
from scitex_io.typing import OnLoss, StrPath, is_saver


def saver_for(obj: object, target: Path, handler: object) -> tuple[FormatHandler, object]:
    """The handler that stores the object, and what it is given to store."""

    def find(content: object) -> FormatHandler:
        if handler is None:
            return registry.REGISTRY.for_saving(content, target.name)
        found = check(handler)
        if not is_saver(found) or found.match(content) is None:
            raise UnsupportedTypeError(found.name, type_name(type(content)), tuple(map(str, found.accepts)))
        return found

    try:
        return find(obj), obj
    except UnsupportedTypeError:
        from scitex_io import structure  # with cattrs and dataclasses: only when something has to be structured

        if not structure.is_record(obj):
            raise
        tree = structure.unstructured(obj)
        return find(tree), tree


def write(
    obj: object,
    target: Path,
    handler: FormatHandler,
    on_loss: OnLoss,
    *,
    embed: Callable[[Path], None] | None = None,
    makedirs: bool = True,
    durable: bool = False,
    verify: bool = False,
) -> None:
    """Write the object as a draft of *target*, *embed* what belongs into it, and put it in place.

    Unless something went wrong, or was lost and must not be.
    """
    assert is_saver(handler)
    for ending in handler.beside:
        part = f"{os.path.realpath(target)}{ending}"
        if os.path.exists(part) and os.stat(part).st_size:
            raise FileInUseError(str(target), part)
    enter = None
    with (
        collecting() as losses,
        draft(
            target,
            directory=handler.directory,
            update=handler.updates_in_place(),
            makedirs=makedirs,
            durable=durable,
            may_be_empty=handler.foreign,
            alone=handler.alone and not handler.updates_in_place(),
        ) as fresh,
    ):
        _declare(obj, handler, losses)
        with naming(handler, target, "save"):
            handler.save(obj, fresh)
            if embed is not None:
                embed(fresh)
        if losses and on_loss == "error":
            raise LossError(handler.name, tuple(losses))
        if verify:
            from scitex_io import verifying  # with all that can compare: only when it is asked for

            verifying.verify(obj, fresh, target, handler, lossy=bool(losses))
        if fresh.exists() and handler.needs_trust(fresh):
            enter = trust.note(fresh)
    if enter is not None:
        enter()
    memo.forget(target)
    if losses and on_loss == "warn":
        warn(f"'{shown(target)}' ({handler.name}): {'; '.join(losses)}", LossyWarning)


def _declare(obj: object, handler: FormatHandler, losses: dict[str, None]) -> None:
    """Note what the handler declares to lose of such an object."""
    match = handler.match(obj)
    if match is None:
        return
    row, steps = match
    if row.fidelity is Fidelity.LOSSY:
        losses[row.loses or f"{row} does not come back as it was"] = None
    if 0 < steps < FAR and not row.subclasses and row.fidelity is not Fidelity.RENDERED:
        losses[f"{type_name(type(obj))} is stored as {named(row.type)}, without what it adds to it"] = None


def write_companion(obj: object, picture: Path, extension: str, *, durable: bool) -> None:
    """Save what accompanies a file beside it, unless another file has that name."""
    target = picture.with_suffix(extension)
    handler = registry.REGISTRY.for_saving(obj, target.name)
    assert is_saver(handler)
    # What a companion loses is not announced: nobody asked for that format.
    with collecting(), draft(target, durable=durable, may_be_empty=True) as fresh:
        handler.save(obj, fresh)
        if target.exists() and _heading(target) != _heading(fresh):
            fresh.unlink()
            warn(f"the data of '{shown(picture)}' was not saved: '{shown(target)}' is another file", UserWarning)
    memo.forget(target)


def _heading(path: Path) -> list[bytes]:
    """The first five names of a table: the data of a figure always begin alike, whatever else it shows."""
    with path.open("rb") as file:
        return file.readline(1 << 16).strip().split(b",")[:5]


def links_for(asked: Path, target: Path, *, from_cwd: bool, to: StrPath | None) -> list[Path]:
    """The links to make, absolute."""
    if not from_cwd and to is None:
        return []
    here = routing.normalised(Path.cwd() / asked)
    # Where the file itself lies at this place below the current directory, no link is needed.
    wanted = [here] if from_cwd and here != target else []
    if to is not None:
        wanted.append(routing.normalised(Path.cwd() / routing.normalised(to)))
    return wanted
