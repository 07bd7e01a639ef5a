from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scitex_io import OptionError, load, save


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in {"td", "th"}:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1] += data


def shown(text: str) -> list[str]:
    """The cells of a table as a reader of Markdown shows them."""
    from markdown_it import MarkdownIt

    parser = Cells()
    parser.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    return [cell.rstrip("\n") for cell in parser.found]


def test_a_frame_becomes_a_table_of_pipes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"region": ["CA1", "CA3"], "rate_hz": [4.25, 12.5]})

    path = save(frame, tmp_path / "x.md", on_loss="error")

    expected = "| region | rate_hz |\n| ------ | ------: |\n| CA1    |    4.25 |\n| CA3    |    12.5 |\n"
    assert load(path) == expected


MARKS = st.text(st.sampled_from("ab_*`\\|<>[]&;~$!#-1."), max_size=6).filter(lambda text: text == text.strip())


@given(cells=st.lists(MARKS, min_size=1, max_size=3))
def test_cells_are_shown_as_they_are(cells: list[str], tmp_path: Path) -> None:
    path = save(pd.DataFrame({"x": cells}), tmp_path / "x.md", verbose=False)

    assert shown(load(path, cache=False)) == ["x", *cells]


def test_labels_levels_gaps_and_lines(tmp_path: Path) -> None:
    columns = pd.MultiIndex.from_tuples([("rate", "mean"), ("rate", "sd")])
    frame = pd.DataFrame([[1.0, None], [2.0, 0.5]], index=pd.Index(["a\nb", "c"], name="unit"), columns=columns)

    text = load(save(frame, tmp_path / "x.md", float_format="%.1f"))

    assert text.splitlines()[0].split("|")[1:-1] == [" unit   ", " rate / mean ", " rate / sd "]
    assert text.splitlines()[2].split("|")[1:-1] == [" a<br>b ", "         1.0 ", "           "]


def test_text_is_still_text(tmp_path: Path) -> None:
    assert load(save("# Title\n", tmp_path / "x.md")) == "# Title\n"
    with pytest.raises(OptionError):
        save("# Title\n", tmp_path / "x.md", index=False)
