"""What checkers without a plug-in need to know that ``load("data/a.csv")`` is a table: a stub for a project's file names.

It takes the place of `scitex_io.api`, and of the package, which has to lie beside it: the same signatures, and before them
one row of `load` for each type, with the names that have it. Names that are not written as text in the call keep the type Any.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io import registry
from scitex_io.compression import Compressed
from scitex_io.contracts import argument, text
from scitex_io.errors import UnknownFormatError
from scitex_io.handler import FormatHandler
from scitex_io.patterns import has_wildcards
from scitex_io.typing import Loader, is_container

SKIPPED = {"build", "dist", "node_modules", "site-packages", "typings", "venv"}
HEAD = "# Made by `scitex-io typings`, which makes it again.\n"
FORMATS = "scitex_io.formats."
TYPED = {"", "audio", "video"}
"""The extras whose formats give objects of ours, or of libraries that every user has."""
AT_ONCE = {"ext", "as_type", "handler"}  # these say the type by themselves


@frozen
class Found:
    """A file name in a source."""

    name: str
    type: str
    source: str
    line: int


def sources(paths: Iterable[Path]) -> Iterator[Path]:
    """The Python files that *paths* are or hold, sorted; not those of environments and hidden folders."""
    for path in paths:
        if path.is_file():
            yield path
            continue
        for folder, below, names in os.walk(path):
            below[:] = sorted(
                name
                for name in below
                if name not in SKIPPED and not name.startswith(".") and not Path(folder, name, "pyvenv.cfg").exists()
            )
            yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def found(source: Path) -> Iterator[Found]:
    """The names given to `load` in one file, those whose type is known.

    Raises
    ------
    SyntaxError
        It is not Python.
    """
    tree = ast.parse(source.read_bytes(), str(source))
    modules, functions = {"scitex_io"}, set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname for alias in node.names if alias.name == "scitex_io" and alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module in {"scitex_io", "scitex_io.api"}:
            functions |= {alias.asname or alias.name for alias in node.names if alias.name == "load"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or len(node.args) != 1 or AT_ONCE & {word.arg for word in node.keywords}:
            continue
        match node.func:
            case ast.Name(called):
                ours = called in functions
            case ast.Attribute(ast.Name(module), "load"):
                ours = module in modules
            case _:
                ours = False
        name = node.args[0]
        if ours and isinstance(name, ast.Constant) and isinstance(name.value, str):
            kind = type_of(name.value)
            if kind is not None:
                yield Found(name.value, kind, str(source), node.lineno)


def type_of(name: str) -> str | None:
    """What `load` gives for a name, as the stub writes it; None if that is not known."""
    if "[" in name:
        return None  # a pattern, or the very name of a file
    try:
        handler = registry.REGISTRY.for_loading(name)
    except UnknownFormatError:
        return None
    given = given_by(handler.inner if isinstance(handler, Compressed) else handler)
    return f"list[{given}]" if given is not None and has_wildcards(name) else given


def given_by(handler: FormatHandler) -> str | None:
    """The type of what a format of ours loads, as its header writes it; None if that may be anything.

    Also of types that not every user has: one that is not there would make all of `load` unknown to pyright.
    """
    kind = type(handler)
    said, _ = argument(kind, Loader)
    if said is Any or is_container(handler) or handler.extra not in TYPED or not kind.__module__.startswith(FORMATS):
        return None  # what is in an archive depends on its member
    return text(said)


def stubs(names: Mapping[str, str]) -> dict[Path, str]:
    """The text of each stub, for names and their types."""
    package = Path(__file__).parent
    made = {
        "__init__": _for_checkers(ast.parse((package / "__init__.py").read_text(encoding="utf-8")), names),
        "api": _for_checkers(ast.parse((package / "api.py").read_text(encoding="utf-8")), names),
    }
    return {Path("scitex_io", f"{name}.pyi"): f"{HEAD}{ast.unparse(module)}\n" for name, module in made.items()}


def _for_checkers(module: ast.Module, names: Mapping[str, str]) -> ast.Module:
    """What checkers see of a module, with the rows of the names before the first row of `load`."""
    kept: list[ast.stmt] = []
    overloaded: set[str] = set()
    for node in module.body:
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                kept += node.body
            case ast.FunctionDef():
                if node.decorator_list:
                    if node.name == "load" and "load" not in overloaded:
                        kept += rows(node, names)
                    overloaded.add(node.name)
                elif node.name in overloaded:
                    continue  # the implementation
                node.body = [ast.Expr(ast.Constant(...))]
                kept.append(node)
            case ast.Import() | ast.ImportFrom():
                kept.append(node)
            case ast.Assign(targets=[ast.Name("T" | "__version__")]):
                kept.append(node)
            case _:
                pass
    return ast.fix_missing_locations(ast.Module(kept, []))


def rows(first: ast.FunctionDef, names: Mapping[str, str]) -> list[ast.stmt]:
    """A row of `load` for each type, made after the first one there is."""
    made: list[ast.stmt] = []
    for kind in dict.fromkeys(names.values()):
        row = ast.parse(ast.unparse(first)).body[0]
        assert isinstance(row, ast.FunctionDef)
        listed = ", ".join(repr(name) for name, its in names.items() if its == kind)
        path, ext = row.args.args[:2]
        path.annotation = ast.parse(f"Literal[{listed}]", mode="eval").body
        ext.annotation = ast.Constant(None)
        row.args.defaults.insert(0, ast.Constant(None))  # the first row asks for *ext*
        row.returns = ast.parse(kind, mode="eval").body
        row.body = [ast.Expr(ast.Constant(...))]
        made.append(row)
    return made
