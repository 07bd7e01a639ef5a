from __future__ import annotations

import os
import sys
import textwrap
import threading
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from attrs import frozen

from scitex_io import (
    Accepts,
    FormatHandler,
    Loader,
    PluginWarning,
    RegistrationError,
    Registry,
    Saver,
    UnknownFormatError,
    UnsupportedTypeError,
    get_loader,
    get_saver,
    list_formats,
    load,
    register,
    register_loader,
    register_saver,
    save,
    unregister_loader,
    unregister_saver,
)
from scitex_io.registry import suffixes


@frozen(kw_only=True)
class Words(FormatHandler, Saver[str], Loader[str]):
    """Text, one word a line."""

    name = "words"
    extensions: ClassVar[tuple[str, ...]] = (".words", ".tar.words")
    accepts = (Accepts(str),)
    yields = (str,)

    sep: str = "\n"

    def save(self, obj: str, path: Path, /) -> None:
        path.write_text(self.sep.join(obj.split()))

    def load(self, path: Path, /) -> str:
        return " ".join(path.read_text().split(self.sep))


class Animal: ...


class Dog(Animal): ...


class Puppy(Dog): ...


def storing(kind: type, label: str, *extensions: str) -> FormatHandler:
    @frozen(kw_only=True)
    class Stores(FormatHandler, Saver[Any]):
        """Stores one kind."""

        accepts = (Accepts(kind),)

        def save(self, obj: Any, path: Path, /) -> None:
            path.write_text(label)

    Stores.name, Stores.extensions = label, extensions or (".pet",)
    return Stores()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", [".csv"]),
        ("a.TAR.GZ", [".tar.gz", ".gz"]),
        ("run.1.npy", [".1.npy", ".npy"]),
        ("plain", []),
        (".bashrc", []),
        (".hidden.npy", [".npy"]),
        ("dir.x/file", []),
    ],
)
def test_suffixes_come_longest_first(name: str, expected: list[str]) -> None:
    assert list(suffixes(name)) == expected


def test_the_longest_registered_suffix_decides() -> None:
    registry = Registry({}, plugins=False)
    registry.register(storing(Animal, "short", ".b"))
    registry.register(storing(Animal, "long", ".a.b"))

    assert registry.for_saving(Dog(), "x.a.b").name == "long"
    assert registry.for_saving(Dog(), "x.c.b").name == "short"


def test_the_nearest_ancestor_decides() -> None:
    registry = Registry({}, plugins=False)
    for kind, label in ((Animal, "animal"), (Dog, "dog"), (object, "anything")):
        registry.register(storing(kind, label))

    assert registry.for_saving(Puppy(), "x.pet").name == "dog"
    assert registry.for_saving(Animal(), "x.pet").name == "animal"
    assert registry.for_saving(3, "x.pet").name == "anything"


def test_users_come_before_builtins_whatever_the_distance() -> None:
    registry = Registry({}, plugins=False)
    registry.register(storing(Dog, "builtin"), builtin=True)
    registry.register(storing(object, "user"))

    assert registry.for_saving(Dog(), "x.pet").name == "user"


def test_the_newest_registration_of_a_tier_comes_first() -> None:
    registry = Registry({}, plugins=False)
    registry.register(storing(Dog, "old"))
    registry.register(storing(Dog, "new"))

    assert registry.for_saving(Dog(), "x.pet").name == "new"


def test_registries_do_not_share_what_is_registered() -> None:
    one, other = Registry({}, plugins=False), Registry({}, plugins=False)
    one.register(Words)

    assert one.extensions("save") == [".tar.words", ".words"]
    assert other.extensions("save") == []


def test_an_unknown_extension_names_close_ones_and_the_way_to_add_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"did you mean .*\.npy.*register_saver") as caught:
        save(np.arange(3), tmp_path / "a.npyy")

    assert isinstance(caught.value, UnknownFormatError)
    assert caught.value.extension == ".npyy"


def test_an_unsupported_type_names_what_is_stored(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"npy cannot store dict; it stores numpy\.ndarray") as caught:
        save({}, tmp_path / "a.npy")

    assert isinstance(caught.value, UnsupportedTypeError)


def test_a_format_that_only_saves_says_so(tmp_path: Path) -> None:
    register(storing(Animal, "pet"))
    path = save(Animal(), tmp_path / "a.pet")

    with pytest.raises(UnknownFormatError, match="it can only save such files"):
        load(path)


def test_a_handler_class_registers_as_decorator_and_round_trips(tmp_path: Path) -> None:
    assert register(Words) is Words

    path = save("to be or", tmp_path / "a.words")

    assert path.read_text() == "to\nbe\nor"
    assert load(path) == "to be or"
    assert load(save("a b", tmp_path / "b.words", sep=";"), sep=";") == "a b"


def test_an_instance_registers_with_its_options(tmp_path: Path) -> None:
    register(Words(sep="|"))

    assert save("a b", tmp_path / "a.words").read_text() == "a|b"


def test_a_handler_can_be_given_directly(tmp_path: Path) -> None:
    path = save("a b", tmp_path / "noext", handler=Words(sep="-"))

    assert path.read_text() == "a-b"
    assert load(path, handler=Words(sep="-")) == "a b"


def test_an_extension_is_served_whatever_its_case(tmp_path: Path) -> None:
    register(Words)

    assert save("a b", tmp_path / "A.WORDS").name == "A.WORDS"
    assert load(tmp_path / "A.WORDS") == "a b"


@pytest.mark.parametrize("codec", ["gz", "bz2", "xz", "zst"])
def test_any_single_file_format_may_be_compressed(codec: str, tmp_path: Path) -> None:
    register(Words)

    path = save("to be or not", tmp_path / f"a.words.{codec}", sep=";")

    assert path.read_bytes()[:2] != b"to"
    assert load(path, sep=";") == "to be or not"
    assert [entry.name for entry in tmp_path.iterdir()] == [f"a.words.{codec}"]


@pytest.mark.parametrize("codec", ["gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "other"])
def test_a_damaged_compressed_file_is_a_clear_error(codec: str, damage: str, tmp_path: Path) -> None:
    register(Words)
    path = save(" ".join(map(str, range(5000))), tmp_path / f"a.words.{codec}")
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 0x10
    path.write_bytes(
        {"empty": b"", "truncated": bytes(data[:-20]), "flipped": bytes(data), "other": b"plain text"}[damage]
    )

    with pytest.raises(ValueError, match=r"cannot load .*a\.words"):
        load(path, cache=False)


def test_equal_content_gives_equal_gzip_bytes(tmp_path: Path) -> None:
    register(Words)

    assert save("a b", tmp_path / "1.words.gz").read_bytes() == save("a b", tmp_path / "2.words.gz").read_bytes()


# -- functions


def test_functions_register_as_decorators_and_keep_being_themselves(tmp_path: Path) -> None:
    @register_saver("foo")
    def save_foo(obj: Any, path: Path, *, shout: bool = False) -> None:
        path.write_text(str(obj).upper() if shout else str(obj))

    @register_loader(".FOO")
    def load_foo(path: Path, *, times: int = 1) -> str:
        return path.read_text() * times

    path = save("hey", tmp_path / "a.foo", shout=True)

    assert path.read_text() == "HEY"
    assert load(path, times=2) == "HEYHEY"
    assert get_saver(".foo") is save_foo
    assert get_loader("foo") is load_foo


def test_functions_register_directly_and_beat_the_builtin(tmp_path: Path) -> None:
    register_saver(".npy", lambda obj, path: path.write_text("mine"))

    assert save(np.arange(3), tmp_path / "a.npy").read_text() == "mine"
    assert unregister_saver(".npy") is True
    assert unregister_saver(".npy") is False
    assert load(save(np.arange(3), tmp_path / "a.npy")).tolist() == [0, 1, 2]


def test_a_function_sees_the_final_file_name(tmp_path: Path) -> None:
    seen: list[str] = []
    register_saver(".foo", lambda obj, path: seen.append(path.name))

    save(1, tmp_path / "final.foo")

    assert seen == ["final.foo"]


def test_an_option_the_function_does_not_take_is_an_error(tmp_path: Path) -> None:
    register_saver(".foo", lambda obj, path, width=1: path.write_text("x" * width))

    assert save(1, tmp_path / "a.foo", width=3).read_text() == "xxx"
    with pytest.raises(TypeError, match="no option 'widht' for save; did you mean width"):
        save(1, tmp_path / "a.foo", widht=3)


def test_a_function_with_keywords_takes_any_option(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}
    register_saver(".foo", lambda obj, path, **options: seen.update(options))

    save(1, tmp_path / "a.foo", anything=1)

    assert seen == {"anything": 1}


def test_an_error_of_a_user_function_passes_with_a_note(tmp_path: Path) -> None:
    @register_loader(".foo")
    def broken(path: Path) -> None:
        raise ZeroDivisionError("mine")

    (tmp_path / "a.foo").write_text("x")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        load(tmp_path / "a.foo")

    assert f"while loading '{tmp_path / 'a.foo'}'" in caught.value.__notes__[0]


def test_unregistering_one_verb_keeps_the_other() -> None:
    register_saver(".foo", print)
    register_loader(".foo", print)

    assert unregister_loader("foo") is True
    assert get_loader(".foo") is None
    assert get_saver(".foo") is print


def test_builtin_registrations_cannot_be_unregistered() -> None:
    register_saver(".foo", print, builtin=True)

    assert unregister_saver(".foo") is False
    assert ".foo" in list_formats()["save"]["builtin"]


def test_get_saver_and_loader_of_a_builtin_work_as_functions(tmp_path: Path) -> None:
    saver, loader = get_saver("npy"), get_loader("npy")
    assert saver is not None
    assert loader is not None

    saver(np.arange(3), tmp_path / "a.npy")

    assert isinstance(loader(tmp_path / "a.npy", mmap_mode="r"), np.memmap)
    assert get_saver(".nope") is None


def test_list_formats_has_the_shape_scripts_rely_on() -> None:
    register_saver(".foo", print)

    formats = list_formats()

    assert set(formats) == {"save", "load"}
    assert formats["save"]["user"] == [".foo"]
    assert formats["load"]["user"] == []
    assert formats["load"]["builtin"] == sorted(formats["load"]["builtin"])
    assert ".npy" in formats["load"]["builtin"]


@pytest.mark.parametrize("fn", [3, "text", None])
def test_what_cannot_be_called_cannot_be_registered(fn: Any) -> None:
    register_it = register_saver(".foo")

    with pytest.raises(RegistrationError, match="callable"):
        register_it(fn)


# -- classes that cannot work


def test_a_class_that_forgets_its_method_is_refused() -> None:
    @frozen(kw_only=True)
    class Forgetful(FormatHandler, Loader[int]):
        name, extensions, yields = "forgetful", (".f",), (int,)

    with pytest.raises(RegistrationError, match="load"):
        register(Forgetful)


def test_a_field_without_frozen_is_refused_with_the_reason() -> None:
    class Undecorated(Words):
        width: int = 3

    with pytest.raises(RegistrationError, match=r"width.*@frozen"):
        register(Undecorated)


def test_a_saver_that_accepts_nothing_is_refused() -> None:
    @frozen(kw_only=True)
    class Nothing(FormatHandler, Saver[int]):
        name, extensions = "nothing", (".n",)

        def save(self, obj: int, path: Path, /) -> None: ...

    with pytest.raises(RegistrationError, match="accepts"):
        register(Nothing)


def test_a_class_without_ability_or_extension_or_name_is_refused() -> None:
    @frozen(kw_only=True)
    class Idle(FormatHandler):
        name, extensions = "idle", (".i",)

    @frozen(kw_only=True)
    class Nowhere(Words):
        extensions = ()

    with pytest.raises(RegistrationError, match="neither Saver nor Loader"):
        register(Idle)
    with pytest.raises(RegistrationError, match="no extension"):
        register(Nowhere)
    with pytest.raises(RegistrationError, match="subclass of FormatHandler"):
        register(int)  # type: ignore[type-var]  # what this test is about


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        (Saver[int], bool),
        (Saver[float], int),
        (Saver["int | str | None"], type(None)),
        (Saver[Sequence[float]], list),
        (Saver["Sequence[Any]"], list),
        (Saver[list[int] | dict[str, int]], dict),
        (Saver["NoSuchName | int"], str),  # type: ignore[name-defined]  # as if only checkers imported it
        (Saver["pd.DataFrame"], str),  # type: ignore[name-defined]  # the same
        (Saver[os.PathLike[str]], Path),
        (Saver[Literal["a"]], str),
        (Saver[object], str),
    ],
    ids=str,
)
def test_a_header_that_takes_what_is_accepted_or_cannot_be_told_is_fine(said: Any, accepted: type) -> None:
    body: dict[str, Any] = {"name": "x", "extensions": (".x",), "accepts": (Accepts(accepted),), "__module__": __name__}
    body |= {"save": lambda self, obj, path, /: None}
    kind = types.new_class("Kind", (FormatHandler, said), {}, lambda names: names.update(body))

    assert Registry(plugins=False).register(kind) is kind


# -- plug-ins


def install_plugin(folder: Path, entries: str, code: str = "") -> None:
    info = folder / "fitslib-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fitslib\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[scitex_io.formats]\n{entries}\n")
    (folder / "fitslib.py").write_text(textwrap.dedent(code))


PLUGIN = """
    from pathlib import Path
    from attrs import frozen
    from scitex_io import Accepts, FormatHandler, Loader, Saver

    @frozen(kw_only=True)
    class Star(FormatHandler, Saver[str], Loader[str]):
        "A star."
        name, extensions, accepts, yields = "star", (".star",), (Accepts(str),), (str,)
        def save(self, obj, path, /): path.write_text(obj)
        def load(self, path, /): return path.read_text()
"""


def test_a_plugin_is_found_on_a_miss_and_not_imported_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_plugin(tmp_path, "star = fitslib:Star", PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry()
    try:
        assert registry.for_saving(np.arange(3), "a.npy").name == "npy"
        assert "fitslib" not in sys.modules

        assert registry.for_saving("x", "a.star").name == "star"
        assert registry.for_loading("a.star.gz").name == "star.gz"
        assert ".star" in registry.extensions("load", user=True)
    finally:
        sys.modules.pop("fitslib", None)


def test_a_builtin_comes_before_a_plugin_for_the_same_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = PLUGIN.replace("(Accepts(str),)", "(Accepts('numpy.ndarray'), Accepts(str))")
    install_plugin(tmp_path, "npy = fitslib:Star", code)
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry()
    try:
        assert registry.for_saving("text", "a.npy").name == "star"
        assert registry.for_saving(np.arange(3), "a.npy").name == "npy"
    finally:
        sys.modules.pop("fitslib", None)


def test_a_plugin_that_fails_to_load_is_a_warning_naming_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_plugin(tmp_path, "star = fitslib:Missing", PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry()
    try:
        with pytest.warns(PluginWarning, match="fitslib:Missing"), pytest.raises(UnknownFormatError):
            registry.for_saving("x", "a.star")
    finally:
        sys.modules.pop("fitslib", None)


# -- threads and numbers


def test_registering_and_resolving_from_many_threads() -> None:
    registry = Registry({}, plugins=False)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(50):
                registry.register(storing(Dog, f"{number}", f".{number}x{step}"))
                assert registry.for_saving(Dog(), f"a.{number}x{step}").name == f"{number}"
        except BaseException as error:  # noqa: BLE001  # a thread has no other way to tell
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(registry.extensions("save")) == 400
