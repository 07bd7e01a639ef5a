"""Types that follow the file name, for mypy: ``plugins = scitex_io.mypy_plugin``.

Nothing is remembered from run to run, and nothing that is checked is imported: what a call gives follows from the
sources, so that every way to run mypy says the same. A hook that fails leaves the type as it was.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from mypy.checker import TypeChecker
from mypy.nodes import Import, ImportAll, ImportFrom, MypyFile
from mypy.options import Options
from mypy.plugin import AttributeContext, FunctionContext, MethodContext, Plugin, ReportConfigContext
from mypy.types import Type

from scitex_io.mypy_plugin import configs
from scitex_io.mypy_plugin.calls import Calls
from scitex_io.mypy_plugin.catalogue import Catalogue
from scitex_io.mypy_plugin.kinds import Kinds

C = TypeVar("C", FunctionContext, MethodContext, AttributeContext)

LOAD = {"scitex_io.api.load", "scitex_io.load"}
SAVE = {"scitex_io.api.save", "scitex_io.save"}
CONFIGS = {"scitex_io.session.configs.load_configs", "scitex_io.load_configs"}
ENDING = re.compile(rb"""\.(\w+(?:\.\w+)?)/?["']|ext\s*=\s*["']\.?(\w+)["']""")


class ScitexPlugin(Plugin):
    """What mypy asks."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._last: tuple[object, set[str]] | None = None

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self.options)

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """For calls of `load`, `save` and `load_configs`."""
        if fullname in LOAD:
            return self._guarded(lambda ctx: self._calls(ctx).load())
        if fullname in SAVE:
            return self._guarded(lambda ctx: self._calls(ctx).save())
        if fullname in CONFIGS:
            return self._guarded(lambda ctx: configs.loaded(ctx, self._catalogue.project))
        return None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """For ``CONFIG["MODEL"]``."""
        return self._guarded(configs.item) if fullname in configs.ITEM else None

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        """For ``CONFIG.MODEL``."""
        if fullname.startswith(f"{configs.TREE}."):
            name = fullname.rpartition(".")[2]
            return self._guarded(lambda ctx: configs.attribute(ctx, name))
        return None

    def _guarded(self, hook: Callable[[C], Type]) -> Callable[[C], Type]:
        def guarded(ctx: C) -> Type:
            try:
                return hook(ctx)
            except Exception:  # noqa: BLE001  # whatever it is, mypy goes on as without the plug-in
                self._tell()
                return ctx.default_attr_type if isinstance(ctx, AttributeContext) else ctx.default_return_type

        return guarded

    def _tell(self) -> None:
        if self.options.show_traceback:
            traceback.print_exc(file=sys.stderr)

    def _calls(self, ctx: FunctionContext) -> Calls:
        assert isinstance(ctx.api, TypeChecker)
        return Calls(ctx, self._catalogue, Kinds(ctx.api, self._catalogue.reader, self._known(ctx.api.tree)))

    # -- what a file depends on

    def _known(self, tree: MypyFile) -> set[str]:
        if self._last is None or self._last[0] is not tree.defs:
            self._last = tree.defs, {*self._needed(tree), *_imported(tree)}
        return self._last[1]

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        """The modules of the types that the files named in a file load as."""
        try:
            if self._catalogue.project.holds(file.path):
                self._catalogue.project.forget()
            return [(10, module, -1) for module in sorted(self._needed(file))]
        except Exception:  # noqa: BLE001  # as above
            self._tell()
            return []

    def _needed(self, file: MypyFile) -> set[str]:
        if not any(name.partition(".")[0] == "scitex_io" for name in _imported(file)) or not os.path.isfile(file.path):
            return set()
        if file.fullname.partition(".")[0] == "scitex_io":
            return set()
        with open(file.path, "rb") as source:
            text = source.read()
        if b"CONFIG" in text or b"load_configs" in text:
            text += configs.texts(text, self._catalogue.project)
        endings = {f".{(one or other).decode().lower()}" for one, other in ENDING.findall(text)}
        endings |= {f".{ending.rpartition('.')[2]}" for ending in endings} | {
            f".{ending.split('.')[1]}" for ending in endings
        }
        modules = self._catalogue.modules_for(endings)
        return {module for module in modules if self._catalogue.can_import(module)}

    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        """What besides the sources a file's types follow from: if it changes, the file is checked again."""
        try:
            project = self._catalogue.project
            if not ctx.path or not project.holds(ctx.path):
                return None
            data = {"formats": self._catalogue.digest, "project": project.digest}
            with open(ctx.path, "rb") as source:
                text = source.read()
            if b"load_configs" in text:
                data["configs"] = configs.digest(text, project)
        except Exception:  # noqa: BLE001  # as above
            self._tell()
            return None
        return data


def _imported(tree: MypyFile) -> set[str]:
    found: set[str] = set()
    for node in tree.imports:
        if isinstance(node, Import):
            found.update(name for name, _ in node.ids)
        elif isinstance(node, ImportFrom):
            found.update({node.id, *(f"{node.id}.{name}" for name, _ in node.names)})
        elif isinstance(node, ImportAll):
            found.add(node.id)
    return found


def plugin(version: str) -> type[Plugin]:  # noqa: ARG001  # every version that has the hooks
    """What mypy calls."""
    return ScitexPlugin
