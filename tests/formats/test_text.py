from __future__ import annotations

from pathlib import Path

import pytest

from scitex_io import OptionError, UnreadableFileError, UnsupportedTypeError, load, save

EXTENSIONS = ".txt .log .md .rst .py .sh .bash .zsh .css .js .tex .dot .gv .mmd .def .event"


@pytest.mark.parametrize("extension", EXTENSIONS.split())
def test_text_comes_back_exactly_newlines_included(extension: str, tmp_path: Path) -> None:
    text = "a\r\nb\rc\n\n  d\t\x0b é😀 \u2028"

    path = save(text, tmp_path / f"a{extension}")

    assert path.read_bytes() == text.encode()
    assert load(path) == text


def test_lines_are_stripped_and_blank_ones_left_out(tmp_path: Path) -> None:
    path = save("  a \r\n\n \nb\rc\x0bd", tmp_path / "a.txt")

    assert load(path, as_lines=True) == ["a", "b", "c\x0bd"]
    assert load(path, as_lines=True, strip=False) == ["  a ", "b", "c\x0bd"]
    assert load(path, as_type=list) == load(path, as_type=list[str]) == ["a", "b", "c\x0bd"]


def test_a_text_can_be_stripped(tmp_path: Path) -> None:
    path = save(" \n a\nb \n", tmp_path / "a.txt")

    assert load(path, strip=True) == "a\nb"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ""),
        ("é".encode(), "é"),
        ("é".encode("utf-8-sig"), "é"),
        ("é".encode("utf-16"), "é"),
        (b"\xfe\xff\x00\xe9", "é"),
        ("é".encode("utf-32"), "é"),
        (b"caf\xe9 \xa4", "café ¤"),
    ],
)
def test_the_encoding_is_found_out(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)

    assert load(path) == expected


def test_an_encoding_can_be_chosen_both_ways(tmp_path: Path) -> None:
    path = save("日本", tmp_path / "a.txt", encoding="shift_jis")

    assert path.read_bytes() == "日本".encode("shift_jis")
    assert load(path, encoding="shift_jis") == "日本"
    with pytest.raises(UnreadableFileError, match="not ascii"):
        load(path, encoding="ascii")


def test_an_unknown_encoding_is_an_error_of_the_option(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no encoding is called 'utf-9'"):
        save("a", tmp_path / "a.txt", encoding="utf-9")


@pytest.mark.parametrize(
    "content", [b"a\x00b", b"\x7fELF\x02\x01\x01\x00", b"\xff\xfea\x00\x00\x00", b"\xff\xfea\x00b"]
)
def test_binary_content_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)

    with pytest.raises(UnreadableFileError):
        load(path)


@pytest.mark.parametrize(
    ("text", "encoding"), [("\ud800", None), ("a\0b", None), ("é", "ascii"), (["a\nb"], None), ([1], None)]
)
def test_what_would_not_come_back_is_refused(text: object, encoding: str | None, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(text, tmp_path / "a.txt", encoding=encoding)

    assert list(tmp_path.iterdir()) == []


def test_real_files_are_read(corpus: Path) -> None:
    assert len(load(corpus / "text" / "test-ave.log", as_lines=True)) == 15
    assert "Historical" in load(corpus / "text" / "CONTRIBUTORS.md")
