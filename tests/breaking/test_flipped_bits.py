"""The table of flipped bits says what is so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from breaking.damage import FACTS, MORE, measured, names
from breaking.scenarios import every_handler
from optional import CI, needs_all_of, skipping_what_is_missing

TOLD: dict[str, dict[str, int]] = json.loads(FACTS.read_text())
SAFE = sorted(name for name, facts in TOLD.items() if not facts["different"])
BITS = 40 if CI else 10


def test_every_format_is_in_the_table() -> None:
    assert set(names()) == set(TOLD)


@pytest.mark.parametrize("name", SAFE)
def test_a_format_that_notices_all_damage_does(name: str, tmp_path: Path) -> None:
    if name not in MORE:
        needs_all_of(every_handler()[name])
    with skipping_what_is_missing():
        found = measured(name, tmp_path / "x", BITS, seed=1)

    assert found["different"] == 0
    assert found["noticed"] > 0


@pytest.mark.parametrize("name", ["npy", "csv", "text", "hdf5"])
def test_a_format_without_checksums_takes_damage_for_data(name: str, tmp_path: Path) -> None:
    assert TOLD[name]["different"] > 0
    assert measured(name, tmp_path / "x", 40, seed=1)["different"] > 0
