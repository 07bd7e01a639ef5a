"""The pages made from the code: formats, public names, changes."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import scitex_io
from scitex_io.catalogue import catalogue, page
from scitex_io.registry import Registry

TITLES = {
    "api": "Save and load",
    "updating": "Change a file",
    "writing": "Write in batches",
    "recovering": "Recover batches",
    "facts": "Look into a file",
    "comparing": "Compare",
    "explaining": "Explain",
    "metadata": "Metadata in files",
    "many": "Many files",
    "registration": "Register",
    "explore": "Look around in HDF5 and Zarr",
    "migration": "Compress HDF5, turn it into Zarr",
    "legacy": "Helpers of older scripts",
    "content.media": "Films and sounds",
    "studies": "Studies of Optuna",
    "disk.memo": "The load cache",
    "disk.observers": "Hooks",
    "session.configs": "Configs",
    "dotdict": "Dicts with attributes",
    "session.globs": "Files by pattern",
    "patterns": "Paths by pattern",
    "session.varcache": "Variables kept",
    "session.reloading": "Modules and buffers",
    "handler": "Formats as classes",
    "losses": "Losses",
    "registry": "The registry",
    "typing": "Abilities",
    "errors": "Errors",
    "conflicts": "Errors of files in use",
    "notices": "Warnings",
}


def write(docs: Path) -> None:
    """Write every page that is made, where it changed."""
    made = {"formats.md": formats(), "api.md": api(), "changelog.md": changelog(docs / "changelog.d")}
    if (facts := docs / "damage.json").is_file():
        made["damage.md"] = damage(json.loads(facts.read_text(encoding="utf-8")))
    for name, text in made.items():
        target = docs / name
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def formats() -> str:
    """What each built-in format stores."""
    return page(catalogue(Registry(plugins=False)))


def damage(facts: dict[str, dict[str, int]]) -> str:
    """What became of flipped bits, the safest formats first."""
    lines = ["| Format | Noticed | Harmless | Other values |", "|---|--:|--:|--:|"]
    for name in sorted(facts, key=lambda name: (facts[name]["different"] / sum(facts[name].values()), name)):
        bits = sum(facts[name].values())
        shares = (f"{100 * facts[name][what] / bits:.0f} %" for what in ("noticed", "harmless", "different"))
        lines.append(f"| {name} | {' | '.join(shares)} |")
    return "\n".join(lines) + "\n"


def api() -> str:
    """The public names, by the module they live in."""
    lines = ["# Public names", "", "All of these are attributes of `scitex_io`, imported on first use.", ""]
    for module, names in scitex_io._HOMES.items():  # noqa: SLF001  # where the names live is told once
        lines += [f"## {TITLES.get(module, module)}", "", "```{eval-rst}", f".. currentmodule:: scitex_io.{module}", ""]
        for name in names:
            lines += _directive(name)
        lines += ["```", ""]
    return "\n".join(lines)


def _directive(name: str) -> list[str]:
    found = getattr(scitex_io, name)
    if inspect.isclass(found):
        kind = "autoexception" if issubclass(found, Exception) else "autoclass"
        # Errors tell themselves; what a class offers is in its members.
        return [f".. {kind}:: {name}", *([] if kind == "autoexception" else ["   :members:"]), ""]
    return [f".. {'autofunction' if callable(found) else 'autodata'}:: {name}", ""]


def changelog(folder: Path) -> str:
    """The fragments of the next release, one section for each."""
    lines = ["# Changes", "", f"## {scitex_io.__version__}", ""]
    for fragment in sorted(folder.glob("*.md")):
        text = [line for line in fragment.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        lines += [f"### {fragment.stem.replace('-', ' ').capitalize()}", "", *text, ""]
    return "\n".join(lines)
