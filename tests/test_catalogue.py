from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from attrs import frozen

import scitex_io
from scitex_io import Accepts, Fidelity, FormatHandler, Loader, PassThrough, Saver, load_option, save_option
from scitex_io.catalogue import Format, catalogue, page
from scitex_io.describe import described, short
from scitex_io.registry import Registry


@frozen(kw_only=True)
class Pair(FormatHandler, PassThrough, Saver[object], Loader[object]):
    """Two things, side by side."""

    name = "pair"
    extensions = (".pair", ".two")
    accepts = (
        Accepts(tuple, domain="two | items"),
        Accepts(list, Fidelity.VALUE, loads_as=tuple),
        Accepts(dict, Fidelity.LOSSY, loads_as=tuple, loses="the keys"),
    )
    yields = (tuple,)
    requires = ("json", "no_such_library", "yaml_of_old")

    both: int = 1
    to_save: int = save_option(1)
    to_load: int = load_option(1)

    def save(self, obj: object, path: Path, /) -> None: ...

    def load(self, path: Path, /) -> object: ...


def row() -> Format:
    registry = Registry({}, plugins=False)
    registry.register(Pair)
    (found,) = catalogue(registry)
    return found


def test_a_format_of_two_extensions_is_one_row_with_its_facts() -> None:
    found = row()

    assert found.extensions == (".pair", ".two")
    assert found.summary == "Two things, side by side"
    assert [str(kind) for kind in found.stores] == [
        "tuple (two | items): exact",
        "list: value, as tuple",
        "dict: lossy, as tuple (the keys)",
    ]
    assert found.save_options == ("both", "to_save")
    assert found.load_options == ("both", "to_load")
    assert found.abilities == ("Saver", "Loader")


def test_what_is_absent_is_named_with_the_command_that_brings_it() -> None:
    found = row()

    assert not found.installed
    assert found.missing == ("no_such_library", "yaml_of_old")
    assert found.install == "pip install no_such_library yaml_of_old"


def test_a_format_whose_libraries_are_there_needs_no_command() -> None:
    npy = next(found for found in catalogue(Registry(plugins=False)) if found.name == "npy")

    assert npy.installed
    assert npy.install == ""


def test_every_builtin_extension_is_in_the_catalogue() -> None:
    registry = Registry(plugins=False)
    listed = {extension for found in catalogue(registry) for extension in found.extensions}

    assert listed == set(registry.extensions("save")) | set(registry.extensions("load"))


def test_the_catalogue_imports_no_library_of_a_format() -> None:
    code = (
        "import sys; from scitex_io.catalogue import catalogue; from scitex_io.registry import Registry;"
        "found = catalogue(Registry(plugins=False)); heavy = {name for row in found for name in row.requires} & set(sys.modules);"
        "assert not heavy - set(sys.stdlib_module_names), heavy"
    )

    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(Path(scitex_io.__file__).parents[1])}
    )


def test_the_page_tells_every_row_and_keeps_its_tables_whole() -> None:
    text = page([row()])

    assert "| `tuple` (two \\| items) | exact | `tuple` |  |" in text
    assert "| `dict` | lossy | `tuple` | the keys |" in text
    assert "- Save options: `both`, `to_save`" in text


# ---------------------------------------------------------------- facts about objects in memory


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ("a\nb\n", {"kind": "text", "characters": 4, "lines": 2}),
        ("", {"kind": "text", "characters": 0, "lines": 0}),
        (b"abc", {"kind": "object", "type": "bytes", "length": 3}),
        (np.zeros((2, 3)), {"kind": "array", "shape": (2, 3), "dtype": "float64"}),
        ([1, "a", 2], {"kind": "tree", "length": 3, "items": "int or str"}),
        ({3, 1}, {"kind": "tree", "length": 2, "items": "int"}),
        (None, {"kind": "object", "type": "NoneType", "value": "None"}),
        (
            {"a": {"b": 1}, "c": [1, 2]},
            {"kind": "tree", "length": 2, "keys": {"a": "dict of 1", "a/b": "1", "c": "list of 2"}},
        ),
        (
            {"x": np.zeros(3)},
            {"kind": "arrays", "length": 1, "keys": {"x": "array float64 (3,)"}},
        ),
    ],
)
def test_objects_are_described_by_what_they_hold(obj: object, expected: dict[str, object]) -> None:
    assert described(obj) == expected


def test_a_table_is_told_by_rows_and_columns() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})

    assert described(frame) == {"kind": "table", "rows": 2, "columns": {"a": "int64", "b": "float64"}}
    assert described({"x": frame})["kind"] == "tables"
    assert short(frame) == "table 2 x 2"


def test_an_image_is_told_by_size_and_mode() -> None:
    image = pytest.importorskip("PIL.Image")

    assert described(image.new("RGB", (4, 3))) == {"kind": "image", "size": (4, 3), "mode": "RGB", "frames": 1}


def test_a_tree_of_very_many_keys_is_told_in_part() -> None:
    keys = described({str(number): number for number in range(1000)})["keys"]

    assert len(keys) == 201
    assert keys["..."] == "more than 200 keys"


def test_a_tree_that_contains_itself_is_told_to_a_depth() -> None:
    tree: dict[str, object] = {}
    tree["self"] = tree

    assert list(described(tree)["keys"]) == ["self", "self/self", "self/self/self"]


def test_a_long_text_is_cut() -> None:
    assert len(short("x" * 1000)) == 40
