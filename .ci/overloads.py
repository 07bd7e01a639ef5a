"""Write the rows of `load` for ``ext="csv"`` into `scitex_io/api.py`.

    python .ci/overloads.py

What an extension gives is read from the header of its format: ``Loader["pd.DataFrame"]``.
"""

# ruff: noqa: INP001  # a script: it belongs to no package

from __future__ import annotations

from pathlib import Path

from scitex_io.formats import HOME
from scitex_io.overlay import given_by
from scitex_io.registry import Registry

API = Path(__file__).parents[1] / "src" / "scitex_io" / "api.py"
BEGIN = "# Made by `python .ci/overloads.py` from the headers of the formats:\n"
END = "# End of what is made.\n"
ROW = (
    "@overload\n"
    "def load(lpath: StrPath, ext: Literal[{names}], show: bool = False, verbose: bool = False, cache: bool = True, *, "
    "as_type: None = None, handler: None = None, use_caller_path: bool = False, trust: Trust = False, max_bytes: float | None = None, "
    "**options: Any) -> {given}: ..."
)


def made() -> str:
    """One row for each type that formats give."""
    registry = Registry(plugins=False)
    rows: dict[str, list[str]] = {}
    for extension in HOME:
        found = registry.find(extension, "load")
        given = given_by(found[0][1]) if found else None
        if given is not None:
            rows.setdefault(given, []).extend((extension[1:], extension))
    return "\n".join(
        ROW.format(names=", ".join(f'"{name}"' for name in names), given=given) for given, names in rows.items()
    )


def renewed(source: str) -> str:
    """The module with what is made between its marks."""
    before, begin, rest = source.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin
    assert end
    return f"{before}{begin}{made()}\n{end}{after}"


if __name__ == "__main__":
    API.write_text(renewed(API.read_text(encoding="utf-8")), encoding="utf-8")
