"""What every test gets: a home of its own, a clean cache and a registry as installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["MPLBACKEND"] = "Agg"

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
}
# The same examples every time, so that what passes once passes everywhere; `search` looks further, by hand.
settings.register_profile("dev", max_examples=20, derandomize=True, **COMMON)  # type: ignore[arg-type]  # a dict of several types
settings.register_profile("ci", max_examples=100, derandomize=True, **COMMON)  # type: ignore[arg-type]  # a dict of several types
settings.register_profile("search", max_examples=400, **COMMON)  # type: ignore[arg-type]  # a dict of several types
settings.load_profile(os.environ.get("SCITEX_IO_TEST_PROFILE", "dev"))


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the home folder, what another one cached, or what it registered."""
    import scitex_io.registry
    from scitex_io.disk import memo, observers
    from scitex_io.registry import Registry

    # Processes started by tests run the same sources, installed or not.
    monkeypatch.setenv("PYTHONPATH", str(Path(scitex_io.registry.__file__).parents[1]))
    monkeypatch.setenv("SCITEX_DIR", str(tmp_path_factory.mktemp("state")))
    for name in ("CI", "SCITEX_NOTEBOOK_PATH", "SCITEX_IO_TRUST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(scitex_io.registry, "REGISTRY", Registry(plugins=False))
    monkeypatch.setattr(observers, "_after_save", [])
    monkeypatch.setattr(observers, "_after_load", [])
    memo.clear_load_cache()
    yield
    memo.clear_load_cache()


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, makes this another user's place, who neither wrote nor loaded what there is until then."""

    def leave() -> None:
        from scitex_io.disk import memo

        monkeypatch.setenv("SCITEX_DIR", str(tmp_path_factory.mktemp("elsewhere")))
        memo.clear_load_cache()

    return leave


@pytest.fixture
def corpus() -> Path:
    """The real files beside the checkout; skipped where they are absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real files is not here")
    return folder
