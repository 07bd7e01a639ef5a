"""Formats that cannot work, and misuses of those that do: what checkers flag, by mypy's code and pyright's rule.

What they cannot see is refused when the class is registered, for the reason that its docstring gives.
"""

from pathlib import Path

from attrs import frozen
from tracelab.io import Count, Trace, save_rate

from scitex_io import Accepts, FormatHandler, Loader, Saver, load, register, save


@frozen(kw_only=True)
class Forgetful(FormatHandler, Saver[int], Loader[int]):
    """Can't instantiate abstract class Forgetful"""

    name = "forgetful"
    extensions = (".f",)
    accepts = (Accepts(int),)

    def save(self, obj: int, path: Path, /) -> None: ...


@frozen(kw_only=True)
class OtherTypes(FormatHandler, Saver[int], Loader[int]):
    """it accepts str, but lists Saver[int]"""

    name = 3  # E: assignment reportAssignmentType
    extensions = (".o",)
    accepts = (Accepts(str),)

    def save(self, obj: str, path: Path, /) -> None: ...  # E: override reportIncompatibleMethodOverride

    def load(self, path: Path, /) -> str:  # E: override reportIncompatibleMethodOverride
        return ""


@frozen(kw_only=True)
class OtherResult(FormatHandler, Loader["list[int]"]):
    """it yields dict, but lists Loader[list[int]]"""

    name = "other"
    extensions = (".o",)
    yields = (dict,)

    def load(self, path: Path, /) -> list[int]:
        return []


class Undecorated(FormatHandler, Loader[int]):
    """its fields ['sep'] do nothing without @frozen(kw_only=True)"""

    name = "undecorated"
    extensions = (".u",)
    sep: str = ";"

    def load(self, path: Path, /) -> int:
        return 3


@frozen(kw_only=True)
class Undeclared(FormatHandler, Saver[int]):
    """a saver declares what it accepts"""

    name = "undeclared"
    extensions = (".u",)

    def save(self, obj: int, path: Path, /) -> None: ...


@frozen(kw_only=True)
class Nameless(FormatHandler, Loader[int]):
    """it does not state its name"""

    extensions = (".n",)

    def load(self, path: Path, /) -> int:
        return 3


@frozen(kw_only=True)
class Unable(FormatHandler):
    """it lists neither Saver nor Loader in its header"""

    name = "unable"
    extensions = (".u",)

    def load(self, path: Path, /) -> int:
        return 3


class NoFormat(Loader[int]):
    """a handler is a subclass of FormatHandler"""

    def load(self, path: Path, /) -> int:
        return 3


REFUSED: list[type] = [
    *(Forgetful, OtherTypes, OtherResult, Undecorated, Undeclared, Nameless, Unable, NoFormat),
]


def misuse() -> None:
    """Never called."""
    Forgetful()  # E: abstract reportAbstractUsage
    Undecorated(sep=",")  # E: call-arg reportCallIssue
    register(NoFormat)  # E: type-var reportArgumentType
    Trace(units="mV")  # E: call-arg reportCallIssue
    Trace(skip="1")  # E: arg-type reportArgumentType
    Count().save("3", Path("a.count"))  # E: arg-type reportArgumentType
    text: str = Count().load(Path("a.count"))  # E: assignment reportAssignmentType
    Count().load(Path("a.count"), 16)  # E: call-arg reportCallIssue
    save("x", "a.count", handler=Count())  # E: misc reportArgumentType
    save_rate(3.0, Path("a.rate"), units="kHz")  # E: call-arg reportCallIssue
    load(text)
