from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from scitex_io import OptionError, UnreadableFileError, UnsupportedTypeError, load, save
from scitex_io.facts import info
from scitex_io.formats.svg import Svg

DOCUMENT = '<svg xmlns="http://www.w3.org/2000/svg" width="4cm" viewBox="0 0 1 1"><text>ü\r\n</text></svg>\n'


def figure() -> Figure:
    made = Figure()
    made.subplots().plot([1, 2], [3, 4])
    return made


def test_a_figure_becomes_a_document_that_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = (load(save(figure(), tmp_path / f"{n}.svg", no_csv=True)) for n in (1, 2))

    assert first == second
    assert "<svg" in first


def test_the_user_s_own_salt_is_kept(tmp_path: Path) -> None:
    ours = load(save(figure(), tmp_path / "a.svg", no_csv=True))
    with rc_context({"svg.hashsalt": "mine"}):
        theirs = load(save(figure(), tmp_path / "b.svg", no_csv=True))

    assert ours != theirs


def test_a_document_comes_back_to_the_letter(tmp_path: Path) -> None:
    assert load(save(DOCUMENT, tmp_path / "a.svg")) == DOCUMENT


@pytest.mark.parametrize("text", ["", "hello", "<html></html>", DOCUMENT[:-10], DOCUMENT + "more"])
def test_text_that_is_no_document_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(text, tmp_path / "a.svg")

    assert list(tmp_path.iterdir()) == []


def test_a_file_cut_short_anywhere_is_an_error(tmp_path: Path) -> None:
    content = DOCUMENT.encode()
    for cut in range(len(content) - 1):
        (tmp_path / "a.svg").write_bytes(content[:cut])
        with pytest.raises(UnreadableFileError, match=r"a\.svg"):
            load(tmp_path / "a.svg")


def test_entities_that_explode_are_an_error(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    (tmp_path / "a.svg").write_text(f'<!DOCTYPE svg [<!ENTITY e0 "x">{entities}]><svg>&e11;</svg>')

    with pytest.raises(UnreadableFileError):
        load(tmp_path / "a.svg")


def test_facts_come_from_the_root_element(tmp_path: Path) -> None:
    told = info(save(DOCUMENT, tmp_path / "a.svg"))

    assert {"kind": "image", "width": "4cm", "view_box": "0 0 1 1"}.items() <= told.items()


def test_options_are_for_figures(tmp_path: Path) -> None:
    save(figure(), tmp_path / "a.svg", transparent=True, dpi=72, no_csv=True)
    with pytest.raises(OptionError):
        save(DOCUMENT, tmp_path / "b.svg", transparent=True)


def test_a_figure_has_its_data_as_companion_and_text_none() -> None:
    assert list(Svg().companions(figure())) == [".csv"]
    assert Svg().companions(DOCUMENT) == {}
