"""Every built-in format keeps its declarations: what it says to store comes back as it says.

The values are drawn for the declared types (``VALUES`` of the modules in `strategies`), so a new row in
``accepts`` is tested without a new test. A row of fidelity VALUE needs an entry in ``EXPECTED``: what the
loaded object has to be equal to.
"""

from __future__ import annotations

import importlib
import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import strategies
from optional import needs_all_of, skipping_what_is_missing
from same import difference
from scitex_io import Fidelity, LossError, ScitexIOError, load, save
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.registry import Registry
from scitex_io.typeref import named
from scitex_io.typing import is_loader, is_saver

VALUES: dict[str, st.SearchStrategy[Any]] = {}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {}
OPTIONS: dict[tuple[str, str], dict[str, Any]] = {}
"""What saving objects of a row cannot do without."""
for part in pkgutil.iter_modules(strategies.__path__, "strategies."):
    module = importlib.import_module(part.name)
    VALUES |= getattr(module, "VALUES", {})
    EXPECTED |= getattr(module, "EXPECTED", {})
    OPTIONS |= getattr(module, "OPTIONS", {})


def handlers() -> list[FormatHandler]:
    return list({type(handler): handler for _, handler in Registry(plugins=False).handlers()}.values())


def rows(*wanted: Fidelity) -> list[Any]:
    return list(_rows(*wanted))


def _rows(*wanted: Fidelity) -> Iterator[Any]:
    for handler in handlers():
        if is_saver(handler) and is_loader(handler):
            for row in handler.accepts:
                if row.fidelity in wanted:
                    yield pytest.param(handler, row, id=f"{handler.name}-{named(row.type)}-{row.domain or 'any'}")


def values(handler: FormatHandler, row: Accepts) -> st.SearchStrategy[Any]:
    """Objects that the handler itself assigns to this row."""
    kind = named(row.type)
    keys = (f"{handler.name}:{row}", f"{handler.name}:{kind}", kind)  # a row of several is named with its domain
    drawn = next((VALUES[key] for key in keys if key in VALUES), None)
    assert drawn is not None, f"no strategy for {kind}: add it to VALUES in tests/strategies"

    def assigned(obj: Any) -> bool:
        found = handler.match(obj)
        return found is not None and found[0] is row

    return drawn.filter(assigned)


@pytest.mark.parametrize(("handler", "row"), rows(Fidelity.EXACT, Fidelity.VALUE))
@given(data=st.data())
def test_what_is_stored_comes_back_as_declared(handler: FormatHandler, row: Accepts, data: st.DataObject) -> None:
    needs_all_of(handler, row)
    obj = data.draw(values(handler, row))
    options = OPTIONS.get((handler.name, named(row.type)), {})
    expected = obj
    if row.fidelity is Fidelity.VALUE:
        assert (handler.name, named(row.type)) in EXPECTED, "say in EXPECTED what it loads as"
        expected = EXPECTED[handler.name, named(row.type)](obj)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{handler.extensions[0]}")
        try:
            with skipping_what_is_missing():
                save(obj, path, verbose=False, on_loss="error", **options)
                loaded = load(path, cache=False)
        except LossError:
            assume(False)  # announced: this value is outside the claim

    assert difference(loaded, expected) is None


@pytest.mark.parametrize(("handler", "row"), rows(Fidelity.LOSSY))
@given(data=st.data())
def test_a_declared_loss_is_announced_and_can_be_refused(
    handler: FormatHandler, row: Accepts, data: st.DataObject
) -> None:
    needs_all_of(handler, row)
    obj = data.draw(values(handler, row))
    options = OPTIONS.get((handler.name, named(row.type)), {})

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{handler.extensions[0]}")
        with pytest.raises(LossError), skipping_what_is_missing():
            save(obj, path, verbose=False, on_loss="error", **options)
        assert list(Path(folder).iterdir()) == []
        with skipping_what_is_missing():
            save(obj, path, verbose=False, on_loss="allow", **options)
            load(path, cache=False)


@pytest.mark.parametrize("handler", [h for h in handlers() if is_loader(h)], ids=lambda h: h.name)
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 64, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", bytes(range(256)) * 8],
    ids=["empty", "zeros", "png", "bytes"],
)
def test_foreign_content_is_a_clear_error_or_text(handler: FormatHandler, content: bytes, tmp_path: Path) -> None:
    needs_all_of(handler)
    if handler.directory:
        pytest.skip("a folder store has its own tests")
    path = tmp_path / f"x{handler.extensions[0]}"
    path.write_bytes(content)

    try:
        with skipping_what_is_missing():
            value = load(path, cache=False)
    except ScitexIOError as error:
        assert str(path) in str(error)
    else:
        # Only text formats can make sense of nothing at all.
        assert content == b"" and (value is None or len(value) == 0), f"{handler.name} made {value!r} of it"


@pytest.mark.parametrize("handler", [h for h in handlers() if is_saver(h)], ids=lambda h: h.name)
def test_an_unsupported_object_is_refused_and_leaves_nothing(handler: FormatHandler, tmp_path: Path) -> None:
    needs_all_of(handler)
    if any(row.type is object for row in handler.accepts):
        pytest.skip("it stores any object")

    with pytest.raises(ScitexIOError):
        save(type("Unknown", (), {})(), tmp_path / f"x{handler.extensions[0]}")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("handler", handlers(), ids=lambda h: h.name)
def test_an_unknown_option_is_an_error_that_lists_the_options(handler: FormatHandler) -> None:
    needs_all_of(handler)
    for verb, able in (("save", is_saver(handler)), ("load", is_loader(handler))):
        if able:
            with pytest.raises(TypeError, match=f"no option 'sepp' for {verb}"):
                handler.with_options({"sepp": 1}, verb)  # type: ignore[arg-type]  # a tuple loses the literal


@pytest.mark.parametrize("handler", handlers(), ids=lambda h: h.name)
def test_every_format_is_documented_and_declared(handler: FormatHandler) -> None:
    kind = type(handler)

    assert kind.__doc__
    assert not is_saver(handler) or kind.accepts
    assert not is_loader(handler) or kind.yields


def test_no_two_builtin_formats_claim_the_same_type_under_one_extension() -> None:
    claimed: dict[tuple[str, str, str], str] = {}
    for extension, handler in Registry(plugins=False).handlers():
        if is_saver(handler):
            for row in handler.accepts:
                key = extension, named(row.type), row.domain
                assert claimed.setdefault(key, handler.name) == handler.name, f"{key} is claimed twice"
