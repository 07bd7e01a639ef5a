"""Every format with what it stores, gives and needs: the rows of ``scitex-io formats`` and of the documentation.

All of it is read from the handlers, so neither page can say what the code does not do.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from attrs import asdict, frozen

from scitex_io.formats import CODECS
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.registry import Registry
from scitex_io.typeref import named
from scitex_io.typing import is_loader, is_saver

MEANING = {
    Fidelity.EXACT: "the same type and the same values come back",
    Fidelity.VALUE: "equal values come back in another container",
    Fidelity.LOSSY: "something changes, and a `LossyWarning` says what",
    Fidelity.RENDERED: "a picture to look at",
}
"""What each fidelity promises, in words."""


@frozen
class Stored:
    """One kind of object that a format stores, and what becomes of it."""

    type: str
    fidelity: str
    loads_as: str  # empty: the same type
    domain: str
    loses: str

    @classmethod
    def from_row(cls, row: Accepts) -> Stored:
        """The declaration of a handler as text."""
        loads_as = named(row.loads_as) if row.loads_as is not None else ""
        return cls(named(row.type), row.fidelity.value, loads_as, row.domain, row.loses)

    def __str__(self) -> str:
        text = self.type + (f" ({self.domain})" if self.domain else "")
        text += f": {self.fidelity}"
        if self.loads_as and self.loads_as != self.type:
            text += f", as {self.loads_as}"
        return text + (f" ({self.loses})" if self.loses else "")


@frozen
class Format:
    """One format as users see it."""

    name: str
    summary: str
    extensions: tuple[str, ...]
    stores: tuple[Stored, ...]
    loads: tuple[str, ...]
    abilities: tuple[str, ...]
    save_options: tuple[str, ...]
    load_options: tuple[str, ...]
    requires: tuple[str, ...]
    missing: tuple[str, ...]
    extra: str  # the command that brings all of it; empty: it is installed with us
    install: str  # the command that brings what is missing; empty: nothing is
    also: dict[str, str]  # libraries that only some objects or options need: the command for each
    folder: bool
    executes_code: bool

    @property
    def installed(self) -> bool:
        """Is everything there that the format needs?"""
        return not self.missing

    def as_dict(self) -> dict[str, Any]:
        """The facts as JSON can write them."""
        return {**asdict(self), "installed": self.installed}


def catalogue(registry: Registry) -> list[Format]:
    """Every format of a registry, once, in alphabetical order; one served by several extensions names them all."""
    extensions: dict[FormatHandler, list[str]] = {}
    for extension, handler in registry.handlers():
        extensions.setdefault(handler, []).append(extension)
    return sorted((_format(handler, served) for handler, served in extensions.items()), key=lambda found: found.name)


def matrix(formats: Iterable[Format]) -> dict[str, dict[str, list[str]]]:
    """Each type, with the formats that store it by what survives: ``{"dict": {"exact": ["json", ...]}}``."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in formats:
        for kind in row.stores:
            marks = found.setdefault(kind.type, {fidelity.value: [] for fidelity in Fidelity})
            if row.name not in marks[kind.fidelity]:
                marks[kind.fidelity].append(row.name)
    return dict(sorted(found.items(), key=lambda entry: ("." in entry[0], entry[0])))


def _format(handler: FormatHandler, extensions: Iterable[str]) -> Format:
    # find_spec: asking whether a library is there must not import it.
    missing = tuple(module for module in handler.requires if find_spec(module) is None)
    return Format(
        name=handler.name,
        summary=(type(handler).__doc__ or "").partition("\n")[0].rstrip("."),
        extensions=tuple(extensions),
        stores=tuple(map(Stored.from_row, handler.accepts)) if is_saver(handler) else (),
        loads=tuple(dict.fromkeys(map(named, handler.yields))) if is_loader(handler) else (),
        abilities=handler.can(),
        save_options=handler.options_for("save") if is_saver(handler) else (),
        load_options=handler.options_for("load") if is_loader(handler) else (),
        requires=handler.requires,
        missing=missing,
        extra=handler.how_to_install("") if handler.extra else "",
        install=_install(handler, missing),
        also={module: handler.how_to_install(module) for module in handler.also},
        folder=handler.directory,
        executes_code=handler.executes_code,
    )


def _install(handler: FormatHandler, missing: tuple[str, ...]) -> str:
    lines = dict.fromkeys(handler.how_to_install(module) for module in missing)
    packages = [line.removeprefix("pip install ") for line in lines]
    return f"pip install {' '.join(packages)}" if packages else ""


def page(formats: Iterable[Format]) -> str:
    """The catalogue as a Markdown page."""
    lines = [
        "# Formats",
        "",
        "Made from the handlers themselves when this documentation was built. The marks mean:",
        "",
        *(f"- **{fidelity.value}**: {meaning}" for fidelity, meaning in MEANING.items()),
        "",
        f"Any format that is one file is also read and written compressed: {', '.join(f'`{codec}`' for codec in CODECS)}",
        "at the end of the name. Options are keyword arguments of `save` and `load`.",
        "",
    ]
    for row in formats:
        lines += [f"## {row.name}", "", f"{row.summary}: {' '.join(f'`{ext}`' for ext in row.extensions)}", ""]
        if row.stores:
            lines += ["| stores | mark | loads as | what changes |", "| --- | --- | --- | --- |"]
            lines += [
                f"| `{kind.type}`{_cell(kind.domain, ' ({})')} | {kind.fidelity} | `{kind.loads_as or kind.type}` "
                f"| {_cell(kind.loses, '{}')} |"
                for kind in row.stores
            ]
            lines.append("")
        facts = {
            "Loads as": _code(row.loads),
            "Save options": _code(row.save_options),
            "Load options": _code(row.load_options),
            "Needs": _code(row.requires),
            **{f"With `{module}`, more objects or options": f"`{line}`" for module, line in row.also.items()},
            "Install": f"`{row.extra}`" if row.extra else "",
        }
        lines += [f"- {title}: {text}" for title, text in facts.items() if text]
        if row.folder:
            lines.append("- A folder, not a single file")
        if row.executes_code:
            lines.append("- Such a file can ask to run code: it is loaded under the rules of trust")
        lines.append("")
    return "\n".join(lines)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str, form: str) -> str:
    """The text as part of a table cell, or nothing."""
    return form.format(text.replace("|", "\\|")) if text else ""
