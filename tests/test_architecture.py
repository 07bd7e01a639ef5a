"""Imports point one way, nothing heavy is imported at module level, modules stay small."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import scitex_io

SOURCE = Path(scitex_io.__file__).parent
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCE.rglob("*.py")
}

# The spine in reading order: each room may import only those before it. Modules of one room are equals.
ROOMS: list[set[str]] = [
    {"errors", "conflicts", "notices", "typeref", "typing", "dotdict"},
    {"losses", "policy", "limits"},
    {"handler"},
    {"forms", "describe"},
    {"structure", "compression", "contracts", "functions"},
    {"content"},
    {"comparing"},
    {"formats"},
    {"registry"},
    {"disk"},
    {"messages", "patterns"},
    {"saving", "loading", "verifying", "registration"},
    {"provenance", "metadata", "many"},
    {"api", "facts"},
    {"session", "explore", "outlines", "migration", "legacy", "updating", "writing", "recovering"},
    {"catalogue", "studies", "overlay"},
    {"explaining"},
    {"cli", "mcp"},
    {"__main__", "testing"},
    {"mypy_plugin"},
]
DISK_MAY_IMPORT = {"errors", "conflicts", "notices", "typing", "policy"}
# A format that is made of another one.
BASES = {
    **{f"formats.{name}": {"formats.json"} for name in ("jsonl", "geojson", "notebook", "plotly")},
    "formats.recordings.eeglab": {"formats.mat.version5", "formats.mat.version73"},
    "formats.netcdf": {f"formats.hdf5{part}" for part in ("", ".notes", ".sink", ".reading", ".filters")},
    "formats.feather": {"formats.arrow"},
    "formats.zarr_xarray": {"formats.zarr"},
    "formats.hdf5_xarray": {"formats.hdf5", "formats.netcdf"},
}
# Imported inside functions only, for those who need their library anyway.
ON_FIRST_USE = {
    "formats.yaml.words": {"yaml"},
    "formats.yaml.writing": {"yaml"},
    "formats.yaml.comments": {"ruamel"},
    "structure.converter": {"cattrs"},
    "testing.plugin": {"pytest"},
    "testing.values": {"hypothesis"},
    "testing.values.arrays": {"hypothesis", "numpy"},
    "testing.values.tables": {"hypothesis", "numpy", "pandas"},
}
LIGHT = {"attrs", "typing_extensions", *sys.stdlib_module_names}


def room(module: str) -> int:
    head = module.partition(".")[0]
    return next(at for at, names in enumerate(ROOMS) if head in names)


def imported(path: Path, *, top: bool = False) -> set[str]:
    """Modules that a file imports; with *top* only when it is itself imported (not for checkers or in functions)."""
    tree = ast.parse(path.read_text())
    names: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                names.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path.name}: imports are absolute"
                names.update(
                    {f"{child.module}.{alias.name}" for alias in child.names}
                    if child.module == "scitex_io"
                    else {child.module or ""}
                )
            elif (top and isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))) or (
                top and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            ):
                continue
            else:
                visit(child)

    visit(tree)
    return names


def ours(path: Path) -> set[str]:
    return {name.removeprefix("scitex_io.") for name in imported(path) if name.startswith("scitex_io.")}


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"__init__"}))
def test_a_module_imports_only_rooms_before_its_own(module: str) -> None:
    for name in ours(MODULES[module]):
        same_room = room(name) == room(module) and not name.startswith("formats")
        home = module == "formats" or name == "formats"
        family = module.split(".")[:2] == name.split(".")[:2] or name in BASES.get(module, ())
        assert room(name) < room(module) or same_room or home or family, f"{module} imports {name}"


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("formats.")))
def test_a_format_knows_neither_registry_nor_api_nor_disk(module: str) -> None:
    assert not {
        name for name in ours(MODULES[module]) if name.partition(".")[0] in {"registry", "api", "disk", "compression"}
    }


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("disk")))
def test_the_disk_knows_no_format(module: str) -> None:
    assert {name for name in ours(MODULES[module]) if not name.startswith("disk")} <= DISK_MAY_IMPORT


@pytest.mark.parametrize(
    "module", sorted(name for name in MODULES if not name.startswith(("cli", "__main__", "testing.__main__")))
)
def test_nothing_heavy_is_imported_with_a_module(module: str) -> None:
    roots = {name.partition(".")[0] for name in imported(MODULES[module], top=True)} - {"scitex_io"}
    if module.startswith("mypy_plugin"):
        roots -= {"mypy"}  # which runs it

    assert roots <= LIGHT | ON_FIRST_USE.get(module, set())


@pytest.mark.parametrize("module", sorted(ON_FIRST_USE))
def test_a_module_on_a_library_is_imported_on_first_use(module: str) -> None:
    importers = {name for name, path in MODULES.items() if f"scitex_io.{module}" in imported(path, top=True)}

    assert importers <= set(ON_FIRST_USE)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_fits_into_300_lines(module: str) -> None:
    assert len(MODULES[module].read_text().splitlines()) <= 300
