"""Arrays of objects that NumPy wrote under Python 2."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scitex_io import UnreadableFileError, UntrustedFileError, load

# numpy.save of numpy.array(['\xe9!', 7], dtype=object) in Python 2.7: a pickle of protocol 2 behind the header.
HEADER = b"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n"
CONTENT = (
    b"\x93NUMPY\x01\x00" + struct.pack("<H", len(HEADER)) + HEADER + b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n"
    b"q\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x02\x85cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05"
    b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\x06(U\x02\xe9!K\x07etb."
)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
@pytest.mark.parametrize(("encoding", "text"), [("latin1", "é!"), ("bytes", b"\xe9!")])
def test_texts_load_with_their_encoding(name: str, encoding: str, text: Any, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "a.npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", CONTENT)
    else:
        path.write_bytes(CONTENT)

    def loaded(**options: Any) -> Any:
        found = load(path, **options)
        return found["x"] if name == "a.npz" else found

    assert loaded(allow_pickle=True, encoding=encoding).tolist() == [text, 7]
    with pytest.raises(UntrustedFileError, match="allow_pickle=True"):
        loaded(encoding=encoding)
    with pytest.raises(UnreadableFileError, match="ascii"):
        loaded(allow_pickle=True)
