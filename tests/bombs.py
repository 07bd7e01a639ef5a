"""Small files that tell of, or unfold to, more than there is. Each is written by a function that is given its path."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

MANY = 1 << 30
"""Bytes that a bomb unfolds to, if nobody stops it."""
ZEROS = bytes(1 << 24)

Writer = Callable[[Path], None]


def deflated(size: int = MANY, bits: int = -15) -> bytes:
    """As many zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    first = packer.compress(ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)  # stands for itself, however often
    return first + piece * (size // len(ZEROS) - 1) + packer.flush()


def zipped(name: str, others: dict[str, bytes] | None = None, declared: int = MANY) -> bytes:
    """A zip file with a member that unfolds."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, content in (others or {}).items():
            archive.writestr(other, content)
        content = deflated()
        entry = zipfile.ZipInfo(name)
        entry.CRC, entry.header_offset, entry.compress_type = 0, file.tell(), zipfile.ZIP_DEFLATED
        entry.compress_size, entry.file_size, entry.flag_bits = len(content), min(declared, 0xFFFFFFF0), 0
        file.write(entry.FileHeader() + content)
        archive.filelist.append(entry)
        archive.NameToInfo[name] = entry
        archive.start_dir, archive._didModify = file.tell(), True  # type: ignore[attr-defined]  # as if it had been written
    return file.getvalue()


def plain(content: Callable[[], bytes]) -> Writer:
    def write(path: Path) -> None:
        path.write_bytes(content())

    return write


def compressed(pack: Callable[[bytes], bytes]) -> Writer:
    return plain(lambda: pack(ZEROS) * (MANY // len(ZEROS)))


def zstandard(data: bytes) -> bytes:
    import zstandard as library

    return library.ZstdCompressor(level=3).compress(data)


def npy(shape: tuple[int, ...], data: bytes = b"") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue() + data


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(ZEROS)) + chunk(b"IEND", b"")


def gif(width: int, height: int) -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
        + bytes(6)
        + (b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00;")
    )


def tiff(width: int, height: int) -> bytes:
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    tags += [(278, 4, height), (279, 4, 4)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 12) + b"\0\0\0\0" + struct.pack("<H", len(tags)) + body + bytes(4)


def webp(width: int, height: int) -> bytes:
    data = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(9)
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def bmp(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 4, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 2000, 0, 0, 14 + 40 + 1024) + head + bytes(1024) + b"\x00\x01\x00\x01"


def tarred(path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = len(ZEROS)
        archive.addfile(member, io.BytesIO(ZEROS))
    path.write_bytes(gzip.compress(file.getvalue()[:512]) + gzip.compress(ZEROS) * (MANY // len(ZEROS)))


def workbook(path: Path) -> None:
    import pandas as pd

    from scitex_io import save

    save(pd.DataFrame({"a": ["x"]}), path.with_name("ok.xlsx"), verbose=False)
    with zipfile.ZipFile(path.with_name("ok.xlsx")) as whole, zipfile.ZipFile(path, "w") as made:
        far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        for entry in whole.infolist():
            made.writestr(entry.filename, whole.read(entry).replace(b"</sheetData>", far))


def hdf5(change: Callable[[Any], Any], name: str = "") -> Writer:
    def write(path: Path) -> None:
        import h5py

        with h5py.File(path, "w", userblock_size=512 if name else None) as file:
            made = change(file)
            if name:
                made.attrs["MATLAB_class"] = np.bytes_("double")
        if name:
            with path.open("r+b") as raw:
                raw.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")

    return write


def _no_chunks(file: Any) -> Any:
    return file.create_dataset("x", shape=(10**15,), dtype="f8", chunks=(1 << 16,), compression="gzip")


def _one_chunk(file: Any) -> Any:
    made = file.create_dataset("x", shape=(1 << 16,), dtype="u1", chunks=(1 << 16,), compression="gzip")
    made.id.write_direct_chunk((0,), deflated(bits=15))
    return made


def _many_zeros(file: Any) -> Any:
    made = file.create_dataset("x", shape=(MANY,), dtype="u1", chunks=(1 << 24,), compression="gzip")
    packed = zlib.compress(ZEROS, 9)
    for at in range(0, MANY, 1 << 24):
        made.id.write_direct_chunk((at,), packed)
    return made


def zarr2(path: Path) -> None:
    path.mkdir()
    told = {"zarr_format": 2, "shape": [10**12], "chunks": [10**6], "dtype": "<f8", "order": "C", "fill_value": 1.0}
    (path / ".zarray").write_text(json.dumps(told | {"compressor": None, "filters": None}))


def zarr3(shape: int, chunk: int, data: bytes = b"") -> Writer:
    def write(path: Path) -> None:
        (path / "c").mkdir(parents=True)
        told = {
            "zarr_format": 3,
            "node_type": "array",
            "shape": [shape],
            "data_type": "uint8",
            "fill_value": 1,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [chunk]}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "codecs": [{"name": "bytes"}, {"name": "gzip", "configuration": {"level": 5}}],
            "attributes": {},
        }
        (path / "zarr.json").write_text(json.dumps(told))
        if data:
            (path / "c" / "0").write_bytes(data)

    return write


def parquet(path: Path) -> None:
    pa, pq = (import_module(name) for name in ("pyarrow", "pyarrow.parquet"))

    piece = pa.table({"x": np.zeros(1 << 24)})
    with pq.ParquetWriter(path, piece.schema) as writer:
        for _ in range(3):
            writer.write_table(piece, row_group_size=1 << 24)


def feather(path: Path) -> None:
    pa = import_module("pyarrow")
    schema = pa.schema({"x": pa.float64()})
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    batch = pa.record_batch([pa.array(np.zeros(1 << 24))], schema=schema)
    with pa.ipc.new_file(path, schema, options=options) as writer:
        for _ in range(3):
            writer.write_batch(batch)


def mat5(path: Path) -> None:
    size = 0xF0000000
    flags = struct.pack("<IIII", 6, 8, 6, 0)
    shape = struct.pack("<IIii", 5, 8, size // 8, 1)
    head = (
        struct.pack("<II", 14, size + 56)
        + flags
        + shape
        + struct.pack("<HH4s", 1, 1, b"x")
        + struct.pack("<II", 9, size)
    )
    packer = zlib.compressobj(9)
    data = packer.compress(head) + packer.compress(ZEROS) + packer.flush()
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(data)) + data)


def avro(path: Path) -> None:
    import fastavro

    with path.open("wb") as file:
        fastavro.writer(
            file, {"type": "record", "name": "r", "fields": [{"name": "x", "type": "bytes"}]}, [], "deflate"
        )
    whole = path.read_bytes()
    data = deflated()
    path.write_bytes(whole + _varint(1) + _varint(len(data)) + data + whole[-16:])


def _varint(number: int) -> bytes:
    made, number = b"", number << 1
    while number > 127:
        made, number = made + bytes([number & 127 | 128]), number >> 7
    return made + bytes([number])


def nifti() -> bytes:
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 4, 32767, 32767, 32767, 30000, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 64, 64)
    struct.pack_into("<f", head, 108, 352)
    head[344:348] = b"n+1\0"
    return bytes(head)


def fits(*cards: str) -> bytes:
    first = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
        "END",
    ]
    image = [*cards, "END"]
    heads = ("".join(card.ljust(80) for card in part).ljust(2880).encode() for part in (first, image))
    return b"".join(heads) + bytes(2880)


def pdf() -> bytes:
    data = deflated(1 << 31, 15)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(data) + data + b"\nendstream",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        made
        + b"xref\n0 5\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(made)
    )


def wav() -> bytes:
    form = struct.pack("<HHIIHH", 1, 2, 44100, 44100 * 4, 4, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 0xFFFFFF00)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data\xf0\xff\xff\xff"
        + bytes(64)
    )


def flac() -> bytes:
    # The most samples that 36 bits count.
    about = (
        struct.pack(">HH", 4096, 4096)
        + bytes(6)
        + (44100 << 44 | 1 << 41 | 15 << 36 | (1 << 36) - 1).to_bytes(8, "big")
    )
    return b"fLaC\x80\x00\x00\x22" + about + bytes(16) + bytes(100)


def joblib(path: Path) -> None:
    import joblib as library

    library.dump(np.zeros(1 << 25), path, compress=("zlib", 1))


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{ENTITIES}]>'
YAML = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
MANIFEST = {
    "META-INF/manifest.xml": b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
}
ODS = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"} | MANIFEST
RELS = b'<Relationships><Relationship Type="x/officeDocument" Target="word/document.xml"/></Relationships>'
COMPRESSED_IMAGE = (
    "XTENSION= 'BINTABLE'           ",
    *("BITPIX  =                    8", "NAXIS   =                    2", "NAXIS1  =                    8"),
    *("NAXIS2  =                    1", "PCOUNT  =                    0", "GCOUNT  =                    1"),
    *("TFIELDS =                    1", "TTYPE1  = 'COMPRESSED_DATA'", "TFORM1  = '1PB(0) '"),
    *("ZIMAGE  =                    T", "ZTILE1  =               100000", "ZTILE2  =               100000"),
    *("ZCMPTYPE= 'RICE_1  '", "ZBITPIX =                  -64", "ZNAXIS  =                    2"),
    *("ZNAXIS1 =               100000", "ZNAXIS2 =               100000"),
)

BOMBS: dict[str, Writer] = {
    "a.csv.gz": compressed(gzip.compress),
    "a.json.bz2": compressed(bz2.compress),
    "a.txt.xz": compressed(lzma.compress),
    "a.npy.zst": compressed(zstandard),
    "one-frame.txt.zst": plain(lambda: zstandard(bytes(1 << 29))),
    "a.pkl.gz": compressed(gzip.compress),
    "a.nii.gz": compressed(gzip.compress),
    "a.joblib": joblib,
    "a.npy": plain(lambda: npy((10**15,))),
    "a.npz": plain(lambda: zipped("a.npy")),
    "other.npz": plain(lambda: zipped("a.txt")),
    "a.png": plain(lambda: png(60_000, 60_000)),
    "wide.png": plain(lambda: png(12_000, 12_000)),
    "a.gif": plain(lambda: gif(65_000, 65_000)),
    "a.tif": plain(lambda: tiff(1 << 20, 1 << 20)),
    "a.webp": plain(lambda: webp(16_384, 16_384)),
    "a.bmp": plain(lambda: bmp(100_000, 100_000)),
    "a.xlsx": plain(lambda: zipped("xl/worksheets/sheet1.xml")),
    "far.xlsx": workbook,
    "a.ods": plain(lambda: zipped("content.xml", ODS)),
    "a.docx": plain(lambda: zipped("word/document.xml", {"_rels/.rels": RELS})),
    "no-chunks.h5": hdf5(_no_chunks),
    "one-chunk.h5": hdf5(_one_chunk),
    "zeros.h5": hdf5(_many_zeros),
    "a.nc": hdf5(_no_chunks),
    "a.mat": mat5,
    "new.mat": hdf5(_no_chunks, "mat"),
    "two.zarr": zarr2,
    "three.zarr": zarr3(10**15, 10**6),
    "chunk.zarr": zarr3(10, 10**15),
    "packed.zarr": zarr3(1000, 1000, gzip.compress(ZEROS) * 100),
    "a.zip": plain(lambda: zipped("a.txt")),
    "a.tar.gz": tarred,
    "a.parquet": parquet,
    "a.feather": feather,
    "a.avro": avro,
    "a.nii": plain(nifti),
    "a.fits": plain(lambda: fits("XTENSION= 'IMAGE   '", "BITPIX  =                  -64", "NAXIS   =                    2",
                                 "NAXIS1  =           1000000000", "NAXIS2  =           1000000000")),
    "packed.fits": plain(lambda: fits(*COMPRESSED_IMAGE)),
    "a.wav": plain(wav),
    "a.flac": plain(flac),
    "a.safetensors": plain(lambda: struct.pack("<Q", 1 << 62) + b"{}"),
    "shape.safetensors": plain(
        lambda: struct.pack("<Q", 72) + b'{"x":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8]}}'.ljust(72) + bytes(8)
    ),
    "a.cbor": plain(lambda: b"\x9b" + struct.pack(">Q", 10**15)),
    "text.cbor": plain(lambda: b"\x7b" + struct.pack(">Q", 10**12) + b"x"),
    "a.msgpack": plain(lambda: b"\xdd\xff\xff\xff\xff"),
    "text.msgpack": plain(lambda: b"\xdb\xff\xff\xff\xffx"),
    "a.svg": plain((LAUGHS + '<svg xmlns="http://www.w3.org/2000/svg"><text>&a9;</text></svg>').encode),
    "a.xml": plain((LAUGHS + "<x>&a9;</x>").encode),
    "a.pdf": plain(pdf),
    "deep.json": plain(lambda: b"[" * 10**6),
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {"a.zip": {"member": "a.txt"}, "a.tar.gz": {"member": "a.txt"}}
