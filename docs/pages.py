"""The pages made from the code: formats, public names, changes, the gallery."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import notebooks

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
    "limits": "Limits",
    "losses": "Losses",
    "registry": "The registry",
    "typing": "Abilities",
    "errors": "Errors",
    "conflicts": "Errors of files in use",
    "notices": "Warnings",
}

SLEEPER = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "eeg" / "short_psg.edf"
"""A real recording beside the checkout; where it is absent, the notebook makes one."""


def write(docs: Path) -> None:
    """Write every page that is made, where it changed."""
    made = {"formats.md": formats(), "api.md": api(), "changelog.md": changelog(docs / "changelog.d")}
    if (facts := docs / "damage.json").is_file():
        made["damage.md"] = damage(json.loads(facts.read_text(encoding="utf-8")))
    made["measured.md"] = measured(benchmarks())
    for name, text in made.items():
        target = docs / name
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
    recordings = {"sub-01_eeg.edf": SLEEPER} if SLEEPER.is_file() else {}
    for notebook in sorted((docs / "gallery").glob("*.ipynb")):
        text, pictures = notebooks.page(notebook, recordings)
        notebook.with_suffix(".md").write_text(text, encoding="utf-8")
        for number, shown in enumerate(pictures, 1):
            notebook.with_name(f"{notebook.stem}-{number}.png").write_bytes(shown)
    picture(benchmarks(), docs / "measured.svg")


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


def benchmarks() -> dict[str, Any]:
    """What the benchmarks kept."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("performance.json").read_text(encoding="utf-8"))
    return found


def measured(found: dict[str, Any]) -> str:
    """The ratios as a table under a picture of them."""
    where = found["where"]
    libraries = ", ".join(f"{name} {number}" for name, number in where["libraries"].items())
    lines = [
        f"Measured on {where['cores']} cores of {where['system']}, Python {where['python']}, {libraries}.",
        "",
        "```{image} measured.svg",
        ":alt: Time of ours over that of the direct call, for each format",
        "```",
        "",
        "| | ours, ms | / direct | CPU | / best | / limit |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for row in found["rows"]:
        ratios = [row.get("ours/direct"), row.get("processors"), row.get("ours/best"), row.get("ours/limit")]
        cells = ["" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
        lines.append(f"| {row['name']} | {row['ours'] * 1e3:.3g} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def picture(found: dict[str, Any], target: Path) -> None:
    """The ratios of ours to direct, a dot for each case: left of the line ours takes less time."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [row for row in found["rows"] if row["name"].startswith(("save ", "load "))]
    names = list(dict.fromkeys(row["name"][5:] for row in rows))
    with mpl.rc_context({"svg.hashsalt": "scitex-io", "svg.fonttype": "none"}):  # the same bytes each time
        figure = Figure(figsize=(8, 0.8 + 0.2 * len(names)), layout="constrained")
        axes = figure.subplots()
        for verb, marker in (("save", "o"), ("load", "s")):
            own = [row for row in rows if row["name"].startswith(verb)]
            ratios = [row["ours/direct"] for row in own]
            axes.scatter(ratios, [names.index(row["name"][5:]) for row in own], 20, marker=marker, label=verb)
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set(
            xscale="log", xlabel="time of ours / time of the direct call", yticks=range(len(names)), yticklabels=names
        )
        axes.invert_yaxis()
        axes.grid(axis="x", which="both", alpha=0.3)
        axes.legend()
        figure.savefig(target, metadata={"Date": None})
