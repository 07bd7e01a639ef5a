"""The built-in formats, one module for each family.

`HOME` says where each extension lives, so that nothing is imported before it is needed. The order of
a tuple does not matter: handlers of one extension accept different types.
"""

from __future__ import annotations

HOME: dict[str, str | tuple[str, ...]] = {
    ".h5": "hdf5:Hdf5",
    ".hdf5": "hdf5:Hdf5",
    ".npy": "npy:Npy",
    ".zarr": "zarr:Zarr",
}

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x93NUMPY", "npy"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tif"),
    (b"MM\x00*", "tif"),
    (b"\x89HDF\r\n\x1a\n", "h5"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "feather"),
    (b"FEA1", "feather"),
    (b"%PDF-", "pdf"),
    (b"SQLite format 3\x00", "db"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"MATLAB 5.0", "mat"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
)
"""First bytes and the format they betray, for the message about a mislabelled file."""
