"""With nothing installed but what every user gets: all of it answers, and what is missing is named with its pip line."""

# ruff: noqa: INP001, PT017, T201  # a script: it belongs to no package, asserts and prints

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import scitex_io

heavy = {"numpy", "pandas", "matplotlib", "attrs", "typing"} & sys.modules.keys()
assert "site-packages" in scitex_io.__file__, scitex_io.__file__
assert not heavy, f"import scitex_io also imports {heavy}"
absent = [name for name in scitex_io.__all__ if not hasattr(scitex_io, name)]
assert not absent, absent
print("scitex_io", scitex_io.__version__, "imports no library, and has all of its", len(scitex_io.__all__), "names")

from scitex_io.catalogue import catalogue  # noqa: E402  # after the checks above
from scitex_io.registry import Registry  # noqa: E402
from scitex_io.typing import is_loader  # noqa: E402

registry = Registry(plugins=False)
rows = {row.name: row for row in catalogue(registry)}
named = 0
with tempfile.TemporaryDirectory() as folder:
    for handler in {type(handler): handler for _, handler in registry.handlers()}.values():
        row = rows[handler.name]
        missing = [module for module in handler.requires if find_spec(module) is None]
        assert list(row.missing) == missing
        if not missing:
            continue
        line = f'pip install "scitex-io[{handler.extra}]"'
        assert handler.extra, f"{handler.name} needs {missing}, which no extra brings"
        assert row.install == line, row.install
        if is_loader(handler) and not handler.directory:
            path = Path(folder, f"x{handler.extensions[0]}")
            path.write_bytes(b"\0" * 2000)
            try:
                scitex_io.load(path, cache=False)
            except scitex_io.MissingDependencyError as error:
                assert line in str(error), error
                named += 1
            except scitex_io.UnreadableFileError as error:
                assert str(path) in str(error)  # seen without the library
installed = sum(row.installed for row in rows.values())
print(
    len(rows), "formats,", installed, "of them with the core alone,", named, "told what to install when asked to load"
)
script = Path(sys.executable).with_name("scitex-io")
listed = subprocess.run([script, "formats"], check=True, capture_output=True, text=True).stdout  # noqa: S603  # ours
assert listed.count("not installed") == len(rows) - installed
