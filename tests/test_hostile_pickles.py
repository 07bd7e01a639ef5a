"""Pickles that try to run something. None may: neither the canary is touched nor anything called besides data.

Each is tried by the quick and by the careful unpickler, and inside joblib files and arrays of objects.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import struct
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scitex_io import ScitexIOError, UntrustedFileError, load
from scitex_io.content.pickles.careful import Careful
from scitex_io.content.pickles.memos import _steps, _walk
from scitex_io.content.pickles.quick import loaded as quickly
from scitex_io.policy import Policy

P2 = b"\x80\x02"


def text(words: str) -> bytes:
    return b"X" + struct.pack("<I", len(words.encode())) + words.encode()


def call(module: str, name: str, *arguments: bytes, protocol: int = 2) -> bytes:
    """The steps that call a name; arguments are steps themselves."""
    found = f"c{module}\n{name}\n".encode() if protocol < 4 else text(module) + text(name) + b"\x93"
    return found + b"(" + b"".join(arguments) + b"tR"


def whole(steps: bytes) -> bytes:
    return b"\x80\x04" + steps + b"."


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "something in the file ran"


FACE = (
    b"}("
    + text("data") + b"J\x00\x10\x00\x00\x89\x86" + text("shape") + b"K\x04\x85" + text("typestr") + text("<i8")
    + text("version") + b"K\x03u"
)  # fmt: skip
HOOKED = b"ctypes\nSimpleNamespace\n)R}(" + text("__array_interface__") + FACE + text("dtype") + text("i8") + b"ub"
"""It says that it is an array at an address of its choice; whoever looks ends the process, or shows what is there."""
COMMAND = "touch '{canary}'"
CODE = "open('{canary}', 'w')"
EXPLOITS: dict[str, Callable[[str], bytes]] = {
    "os.system": lambda at: call("os", "system", text(COMMAND.format(canary=at))),
    "posix.system": lambda at: call("posix", "system", text(COMMAND.format(canary=at))),
    "subprocess": lambda at: call("subprocess", "getoutput", text(COMMAND.format(canary=at))),
    "eval": lambda at: call("builtins", "eval", text(CODE.format(canary=at))),
    "exec": lambda at: call("builtins", "exec", text(CODE.format(canary=at))),
    "eval of Python 2": lambda at: call("__builtin__", "eval", text(CODE.format(canary=at))),
    "execfile": lambda at: call("__builtin__", "execfile", text(at)),
    "open": lambda at: call("builtins", "open", text(at), text("w")),
    "import": lambda at: call("builtins", "__import__", text("antigravity")) + b"0" + text(at),
    "getattr of a module": lambda at: call("builtins", "getattr", b"cos\n\n", text("system")) + b"0" + text(at),
    "getattr of what is admitted": lambda _: call("builtins", "getattr", b"cnumpy\ndtype\n", text("__class__")),
    "getattr for a chain": lambda _: call("builtins", "getattr", b"cbuiltins\nobject\n", text("__subclasses__")),
    "partial": lambda at: call("functools", "partial", b"cos\nsystem\n", text(COMMAND.format(canary=at))),
    "reduce": lambda at: call("functools", "reduce", b"cos\nsystem\n", b"]" + text(at) + b"a"),
    "map": lambda at: call("builtins", "map", b"cos\nsystem\n", b"]" + text(at) + b"a"),
    "attrgetter": lambda _: call("operator", "attrgetter", text("__class__")),
    "methodcaller": lambda _: call("operator", "methodcaller", text("__reduce__")),
    "dotted name": lambda at: text("numpy") + text("os.system") + b"\x93(" + text(at) + b"tR",
    "dotted name of an admitted class": lambda _: text("pandas") + text("DataFrame.eval") + b"\x93",
    "dotted name of a builtin": lambda _: text("builtins") + text("object.__subclasses__") + b"\x93)R",
    "type with three": lambda _: call("builtins", "type", text("X"), b"(cbuiltins\nobject\nt", b"}"),
    "type of a type": lambda _: call("builtins", "type", b"cbuiltins\nint\n"),
    "codecs": lambda _: call("_codecs", "encode", text("x"), text("rot13")),
    "codecs.decode": lambda _: call("_codecs", "decode", b"C\x01x", text("zlib")),
    "numpy.load": lambda at: call("numpy", "load", text(at)),
    "numpy.fromfile": lambda at: call("numpy", "fromfile", text(at)),
    "numpy.memmap": lambda at: call("numpy", "memmap", text(at), text("u1"), text("w+"), b"K\x00", b"K\x10\x85"),
    "numpy.runstring": lambda at: call("numpy.testing._private.utils", "runstring", text(CODE.format(canary=at)), b"}"),
    "numpy.f2py": lambda at: call("numpy.f2py", "compile", text(at)),
    "numpy.f2py main": lambda _: b"cnumpy.f2py.__main__\nmain\n)R",
    "numpy.vectorize": lambda at: call("numpy", "vectorize", b"cos\nsystem\n") + b"(" + text(at) + b"tR",
    "numpy.frompyfunc": lambda _: call("numpy", "frompyfunc", b"cos\nsystem\n", b"K\x01", b"K\x01"),
    "numpy.apply_along_axis": lambda at: call("numpy", "apply_along_axis", b"cos\nsystem\n", b"K\x00", text(at)),
    "numpy.distutils": lambda at: call("numpy.distutils.exec_command", "exec_command", text(at)),
    "masked of another class": lambda _: call(
        "numpy.ma.core", "_mareconstruct", b"cbuiltins\nobject\n", b"cbuiltins\nobject\n", b"K\x00\x85", text("b")
    ),
    "reconstruct of another class": lambda _: call(
        "numpy._core.multiarray", "_reconstruct", b"cpathlib\nPath\n", b"K\x00\x85", b"C\x01b"
    ),
    "pandas.read_pickle": lambda at: call("pandas", "read_pickle", text(at)),
    "pandas.read_csv": lambda at: call("pandas", "read_csv", text(at)),
    "pandas.eval": lambda at: call("pandas", "eval", text(f"@__import__('os').system('{COMMAND.format(canary=at)}')")),
    "pandas.computation": lambda at: call("pandas.core.computation.eval", "eval", text(at)),
    "to_pickle": lambda at: call("pandas.io.pickle", "to_pickle", b"K\x01", text(at)),
    "joblib.load": lambda at: call("joblib", "load", text(at)),
    "joblib of old, which loads another file": lambda at: (
        b"cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}" + text("filename") + text(at) + b"sb"
    ),
    "pickle.loads": lambda at: call("pickle", "loads", b"C" + bytes([len(at)]) + at.encode()),
    "unpickler": lambda _: b"c_pickle\nUnpickler\n)R",
    "marshal": lambda _: call("marshal", "loads", b"C\x01N"),
    "function": lambda _: call("types", "FunctionType", b"N", b"}"),
    "code": lambda _: b"ctypes\nCodeType\n)R",
    "ctypes": lambda at: call("ctypes", "CDLL", text(at)),
    "cloudpickle": lambda _: b"ccloudpickle.cloudpickle\n_make_function\n)R",
    "weakref with a callback": lambda _: call("weakref", "finalize", b"cbuiltins\nobject\n", b"cos\nsystem\n"),
    "INST": lambda at: b"(" + text(COMMAND.format(canary=at)) + b"ios\nsystem\n",
    "OBJ": lambda at: b"(cos\nsystem\n" + text(COMMAND.format(canary=at)) + b"o",
    "NEWOBJ": lambda at: b"csubprocess\nPopen\n(" + text(at) + b"t\x81",
    "NEWOBJ_EX": lambda at: b"csubprocess\nPopen\n(" + text(at) + b"t}\x92",
    "defaultdict of a function": lambda _: call("collections", "defaultdict", b"cos\ngetcwd\n") + b"(K\x01K\x02u",
    "defaultdict of what is admitted": lambda _: call("collections", "defaultdict", b"c_codecs\nencode\n"),
    "generator of any class": lambda _: call("numpy.random._pickle", "__bit_generator_ctor", b"cpathlib\nPath\n"),
    "generator made by another": lambda at: call(
        "numpy.random._pickle", "__generator_ctor", text(at), b"cbuiltins\nlist\n"
    ),
    "reconstructor with another base": lambda at: call(
        "copyreg", "_reconstructor", b"cpathlib\nPath\n", b"cbuiltins\nstr\n", text(at)
    ),
    "a class is given a state": lambda _: b"cpandas\nDataFrame\nN}" + text("eval") + b"cbuiltins\nlist\ns\x86b",
    "a class is given an attribute": lambda _: b"cpathlib\nPath\nN}" + text("exists") + b"cbuiltins\nbool\ns\x86b",
    "a function is given a state": lambda _: (
        b"cpandas.core.indexes.base\n_new_Index\nN}" + text("__defaults__") + b")s\x86b"
    ),
    "an instance is called": lambda _: b"ctypes\nSimpleNamespace\n)R)R",
    "a state on a string": lambda _: text("x") + b"}" + text("a") + b"K\x01sb",
    "another array class": lambda _: b"cnumpy\nrecarray\n(K\x01\x85tR",
    "an arrow buffer of an address": lambda _: call("pyarrow.lib", "foreign_buffer", b"K\x00", b"K\x10"),
    "an arrow file": lambda at: call("pyarrow.lib", "memory_map", text(at)),
    "a zone of another folder": lambda _: (
        call("builtins", "getattr", b"czoneinfo\nZoneInfo\n", text("_unpickle"))
        + b"("
        + text("../../etc/passwd")
        + b"\x88tR"
    ),
    "a zone from a file": lambda _: call("builtins", "getattr", b"czoneinfo\nZoneInfo\n", text("from_file")),
    "an address as a placement": lambda _: call("pandas._libs.internals", "BlockPlacement", HOOKED),
    "an address as a block": lambda _: call("pandas._libs.internals", "_unpickle_block", HOOKED, b"K\x00", b"K\x01"),
    "an address as an index": lambda _: call(
        "pandas.core.indexes.base", "_new_Index", b"cpandas\nIndex\n", b"}" + text("data") + HOOKED + b"s"
    ),
    "an address in a list as an index": lambda _: call(
        "pandas.core.indexes.base", "_new_Index", b"cpandas\nIndex\n", b"}" + text("data") + b"]" + HOOKED + b"as"
    ),
    "an address as sparse places": lambda _: call("pandas._libs.sparse", "IntIndex", b"K\x05", HOOKED),
    "an address as a state": lambda _: (
        b"cpandas.core.internals.managers\nBlockManager\n)\x81(]]]}"
        + text("0.14.1")
        + b"}("
        + text("axes")
        + b"]"
        + HOOKED
        + b"a"
        + text("blocks")
        + b"]usstb"
    ),
    "an address as an Arrow array": lambda _: call("pyarrow.lib", "chunked_array", b"]" + HOOKED + b"a"),
    "an address for later": lambda _: b"]" + HOOKED + b"a",
    "an address in a dict": lambda _: b"ccollections\nOrderedDict\n)R}" + text("__array_interface__") + FACE + b"sb",
    "an address in an error": lambda _: b"cbuiltins\nValueError\n)R}" + text("__array_interface__") + FACE + b"sb",
    "an address in a frame": lambda _: (
        b"cpandas\nDataFrame\n)\x81}(" + text("_typ") + text("x") + text("__array_interface__") + FACE + b"ub"
    ),
    "a class of attrs": lambda _: call("attr", "make_class", text("X"), b"]"),
    "a setter of attrs": lambda _: call("attr.setters", "pipe", b"cos\nsystem\n"),
    "a converter of attrs": lambda at: call("attr", "Converter", b"cos\nsystem\n"),
    "a class of dataclasses": lambda _: call("dataclasses", "make_dataclass", text("X"), b"]"),
    "a field of dataclasses": lambda _: b"cdataclasses\nreplace\n(cos\nsystem\ntR",
    "setattr": lambda _: call("builtins", "setattr", b"cpandas\nDataFrame\n", text("eval"), b"cos\nsystem\n"),
    "dotted setter": lambda _: text("pandas") + text("DataFrame.__setattr__") + b"\x93",
    "import_module": lambda _: call("importlib", "import_module", text("antigravity")),
    "run_path": lambda at: call("runpy", "run_path", text(at)),
    "spawn": lambda at: call("pty", "spawn", text(at)),
    "timeit": lambda at: call("timeit", "timeit", text(CODE.format(canary=at))),
    "a profile": lambda at: call("cProfile", "run", text(CODE.format(canary=at))),
    "FileIO": lambda at: call("_io", "FileIO", text(at), text("w")),
    "a method": lambda _: call("types", "MethodType", b"cos\nsystem\n", b"K\x01"),
    "starmap": lambda at: call("itertools", "starmap", b"cos\nsystem\n", b"]" + text(at) + b"\x85a"),
    "numpy.lib": lambda at: call("numpy.lib._npyio_impl", "load", text(at)),
    "numpy.lib.format": lambda at: call("numpy.lib.format", "open_memmap", text(at), text("w+")),
    "numpy.ctypeslib": lambda at: call("numpy.ctypeslib", "load_library", text(at), text("/")),
    "numpy.DataSource": lambda at: call("numpy.lib.npyio", "DataSource", text(at)),
    "numpy.rec.fromfile": lambda at: call("numpy.rec", "fromfile", text(at)),
    "pandas.HDFStore": lambda at: call("pandas", "HDFStore", text(at)),
    "pandas.ExcelWriter": lambda at: call("pandas", "ExcelWriter", text(at)),
    "torch.load": lambda at: call("torch", "load", text(at)),
    "joblib.Memory": lambda at: call("joblib", "Memory", text(at)),
    "sqlite": lambda at: call("sqlite3", "connect", text(at)),
    "an id": lambda _: b"Pcanary\n",
    "an id on the stack": lambda _: text("canary") + b"Q",
    "a buffer that is not there": lambda _: b"\x97",
}


@pytest.mark.parametrize("kind", EXPLOITS)
@pytest.mark.parametrize("name", ["a.pkl", "a.joblib", "a.pkl.gz", "a.pkl.zst"])
def test_what_a_file_wants_to_run_does_not(kind: str, name: str, canary: Path, tmp_path: Path) -> None:
    content = whole(EXPLOITS[kind](str(canary)))
    path = tmp_path / name
    path.write_bytes(packed(content, name))

    with pytest.raises(ScitexIOError) as caught:
        load(path)

    assert name in str(caught.value)
    if not kind.startswith(("an id", "a buffer", "a state", "a zone of", "generator made")):
        assert isinstance(caught.value, PermissionError)


@pytest.mark.parametrize("kind", EXPLOITS)
@pytest.mark.parametrize("unpickle", [quickly, lambda file, policy: Careful(file, policy).load()])
def test_neither_unpickler_runs_it(kind: str, unpickle: Any, canary: Path) -> None:
    frame, path = dict(vars(pd.DataFrame)), dict(vars(Path))

    with pytest.raises(Exception):  # noqa: B017  # what it is depends on the step
        unpickle(io.BytesIO(whole(EXPLOITS[kind](str(canary)))), Policy())

    assert (frame, path) == (dict(vars(pd.DataFrame)), dict(vars(Path)))


def packed(content: bytes, name: str) -> bytes:
    if name.endswith(".gz"):
        import gzip

        return gzip.compress(content)
    if name.endswith(".zst"):
        import zstandard

        return zstandard.compress(content)
    return content


@pytest.mark.parametrize("kind", ["os.system", "eval", "INST", "partial"])
def test_a_pickle_in_an_array_of_objects_runs_nothing(kind: str, canary: Path, tmp_path: Path) -> None:
    import joblib

    hostile = whole(EXPLOITS[kind](str(canary)))
    joblib.dump(np.array(["a", 1], dtype=object), tmp_path / "a.joblib")
    content = (tmp_path / "a.joblib").read_bytes()
    inner = content.index(b"\x80\x05", 2)  # behind the wrapper
    (tmp_path / "a.joblib").write_bytes(content[:inner] + hostile + b".")
    np.save(tmp_path / "a.npy", np.array(["a", 1], dtype=object))
    array = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(array[:128] + hostile)
    np.savez(tmp_path / "a.npz", x=np.zeros(1))
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", array[:128] + hostile)

    for name in ("a.joblib", "a.npy", "a.npz"):
        with pytest.raises(UntrustedFileError) as caught:
            load(tmp_path / name)
        assert caught.value.wanted
    with pytest.raises(UntrustedFileError):
        load(tmp_path / "a.npy", trust=["collections.abc.*"])


def test_a_chain_of_reductions_stops_at_the_first_name(canary: Path, tmp_path: Path) -> None:
    class Chain:
        def __reduce__(self) -> Any:
            return list, ([os.system],), {"a": os.system}, iter([f"touch '{canary}'"]), iter([(1, os.system)])

    for protocol in range(6):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(Chain(), protocol))
        with pytest.raises(UntrustedFileError, match=r"it wants posix\.system"):
            load(tmp_path / "a.pkl")


def test_an_extension_code_is_a_name_like_others(canary: Path, tmp_path: Path) -> None:
    copyreg.add_extension("os", "system", 201)
    try:
        content = whole(b"\x82\xc9(" + text(f"touch '{canary}'") + b"tR")
        pickle.loads(whole(b"\x82\xc9"))  # now the code is in a cache that no unpickler asks about
        for name in ("a.pkl", "a.joblib"):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(UntrustedFileError, match=r"it wants os\.system"):
                load(tmp_path / name)
    finally:
        copyreg.remove_extension("os", "system", 201)


def test_all_names_are_listed_also_behind_the_first(tmp_path: Path) -> None:
    steps = b"(" + b"".join(f"cpackage{n}\nName\n".encode() for n in range(3)) + call("os", "system", b"N") + b"l"
    (tmp_path / "a.pkl").write_bytes(whole(steps))

    with pytest.raises(UntrustedFileError) as caught:
        load(tmp_path / "a.pkl")

    assert caught.value.wanted == ("package0.Name", "package1.Name", "package2.Name", "os.system")
    for way in ("a.pkl", "trust=['package0.Name", "trust=True", "SCITEX_IO_TRUST=all", "you saved yourself"):
        assert way in str(caught.value)


# ------------------------------------------------------------ memory and time

STATE = b"(K\x03" + text("<") + b"N(" + text("a") + b"t}"  # of a dtype with one field


def dtype(code: str, state: bytes = b"") -> bytes:
    return call("numpy", "dtype", text(code), b"\x89", b"\x88") + state


def array(kind: bytes, length: int, content: bytes) -> bytes:
    """The steps of an array with a dtype and its bytes."""
    start = call("numpy._core.multiarray", "_reconstruct", b"cnumpy\nndarray\n", b"K\x00\x85", b"C\x01b")
    return start + b"(K\x01" + b"J" + struct.pack("<i", length) + b"\x85" + kind + b"\x89" + content + b"tb"


OBJECT_FIELD = b"(K\x03" + text("|") + b"N" + text("a") + b"\x85}" + text("a") + dtype("O8") + b"%b\x86s%b%bK\x00tb"
BOMBS: dict[str, bytes] = {
    "bytearray": call("builtins", "bytearray", b"\x8a\x06\x00\x00\x00\x00\x00\x01"),
    "bytes": call("builtins", "bytes", b"\x8a\x06\x00\x00\x00\x00\x00\x01"),
    "numpy.empty": call("numpy", "empty", b"\x8a\x06\x00\x00\x00\x00\x00\x01"),
    "numpy.zeros": call("numpy", "zeros", b"\x8a\x06\x00\x00\x00\x00\x00\x01"),
    "ndarray": call("numpy", "ndarray", b"\x8a\x06\x00\x00\x00\x00\x00\x01\x85", dtype("u1")),
    "list of a range": call("builtins", "list", call("builtins", "range", b"\x8a\x06\x00\x00\x00\x00\x00\x01")),
    "set of a range": call("builtins", "set", call("builtins", "range", b"\x8a\x06\x00\x00\x00\x00\x00\x01")),
    "fraction": call("fractions", "Fraction", text("1e1000000000")),
    "a long buffer": b"\x96" + struct.pack("<Q", 1 << 40) + b"abc",
    "long bytes": b"\x8e" + struct.pack("<Q", 1 << 40) + b"abc",
    "a long text": b"\x8d" + struct.pack("<Q", 1 << 40) + b"abc",
    "a long number": b"\x8b" + struct.pack("<i", (1 << 31) - 1) + b"abc",
    "a long frame": b"\x95" + struct.pack("<Q", 1 << 40) + b"abc",
    "a short array": array(dtype("f8"), 1 << 30, b"C\x08" + bytes(8)),
    "objects of bytes": array(dtype("O8"), 1, b"C\x08" + b"\x41" * 8),
    "too few objects": array(dtype("O8"), 9, b"]"),
    "a scalar of bytes": call("numpy._core.multiarray", "scalar", dtype("V2147483647")),
    "a field of objects": array(dtype("V8", OBJECT_FIELD % (b"K\x00", b"K\x08", b"K\x01")), 1, b"C\x08" + b"\x41" * 8),
    "a field beyond the end": array(
        dtype("V8", OBJECT_FIELD % (b"M\xe8\x03", b"K\x08", b"K\x01")), 1, b"C\x08" + b"\x41" * 8
    ),
    "a field of objects in a number": array(
        dtype("f8", OBJECT_FIELD % (b"K\x00", b"K\x08", b"K\x01")), 1, b"C\x08" + b"\x41" * 8
    ),
    "a memo of a thousand million": b"Nr\xff\xff\xff\x3f",
    "a memo behind much text": text("x" * 100_000) * 3 + b"Nr\xff\xff\xff\x3f",
    "a memo in words": b"Np1073741823\n",
    "laughs": b"]"
    + b"".join(b"q" + bytes([n]) + b"0](" + b"h" + bytes([n]) * 1 + b"h" + bytes([n]) + b"e" for n in range(60)),
}


@pytest.mark.parametrize("name", ["a.pkl", "a.joblib"])
@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_a_small_error(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(whole(BOMBS[kind]))
    program = """
        import resource, sys, time
        from scitex_io import ScitexIOError, load
        import numpy, joblib
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            found = load(sys.argv[1])
        except (ScitexIOError, MemoryError) as error:
            print(type(error).__name__)
        else:
            print(type(found).__name__, "came")
        assert time.perf_counter() - began < 2
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    # A memo that is never asked for is no error, and takes no memory either.
    assert ("came" in done.stdout) == (kind == "laughs" or kind.startswith("a memo"))


@pytest.mark.parametrize("unpickle", [quickly, lambda file, policy: Careful(file, policy).load()])
def test_the_state_of_a_dtype_changes_no_array_that_has_it(unpickle: Any) -> None:
    fresh = dtype("V8") + b"q\x01"
    filled = array(b"h\x01", 1, b"C\x08" + b"\x41" * 8)
    restated = b"h\x01" + OBJECT_FIELD % (b"K\x00", b"K\x08", b"K\x3f")

    with pytest.raises(Exception):  # noqa: B017  # refused, or beyond the quick one
        unpickle(io.BytesIO(whole(b"(" + fresh + filled + restated + restated + b"l")), Policy())


def test_an_array_is_filled_once(tmp_path: Path) -> None:
    filled = array(dtype("f8"), 1, b"C\x08" + bytes(8))
    again = b"(K\x01K\x02\x85" + dtype("f8") + b"\x89C\x10" + bytes(16) + b"tb"
    (tmp_path / "a.pkl").write_bytes(whole(filled + again))

    with pytest.raises(UntrustedFileError, match="as no data do"):
        load(tmp_path / "a.pkl")


@pytest.mark.parametrize("buffers", [[], [None, b"\xff" * 8], [None, struct.pack("<ii", 0, 1 << 30), b"a"]])
def test_an_arrow_array_is_held_to_its_buffers(buffers: list[Any], tmp_path: Path) -> None:
    pa: Any = pytest.importorskip("pyarrow")

    class Hostile:
        def __reduce__(self) -> Any:
            held = [part and pa.py_buffer(part) for part in buffers]
            return pa.lib._restore_array, ((pa.string(), 1, 0, 0, held, [], None),)

    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Hostile(), 4))

    with pytest.raises(ScitexIOError):
        load(tmp_path / "a.pkl")


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(whole(b"]" * 1_000_000 + b"a" * 999_999))

    found = load(tmp_path / "a.pkl", cache=False)

    assert isinstance(found, list)


def test_the_steps_that_are_passed_over_are_those_of_python() -> None:
    import pickletools

    for step in pickletools.opcodes:
        code = step.code.encode("latin1")
        found = _steps().match(code + b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\n\n\n")
        length = found.end() if found is not None else 0
        n = step.arg.n if step.arg is not None else 0
        if n >= 0 and step.name not in {"STOP", "LONG_BINPUT"}:
            assert length >= 1 + n, step.name
    for value in (
        [1, -5, 2**40, 2**3000],
        ["x" * 254, "y" * 300, b"z" * 70_000],
        [1.5, 1j, {(1,): {2}}],
        "wü" * 2_000_000,
    ):
        for protocol in range(6):
            if protocol or not isinstance(value, str):  # a line of the first protocol is longer than is looked at
                assert _walk(io.BytesIO(pickle.dumps(value, protocol)))
