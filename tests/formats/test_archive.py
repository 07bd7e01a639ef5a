from __future__ import annotations

import bz2
import datetime
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zstandard

from optional import needs
from same import same
from scitex_io import (
    FileTooLargeError,
    MissingKeyError,
    OptionError,
    UnexpectedTypeError,
    UnknownFormatError,
    UnreadableFileError,
    UntrustedFileError,
    get_cache_info,
    info,
    load,
    save,
)
from scitex_io.formats.archive import Zip

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
TREE = {"n": 1, "é": [1.5]}
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tgz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "TAR.ZST": zstandard.compress,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of several formats, one of them below a folder."""
    made = tmp_path / "files"
    save(FRAME, made / "t.csv")
    save(TREE, made / "deep" / "tree ü.JSON")
    save(np.arange(6), made / "deep" / "x.npy.gz")
    for path in made.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return made


@pytest.fixture
def zipped(folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("t.csv", "deep", "deep/tree ü.JSON", "deep/x.npy.gz"):
            archive.write(folder / name, name)
    return path


def tarred(folder: Path) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(folder, ".")
    return file.getvalue()


@pytest.fixture(params=["zip", *COMPRESSORS])
def archive(request: pytest.FixtureRequest, folder: Path, zipped: Path, tmp_path: Path) -> Path:
    if request.param == "zip":
        return zipped
    path = tmp_path / f"a.{request.param}"
    path.write_bytes(COMPRESSORS[request.param](tarred(folder)))
    return path


def test_it_loads_as_a_table_of_what_is_in_it(archive: Path, folder: Path) -> None:
    table = load(archive)

    assert list(table) == ["name", "kind", "is_dir", "size", "compressed_size", "modified"]
    rows = table.set_index("name")
    assert set(rows.index) == {"t.csv", "deep", "deep/tree ü.JSON", "deep/x.npy.gz"}
    assert rows.loc["t.csv", "size"] == (folder / "t.csv").stat().st_size
    assert rows["kind"].to_dict() == rows["is_dir"].map({True: "folder", False: "file"}).to_dict()
    assert rows.index[rows["is_dir"]].tolist() == ["deep"]
    zipped = archive.suffix == ".zip"
    assert str(rows["modified"].dtype) == ("datetime64[s]" if zipped else "datetime64[s, UTC]")
    assert abs(rows["modified"].iloc[0].timestamp() - 1_600_000_000) < (86_400 if zipped else 1)
    assert rows["compressed_size"].notna().all() == zipped


def test_a_member_is_loaded_by_its_own_format(archive: Path) -> None:
    assert same(load(archive, member="t.csv"), FRAME)
    assert load(archive, member="deep/tree ü.JSON") == TREE
    assert same(load(archive, key="deep/x.npy.gz"), np.arange(6))


def test_options_and_types_are_for_the_format_of_the_member(archive: Path) -> None:
    assert list(load(archive, member="t.csv", sep=";")) == ["a,b"]
    assert load(archive, member="t.csv", as_type=list) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert load(archive, member="deep/tree ü.JSON", as_type=dict[str, Any]) == TREE
    assert load(archive, member="t.csv", handler=None, verbose=True).shape == (2, 2)
    with pytest.raises(OptionError, match="csv has no option 'sepp' for load; did you mean sep"):
        load(archive, member="t.csv", sepp=";")
    with pytest.raises(OptionError, match="has no option 'sep' for load"):
        load(archive, sep=";")
    with pytest.raises(OptionError, match="one is enough"):
        load(archive, member="t.csv", key="t.csv")


def test_a_member_that_is_not_there_is_an_error_that_lists_what_is(archive: Path) -> None:
    with pytest.raises(MissingKeyError, match=r"t\.csv"):
        load(archive, member="u.csv")
    with pytest.raises(MissingKeyError, match="holds nothing under 'deep'; it holds 'deep/") as caught:
        load(archive, member="deep")
    assert "t.csv" not in str(caught.value)


def test_facts_are_told_without_unpacking_a_member(archive: Path) -> None:
    facts = info(archive)

    assert facts["kind"] == "archive"
    assert facts["files"] == 3
    assert set(facts["keys"]) == {"t.csv", "deep/tree ü.JSON", "deep/x.npy.gz"}


def test_the_table_comes_as_plain_data_too(zipped: Path) -> None:
    assert [row["name"] for row in load(zipped, as_type=list)] == load(zipped, as_type=dict)["name"]


def test_nothing_is_left_where_it_was_unpacked(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    load(archive)
    load(archive, member="t.csv")

    assert list(scratch.iterdir()) == []


def test_a_member_is_kept_in_the_cache_by_its_name_and_options(zipped: Path) -> None:
    for _ in range(2):
        load(zipped, member="t.csv")
        load(zipped, member="t.csv", sep=";")
        load(zipped, member="deep/x.npy.gz")

    assert get_cache_info()["stats"]["hits"] == 3


def test_an_error_of_a_member_names_it_in_its_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/b.json", "{")
        archive.writestr("c.unknown", "x")
        archive.writestr("plain", "text")

    with pytest.raises(UnreadableFileError, match=r"a\.zip/b\.json' as json"):
        load(path, member="in/b.json")
    with pytest.raises(UnknownFormatError, match=r"a.zip/c.unknown.*'.unknown'"):
        load(path, member="c.unknown")
    assert load(path, member="plain") == "text"


def test_an_archive_without_its_extension_is_told_by_its_content(zipped: Path) -> None:
    path = zipped.rename(zipped.with_name("a"))

    assert len(load(path)) == 4
    assert same(load(path, ext="zip", member="t.csv"), FRAME)


def test_an_archive_in_an_archive_is_a_table(zipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(zipped, "a.zip")
    packed = tmp_path / "a.zip.gz"
    packed.write_bytes(gzip.compress(zipped.read_bytes()))

    assert same(load(path, member="a.zip"), load(zipped))
    assert same(load(packed), load(zipped))
    with pytest.raises(OptionError, match="compressed once more"):
        load(packed, member="t.csv")


def test_it_is_not_saved(tmp_path: Path) -> None:
    for name in ("a.zip", "a.tar.gz", "a.tgz"):
        with pytest.raises(UnknownFormatError, match="it can only load such files"):
            save({"t.csv": FRAME}, tmp_path / name)


# -- what is refused

NAMES = ["../t.csv", "a/../../t.csv", "/etc/t.csv", "..\\t.csv", "C:\\t.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_out_is_listed_but_not_loaded(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, "a,b\n1,2\n")
    with tarfile.open(tmp_path / "a.tar", "w") as other:
        member = tarfile.TarInfo(name)
        member.size = 8
        other.addfile(member, io.BytesIO(b"a,b\n1,2\n"))

    for path in (tmp_path / "a.zip", tmp_path / "a.tar"):
        assert load(path)["name"].tolist() == [name]
        with pytest.raises(UntrustedFileError, match="leads out of the archive"):
            load(path, member=name)


def test_links_and_devices_are_listed_but_not_loaded(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, kind in (("s.csv", tarfile.SYMTYPE), ("h.csv", tarfile.LNKTYPE), ("d.csv", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("s.csv")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    assert load(tmp_path / "a.tar")["kind"].tolist() == ["link", "link", "other"]
    for name, what in (("s.csv", "link"), ("h.csv", "link"), ("d.csv", "device")):
        with pytest.raises(UntrustedFileError, match=f"'{name}' is a {what}, not a file"):
            load(tmp_path / "a.tar", member=name)
    with pytest.raises(UntrustedFileError, match="is a link"):
        load(tmp_path / "a.zip", member="s.csv")


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.zst"])
def test_what_unfolds_beyond_measure_is_refused(name: str, tmp_path: Path) -> None:
    path, zeros = tmp_path / name, bytes(4 << 20)
    if name == "a.zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.txt", zeros)
    else:
        member = tarfile.TarInfo("x.txt")
        member.size = len(zeros)
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.addfile(member, io.BytesIO(zeros))
        path.write_bytes(COMPRESSORS["tar.gz" if name == "a.tar.gz" else "TAR.ZST"](file.getvalue()))

    with pytest.raises(FileTooLargeError, match="and 1 MB are allowed"):
        load(path, member="x.txt", max_bytes=1_000_000)
    for most in (None, False, 5 << 20):
        with pytest.raises(UnreadableFileError, match="binary"):
            load(path, member="x.txt", max_bytes=most)


def locked(content: bytes, password: bytes) -> bytes:
    """A zip archive with one member, encrypted as the format's first method does (PKWARE's APPNOTE, 6.1)."""
    table = [_table_entry(at) for at in range(256)]
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = table[(keys[0] ^ byte) & 255] ^ keys[0] >> 8
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = table[(keys[2] ^ keys[1] >> 24) & 255] ^ keys[2] >> 8

    for byte in password:
        update(byte)
    check = zlib.crc32(content) >> 24
    secret = bytearray()
    for byte in bytes(11) + bytes([check]) + content:
        mask = keys[2] | 2
        secret.append(byte ^ (mask * (mask ^ 1) >> 8 & 255))
        update(byte)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("t.csv", bytes(secret))
    data = bytearray(file.getvalue())
    for at, size in ((data.index(b"PK\x03\x04"), 14), (data.index(b"PK\x01\x02"), 16)):
        data[at + size - 8] |= 1  # the flag
        data[at + size : at + size + 4] = zlib.crc32(content).to_bytes(4, "little")
        data[at + size + 8 : at + size + 12] = len(content).to_bytes(4, "little")
    return bytes(data)


def _table_entry(at: int) -> int:
    for _ in range(8):
        at = at >> 1 ^ (0xEDB88320 if at & 1 else 0)
    return at


def test_an_encrypted_member_needs_its_password(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(locked(b"a,b\n1,x\n2,y\n", b"geheim"))

    assert load(path)["name"].tolist() == ["t.csv"]
    assert same(load(path, member="t.csv", password="geheim"), FRAME)
    with pytest.raises(UnreadableFileError, match=r"'t\.csv' is encrypted; password= opens it"):
        load(path, member="t.csv")
    with pytest.raises(UnreadableFileError, match="the password given does not open it"):
        load(path, member="t.csv", password="wrong")
    assert "geheim" not in repr(Zip(password="geheim"))

    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = 99
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError, match="AES is not read here"):
        load(path, member="t.csv", password="geheim")


# -- damage


def test_a_changed_byte_of_a_member_is_noticed(zipped: Path) -> None:
    with zipfile.ZipFile(zipped) as archive:
        start = archive.getinfo("t.csv").header_offset
    data = bytearray(zipped.read_bytes())
    data[start + 30 + 5 + 3] ^= 16
    zipped.write_bytes(data)

    with pytest.raises(UnreadableFileError, match="as zip"):
        load(zipped, member="t.csv")


def test_an_archive_cut_anywhere_is_an_error(archive: Path, folder: Path) -> None:
    data = archive.read_bytes()
    content = len(tarred(folder).rstrip(b"\0"))  # behind it, a tar is filled up with zeros

    for part in range(20):
        size = (content if archive.suffix == ".tar" else len(data)) * part // 20
        archive.write_bytes(data[:size])
        for member in (None, "t.csv"):
            with pytest.raises(UnreadableFileError, match=archive.name):
                load(archive, member=member)


def test_a_tar_whose_second_header_is_damaged_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name in ("a.csv", "b.csv"):
            tar.addfile(tarfile.TarInfo(name))
    data = bytearray(path.read_bytes())
    data[512] ^= 1
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError, match="its end is not marked"):
        load(path)


def test_odd_times_and_names_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("d" * 300 + ".csv")
        member.mtime, member.size = 10**15, 8
        tar.addfile(member, io.BytesIO(b"a,b\n1,2\n"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        odd = zipfile.ZipInfo("x.txt")
        odd.date_time = (1980, 0, 0, 0, 0, 0)
        archive.writestr(odd, "text")

    assert load(path)["modified"].isna().all()
    assert load(path, member="d" * 300 + ".csv").shape == (1, 2)
    assert load(tmp_path / "a.zip")["modified"].isna().all()


def test_an_empty_archive_is_an_empty_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w"), tarfile.open(tmp_path / "a.tgz", "w:gz"):
        pass

    for path in (tmp_path / "a.zip", tmp_path / "a.tgz"):
        assert load(path).shape == (0, 6)
        assert load(path)["size"].dtype == "int64"


def test_times_of_a_zip_are_those_of_the_clock_where_it_was_made(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("x", (2020, 1, 2, 3, 4, 6)), "")

    assert load(tmp_path / "a.zip")["modified"][0] == datetime.datetime(2020, 1, 2, 3, 4, 6)


def test_what_goes_on_reading_the_file_is_refused_of_a_member(tmp_path: Path) -> None:
    needs("polars")
    import polars as pl

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", "a\n1\n")

    with pytest.raises(UnexpectedTypeError, match=r"(?s)a\.zip/t\.csv.*outside the archive"):
        load(path, member="t.csv", as_type=pl.LazyFrame)
    assert load(path, member="t.csv", as_type=pl.DataFrame).to_dict(as_series=False) == {"a": [1]}
