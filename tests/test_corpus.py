"""Real files that nobody here wrote load with the content known of them; damaged ones are clear errors."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scitex_io import ScitexIOError, list_formats, load

SHARED = Path(__file__).resolve().parents[2] / "shared"
MANIFEST = SHARED / "corpus" / "MANIFEST.json"
FILES: list[dict[str, Any]] = json.loads(MANIFEST.read_text())["files"] if MANIFEST.exists() else []
LOADABLE = {extension for tier in list_formats()["load"].values() for extension in tier}


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    """The checks of facts, kept beside the files."""
    spec = importlib.util.spec_from_file_location("check_corpus", SHARED / "tools" / "check_corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not FILES, reason="the corpus of real files is not here")
@pytest.mark.parametrize("entry", FILES, ids=lambda entry: f"{entry['id']}-{entry['name']}")
def test_a_real_file_loads_as_it_is(entry: dict[str, Any], judge: ModuleType, tmp_path: Path) -> None:
    source = SHARED / "corpus" / entry["file"]
    path = tmp_path / entry["name"]
    if not any(entry["name"].lower().endswith(extension) for extension in LOADABLE):
        pytest.skip("no format for it yet")
    if source.is_dir():
        shutil.copytree(source, path)
    for part in [] if source.is_dir() else [entry, *entry.get("with", [])]:
        shutil.copyfile(SHARED / "corpus" / part["file"], tmp_path / part["name"])
    facts = entry["expect"]

    if facts.get("error"):
        with pytest.raises(ScitexIOError, match=path.name.replace("[", ".").replace("]", ".").replace("+", ".")):
            load(path)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = load(path, **entry.get("options", {}))
    except ScitexIOError as error:
        assert facts.get("may_refuse") or facts.get("any"), error
        assert path.name in str(error)
    else:
        assert facts.get("any") or judge.CHECKS[facts["kind"]](value, facts) is None
