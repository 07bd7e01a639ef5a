"""The examples of README.md run in a folder of their own, with a registry and a state folder of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def readme(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """What the README saves, registers and caches is gone afterwards."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    from scitex_io import registry
    from scitex_io.disk import memo

    folder = tmp_path_factory.mktemp("readme")
    monkeypatch.setenv("SCITEX_DIR", os.fspath(folder / "state"))
    monkeypatch.setattr(registry, "REGISTRY", registry.Registry(plugins=False))
    monkeypatch.chdir(Path(folder))
    yield
    memo.clear_load_cache()
