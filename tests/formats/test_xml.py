from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given

from same import difference
from scitex_io import (
    LossError,
    LossyWarning,
    MissingKeyError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)
from strategies.documents import roots


def loaded(text: str | bytes, folder: Path, **options: Any) -> Any:
    path = folder / "x.xml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, **options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a/>", {"a": ""}),
        ("<a>  text\n</a>", {"a": "  text\n"}),
        ("<a b='1'/>", {"a": {"@b": "1"}}),
        ("<a b='1'>text</a>", {"a": {"@b": "1", "#text": "text"}}),
        ("<a>\n  <b>1</b>\n  <b>2</b>\n</a>", {"a": {"b": ["1", "2"]}}),
        ("<a><b>1</b></a>", {"a": {"b": "1"}}),
        ("<a>x<b/>y<c d='2'>z</c></a>", {"a": {"#text": "x", "b": {"#tail": "y"}, "c": {"@d": "2", "#text": "z"}}}),
        ("<a><b>1</b>tail</a>", {"a": {"b": {"#text": "1", "#tail": "tail"}}}),
        ("<a><b/><c/><b>2</b></a>", {"a": {"#order": ["b", "c", "b"], "b": ["", "2"], "c": ""}}),
        ("<a xml:space='preserve'> <b/> </a>", {"a": {"@xml:space": "preserve", "#text": " ", "b": {"#tail": " "}}}),
        ("<a>x<!-- no --><?pi?>y<![CDATA[<z>]]></a>", {"a": "xy<z>"}),
        ("<p:a xmlns:p='u'><p:b/></p:a>", {"p:a": {"@xmlns:p": "u", "p:b": ""}}),
        ("<!DOCTYPE a SYSTEM 'http://nowhere.invalid/x.dtd'><a>&amp;</a>", {"a": "&"}),
        ("<!DOCTYPE a [<!ATTLIST a b CDATA 'given'>]><a/>", {"a": {"@b": "given"}}),
    ],
)
def test_text_attributes_tails_and_order_are_kept(text: str, expected: Any, tmp_path: Path) -> None:
    assert difference(loaded(text, tmp_path), expected) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "shift_jis", "utf-8-sig"])
def test_the_declared_encoding_is_the_one_read(encoding: str, tmp_path: Path) -> None:
    text = "日本" if encoding == "shift_jis" else "é"
    declared = encoding.removesuffix("-sig")

    content = f"<?xml version='1.0' encoding='{declared}'?><a>{text}</a>".encode(encoding)

    assert loaded(content, tmp_path) == {"a": text}
    assert info(tmp_path / "x.xml")["kind"] == "tree"


def test_wide_text_needs_no_mark(tmp_path: Path) -> None:
    assert loaded("<a>é</a>".encode("utf-16-be"), tmp_path) == {"a": "é"}


BOMB = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;'>]><a>&c;</a>"
SWELL = f"<!DOCTYPE a [<!ATTLIST b c CDATA '{'x' * 100_000}'>]><a>{'<b/>' * 1000}</a>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"text", "not well-formed"),
        (b"<a>", "not well-formed"),
        (b"<a></b>", "not well-formed"),
        (b"<a/><b/>", "not well-formed"),
        (b"<a b='1' b='2'/>", "duplicate attribute"),
        (b"<a>\xff</a>", "not utf-8"),
        (b"<?xml version='1.0' encoding='utf-16'?><a/>", "not"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "klingon"),
        (BOMB.encode(), "entity 'b'"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "entity 'x'"),
        (b"<!DOCTYPE a SYSTEM 'x.dtd'><a>&nbsp;</a>", "undefined entity"),
        (b"<!DOCTYPE a SYSTEM 'x.dtd'><a b='&nbsp;'/>", "undefined entity"),
        (SWELL.encode(), "without end"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "nested too deeply"),
    ],
)
def test_a_damaged_or_hostile_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        loaded(content, tmp_path)


@given(tree=roots)
def test_other_readers_see_the_same_text(tree: dict[str, Any], tmp_path: Path) -> None:
    path = save(tree, tmp_path / "x.xml", verbose=False, on_loss="error")

    found = []
    for element in ElementTree.parse(path).iter():
        found += [*element.attrib.values(), element.text or "", element.tail or ""]
    assert Counter(filter(str.strip, found)) == Counter(filter(str.strip, leaves(tree)))


def leaves(tree: Any) -> Iterator[str]:
    """Every text of a tree, without the names in ``#order``."""
    if isinstance(tree, str):
        yield tree
    for part in tree if isinstance(tree, list) else tree if isinstance(tree, dict) else ():
        if part != "#order":
            yield from leaves(part if isinstance(tree, list) else tree[part])


@pytest.mark.parametrize("indent", [None, 0, 4])
@given(tree=roots)
def test_indentation_changes_nothing(indent: int | None, tree: dict[str, Any], tmp_path: Path) -> None:
    path = save(tree, tmp_path / "x.xml", verbose=False, on_loss="error", indent=indent)

    assert difference(load(path, cache=False), tree) is None


def test_it_is_written_to_be_read(tmp_path: Path) -> None:
    path = save({"run": {"@id": "1", "rate": "250", "channel": ["Fp1", "Fp2"]}}, tmp_path / "x.xml")

    expected = '<run id="1">\n  <rate>250</rate>\n  <channel>Fp1</channel>\n  <channel>Fp2</channel>\n</run>\n'
    assert path.read_text() == f'<?xml version="1.0" encoding="UTF-8"?>\n{expected}'


@pytest.mark.parametrize(
    ("content", "back", "message"),
    [
        (5, "5", "int values become text"),
        (0.1, "0.1", "float values become text"),
        (True, "true", "bool values become text"),
        (None, "", "NoneType values become text"),
        ({"@n": 5}, {"@n": "5"}, "int values become text"),
        ({"b": ["x"]}, {"b": "x"}, "a list of one item"),
        ({"b": [], "c": ""}, {"c": ""}, "an empty one is left out"),
        ({"b": {}}, {"b": ""}, "or of nothing"),
        ({"#text": "x"}, "x", "nothing but '#text'"),
        ({"@b": "1", "#text": ""}, {"@b": "1"}, "an empty '#text'"),
        ({"#text": "x", "b": {"@c": "", "#tail": ""}}, {"#text": "x", "b": {"@c": ""}}, "an empty '#tail'"),
        ({"#text": " \n", "b": "x"}, {"b": "x"}, "blanks between elements"),
        ({"#order": ["b", "c"], "b": "", "c": ""}, {"b": "", "c": ""}, "no names alternate"),
    ],
)
def test_what_comes_back_otherwise_is_announced(content: Any, back: Any, message: str, tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=message):
        path = save({"a": content}, tmp_path / "x.xml")

    assert difference(load(path), {"a": back}) is None
    with pytest.raises(LossError):
        save({"a": content}, tmp_path / "y.xml", on_loss="error")


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({}, "one root"),
        ({"a": "", "b": ""}, "one root"),
        ({"a": ["x", "y"]}, "one root"),
        ({"a": {"#tail": "x"}}, "follow the root"),
        ({"a b": ""}, "cannot name"),
        ({"a": {"@1": ""}}, "cannot name"),
        ({"a": {"x b='1'": ""}}, "cannot name"),
        ({"a": {"#other": ""}}, "cannot name"),
        ({"a": {"@b": {}}}, "has to be text"),
        ({"a": {"b": [["x"], ["y"]]}}, "list of lists"),
        ({"a": {"b": "", "#order": ["c"]}}, "names other children"),
        ({"a": "\x00"}, "no character"),
        ({"a": "\ud800"}, "no character"),
        ({"p:a": ""}, "unbound prefix"),
    ],
)
def test_what_xml_cannot_say_is_refused(tree: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=message):
        save(tree, tmp_path / "x.xml", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


def test_a_part_is_loaded_by_its_key(tmp_path: Path) -> None:
    path = save({"a": {"b": [{"@id": "1", "#text": "x"}, "y"]}}, tmp_path / "x.xml")

    assert load(path, key="a/b/0/@id") == "1"
    with pytest.raises(MissingKeyError, match="'a'"):
        load(path, key="b")


def test_a_large_file_is_described_by_its_beginning(tmp_path: Path) -> None:
    path = save({"a": {"b": [{"@id": str(n), "c": {"d": {"e": "x"}}} for n in range(9000)]}}, tmp_path / "x.xml")

    facts = info(path)

    assert facts["kind"] == "tree"
    assert facts["keys"] == {"a": "", "a/b": "@id", "a/b/c": ""}


def test_real_files_are_read(corpus: Path) -> None:
    tree = load(corpus / "xml" / "gemini.xml")

    assert [part["@type"] for part in tree["VOTABLE"]["RESOURCE"]][:2] == ["results", "meta"]
    assert tree["VOTABLE"]["RESOURCE"][0]["TABLE"]["DATA"]["TABLEDATA"]["TR"][1]["TD"][2] == "cutout"


def test_the_depth_that_is_written_can_be_read(tmp_path: Path) -> None:
    tree: Any = "deep"
    for _ in range(190):
        tree = {"a": tree}

    assert load(save(tree, tmp_path / "x.xml")) == tree
