"""A plug-in for the tests: every expression that a call is given is taken for the name of a file."""

from __future__ import annotations

from collections.abc import Callable

from mypy.checker import TypeChecker
from mypy.plugin import FunctionContext, MethodContext, Plugin
from mypy.types import Type

from scitex_io.mypy_plugin.bindings import bindings_in
from scitex_io.mypy_plugin.endings import Untold
from scitex_io.mypy_plugin.names import Namer


class Stress(Plugin):
    """Asks for names everywhere, and lets every defect through."""

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """For every function."""
        return _asked

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """For every method."""
        return _asked


def _asked(ctx: FunctionContext | MethodContext) -> Type:
    assert isinstance(ctx.api, TypeChecker)
    bindings_in(ctx.api.tree)
    namer = Namer(ctx.api)
    for node in (node for nodes in ctx.args for node in nodes):
        for ask in (namer.names, namer.items, namer.parts):
            try:
                ask(node)
            except Untold:
                continue
    return ctx.default_return_type


def plugin(version: str) -> type[Plugin]:
    """What mypy calls."""
    return Stress
