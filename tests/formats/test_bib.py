from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optional import needs
from scitex_io import (
    LossyWarning,
    MissingKeyError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)
from strategies.documents import entries

NOTE = {"entry_type": "misc", "key": "k", "fields": {"note": "text"}}


def loaded(text: str | bytes, folder: Path, **options: Any) -> Any:
    path = folder / "x.bib"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, **options)


def fields(text: str, folder: Path, **options: Any) -> dict[str, str]:
    (entry,) = loaded(text, folder, **options)
    found: dict[str, str] = entry["fields"]
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{A {B} c}", "A {B} c"),
        ('"A {"} c"', 'A {"} c'),
        ("2013", "2013"),
        ("jan", "jan"),
        ('jan # "~1"', "jan~1"),
        ('"a" # {b} # 3', "ab3"),
        (r"{M{\"u}ller and {\'E}. d\_x}", r"M{\"u}ller and {\'E}. d\_x"),
        ("{two\n   lines, a@b.c # % = }", "two\n   lines, a@b.c # % = "),
        ("{}", ""),
    ],
)
def test_a_value_is_what_stands_between_the_outer_marks(value: str, expected: str, tmp_path: Path) -> None:
    assert fields(f"@misc{{k, note = {value}}}", tmp_path) == {"note": expected}


def test_macros_are_replaced_unless_unwanted(tmp_path: Path) -> None:
    text = '@string{IEEE = "IEEE " # {Press}}\n@STRING(acm={ACM})\n@misc{k, a = ieee # ", " # ACM, month = feb}'

    assert fields(text, tmp_path) == {"a": "IEEE Press, ACM", "month": "feb"}
    assert fields(text, tmp_path, expand=False) == {"a": "ieee, ACM", "month": "feb"}


@pytest.mark.parametrize(
    "text",
    [
        "@MISC{k, Note={text}}",
        "@misc(k, note={text})",
        "@misc { k ,\n note = {text} , }",
        "text a@b.c around it\n@misc{k, note={text}}\nand behind",
        '@comment{k, {x}}\n@preamble{"\\def" # {x}}\n@misc{k, note={text}}@Comment{jabref-meta: x\\;{}}',
        "@comment no braces\n@misc{k, note={text}}",
        "% @misc{old,\n%  note={x}\n%}\n@misc{k, note={text}}",
        "@misc{k, % a remark\n note={text}, % another\n}",
        "@misc{k, note={text}, note={text}}",
        "\ufeff@misc{k,\r\nnote={text}\r\n}\r\n",
    ],
)
def test_the_ways_of_writing_it_are_read_alike(text: str, tmp_path: Path) -> None:
    assert loaded(text, tmp_path) == [NOTE]


def test_entries_of_one_key_or_none_are_all_given(tmp_path: Path) -> None:
    text = "@a{k, t={1}}\n@a{k, t={2}}\n@a{, t={3}}\n@a{x}"

    assert [(entry["key"], entry["fields"].get("t")) for entry in loaded(text, tmp_path)] == [
        ("k", "1"),
        ("k", "2"),
        ("", "3"),
        ("x", None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@book{k, t = {open\n@misc{k4, t={z}, }", "line 1: what begins here does not end"),
        ("@a{x}\n\n@a{k, t={x}}, y=3}", "line 3: behind the end"),
        ("@a{k, t={x}}}", "behind the end"),
        ("@a{k, t={x} u={y}}", "a comma is missing before 'u="),
        ("@a{k, t=}", "a value is wanted"),
        ("@a{k, note}", "'=' is wanted behind 'note'"),
        ("@a{t={x}}", "has no key"),
        ("@a{k\n  t={x}}", "has no key"),
        ('@a{k, t="x}"}', "closed that was not opened"),
        ("@a{k, t={x},\n t={y}}", "line 2: the entry 'k' has the field 't' twice"),
        ("@a{x}\n@artic", "line 2: '@artic' has no content"),
        ("some text", "without any entry"),
        ("@a{k, t={x}", "does not end"),
        ("@string{a}", "'=' is wanted"),
        ('@string{a = "x", b = "y"}', "'}' is wanted"),
    ],
)
def test_a_damaged_entry_is_an_error_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        loaded(text, tmp_path)


@pytest.mark.parametrize("text", ["", "\n", "% Encoding: UTF-8\n", "@Comment{jabref-meta: databaseType:bibtex;}"])
def test_a_bibliography_may_be_empty(text: str, tmp_path: Path) -> None:
    assert loaded(text, tmp_path) == []


def test_the_encoding_is_found_out(tmp_path: Path) -> None:
    for content in (
        "@misc{k, note={é}}".encode(),
        b"@misc{k, note={\xe9}}",
        b"% Encoding: Cp1252\n@misc{k, note={\xe9}}",
    ):
        assert loaded(content, tmp_path)[0]["fields"] == {"note": "é"}
    with pytest.raises(UnreadableFileError, match="not utf-8"):
        loaded(b"% Encoding: UTF-8\n@misc{k, note={\xe9}}", tmp_path)


@given(found=st.lists(entries, max_size=3, unique_by=lambda entry: entry["key"]))
def test_another_reader_finds_the_same(found: list[dict[str, Any]], tmp_path: Path) -> None:
    needs("bibtexparser")
    from bibtexparser.entrypoint import parse_string

    path = save(found, tmp_path / "x.bib", verbose=False)

    library = parse_string(path.read_bytes().decode())

    # That one takes \} for a brace that is none, and an @ at the beginning of a line for an entry.
    if not any(mark in value for entry in found for value in entry["fields"].values() for mark in '\\@"\r\n'):
        assert [entry.key for entry in library.entries] == [entry["key"] for entry in found]
        assert [{f.key: f.value for f in e.fields} for e in library.entries] == [e["fields"] for e in found]


def test_it_is_written_to_be_read(tmp_path: Path) -> None:
    entry = {"entry_type": "article", "key": "M2013", "fields": {"title": "A {B}", "month": "jan"}}

    path = save(entry, tmp_path / "x.bib", on_loss="error")

    assert path.read_text() == "@article{M2013,\n  title = {A {B}},\n  month = jan\n}\n"


def test_numbers_and_capitals_are_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="become lower case.*numbers become text"):
        path = save([{"entry_type": "Misc", "key": "k", "fields": {"Year": 2013}}], tmp_path / "x.bib")

    assert load(path) == [{"entry_type": "misc", "key": "k", "fields": {"year": "2013"}}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": "a b"}, "cannot be a key"),
        ({"entry_type": "comment"}, "is no entry"),
        ({"entry_type": "a b"}, "cannot be"),
        ({"fields": {"a b": ""}}, "no field is called"),
        ({"fields": {"t": "}{"}}, "not balanced"),
        ({"fields": {"t": "{"}}, "not balanced"),
        ({"fields": {"t": None}}, "NoneType"),
        ({"fields": {"t": "a", "T": "b"}}, "twice"),
        ({"more": 1}, "cannot store"),
    ],
)
def test_what_would_not_come_back_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=message):
        save([NOTE | change], tmp_path / "x.bib", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


def test_one_entry_by_its_key_and_what_there_is(tmp_path: Path) -> None:
    path = save([NOTE, NOTE | {"key": "other"}], tmp_path / "x.bib")

    assert load(path, key="k") == NOTE
    assert info(path)["keys"] == {"k": "misc", "other": "misc"}
    with pytest.raises(MissingKeyError, match="'other'"):
        load(path, key="third")


def test_real_files_are_read(corpus: Path) -> None:
    assert len(load(corpus / "bib" / "simple-search-library.bib")) == 16
    assert load(corpus / "bib" / "bibtex.bib", key="Cesar2013")["fields"]["journal"] == "Nice Journal"
