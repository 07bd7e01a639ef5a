from __future__ import annotations

import collections
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from scitex_io import (
    Accepts,
    FormatHandler,
    Loader,
    LossyWarning,
    OptionError,
    PassThrough,
    Saver,
    load_option,
    lose,
    save_option,
)
from scitex_io.losses import collecting
from scitex_io.typeref import FAR, distance, named, resolve
from scitex_io.typing import Appender, is_loader, is_saver


@frozen(kw_only=True)
class Table(FormatHandler, PassThrough, Saver[Any], Loader[Any]):
    """A table."""

    name = "table"
    extensions = (".table",)
    accepts = (
        Accepts(dict),
        Accepts(list, domain="of numbers", where=lambda obj: all(isinstance(x, int) for x in obj)),
    )
    yields = (dict,)
    library = {"load": "json:loads", "save": "json:dumps"}
    in_place_options = frozenset({"key"})

    sep: str = ","
    key: str | None = None
    width: int = save_option(3)
    rows: int | None = load_option(None)

    def save(self, obj: Any, path: Path, /) -> None: ...

    def load(self, path: Path, /) -> Any: ...


def test_a_handler_is_frozen_hashable_and_printable() -> None:
    table = Table(sep=";")

    assert table == Table(sep=";")
    assert len({table, Table(sep=";"), Table()}) == 2
    assert repr(table) == "Table(sep=';', key=None, width=3, rows=None)"
    with pytest.raises(FrozenInstanceError):
        table.sep = "x"  # type: ignore[misc]  # what this test is about


def test_options_say_which_verb_they_serve() -> None:
    assert Table.options_for("save") == ("sep", "key", "width")
    assert Table.options_for("load") == ("sep", "key", "rows")


def test_an_option_of_the_other_verb_is_refused() -> None:
    with pytest.raises(OptionError, match="it is an option of save"):
        Table().with_options({"width": 4}, "load")


def test_options_of_the_library_pass_and_are_checked_against_its_signature() -> None:
    table = Table().with_options({"sep": ";", "indent": 2}, "save")

    assert (table.sep, table.extra_options) == (";", {"indent": 2})
    with pytest.raises(OptionError, match="did you mean indent"):
        Table().with_options({"indnt": 2}, "save")
    with pytest.raises(OptionError, match="did you mean sep"):
        Table().with_options({"separator": ";"}, "save")


def test_passed_options_tell_handlers_apart() -> None:
    one, other = (Table().with_options({"indent": n}, "save") for n in (1, 2))

    assert one != other
    assert one == Table().with_options({"indent": 1}, "save")
    assert hash(one) != hash(other)


def test_an_in_place_option_means_an_update() -> None:
    assert Table(key="a").updates_in_place()
    assert not Table().updates_in_place()


def test_abilities_are_those_the_header_lists() -> None:
    assert Table.can() == ("Saver", "Loader")
    assert is_saver(Table())
    assert is_loader(Table())
    assert Appender not in Table.__mro__


def test_a_value_outside_the_domain_does_not_match() -> None:
    assert Table().match([1, 2]) == (Table.accepts[1], 0)
    assert Table().match(["x"]) is None
    assert Table().match(3) is None


def test_a_subclass_matches_its_nearest_row() -> None:
    class Counts(collections.Counter[str]): ...

    match = Table().match(Counts())

    assert match is not None
    assert (match[0].type, match[1]) == (dict, 2)


# -- naming types


def test_a_type_that_is_not_imported_matches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pandas", raising=False)

    assert resolve("pandas.DataFrame") is None
    assert distance(dict, "pandas.DataFrame") is None


def test_distances_count_steps_and_put_virtual_bases_last() -> None:
    assert distance(bool, bool) == 0
    assert distance(bool, int) == 1
    assert distance(dict, Mapping) == FAR
    assert distance(dict, object) == FAR + 1
    assert distance(str, dict) is None


def test_names_are_those_users_know() -> None:
    assert [named(ref) for ref in (int, "pandas.DataFrame", Path)] == ["int", "pandas.DataFrame", "pathlib.Path"]


@given(
    st.sampled_from([int, bool, dict, collections.OrderedDict, Mapping, object]),
    st.sampled_from([True, {}, collections.OrderedDict(), 3, "x"]),
)
def test_a_distance_exists_exactly_for_instances(ref: type, obj: object) -> None:
    assert (distance(type(obj), ref) is not None) == isinstance(obj, ref)


# -- losses


def test_losses_are_gathered_once_each_in_order() -> None:
    with collecting() as losses:
        for what in ("b", "a", "b"):
            lose(what)

    assert list(losses) == ["b", "a"]


def test_losses_of_a_nested_save_stay_inside() -> None:
    with collecting() as outer:
        lose("outer")
        with collecting() as inner:
            lose("inner")

    assert (list(outer), list(inner)) == (["outer"], ["inner"])


def test_outside_a_loss_is_a_warning() -> None:
    with pytest.warns(LossyWarning, match="tuples become lists"):
        lose("tuples become lists")
