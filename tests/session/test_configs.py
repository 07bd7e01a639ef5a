from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from scitex_io import ConfigLoadError, DotDict, load_configs

TWICE = "x{}: ['${{A.X{}}}', '${{A.X{}}}']\n"
REFERENCE_BOMB = "x0: 1\n" + "".join(TWICE.format(n, n - 1, n - 1) for n in range(1, 40))


def folder(path: Path, **files: str) -> Path:
    place = path / "config"
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        target = place / f"{name.replace('__', '/')}.yaml"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    return place


def test_files_are_keys_and_all_keys_are_in_upper_case(tmp_path: Path) -> None:
    place = folder(tmp_path, model="hidden_dim: 256\nopt: {lr: 0.1, 3: x}\n", categories__kind="a: 1\n", empty="")
    (place / "more.yml").write_text("- {a: 1}\n")

    config = load_configs(config_dir=place)

    assert config == {
        "MODEL": {"HIDDEN_DIM": 256, "OPT": {"LR": 0.1, 3: "x"}},
        "KIND": {"A": 1},
        "EMPTY": None,
        "MORE": [{"a": 1}],
    }
    assert isinstance(config, DotDict)
    assert config.model.hidden_dim == 256


def test_the_folder_is_config_below_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, a="b: 1")
    monkeypatch.chdir(tmp_path)

    assert load_configs() == {"A": {"B": 1}}
    assert load_configs(config_dir="nowhere") == {}


@pytest.mark.parametrize(
    ("asked", "file", "ci", "debugging"),
    [
        (None, "", "", False),
        (None, "IS_DEBUG: true", "", True),
        (None, "is_debug: true", "", True),
        (False, "IS_DEBUG: true", "true", False),
        (True, "IS_DEBUG: false", "", True),
        (None, "IS_DEBUG: false", "true", False),
        (None, "", "1", True),
        (None, "", "True", True),
        (None, "", "yes", True),
        (None, "", "false", False),
        (None, "", "0", False),
    ],
)
def test_who_decides_about_debugging(
    asked: bool | None, file: str, ci: str, debugging: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(tmp_path, model="lr: 1\nDEBUG_lr: 2\n")
    if file:
        (place / "IS_DEBUG.yaml").write_text(file)
    monkeypatch.setenv("CI", ci)

    config = load_configs(asked, config_dir=place)

    assert (2 if debugging else 1) == config.MODEL.LR
    assert config.MODEL.DEBUG_LR == 2
    assert config.get("IS_DEBUG") is (debugging if file else None)


def test_promotion_reaches_every_mapping_outside_lists_and_keys_without_a_sibling(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "a:\n  n: {x: 1}\n  DEBUG_n: {x: 2}\n  debug_new: 3\nl: [{x: 1, DEBUG_x: 2}]\n"

    config = load_configs(True, show=True, config_dir=folder(tmp_path, model=text))

    assert config.MODEL.A == {"N": {"X": 2}, "DEBUG_N": {"X": 2}, "DEBUG_NEW": 3, "NEW": 3}
    assert config.MODEL.L == [{"x": 1, "DEBUG_x": 2}]
    assert capsys.readouterr().out.splitlines() == ["MODEL.A.DEBUG_N -> N", "MODEL.A.DEBUG_NEW -> NEW"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"model": "a:\n  x: 1\n  X: 2\n"}, ["model.yaml", "MODEL.A", "'x'", "'X'"]),
        ({"model": "x: 1", "MODEL": "x: 1"}, ["MODEL.yaml", "model.yaml", "MODEL"]),
        ({"model": "a: 1\na: 2\n"}, ["model.yaml", "'a'", "twice"]),
        ({"model": "a: [1\n"}, ["model.yaml", "line"]),
        ({"model": "a: !!python/object/apply:os.system [true]\n"}, ["model.yaml", "python/object"]),
        ({"model": "a: &a [*a]\n"}, ["model.yaml", "alias"]),
        ({"model": "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" if n else "a0: &a0 [1]" for n in range(12))}, ["model.yaml", "alias"]),
        ({"model": "[" * 100_000}, ["model.yaml", "nest"]),
        ({"model": "a: 1\n---\nb: 2\n"}, ["model.yaml", "2 documents"]),
        ({"a": "x: ${B.Y}", "b": "y: ${A.X}"}, ["a.yaml", "circle", "A.X -> B.Y -> A.X"]),
        ({"a": "x: ${B}", "b": "y: {z: '${A.X}'}"}, ["circle", "A.X"]),
        ({"a": "x: ${A.MISSING}"}, ["a.yaml", "A.X", "MISSING"]),
        ({"a": "x: in ${A.Y}\ny: [1]"}, ["a.yaml", "A.X", "list"]),
        ({"a": "x: ${env:NO_SUCH_NAME}"}, ["a.yaml", "NO_SUCH_NAME"]),
         ({"a": REFERENCE_BOMB}, ["a.yaml", "stand for more"]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error_that_names_the_place(
    files: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(ConfigLoadError) as caught:
        load_configs(config_dir=folder(tmp_path, **files))

    assert isinstance(caught.value, ValueError)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)) is not None


def test_the_parsers_error_is_the_cause(tmp_path: Path) -> None:
    with pytest.raises(ConfigLoadError) as caught:
        load_configs(config_dir=folder(tmp_path, a="a: [1\n"))

    assert isinstance(caught.value.__cause__, yaml.YAMLError)


def test_values_refer_to_others_and_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", "/d")
    place = folder(
        tmp_path,
        paths="root: ${env:DATA}/x\nraw: ${paths.root}/raw\n",
        model="n: 3\nsame: ${MODEL.N}\ntext: n=${MODEL.N}, ${PATHS.RAW}\nall: ${paths}\nitem: ${MODEL.LIST.1}\nlist: [a, '${PATHS.ROOT}']\n",
    )

    config = load_configs(config_dir=place)

    assert config.PATHS.RAW == "/d/x/raw"
    assert config.MODEL.SAME == 3
    assert config.MODEL.TEXT == "n=3, /d/x/raw"
    assert config.MODEL.ALL == config.PATHS
    assert config.MODEL.ITEM == "/d/x"


def test_what_refers_to_no_file_stays_as_it_is_written(tmp_path: Path) -> None:
    texts = {"a": "${HOME}/x", "b": "${{ github.ref }}", "c": "$PATHS", "d": "${X.Y}"}

    assert {k.upper(): v for k, v in texts.items()} == load_configs(
        config_dir=folder(tmp_path, shell=yaml.safe_dump(texts))
    ).SHELL


def test_debugging_comes_before_references(tmp_path: Path) -> None:
    place = folder(tmp_path, a="n: 1\nDEBUG_n: 2\nsame: ${A.N}\n")

    assert load_configs(True, config_dir=place).A.SAME == 2


def test_why_tells_file_line_column_and_rule(tmp_path: Path) -> None:
    place = folder(
        tmp_path,
        model="base: &b {k: 1}\nlr: 0.1\nDEBUG_lr: 0.5\nopt:\n  <<: *b\n  betas: [0.9, {x: 3}]\n",
        IS_DEBUG="IS_DEBUG: true",
    )
    config = load_configs(config_dir=place)

    def told(key: str) -> tuple[Any, ...]:
        origin = config.why(key)
        assert origin.file is None or origin.file.parent == place
        return origin.value, origin.file.name if origin.file else None, origin.line, origin.column, origin.rule

    assert told("MODEL.LR") == (0.5, "model.yaml", 3, 1, "DEBUG_lr takes the place of LR while debugging")
    assert told("model.opt.betas.1.x") == (3, "model.yaml", 6, 17, "plain")
    assert told("MODEL.OPT.K") == (1, "model.yaml", 1, 11, "plain")
    assert told("MODEL") == (config.MODEL, "model.yaml", 1, 1, "plain")
    assert told("IS_DEBUG")[:2] == (True, "IS_DEBUG.yaml")
    assert load_configs(False, config_dir=place).why("IS_DEBUG").rule == "override: IS_DEBUG= was given"
    config.MODEL.NEW = 3
    config.OTHER = 4
    assert told("MODEL.NEW")[-1] == told("OTHER")[-1] == "override: set after loading"
    with pytest.raises(KeyError, match="LRR"):
        config.why("MODEL.LRR")
    assert str(config.why("MODEL.LR")).startswith("MODEL.LR = 0.5  (")


@frozen
class Model:
    lr: float
    betas: list[float]


@dataclasses.dataclass
class Params:
    model: Model
    names: dict[str, int] = dataclasses.field(default_factory=dict)


def test_a_schema_gives_classes_whose_fields_are_found_in_any_case(tmp_path: Path) -> None:
    place = folder(tmp_path, Model="LR: 0.5\nDEBUG_LR: 0.1\nbetas: [0.9, 1]\n", IS_DEBUG="IS_DEBUG: false")

    assert load_configs(config_dir=place, schema=Params) == Params(Model(0.5, [0.9, 1.0]))


def test_every_error_of_a_schema_is_told_with_its_line(tmp_path: Path) -> None:
    place = folder(tmp_path, model="lr: fast\nbetas:\n  - 0.9\n  - x\n", names="a: b\n")

    with pytest.raises(ConfigLoadError) as caught:
        load_configs(config_dir=place, schema=Params)

    text = str(caught.value)
    assert all(line in text for line in ("model.yaml:1)", "model.yaml:4)", "names.yaml:1)"))


@given(
    st.recursive(
        st.integers() | st.booleans() | st.text("abc $", max_size=4),
        lambda below: (
            st.dictionaries(st.text("abcd", min_size=1, max_size=3), below, max_size=4) | st.lists(below, max_size=2)
        ),
        max_leaves=10,
    )
)
def test_the_tree_is_the_files_tree_in_upper_case(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    place = folder(tmp_path_factory.mktemp("x"), a=yaml.safe_dump(tree))

    def raised(node: Any) -> Any:
        return {key.upper(): raised(part) for key, part in node.items()} if isinstance(node, dict) else node

    assert load_configs(config_dir=place)["A"] == raised(tree)
