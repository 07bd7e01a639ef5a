"""The built-in formats, one module for each family.

`HOME` says where each extension lives, so that nothing is imported before it is needed. The order of
a tuple does not matter: handlers of one extension accept different types.
"""

from __future__ import annotations

HOME: dict[str, str | tuple[str, ...]] = {
    ".csv": "csv:Csv",
    ".npy": "npy:Npy",
    ".npz": "npz:Npz",
    ".pkl": "pickle:Pickle",
    ".pickle": "pickle:Pickle",
    ".pkl.gz": "pickle:PickleGz",
    ".pickle.gz": "pickle:PickleGz",
    ".gz": "pickle:PickleGz",
    ".joblib": "joblib:Joblib",
    ".mat": "mat:Mat",
    ".json": "json:Json",
    ".jsonl": "jsonl:Jsonl",
    ".yaml": "yaml:Yaml",
    ".yml": "yaml:Yaml",
    ".toml": "toml:Toml",
    ".ini": "ini:Ini",
    ".cfg": "ini:Ini",
    ".txt": "text:Text",
    ".log": "text:Text",
    ".md": "text:Text",
    ".rst": "text:Text",
    ".py": "text:Text",
    ".sh": "text:Text",
    ".bash": "text:Text",
    ".zsh": "text:Text",
    ".css": "text:Text",
    ".js": "text:Text",
    ".tex": "text:Text",
    ".dot": "text:Text",
    ".gv": "text:Text",
    ".mmd": "text:Text",
    ".def": "text:Text",
    ".event": "text:Text",
    ".png": "image:Png",
    ".jpg": "image:Jpeg",
    ".jpeg": "image:Jpeg",
    ".tif": "image:Tiff",
    ".tiff": "image:Tiff",
    ".gif": "image:Gif",
    ".webp": "image:Webp",
    ".bmp": "image:Bmp",
    ".svg": "svg:Svg",
    ".pdf": "pdf:Pdf",
    ".tsv": "csv:Tsv",
    ".parquet": "parquet:Parquet",
    ".feather": "feather:Feather",
    ".xlsx": "excel:Excel",
    ".xlsm": "excel:Excel",
    ".xls": "excel:Workbook",
    ".xlsb": "excel:Workbook",
    ".ods": "excel:Workbook",
}

CODECS = (".gz", ".bz2", ".xz", ".zst")
"""Suffixes that may follow that of any single-file format (see `scitex_io.compression`)."""

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
