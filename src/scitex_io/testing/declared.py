"""What a class has to say about itself."""

from __future__ import annotations

from pathlib import Path

from scitex_io.handler import Fidelity
from scitex_io.testing.subject import Effort, Subject, fail
from scitex_io.typeref import TypeRef, distance, named, resolve, type_name
from scitex_io.typing import is_describer, is_loader, is_saver


def documentation(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """The class and its methods say what one gets."""
    kind = type(subject.handler)
    places = {"the class": kind, "save": getattr(kind, "save", None), "load": getattr(kind, "load", None)}
    for place, found in places.items():
        if found is not None and not (found.__doc__ or "").strip():
            fail(f"{place} has no docstring")
    return ""


def types(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """A saver declares what it accepts, a loader what it yields, and each loss what is lost."""
    handler = subject.handler
    if is_saver(handler) and not handler.accepts:
        fail("a saver declares what it accepts")
    if is_loader(handler) and not handler.yields:
        fail("a loader declares what it yields")
    for row in handler.accepts:
        if row.fidelity is Fidelity.LOSSY and not row.loses:
            fail(f"{row} is declared LOSSY, and does not say what is lost (loses=...)")
    refs = [ref for row in handler.accepts for ref in (row.type, row.loads_as) if ref is not None]
    refs += handler.yields
    wrong = [named(ref) for ref in refs if not _exists(ref)]
    if wrong:
        fail(f"there is no such type: {', '.join(wrong)}")
    return f"{len(handler.accepts)} rows"


def _exists(ref: TypeRef) -> bool:
    from importlib.util import find_spec

    return (
        find_spec(named(ref).partition(".")[0]) is None or isinstance(ref, type) or resolve(ref, load=True) is not None
    )


def yields(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """What is loaded is of a type that `yields` names, and `describe` tells its kind."""
    path, whole = subject.saved(folder)
    handler = subject.handler
    if not any(distance(type(whole), ref) is not None for ref in handler.yields):
        fail(f"it loads {type_name(type(whole))}, and yields names {', '.join(map(named, handler.yields))}")
    if is_describer(handler) and not handler.describe(path).get("kind"):
        fail("describe() does not tell the kind of content")
    return type_name(type(whole))


def packed(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """The handler itself survives a pickle, and can be compared: processes and the cache need it."""
    import pickle

    handler = subject.handler
    if pickle.loads(pickle.dumps(handler)) != handler or hash(handler) != hash(type(handler)(**_set(subject))):  # noqa: S301  # just made
        fail("a copy of the handler is not equal to it")
    return ""


def _set(subject: Subject) -> dict[str, object]:
    from attrs import fields

    return {
        part.alias: getattr(subject.handler, part.name)
        for part in fields(type(subject.handler))
        if part.init and part.alias is not None
    }
