from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scitex_io import flush, reload


def test_a_module_or_the_module_of_a_function_is_imported_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions within one second
    source = tmp_path / "changing.py"
    source.write_text("def number(): return 1\n")
    import changing  # type: ignore[import-not-found]  # made here

    source.write_text("def number(): return 22\n")
    reload(changing)
    assert changing.number() == 22
    source.write_text("def number(): return 333\n")
    reload(changing.number, verbose=True)

    assert changing.number() == 333
    assert capsys.readouterr().out == "reloaded changing\n"
    monkeypatch.delitem(sys.modules, "changing")


def test_what_belongs_to_no_module_is_an_error() -> None:
    with pytest.raises(TypeError, match="no module"):
        reload(3)  # type: ignore[arg-type]  # on purpose


def test_buffers_are_written_out_before_the_disk_is_synced() -> None:
    done = []

    class Stream(io.StringIO):
        def flush(self) -> None:
            done.append("flushed")

    flush(SimpleNamespace(stdout=Stream(), stderr=Stream()), sync_fn=lambda: done.append("synced"))

    assert done == ["flushed", "flushed", "synced"]
    flush()
