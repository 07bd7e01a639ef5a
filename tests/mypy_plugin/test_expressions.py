"""Whatever a project is written like, nothing wrong is said and nothing breaks."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from mypy_plugin.runner import ROOT, Said, alone, revealed, run, said, settings
from scitex_io.compression import Compressed
from scitex_io.errors import UnknownFormatError
from scitex_io.registry import Registry

STEMS = st.sampled_from(["a", "sub-01", "v1.2", "x.csv", "data/t", ".hidden", "", "a.tar"])
ENDS = st.sampled_from([".npy", ".csv", ".txt", ".CSV.gz", ".json", ".gz", ".", "", ".npy.zst", "csv", ".b.npy"])
TEXTS = st.builds(lambda stem, end: repr(stem + end), STEMS, ENDS) | st.sampled_from(["stem", "dots"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda two: f"({two[0]} + {two[1]})"),
        pairs.map(lambda two: f"str(Path({two[0]}) / {two[1]})"),
        pairs.map(lambda two: f"os.path.join({two[0]}, {two[1]})"),
        pairs.map(lambda two: f"'%s%s' % ({two[0]}, {two[1]})"),
        pairs.map(lambda two: f"'{{}}-{{}}'.format({two[0]}, {two[1]})"),
        pairs.map(lambda two: f"'_'.join([{two[0]}, {two[1]}])"),
        pairs.map(lambda two: f"({two[0]} if number else {two[1]})"),
        pairs.map(lambda two: f"[{two[0]}, {two[1]}][1]"),
        pairs.map(lambda two: f"(lambda: {two[0]})() + {two[1]}"),
        pairs.map(lambda two: f"{two[0]}.replace('.csv', {two[1]})"),
        inner.map(lambda one: one if '"""' in one else f'f"""{{{one}}}.csv"""'),
        inner.map(lambda one: one if '"""' in one else f'f"""{{number:03d}}{{{one}}}"""'),
        inner.map(lambda one: f"{one}.removesuffix('.gz')"),
        inner.map(lambda one: f"{one}.upper()"),
        inner.map(lambda one: f"str(Path('d', {one}).with_suffix('.npy'))"),
        inner.map(lambda one: f"str(Path('d', {one}).with_stem('s'))"),
        inner.map(lambda one: f"(walrus := {one})"),
    )


EXPRESSIONS = st.recursive(TEXTS, _larger, max_leaves=5)
SCOPE = {"os": os, "Path": PurePosixPath, "stem": "t", "number": 7, "dots": "a.npy"}
WORDS = {"Npy": "array", "Csv": "table", "Tar": "table", "Text": "text"}


def truth(expression: str, registry: Registry) -> str:
    """What the file is loaded as that the expression names when it is run."""
    try:
        path = PurePosixPath(eval(expression, dict(SCOPE)))
        found = registry.for_loading(path.name)
    except UnknownFormatError:
        return "Any"
    except (ValueError, TypeError):  # a name that cannot be
        return "nothing"
    return WORDS.get(type(found.inner if isinstance(found, Compressed) else found).__name__, "Any")


@profile(max_examples=2 if os.environ.get("SCITEX_IO_TEST_PROFILE") != "search" else 50, phases=[Phase.generate])
@given(expressions=st.lists(EXPRESSIONS, min_size=60, max_size=60, unique=True))
def test_no_expression_is_given_a_type_that_running_it_would_not_give(
    expressions: list[str], tmp_path_factory: pytest.TempPathFactory, report: list[Said], cache: Path
) -> None:
    folder = tmp_path_factory.mktemp("expressions")
    head = ["import os", "from pathlib import Path", "from scitex_io import load", "from typing import Final", ""]
    head.append('def ways(stem: str, number: int, dots: str = "a.npy") -> None:')
    lines = [f"    reveal_type(load({expression}))" for expression in expressions]
    (folder / "use.py").write_text("\n".join([*head, *lines, ""]))
    settings(folder)
    with alone(cache):
        found = revealed(said(run(folder, "--cache-dir", str(cache / "cases"), "use.py")))
    registry = Registry(plugins=False)
    wrong = {}
    told = 0
    for at, expression in enumerate(expressions, len(head) + 1):
        kind = found["use.py", at]
        kinds = set(kind.split(" | "))
        told += kind != "Any"
        if kind != "Any" and truth(expression, registry) not in {*kinds, "nothing"}:
            wrong[expression] = (kind, truth(expression, registry))

    assert wrong == {}
    assert told > 0


LIBRARIES = {
    "pandas": ["io/common.py", "core/groupby/generic.py"],
    "matplotlib": ["image.py", "font_manager.py"],
    "sympy": ["printing/preview.py", "utilities/autowrap.py"],
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_large_libraries_break_nothing(library: str, tmp_path: Path) -> None:
    """A few files of each; with SCITEX_IO_MYPY_LIBRARIES=1 all of them, which takes minutes."""
    spec = find_spec(library)
    if spec is None or spec.origin is None:
        pytest.skip(f"{library} is not installed")
    source = Path(spec.origin).parent
    if os.environ.get("SCITEX_IO_MYPY_LIBRARIES"):
        shutil.copytree(source, tmp_path / library, ignore=shutil.ignore_patterns("*.so", "*.pyi"))
    else:
        for name in LIBRARIES[library]:
            shutil.copy(source / name, tmp_path / f"{library}_{Path(name).name}")
    path = settings(tmp_path, "follow_imports = skip\ncheck_untyped_defs = true\nimplicit_reexport = true")
    here = ROOT / "tests" / "mypy_plugin" / "stress.py"
    path.write_text(path.read_text().replace("= scitex_io.mypy_plugin", f"= scitex_io.mypy_plugin, {here}"))
    out = run(tmp_path, "--cache-dir", "cache", ".")

    assert "INTERNAL ERROR" not in out
    assert [line for line in said(out) if line.code.startswith("scitex")] == []
    assert [line for line in said(out) if line.kind == "error"]
