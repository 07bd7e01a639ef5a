"""Can a class work as a handler, and does it do what its header says?"""

from __future__ import annotations

import sys
from functools import lru_cache
from types import SimpleNamespace, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from attrs import fields
from typing_extensions import is_protocol

from scitex_io.errors import RegistrationError, type_name
from scitex_io.handler import FormatHandler
from scitex_io.typeref import named
from scitex_io.typing import Loader, Saver

NUMBERS: dict[type, tuple[type, ...]] = {
    float: (float, int),
    complex: (complex, float, int),
}  # what a checker takes for them


def check(handler: object) -> FormatHandler:
    """The handler, or the class's instance with default options, if it can work.

    Raises
    ------
    RegistrationError
        It cannot.
    """
    kind = handler if isinstance(handler, type) else type(handler)
    label = type_name(kind)
    if not issubclass(kind, FormatHandler):
        raise RegistrationError(label, "a handler is a subclass of FormatHandler (register_saver takes functions)")
    for fact in ("name", "extensions"):
        if not hasattr(kind, fact):
            raise RegistrationError(label, f"it does not state its {fact}")
    if Saver not in kind.__mro__ and Loader not in kind.__mro__:
        raise RegistrationError(label, "it lists neither Saver nor Loader in its header")
    if Saver in kind.__mro__ and not kind.accepts:
        raise RegistrationError(label, "a saver declares what it accepts")
    forgotten = set(vars(kind).get("__annotations__", {})) - {field.name for field in fields(kind)}
    forgotten = {name for name in forgotten if "ClassVar" not in str(kind.__annotations__[name])}
    if forgotten:
        raise RegistrationError(
            label, f"its fields {sorted(forgotten)} do nothing without @frozen(kw_only=True) on the class"
        )
    _compare(cast("Any", kind))  # classes are hashable, whatever a checker reads from the hash of their instances
    try:
        return kind() if isinstance(handler, type) else handler  # type: ignore[return-value]  # a subclass, see above
    except TypeError as error:
        raise RegistrationError(label, str(error)) from error


def argument(kind: type, ability: type) -> tuple[Any, type]:
    """What the header says of an ability, ``int`` of ``Saver[int]``, and the class whose header it is."""
    for base in kind.__mro__:
        for listed in getattr(base, "__orig_bases__", ()):
            if get_origin(listed) is ability:
                return get_args(listed)[0], base
    return Any, kind


@lru_cache(maxsize=1024)  # asked with every `save(..., handler=H())`
def _compare(kind: type[FormatHandler]) -> None:
    """Refuse a format that declares other types than its header, as far as these are classes at run time."""
    for ability, word, rows in (
        (Saver, "accepts", [row.type for row in kind.accepts]),
        (Loader, "yields", list(kind.yields[:1])),  # what `load_as` gives is no matter of the header
    ):
        if ability in kind.__mro__:
            said, where = argument(kind, ability)
            classes = _classes(_meant(said, where))
            for row in rows:
                if classes and isinstance(row, type) and not issubclass(row, classes):
                    raise RegistrationError(
                        type_name(kind), f"it {word} {named(row)}, but lists {ability.__name__}[{text(said)}]"
                    )


def text(said: Any) -> str:
    """An annotation as it is written."""
    return getattr(said, "__forward_arg__", None) or (said.__name__ if isinstance(said, type) else str(said))


def _meant(said: Any, where: type) -> Any:
    """The annotation with its quotes undone; Any if that cannot be, as for names that only checkers import."""
    module = sys.modules.get(where.__module__)
    try:
        return get_type_hints(SimpleNamespace(__annotations__={"said": said}), vars(module) if module else {})["said"]
    except (NameError, AttributeError, TypeError, SyntaxError):
        return Any


def _classes(meant: Any) -> tuple[type, ...]:
    """The classes that an annotation means; none if a part of it may be anything, or is no class."""
    origin = get_origin(meant)
    if origin in {Union, UnionType}:
        parts = [_classes(part) for part in get_args(meant)]
        return tuple(one for part in parts for one in part) if all(parts) else ()
    found = origin or meant
    if found in {Any, object} or not isinstance(found, type) or is_protocol(found):
        return ()
    return NUMBERS.get(found, (found,))
