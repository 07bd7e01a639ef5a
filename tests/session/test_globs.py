from __future__ import annotations

import os
import re
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from natsort import natsorted

from scitex_io import format_path, glob, load, parse_glob, save
from scitex_io.patterns import alternatives, parsed
from scitex_io.patterns.matching import part


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for sub in ("001", "002", "010"):
        (tmp_path / f"sub-{sub}").mkdir()
        for run in (1, 2, 10):
            (tmp_path / f"sub-{sub}" / f"sub-{sub}_run-{run}_eeg.csv").touch()
    (tmp_path / ".hidden.csv").touch()
    (tmp_path / "f10.txt").touch()
    (tmp_path / "f1.txt").touch()
    (tmp_path / "f2.txt").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_paths_come_in_natural_order_and_in_the_form_asked_for(study: Path) -> None:
    assert glob("*.txt") == ["f1.txt", "f2.txt", "f10.txt"]
    assert glob("./f*.txt")[0] == "./f1.txt"
    assert glob(study / "*.txt") == [str(study / name) for name in ("f1.txt", "f2.txt", "f10.txt")]
    assert glob("nothing*") == []
    assert parse_glob("nothing{x}") == ([], [])


def test_alternatives_match_exactly(study: Path) -> None:
    assert glob("f{1,2}.txt") == ["f1.txt", "f2.txt"]
    assert glob("{f1,sub-{001,010}/*run-2*}{.txt,.csv}") == [
        "f1.txt",
        "sub-001/sub-001_run-2_eeg.csv",
        "sub-010/sub-010_run-2_eeg.csv",
    ]
    assert glob("{f1.txt,sub-{001,010}/*run-2*}") == [
        "f1.txt",
        "sub-001/sub-001_run-2_eeg.csv",
        "sub-010/sub-010_run-2_eeg.csv",
    ]


def test_values_keep_their_zeros_and_numbers_are_asked_for(study: Path) -> None:
    paths, values = parse_glob("sub-{sub}/*_run-{run:d}_eeg.csv")

    assert paths == natsorted(paths)
    assert values[:3] == [{"sub": "001", "run": 1}, {"sub": "001", "run": 2}, {"sub": "001", "run": 10}]
    assert parse_glob("sub-{sub:03d}/*_run-{run}_eeg.csv")[1][-1] == {"sub": 10, "run": "10"}
    assert glob("f{n:02d}.txt") == ["f10.txt"]
    assert parse_glob("f{x:d}.csv") == ([], [])


def test_a_repeated_placeholder_has_one_value(study: Path) -> None:
    (study / "sub-001" / "sub-002_run-1_eeg.csv").touch()

    paths, values = parse_glob("sub-{sub}/sub-{sub}_run-{run}_eeg.csv")

    assert len(paths) == 9
    assert all(f"sub-{found['sub']}_" in path for path, found in zip(paths, values, strict=True))


def test_any_folders_with_placeholders(study: Path) -> None:
    paths, values = parse_glob("**/{stem}.txt")

    assert paths == ["f1.txt", "f2.txt", "f10.txt"]
    assert values == [{"stem": "f1"}, {"stem": "f2"}, {"stem": "f10"}]
    assert len(glob("**/*.csv")) == 9
    assert len(glob("**")) == 15
    assert glob("*/") == ["sub-001", "sub-002", "sub-010"]


def test_hidden_files_are_asked_for(study: Path) -> None:
    assert glob("*.csv") == []
    assert glob(".*.csv") == [".hidden.csv"]


def test_links_in_a_circle_end(study: Path) -> None:
    os.symlink(study, study / "sub-001" / "up")
    os.symlink("around", study / "around")

    assert len(glob("**/*.txt")) == 3


def test_ensure_one_says_what_matched(study: Path) -> None:
    assert glob("f1.txt", ensure_one=True) == ["f1.txt"]
    with pytest.raises(AssertionError, match=r"(?s)exactly one .*3 do.*f1\.txt.*f10\.txt"):
        parse_glob("f*.txt", ensure_one=True)
    with pytest.raises(AssertionError, match="none do"):
        glob("g*", ensure_one=True)


@pytest.mark.parametrize("pattern", ["{a b}", "{", "x}", "{1a}", "{n:x}", "{n:3d}", "{}"])
def test_braces_that_mean_nothing_are_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"number|braces"):
        glob(pattern)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*a" * 60 + "b", "a" * 255),
        ("{a}" * 1 + "".join(f"{{x{n}}}" for n in range(60)), "a" * 50),
        ("".join(f"{{a{n}}}{{n{n}:d}}" for n in range(20)) + "x", "1" * 254 + "y"),
        ("{a}{a}{b}{b}{c}{c}", "x" * 254 + "y"),
        ("[" * 200 + "*" * 50, "[" * 200),
    ],
)
def test_no_pattern_takes_long(pattern: str, name: str) -> None:
    began = time.perf_counter()

    try:
        part(pattern).match(name, {})
    except ValueError as error:
        assert "too many ways" in str(error) or "braces" in str(error)

    assert time.perf_counter() - began < 2


def test_alternatives_are_bounded() -> None:
    with pytest.raises(ValueError, match="more than 1000"):
        glob("{a,b}" * 30)
    with pytest.raises(ValueError, match="more than 1000"):
        glob("{" * 10 + ",x" * 2000 + "}" * 10)


NAMES = st.text("ab1_-.x", min_size=1, max_size=8)


@given(st.text("ab*?x_", max_size=6) | st.text("ab*[x]!-", max_size=6), NAMES)
@example("[!a]", "b")
@example("[]a]", "]")
@example("[]", "[]")
@example("[!]", "[!]")
@example("[!]]", "a")
def test_wildcards_are_those_of_the_shell(pattern: str, name: str) -> None:
    assume(not name.startswith(".") and pattern)

    assert (part(pattern).match(name, {}) is not None) == fnmatchcase(name, pattern)


@given(st.lists(st.sampled_from(["{a}", "{b}", "{n:d}", "{m:02d}", "*", "_", "x", "1"]), min_size=1, max_size=5), NAMES)
@example(["{a}", "_", "{n:d}"], "x_y_3")
@example(["{n:d}", "1"], "11")
def test_matching_finds_a_way_where_a_regular_expression_does(tokens: list[str], name: str) -> None:
    assume(not name.startswith("."))
    expression, seen = "", set()
    for token in tokens:
        if token[0] == "{":
            field = token[1]
            kind = r"\d+" if token.endswith(":d}") else r"\d{2,}" if ":" in token else ".+"
            expression += f"(?P={field})" if field in seen else f"(?P<{field}>{kind})"
            seen.add(field)
        else:
            expression += ".*" if token == "*" else re.escape(token)
    expected = re.fullmatch(expression, name)

    found = part("".join(tokens)).match(name, {})

    assert (found is not None) == (expected is not None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from(["", ":d", ":03d"]), st.sampled_from(["_", "/", "-x", ".csv"])
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda entry: entry[0],
    ),
    st.data(),
)
def test_what_is_formatted_is_parsed_back(fields: list[tuple[str, str, str]], data: st.DataObject) -> None:
    pattern = "x" + "".join(f"{{{name}{spec}}}{end}" for name, spec, end in fields).rstrip("/")
    values: dict[str, Any] = {
        name: data.draw(st.integers(0, 9999) if spec else st.text(min_size=1, max_size=5)) for name, spec, _ in fields
    }
    try:
        path = format_path(pattern, **values)
    except ValueError as error:
        assert "read back" in str(error) or "no slash" in str(error)
        return

    assert parsed(pattern, path) == values


@pytest.mark.parametrize(
    ("pattern", "values", "words"),
    [
        ("{a}_{b}", {"a": "x_y", "b": "z"}, "read back"),
        ("{a}", {"a": "x/y"}, "no slash"),
        ("{a}", {"a": ""}, "empty"),
        ("{n:d}", {"n": -1}, "whole number"),
        ("{n:d}", {"n": 1.5}, "whole number"),
        ("{a}", {}, "no value for a"),
        ("{a}", {"a": 1, "b": 2}, "no placeholder for b"),
        ("*{a}", {"a": 1}, "several paths"),
        ("{a,b}", {}, "several paths"),
    ],
)
def test_a_path_that_would_not_be_read_back_is_refused(pattern: str, values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        format_path(pattern, **values)


def test_a_save_fills_placeholders_and_leaves_other_braces_alone(tmp_path: Path) -> None:
    path = save({"a": 1}, tmp_path / "sub-{sub:03d}" / "run-{run}.json", sub=1, run="x", verbose=False)

    assert path == tmp_path / "sub-001" / "run-x.json"
    assert load(path) == {"a": 1}
    assert save("text", tmp_path / "{braces}.txt", verbose=False).name == "{braces}.txt"
    with pytest.raises(ValueError, match="no value for run"):
        save({}, tmp_path / "{sub}-{run}.json", sub=1)
    with pytest.raises(TypeError, match="no option 'other'"):
        save({}, tmp_path / "{sub}.json", sub=1, other=2)


@given(st.text("{},ab", max_size=12))
def test_alternatives_leave_no_choice(pattern: str) -> None:
    for one in alternatives(pattern):
        assert alternatives(one) == [one]
