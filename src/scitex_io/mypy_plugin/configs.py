"""Types of the values that `load_configs` reads."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mypy.checker import TypeChecker
from mypy.errorcodes import ErrorCode
from mypy.nodes import StrExpr
from mypy.plugin import AttributeContext, FunctionContext, MethodContext
from mypy.types import AnyType, ExtraAttrs, Instance, NoneType, Type, get_proper_type

from scitex_io.mypy_plugin.arguments import call_of
from scitex_io.mypy_plugin.bindings import bindings_in
from scitex_io.mypy_plugin.endings import MARK
from scitex_io.mypy_plugin.kinds import ANY, union
from scitex_io.mypy_plugin.names import Namer
from scitex_io.mypy_plugin.projects import Project
from scitex_io.mypy_plugin.reporting import report

CONFIG = ErrorCode("scitex-config", "The configs have no such key", "scitex-io")
TREE = "scitex_io.dotdict.DotDict"
ITEM = {f"{TREE}.__getitem__", "scitex_io.session.configs.Config.__getitem__"}
KEY = "\0"
"""Ends the names of keys, so that mypy takes none of them for an attribute of its own knowledge."""
FOLDER = re.compile(rb"""["']([\w./~-]+)["']""")
ENVIRONMENT = re.compile(r"\$\{env:[^{}$\s]+\}")


def folders(text: bytes, project: Project) -> list[str]:
    """The folders of configs that a file may speak of: the default one, and those that a text in it names."""
    named = {name.decode() for name in FOLDER.findall(text)} | {"config"}
    places = {os.path.join(project.folder, os.path.expanduser(name)) for name in named}
    return sorted({os.path.normpath(place) for place in places if any(_yaml(place))})


def _yaml(folder: str) -> Iterator[str]:
    for place in (folder, os.path.join(folder, "categories")):
        if os.path.isdir(place):
            for name in sorted(os.listdir(place)):
                if name.endswith((".yaml", ".yml")) and name[0] != ".":
                    yield os.path.join(place, name)


def texts(text: bytes, project: Project) -> bytes:
    """All of the configs that a file may speak of, each line as if it ended in a text."""
    found = [Path(path).read_bytes() for folder in folders(text, project) for path in _yaml(folder)]
    return b"".join(re.sub(rb"[\"']?\s*(#.*)?$", b'"', one, flags=re.MULTILINE) for one in found)


def digest(text: bytes, project: Project) -> str:
    """Differs when a config of the file does."""
    found = hashlib.sha1(usedforsecurity=False)
    for folder in folders(text, project):
        for path in _yaml(folder):
            found.update(os.path.relpath(path, project.folder).encode() + b"\0" + Path(path).read_bytes() + b"\0")
    return found.hexdigest()


def loaded(ctx: FunctionContext, project: Project) -> Type:
    """The type of a tree of configs, which knows its keys."""
    default = get_proper_type(ctx.default_return_type)
    assert isinstance(ctx.api, TypeChecker)
    if not isinstance(default, Instance) or default.type.fullname != "scitex_io.session.configs.Config":
        return default
    call = call_of(ctx)
    folder = "config"
    if "config_dir" in call.given and not isinstance(get_proper_type(call.given["config_dir"][1]), NoneType):
        (name,) = Namer(ctx.api).names(call.given["config_dir"][0])
        if not name.whole:
            return default
        folder = name.tail
    place = os.path.normpath(os.path.join(project.folder, os.path.expanduser(folder)))
    if call.is_open or place not in folders(Path(ctx.api.tree.path).read_bytes(), project):
        return default
    forms = [_tree(place, debug=debug) for debug in (False, True)]
    return _typed(forms, default, ctx.api)


def _tree(folder: str, *, debug: bool) -> dict[str, Any]:
    """The tree as `load_configs` makes it, but for what the environment says."""
    from scitex_io.session import configs
    from scitex_io.session.references import resolved

    files: dict[str, Path] = {}
    tree: dict[str, Any] = {}
    for path in configs._files(Path(folder)):  # noqa: SLF001  # the same rules, without the environment
        top = path.stem.upper()
        files[top] = path
        tree[top] = configs._raised(_without_environment(configs._read(path)), path, (top,), debug=debug, shown=[])  # noqa: SLF001
    tree = resolved(tree, files)
    if configs.SWITCH in tree:
        tree[configs.SWITCH] = debug
    return tree


def _without_environment(node: Any) -> Any:
    if isinstance(node, str):
        return ENVIRONMENT.sub(MARK, node)
    if type(node) is dict:
        return {key: _without_environment(part) for key, part in node.items()}
    return [_without_environment(part) for part in node] if type(node) is list else node


def _typed(forms: list[Any], tree: Instance, checker: TypeChecker) -> Type:
    """The type of a value of which there may be several forms."""
    mappings = [form for form in forms if type(form) is dict]
    if mappings and len(mappings) == len(forms):
        keys = dict.fromkeys(key for form in mappings for key in form)
        made = {
            f"{key}{KEY}": _typed([form[key] for form in mappings if key in form], tree, checker)
            for key in keys
            if isinstance(key, str)
        }
        return tree.copy_modified() if not made else _with(tree, made)
    texts_of = sorted({form for form in forms if type(form) is str})
    rest = [_plain(form, tree, checker) for form in forms if type(form) is not str]
    if texts_of:
        rest.append(_with(checker.named_type("builtins.str"), dict.fromkeys(texts_of, NoneType())))
    return union(rest)


def _with(kind: Instance, attrs: dict[str, Type]) -> Instance:
    made = kind.copy_modified()
    made.extra_attrs = ExtraAttrs(attrs, set(), None)
    return made


def _plain(value: Any, tree: Instance, checker: TypeChecker) -> Type:
    if value is None:
        return NoneType()
    kind = type(value)
    if kind in {bool, int, float, str, bytes}:
        return checker.named_type(f"builtins.{kind.__name__}")
    if isinstance(value, list):
        parts = [_plain(part, tree, checker) for part in value]
        same = union(parts) if parts else ANY
        return checker.named_generic_type("builtins.list", [same])
    if isinstance(value, Mapping):  # inside a list
        return checker.named_generic_type("builtins.dict", [ANY, ANY])
    return ANY


# -- access


def attribute(ctx: AttributeContext, name: str) -> Type:
    """The type of ``CONFIG.name``."""
    if ctx.is_lvalue or name.startswith("_"):
        return ctx.default_attr_type
    return _looked_up(ctx, name, ctx.default_attr_type)


def item(ctx: MethodContext) -> Type:
    """The type of ``CONFIG["name"]``."""
    (nodes,) = ctx.args
    if len(nodes) != 1 or not isinstance(nodes[0], StrExpr):
        return ctx.default_return_type
    return _looked_up(ctx, nodes[0].value, ctx.default_return_type)


def _looked_up(ctx: AttributeContext | MethodContext, name: str, default: Type) -> Type:
    held = get_proper_type(ctx.type)
    if not isinstance(held, Instance) or held.extra_attrs is None or not isinstance(get_proper_type(default), AnyType):
        return default
    known = {key.removesuffix(KEY): kind for key, kind in held.extra_attrs.attrs.items() if key.endswith(KEY)}
    if not known:
        return default
    found = known.get(name, known.get(name.upper()))
    if found is not None:
        return found
    assert isinstance(ctx.api, TypeChecker)
    if name in bindings_in(ctx.api.tree).attributes:
        return default  # the script sets it
    close = get_close_matches(name.upper(), known, n=3)
    hint = f"did you mean {', '.join(close)}?" if close else f"there is {', '.join(list(known)[:8])}"
    report(ctx.api, f"the configs have no key '{name}' here; {hint}", ctx.context, CONFIG)
    return default
