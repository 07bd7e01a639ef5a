"""The server: tools by name, over standard input and output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scitex_io.errors import MissingDependencyError
from scitex_io.mcp.roots import Roots
from scitex_io.mcp.tools import Tools
from scitex_io.mcp.writing import WritingTools

READING = ("list_formats", "glob", "info", "tree", "peek", "load", "diff", "load_configs", "read_metadata", "trace")
WRITING = ("save", "convert", "embed_metadata")
PREFIX = "io_"


def tools(roots: Roots, *, write: bool) -> dict[str, Callable[..., dict[str, Any]]]:
    """The functions by the names of their tools."""
    offered = WritingTools(roots) if write else Tools(roots)
    return {PREFIX + name: getattr(offered, name) for name in (*READING, *(WRITING if write else ()))}


def required() -> Any:
    """The library that speaks the protocol.

    Raises
    ------
    MissingDependencyError
        It is not installed.
    """
    try:
        import fastmcp
    except ModuleNotFoundError as error:
        raise MissingDependencyError("mcp", "fastmcp", 'pip install "scitex-io[mcp]"') from error
    return fastmcp


def serve(folders: Iterable[Path], *, write: bool, trust: Iterable[str]) -> None:
    """Answer until standard input ends.

    Parameters
    ----------
    folders
        What may be read, and with *write* be written.
    write
        Whether tools that write are offered.
    trust
        What files may import or run (see `scitex_io.load`), in place of what the environment says.
    """
    fastmcp = required()
    roots = Roots(folders)
    os.environ["SCITEX_IO_TRUST"] = " ".join(trust)
    may = "read and written" if write else "read"
    server = fastmcp.FastMCP(
        "scitex-io",
        instructions=f"Scientific files in many formats. They can be {may} within {roots}. Relative paths are looked for "
        "in these folders. Start with io_glob and io_info; io_peek and io_load show values, in parts.",
    )
    for name, function in tools(roots, write=write).items():
        server.tool(function, name=name, annotations={"readOnlyHint": name.removeprefix(PREFIX) in READING})
    # Libraries may print, from Python or C: standard output is for answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = answers
    server.run(transport="stdio", show_banner=False, log_level="WARNING")
