"""An unpickler that looks at each step: slow where there are many, and sure."""

from __future__ import annotations

import pickle
import sys
from functools import partial
from typing import IO, Any, ClassVar

from scitex_io.content.pickles.dtypes import stated
from scitex_io.content.pickles.hooks import names_hook
from scitex_io.content.pickles.names import admitted
from scitex_io.content.pickles.rules import Called, Rule, anything, check
from scitex_io.content.pickles.states import check_array, check_state
from scitex_io.policy import Policy

ALLOWED = Rule(anything, new=True)
"""What the user allowed by its name may be used in any way."""


Python: Any = pickle._Unpickler  # noqa: SLF001  # the one whose steps can be replaced; its types are not told


class UnknownNameError(Exception):
    """The file wants what is neither one of data nor allowed."""


def allowed(policy: Policy, module: str, name: str, find: Any) -> Any:
    """What the user allowed by its name.

    Raises
    ------
    UnknownNameError
        Nobody did.
    """
    if policy.admits(module, name):
        return find(module, name)
    if policy.admits_package(module):
        found = find(module, name)
        # All of a package is what is defined there, not what it imports from elsewhere.
        if policy.admits_package(getattr(found, "__module__", None) or ""):
            return found
    raise UnknownNameError(f"{module}.{name}")


class Careful(Python):  # type: ignore[misc]  # its base is known as Any
    """Admits data and what *policy* allows.

    Raises
    ------
    UnknownNameError
        The file wants something else.
    HostileError
        It uses what is admitted as no data do.
    """

    dispatch: ClassVar[Any] = dict(Python.dispatch)

    def __init__(self, file: IO[bytes], policy: Policy, **options: Any) -> None:
        super().__init__(file, **options)
        self.policy = policy
        self._rules: dict[int, Rule] = {}
        self._new: dict[int, Any] = {}  # dtypes and arrays whose state is still to come
        self._kept: list[Any] = []

    def find_class(self, module: str, name: str) -> Any:
        """The thing itself for a class or constant; for a function what can only be called."""
        found = admitted(module, name)
        if found is None:
            real, rule = allowed(self.policy, module, name, super().find_class), ALLOWED
        else:
            real, rule = found
            if rule.call is not None and not isinstance(real, type):
                return Called(partial(rule.call, real))
        self._rules[id(real)] = rule
        self._kept.append(real)  # so that its id stays its own
        return real

    def _rule(self, thing: Any) -> Rule:
        rule = self._rules.get(id(thing))
        if rule is None:
            check(None)
        assert rule is not None
        return rule

    def _called(self, thing: Any, arguments: tuple[Any, ...]) -> Any:
        if type(thing) is Called:
            return self._noted(thing(*arguments))
        rule = self._rule(thing)
        check(rule.call)
        assert rule.call is not None
        return self._noted(rule.call(thing, *arguments))

    def _noted(self, made: Any) -> Any:
        numpy = sys.modules.get("numpy")
        if numpy is not None and (
            isinstance(made, numpy.dtype) or (isinstance(made, numpy.ndarray) and made.size == 0)
        ):
            self._new[id(made)] = made
        return made

    def _empty(self, kind: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        rule = self._rule(kind)
        check(rule.new and (rule is ALLOWED or not (arguments or named)))
        return kind.__new__(kind, *arguments, **named)

    # ------------------------------------------------------------ the steps

    def load_reduce(self) -> None:
        """Call."""
        arguments = self.stack.pop()
        self.stack[-1] = self._called(self.stack[-1], arguments)

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self) -> None:
        """Make an empty instance."""
        arguments = self.stack.pop()
        self.stack[-1] = self._empty(self.stack[-1], arguments, {})

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self) -> None:
        """Make an empty instance."""
        named = self.stack.pop()
        arguments = self.stack.pop()
        self.stack[-1] = self._empty(self.stack[-1], arguments, named)

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def _instantiate(self, kind: Any, arguments: Any) -> None:  # the protocols 0 and 1
        if not arguments and self._rule(kind).new:
            self.append(self._empty(kind, (), {}))
        else:
            self.append(self._called(kind, tuple(arguments)))

    def load_build(self) -> None:
        """Give an instance its state."""
        state, instance = self.stack[-1], self.stack[-2]
        check(id(instance) not in self._rules and type(instance) is not Called and not isinstance(instance, type))
        check_state(instance, state)
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(instance, numpy.dtype):
            self.stack.pop()
            self._replace(instance, state)
            return
        if numpy is not None and isinstance(instance, numpy.ndarray):
            # Once: its memory is taken for what it was by what holds it already.
            check(self._new.pop(id(instance), None) is instance)
            check_array(state)
        check(self._rules.get(id(type(instance))) is ALLOWED or not names_hook(state))
        self.set_state()

    dispatch[pickle.BUILD[0]] = load_build

    def set_state(self) -> None:
        """As every unpickler does."""
        Python.load_build(self)

    def _replace(self, dtype: Any, state: Any) -> None:
        """Put another dtype in its place: to change one would change the arrays that have it."""
        check(self._new.pop(id(dtype), None) is dtype)
        made = stated(dtype, state)
        self.stack[-1] = made
        for key in reversed(self.memo):
            if self.memo[key] is dtype:
                self.memo[key] = made
                break

    def load_bytearray8(self) -> None:
        """Bytes as far as there are any, whatever length is claimed."""
        length = int.from_bytes(self.read(8), "little")
        content = bytearray()
        while len(content) < length:
            piece = self.read(min(length - len(content), 1 << 24))
            if not piece:
                raise EOFError("the file ends inside a buffer")
            content += piece
        self.append(content)

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8
