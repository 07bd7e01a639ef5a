"""The server for assistants: asked through a real process, and never beyond its folders."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optional import needs
from scitex_io import InvalidPathError, load, save
from scitex_io.mcp.roots import Roots
from scitex_io.mcp.server import tools
from test_cli import process

needs("fastmcp")

SECRET = "KEEP-THIS-TO-YOURSELF"
TABLE = pd.DataFrame({"rt": [0.5, 0.25, 0.75], "word": ["a", "b", "c"]})


class Server:
    """A server in a process of its own, and a client that asks it."""

    def __init__(self, *words: str | Path, environment: dict[str, str] | None = None) -> None:
        from fastmcp import Client
        from fastmcp.client.transports import StdioTransport

        source = str(Path(__file__).resolve().parents[1] / "src")
        told = {**os.environ, "PYTHONPATH": source, **(environment or {})}
        words = ("-m", "scitex_io", "mcp", "start", *words)
        self._loop = asyncio.new_event_loop()
        self._client: Any = Client(
            StdioTransport(sys.executable, list(map(str, words)), env=told, log_file=Path(os.devnull), keep_alive=False)
        )
        self._loop.run_until_complete(self._client.__aenter__())

    def names(self) -> list[str]:
        return [tool.name for tool in self._loop.run_until_complete(self._client.list_tools())]

    def ask(self, name: str, **what: Any) -> dict[str, Any]:
        """The answer; an error is under "error"."""
        done = self._loop.run_until_complete(self._client.call_tool(f"io_{name}", what, raise_on_error=False))
        text = done.content[0].text
        return {"error": text} if done.is_error else json.loads(text)

    def close(self) -> None:
        self._loop.run_until_complete(self._client.__aexit__(None, None, None))
        self._loop.close()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="assistant-") as folder:
        place = Path(folder).resolve()
        for name, obj in {
            "in/t.csv": TABLE,
            "in/t.parquet": TABLE,
            "in/a.npy": np.arange(60_000.0).reshape(3000, 20),
            "in/s.h5": {"eeg": np.zeros((2, 3)), "deep": {"x": [1, 2]}},
            "in/config/model.yaml": {"lr": 0.1},
            "in/notes.txt": "one\ntwo\nthree\n",
            "in/many.json": {f"key {at}": "x" * 500 for at in range(2000)},
            "in/own.pkl": {"a": 1},
            "out/secret.txt": SECRET,
            "out/secret.csv": pd.DataFrame({SECRET: [SECRET]}),
        }.items():
            save(obj, place / name, verbose=False)
        yield place


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    server = Server("--root", place / "in", "--write")
    yield server
    server.close()


# ---------------------------------------------------------------- what it offers


def test_the_tools_answer_what_the_commands_do(server: Server, place: Path) -> None:
    assert {"io_load", "io_save"} <= set(server.names())
    assert server.ask("glob", pattern="t.{end}")["answer"] == {
        "count": 2,
        "paths": [
            {"path": f"{place}/in/t.csv", "end": "csv"},
            {"path": f"{place}/in/t.parquet", "end": "parquet"},
        ],
    }
    assert server.ask("info", path="a.npy")["answer"]["shape"] == [3000, 20]
    assert server.ask("tree", path="s.h5")["answer"]["keys"]["deep/x"] == "list"
    assert server.ask("peek", path="t.csv", rows=1)["answer"]["head"] == [{"rt": 0.5, "word": "a"}]
    assert server.ask("diff", one="t.csv", other=str(place / "in/t.parquet"))["answer"]["equal"] is True
    assert server.ask("diff", one="t.csv", other="s.h5", key="nothing")["error"]
    assert server.ask("load_configs")["answer"] == {"MODEL": {"LR": 0.1}}
    assert server.ask("list_formats", extensions=["csv"])["answer"][0]["name"] == "csv"
    assert server.ask("read_metadata", path="s.h5") == {"answer": None}
    assert "provenance" in server.ask("trace", path="s.h5")["error"]


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ({"path": "t.csv", "start": 1, "stop": 3, "columns": ["word"]}, [{"word": "b"}, {"word": "c"}]),
        ({"path": "t.parquet", "stop": 1}, [{"rt": 0.5, "word": "a"}]),
        ({"path": "a.npy", "start": 2999, "stop": 3000}, [[float(number) for number in range(59_980, 60_000)]]),
        ({"path": "s.h5", "key": "deep/x"}, [1, 2]),
        ({"path": "s.h5"}, {"eeg": [[0.0] * 3] * 2, "deep": {"x": [1, 2]}}),
        ({"path": "notes.txt", "start": 1, "stop": 2}, ["two"]),
        ({"path": "own.pkl"}, {"a": 1}),
    ],
)
def test_a_view_is_the_part_asked_for(server: Server, asked: dict[str, Any], value: Any) -> None:
    assert server.ask("load", **asked)["answer"]["value"] == value


@pytest.mark.parametrize("asked", [{"path": "a.npy", "stop": 1000}, {"path": "many.json"}])
def test_an_answer_has_a_bound_and_tells_that_it_was_cut(server: Server, asked: dict[str, Any]) -> None:
    answer = server.ask("load", **asked)

    assert "ask for a part" in answer["cut"]
    assert 10_000 < len(json.dumps(answer)) < 40_000


@pytest.mark.parametrize(
    ("name", "asked", "error"),
    [
        ("peek", {"path": "none.csv"}, "no file 'none.csv'"),
        ("peek", {"path": "t.unknown"}, "no file"),
        ("peek", {"path": "t.csv", "ext": "parquet"}, "cannot load"),
        ("load", {"path": "t.csv", "columns": ["nothing"]}, "holds nothing under 'nothing'; it holds 'rt', 'word'"),
        ("load", {"path": "t.csv", "stop": 5000}, "at most 1000 rows"),
        ("load", {"path": "t.csv", "member": "x"}, "csv has no option 'member'"),
        ("glob", {"pattern": "{a"}, "stands in braces"),
        ("list_formats", {"extensions": ["csvv"]}, "did you mean .csv"),
    ],
)
def test_what_is_wrong_is_told_in_our_words(server: Server, name: str, asked: dict[str, Any], error: str) -> None:
    told = server.ask(name, **asked)["error"]

    assert error in told
    assert "Traceback" not in told


# ---------------------------------------------------------------- writing


def test_data_are_saved_converted_and_described(server: Server, place: Path) -> None:
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]

    assert server.ask("save", path="new/x.csv", data=rows) == {"answer": {"path": f"{place}/in/new/x.csv"}}
    assert "force replaces it" in server.ask("save", path="new/x.csv", data=rows[:1])["error"]
    assert load(place / "in/new/x.csv").to_dict("records") == rows
    server.ask("save", path="new/x.csv", data=rows[:1], force=True)
    assert len(load(place / "in/new/x.csv")) == 1
    server.ask("save", path="new/{x}.json", data={"a": [1]})
    assert json.loads((place / "in/new/{x}.json").read_text()) == {"a": [1]}
    server.ask("save", path="new/y.h5", data={"a": [1, 2]})
    server.ask("save", path="new/y.h5", data="more", key="p/q")
    assert load(place / "in/new/y.h5") == {"a": [1, 2], "p": {"q": "more"}}
    server.ask("embed_metadata", path="new/y.h5", metadata={"who": "me"})
    server.ask("embed_metadata", path="new/y.h5", metadata={"when": "now"}, add=True)
    assert server.ask("read_metadata", path="new/y.h5")["answer"] == {"who": "me", "when": "now"}
    done = server.ask("convert", source="new/*.csv", target="made/{stem}.parquet")["answer"]["files"]
    assert [file["status"] for file in done] == ["converted"]
    assert load(place / "in/made/x.parquet").to_dict("records") == rows[:1]
    assert "csv cannot store dict" in server.ask("save", path="z.csv", data={"a": 1, "b": [1, 2]})["error"]
    assert not (place / "in/z.csv").exists()


def test_what_a_format_cannot_hold_is_told(server: Server) -> None:
    assert "missing value" in server.ask("save", path="loss.csv", data=[{"a": "x"}, {"a": None}])["warnings"][0]
    assert (
        "would not keep"
        in server.ask("save", path="lost.csv", data=[{"a": "x"}, {"a": None}], on_loss="error")["error"]
    )


# ---------------------------------------------------------------- trust

CALLS = b"cos\nsystem\n(S'touch %s'\ntR."


def test_without_being_told_so_a_server_neither_writes_nor_runs_code(place: Path) -> None:
    touched = place / "touched"
    (place / "in/evil.pkl").write_bytes(CALLS % str(touched).encode())
    careful = Server("--root", place / "in", environment={"SCITEX_IO_TRUST": "all"})
    names = careful.names()
    answers = {name: careful.ask(name, path="evil.pkl") for name in ("info", "tree", "peek", "load")}
    careful.close()
    assert "io_load" in names
    assert not {"io_save", "io_convert", "io_embed_metadata"} & set(names)
    assert all("refused to load" in answers[name]["error"] for name in ("peek", "load"))
    assert not touched.exists()

    trusting = Server("--root", place / "in", "--trust", "all")
    trusting.ask("load", path="evil.pkl")
    trusting.close()
    assert touched.exists()


# ---------------------------------------------------------------- the command


def test_folders_have_to_be_named_and_to_be_there(tmp_path: Path) -> None:
    assert process("mcp", "start", cwd=Path.cwd()).returncode == 2
    assert process("mcp", "start", "--root", tmp_path / "none", cwd=tmp_path).returncode == 2


def test_without_the_library_the_way_to_have_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "fastmcp.py").write_text("raise ModuleNotFoundError(name='fastmcp')")
    source = str(Path(__file__).resolve().parents[1] / "src")
    done = subprocess.run(
        [sys.executable, "-m", "scitex_io", "mcp", "start", "--root", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{source}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "mcp requires the package 'fastmcp', which is not installed: pip install \"scitex-io[mcp]\"" in done.stderr


def test_the_entry_for_an_assistant_starts_the_server(place: Path) -> None:
    entry = json.loads(process("mcp", "install", "--root", place / "in", cwd=place).stdout)["mcpServers"]["scitex-io"]

    assert entry["args"][2:] == ["mcp", "start", "--root", str(place / "in")]
    listed = json.loads(process("mcp", "list-tools", "--write", "--json", cwd=Path.cwd()).stdout)
    assert all(tool["description"] for tool in listed)
    assert {tool["name"] for tool in listed} == set(tools(Roots([place]), write=True))


# ---------------------------------------------------------------- nothing beyond the folders


def is_refused(answer: dict[str, Any]) -> bool:
    assert SECRET not in json.dumps(answer)
    return "error" in answer


@pytest.mark.parametrize("name", ["info", "tree", "peek", "load", "read_metadata", "trace"])
@pytest.mark.parametrize(
    "path",
    [
        "../out/secret.txt",
        "deep/../../out/secret.txt",
        "{place}/out/secret.txt",
        "{place}/in/../out/secret.txt",
        "link.txt",
        "folder/secret.txt",
        "folder/../out/secret.txt",
        "twice/secret.txt",
        "up/out/secret.txt",
        "~/../../../../../../../../../{place}/out/secret.txt",
        "/proc/self/environ",
        "/dev/stdin",
        "pipe.txt",
        "loop.txt",
        "",
        "a\0b",
        "x" * 5000,
        "..",
        "/",
    ],
)
def test_a_path_that_leads_out_is_refused(server: Server, linked: Path, name: str, path: str) -> None:
    as_text = {"ext": "txt"} if name in {"info", "tree", "peek", "load"} else {}

    assert is_refused(server.ask(name, path=path.replace("{place}", str(linked)), **as_text))


@pytest.fixture(scope="module")
def linked(place: Path) -> Path:
    """Links of all kinds, and a pipe."""
    inside = place / "in"
    (inside / "deep").mkdir()
    (inside / "link.txt").symlink_to(place / "out/secret.txt")
    (inside / "folder").symlink_to(place / "out")
    (inside / "twice").symlink_to("folder")
    (inside / "up").symlink_to("..")
    (inside / "loop.txt").symlink_to("loop.txt")
    (inside / "everything").symlink_to("/")
    os.mkfifo(inside / "pipe.txt")
    return place


@pytest.mark.parametrize(
    "pattern",
    ["../out/*", "*/../../out/*", "{place}/out/*", "/*/*/out/*", "{a,../out}/*", "~/*", "{place}/*/secret.txt", "/**"],
)
def test_a_pattern_that_begins_outside_is_refused(server: Server, linked: Path, pattern: str) -> None:
    assert is_refused(server.ask("glob", pattern=pattern.replace("{place}", str(linked))))


@pytest.mark.parametrize(
    "pattern", ["**/secret.*", "folder/*", "f*/*", "up/out/*", "{name}/secret.txt", "everything/e*/*"]
)
def test_what_lies_behind_a_link_that_leads_out_matches_nothing(server: Server, linked: Path, pattern: str) -> None:
    assert server.ask("glob", pattern=pattern)["answer"] == {"count": 0, "paths": []}


def test_links_within_the_folders_are_followed(server: Server, linked: Path) -> None:
    (linked / "in/same.csv").symlink_to("t.csv")

    assert server.ask("load", path="same.csv", stop=1)["answer"]["value"] == [{"rt": 0.5, "word": "a"}]


@pytest.mark.parametrize(
    "path",
    [
        "../out/new.txt",
        "{place}/out/new.txt",
        "folder/new.txt",
        "twice/new.txt",
        "up/out/new.txt",
        "link.txt",
        "..",
        ".",
    ],
)
def test_nothing_is_written_outside(server: Server, linked: Path, path: str) -> None:
    before = contents(linked / "out")
    path = path.replace("{place}", str(linked))

    assert is_refused(server.ask("save", path=path, data="x", force=True))
    assert is_refused(server.ask("convert", source="notes.txt", target=path, force=True))
    assert is_refused(server.ask("convert", source="notes.*", target=f"{path}/{{stem}}.txt", force=True)) or path == "."
    assert is_refused(server.ask("convert", source=path, target="copy.txt"))
    assert before == contents(linked / "out")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_metadata_are_not_embedded_behind_a_link(server: Server, linked: Path) -> None:
    save({"a": 1}, linked / "out/meta.h5", verbose=False)
    (linked / "in/meta.h5").symlink_to(linked / "out/meta.h5")
    before = contents(linked / "out")

    assert is_refused(server.ask("embed_metadata", path="meta.h5", metadata={"a": 1}))
    assert before == contents(linked / "out")


def test_drafts_are_not_made_behind_a_link(server: Server, linked: Path) -> None:
    (linked / "in/trap").mkdir()
    (linked / "out/precious.previous").write_text(SECRET)
    (linked / "in/trap/.scitex-io").symlink_to(linked / "out")
    before = contents(linked / "out")

    assert is_refused(server.ask("save", path="trap/x.txt", data="x"))
    assert before == contents(linked / "out")


# ---------------------------------------------------------------- files that name other files


def test_links_out_of_an_hdf5_file_are_neither_read_nor_written_through(server: Server, linked: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(linked / "out/other.h5", "w") as other:
        other["x"] = SECRET
        other.create_group("g")["x"] = SECRET
        other["numbers"] = np.arange(3)
    (linked / "out/raw.bin").write_bytes(SECRET.encode().ljust(32))
    for name in ("linking.h5", "linking.nc", "linking.mat"):
        with h5py.File(linked / "in" / name, "w") as file:
            file["x"] = h5py.ExternalLink(str(linked / "out/other.h5"), "/x")
            file["g"] = h5py.ExternalLink(str(linked / "out/other.h5"), "/g")
            file["soft"] = h5py.SoftLink("/g/x")
            file.create_dataset("raw", (32,), "S1", external=[(str(linked / "out/raw.bin"), 0, 32)])
            layout = h5py.VirtualLayout((3,), "i8")
            layout[:] = h5py.VirtualSource(str(linked / "out/other.h5"), "numbers", (3,))
            file.create_virtual_dataset("virtual", layout)
    before = contents(linked / "out")

    for name in ("linking.h5", "linking.nc", "linking.mat"):
        for key in (None, "x", "g", "g/x", "soft", "raw", "virtual"):
            for tool in ("load", "peek"):
                assert is_refused(server.ask(tool, path=name, key=key))
        assert SECRET not in json.dumps(server.ask("info", path=name))
    for key in ("g/x", "g/new", "x/new"):
        server.ask("save", path="linking.h5", data="changed", key=key)
    assert before == contents(linked / "out")


def test_a_store_with_links_out_of_it_is_refused(server: Server, linked: Path) -> None:
    save({"a": np.arange(3), "g": {"b": 1}}, linked / "in/store.zarr", verbose=False)
    save({"b": SECRET}, linked / "out/store.zarr", verbose=False)
    (linked / "in/store.zarr/linked").symlink_to(linked / "out/store.zarr")
    before = contents(linked / "out")

    for tool in ("info", "tree", "load", "peek"):
        assert is_refused(server.ask(tool, path="store.zarr"))
    assert is_refused(server.ask("load", path="store.zarr", key="linked/b"))
    server.ask("save", path="store.zarr", data="changed", key="linked/b")
    assert before == contents(linked / "out")


@pytest.mark.parametrize("data", ["{place}/out/secret.txt", "../out/secret.txt", "link.txt", "folder/secret.txt"])
def test_a_header_may_not_call_a_file_outside_its_data(server: Server, linked: Path, data: str) -> None:
    needs("mne")
    data = data.replace("{place}", str(linked))
    header = (
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\nDataFile={data}\n"
        "DataFormat=BINARY\nDataOrientation=MULTIPLEXED\nNumberOfChannels=1\nSamplingInterval=4000\n"
        "[Binary Infos]\nBinaryFormat=INT_16\n[Channel Infos]\nCh1=Fz,,1,uV\n"
    ).replace("{data}", data)
    (linked / "out/secret.txt").write_text(SECRET.ljust(40))
    (linked / "in/out.vhdr").write_text(header)
    with zipfile.ZipFile(linked / "in/header.zip", "w") as archive:
        archive.writestr("out.vhdr", header)
    plain = header.replace(data, "plain.eeg")
    (linked / "in/plain.vhdr").write_text(plain)
    (linked / "in/plain.eeg").write_bytes(np.arange(8, dtype="<i2").tobytes())

    assert is_refused(server.ask("load", path="out.vhdr"))
    assert is_refused(server.ask("info", path="out.vhdr"))
    assert is_refused(server.ask("load", path="header.zip", member="out.vhdr"))
    assert server.ask("load", path="plain.vhdr", stop=2)["answer"]["value"][1]["Fz"] == 1.0


def test_a_dataset_of_eeglab_may_not_call_a_file_outside_its_data(server: Server, linked: Path) -> None:
    needs("mne")
    from scipy.io import savemat

    (linked / "out/samples.fdt").write_bytes(np.arange(8, dtype="<f4").tobytes())
    for name in ("samples.fdt", "folder/samples.fdt", str(linked / "out/samples.fdt")):
        (linked / "in/samples.fdt").unlink(missing_ok=True)
        (linked / "in/samples.fdt").symlink_to(linked / "out/samples.fdt")
        dataset = {
            "setname": "x", "nbchan": 1.0, "trials": 1.0, "pnts": 8.0, "srate": 250.0, "xmin": 0.0, "xmax": 0.028,
            "data": name, "datfile": name, "chanlocs": [], "event": [], "icawinv": [], "icaweights": [], "icasphere": [],
        }  # fmt: skip
        savemat(linked / "in/samples.set", {"EEG": dataset})

        answer = server.ask("load", path="samples.set")
        assert is_refused(answer)
        assert "outside" in answer["error"]


def test_a_dataset_of_matlab_7_3_may_not_link_to_another_file(server: Server, linked: Path) -> None:
    needs("h5py", "mne", "pymatreader")
    import h5py

    with h5py.File(linked / "out/samples.h5", "w") as other:
        other["x"] = np.arange(4.0).reshape(1, 4)
        other["x"].attrs["MATLAB_class"] = np.bytes_("double")
    for way in ("external", "through"):
        path = linked / "in" / f"{way}.set"
        with h5py.File(path, "w", userblock_size=512) as file:
            dataset = file.create_group("EEG")
            dataset.attrs["MATLAB_class"] = np.bytes_("struct")
            file["all"] = h5py.ExternalLink(str(linked / "out/samples.h5"), "/")
            dataset["data"] = h5py.SoftLink("/all/x") if way == "through" else dataset.file.get("all", getlink=True)
        path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + path.read_bytes()[128:])
        (linked / "in" / f"{way}.mat").write_bytes(path.read_bytes())

        for ending in ("set", "mat"):
            assert "in another file" in server.ask("load", path=f"{way}.{ending}")["error"]


def test_configs_show_neither_the_environment_nor_files_outside(server: Server, linked: Path) -> None:
    for name in ("one", "two"):
        (linked / "in" / name).mkdir()
    (linked / "in/one/a.yaml").write_text('home: "\\x24{env:HOME}"\n')
    (linked / "out/b.yaml").write_text(f"x: {SECRET}\n")
    (linked / "in/two/b.yaml").symlink_to(linked / "out/b.yaml")

    assert "the environment has no HOME" in server.ask("load_configs", folder="one")["error"]
    assert is_refused(server.ask("load_configs", folder="two"))
    assert is_refused(server.ask("load_configs", folder="../out"))


def test_inputs_outside_are_not_looked_at(server: Server, linked: Path) -> None:
    inputs = [{"path": str(linked / "out/secret.txt"), "sha256": "0" * 64}, {"path": "/no/such", "sha256": "0" * 64}]
    inputs += [{"path": str(linked / "in/notes.txt"), "sha256": "0" * 64}]
    server.ask("save", path="traced.h5", data={"a": 1})
    server.ask("embed_metadata", path="traced.h5", metadata={"provenance": {"inputs": inputs}})

    found = server.ask("trace", path="traced.h5")["answer"]["inputs"]
    assert [one["status"] for one in found] == ["not looked at", "not looked at", "changed"]


def test_members_of_archives_do_not_lead_out(server: Server, linked: Path) -> None:
    with zipfile.ZipFile(linked / "in/a.zip", "w") as archive:
        archive.writestr("../../out/new.txt", "x")
        archive.writestr("fine.txt", "fine")
    with tarfile.open(linked / "in/a.tar", "w") as tar:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, str(linked / "out/secret.txt")
        tar.addfile(link)
    before = contents(linked / "out")

    assert is_refused(server.ask("load", path="a.tar", member="link.txt"))
    server.ask("load", path="a.zip", member="../../out/new.txt")
    assert is_refused(server.ask("load", path="a.zip", member="../../../etc/passwd"))
    assert server.ask("load", path="a.zip", member="fine.txt")["answer"]["value"] == ["fine"]
    assert before == contents(linked / "out")


@pytest.mark.parametrize("name", ["x.svg", "x.xml", "x.html"])
def test_entities_outside_are_not_read(server: Server, linked: Path, name: str) -> None:
    secret = (linked / "out/secret.txt").as_uri()
    (linked / "in" / name).write_text(f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY s SYSTEM "{secret}">]><r>&s;</r>')

    assert SECRET not in json.dumps(server.ask("load", path=name))
    assert SECRET not in json.dumps(server.ask("info", path=name))


# ---------------------------------------------------------------- any path

PARTS = st.sampled_from(
    ["..", ".", "", "in", "out", "a", "b", "to", "up", "secret.txt", "own.txt", "*", "**", "{x}", "~"]
)
PATHS = st.tuples(st.booleans(), st.lists(PARTS, max_size=6)).map(
    lambda drawn: ("{place}/" if drawn[0] else "") + "/".join(drawn[1])
)
LINKS = st.dictionaries(
    st.sampled_from(["in/to", "in/a/to", "in/a/up", "in/b", "out/to", "in/a/secret.txt"]),
    st.sampled_from(["..", ".", "../out", "/", "../in/a", "secret.txt", "../out/secret.txt", "../../out", "to"]),
)


@settings(deadline=None, max_examples=25)
@given(links=LINKS, paths=st.lists(PATHS, min_size=1, max_size=5))
@example(links={"in/to": "../out"}, paths=["to/secret.txt", "to/../out/secret.txt", "*/secret.txt", "**"])
def test_no_path_and_no_link_leads_out(links: dict[str, str], paths: list[str]) -> None:
    from fastmcp.exceptions import ToolError

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve()
        for name in ("in/a", "out"):
            (place / name).mkdir(parents=True)
            (place / name / "own.txt").write_text("own")
        (place / "out/secret.txt").write_text(SECRET)
        for name, target in links.items():
            if not os.path.lexists(place / name):
                (place / name).symlink_to(target)
        before = contents(place / "out")
        roots = Roots([place / "in"])
        offered = tools(roots, write=True)

        for path in (one.replace("{place}", str(place)) for one in paths):
            answers = []
            for ask in (
                partial(offered["io_peek"], path, ext="txt"),
                partial(offered["io_glob"], path),
                partial(offered["io_save"], f"{path}.txt", "x"),
                partial(offered["io_convert"], "a/own.txt", path, force=True),
            ):
                try:
                    answers.append(json.dumps(ask()))
                except ToolError as error:
                    answers.append(str(error))
            assert not any(SECRET in answer for answer in answers)
            try:
                matches = roots.matching(path)
            except (InvalidPathError, ValueError):
                matches = []
            assert all(os.path.realpath(found).startswith(str(place / "in")) for found, _ in matches)
        assert before == contents(place / "out")
        assert set(os.listdir(place)) == {"in", "out"}
