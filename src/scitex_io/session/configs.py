"""A folder of YAML files as one tree, in upper case, with values for debugging and references between them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, overload

from attrs import define, field

from scitex_io.dotdict import DotDict
from scitex_io.errors import ConfigLoadError, MissingKeyError
from scitex_io.session.origins import Origin, found_in
from scitex_io.session.references import resolved
from scitex_io.typing import StrPath

T = TypeVar("T")

DEBUG = "DEBUG_"
SWITCH = "IS_DEBUG"
YES = {"1", "true", "yes", "on"}


@define
class Sources:
    """Where a tree of configs came from."""

    files: dict[str, Path] = field(factory=dict[str, Path])  # top-level key: file
    is_debug: bool = False
    chosen_by: str = ""  # what decided about debugging


class Config(DotDict):
    """A `DotDict` of configs, which knows where each value was written."""

    __slots__ = ("_sources",)
    _sources: Sources

    def why(self, key: str) -> Origin:
        """Where a value comes from, and which rule chose it: ``CONFIG.why("MODEL.LR")``.

        Raises
        ------
        KeyError
            There is no such value.
        """
        parts = key.split(".")
        value: Any = self
        for part in parts:
            try:
                value = value[int(part) if isinstance(value, list) else part]
            except (KeyError, IndexError, TypeError, ValueError):
                known = tuple(map(str, value)) if isinstance(value, DotDict) else ()
                raise MissingKeyError("the configs", key, known) from None
        sources: Sources = getattr(self, "_sources", Sources())
        if parts[0].upper() == SWITCH and len(parts) == 1:
            return Origin(key.upper(), value, sources.files.get(SWITCH), rule=sources.chosen_by)
        return found_in(sources.files.get(parts[0].upper()), parts, value, debug=DEBUG if sources.is_debug else "")


@overload
def load_configs(
    IS_DEBUG: bool | None = None,  # noqa: N803  # the name that scripts use
    show: bool = False,
    verbose: bool = False,
    config_dir: StrPath | None = None,
    *,
    schema: None = None,
) -> Config: ...
@overload
def load_configs(
    IS_DEBUG: bool | None = None,  # noqa: N803  # the name that scripts use
    show: bool = False,
    verbose: bool = False,
    config_dir: StrPath | None = None,
    *,
    schema: type[T],
) -> T: ...
def load_configs(
    IS_DEBUG: bool | None = None,  # noqa: N803  # the name that scripts use
    show: bool = False,
    verbose: bool = False,
    config_dir: StrPath | None = None,
    *,
    schema: type[Any] | None = None,
) -> Any:
    """All YAML files of a folder as one tree: ``config/model.yaml`` with ``lr: 0.1`` is ``CONFIG.MODEL.LR``.

    Every key is in upper case, at every depth outside lists. While debugging, ``DEBUG_X`` also takes the place of
    ``X`` beside it. ``${PATHS.ROOT}/raw`` refers to another value, ``${env:HOME}`` to the environment; what begins
    with no name of a file stays as it is written.

    Parameters
    ----------
    IS_DEBUG
        Whether to debug; None: what ``IS_DEBUG.yaml`` says, else whether the environment's ``CI`` is true.
    show
        Print which value took the place of which.
    verbose
        Print which files were read.
    config_dir
        The folder (default ``./config``); its files, and those in ``categories`` below it.
    schema
        A class of attrs or a dataclass to give the tree as; its fields are matched in any case.

    Returns
    -------
    A `DotDict` that also tells where a value comes from, ``CONFIG.why("MODEL.LR")``; or an instance of *schema*.

    Raises
    ------
    ConfigLoadError
        A file is no YAML, two keys of one mapping differ in case only, a reference leads nowhere or in a circle,
        or the tree does not fit the schema.
    """
    folder = Path("config" if config_dir is None else config_dir).expanduser()
    sources, raw = Sources(), {}
    for path in _files(folder):
        top = path.stem.upper()
        if top in sources.files:
            raise ConfigLoadError(str(path), f"'{path.name}' and '{sources.files[top].name}' both give {top}")
        sources.files[top] = path
        raw[top] = _read(path)
        if verbose:
            print(f"read {path}")  # noqa: T201  # asked for
    sources.is_debug, sources.chosen_by = _debugging(IS_DEBUG, raw.get(SWITCH))
    tree: dict[str, Any] = {}
    for top, node in raw.items():
        shown: list[str] = []
        tree[top] = _raised(node, sources.files[top], (top,), debug=sources.is_debug, shown=shown)
        for line in shown if show else ():
            print(line)  # noqa: T201  # asked for
    tree = resolved(tree, sources.files)
    if SWITCH in tree:
        tree[SWITCH] = sources.is_debug
    config = Config(tree)
    object.__setattr__(config, "_sources", sources)
    if schema is None:
        return config
    from scitex_io.session.schemas import fitted

    return fitted(tree, schema, config.why, folder)


def _files(folder: Path) -> Iterator[Path]:
    for place in (folder, folder / "categories"):
        try:
            names = sorted(os.listdir(place))
        except (FileNotFoundError, NotADirectoryError):
            continue
        yield from (place / name for name in names if name.endswith((".yaml", ".yml")) and name[0] != ".")


def _read(path: Path) -> Any:
    from yaml import YAMLError

    from scitex_io.formats.yaml.words import documents

    try:
        found = documents(path.read_bytes())
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigLoadError(str(path), str(error)) from error
    if len(found) > 1:
        raise ConfigLoadError(str(path), f"it holds {len(found)} documents; a config is one")
    return found[0] if found else None


def _debugging(asked: bool | None, switch: Any) -> tuple[bool, str]:
    """Whether to debug, and who says so: the caller, the file, or the environment."""
    if asked is not None:
        return bool(asked), "override: IS_DEBUG= was given"
    if isinstance(switch, Mapping):
        for key, value in switch.items():
            if isinstance(key, str) and key.upper() == SWITCH and value is not None:
                return bool(value), "plain"
    on = os.environ.get("CI", "").lower() in YES
    return on, "override: the environment's CI" if on else "plain"


def _raised(node: Any, path: Path, keys: tuple[str, ...], *, debug: bool, shown: list[str]) -> Any:
    """The mapping with keys in upper case, at every depth outside lists, and what debugging puts in its place."""
    if type(node) is not dict:
        return node
    made: dict[Any, Any] = {}
    spelt: dict[str, str] = {}
    for key, value in node.items():
        name = key
        if isinstance(key, str):
            name = key.upper()
            if name in made:
                place = ".".join(keys)
                raise ConfigLoadError(str(path), f"in {place}, {spelt[name]!r} and {key!r} are one key in upper case")
            spelt[name] = key
        made[name] = (
            _raised(value, path, (*keys, str(name)), debug=debug, shown=shown) if type(value) is dict else value
        )
    if debug:
        for name in [name for name in spelt if name.startswith(DEBUG) and len(name) > len(DEBUG)]:
            made[name.removeprefix(DEBUG)] = made[name]
            shown.append(f"{'.'.join((*keys, name))} -> {name.removeprefix(DEBUG)}")
    return made
