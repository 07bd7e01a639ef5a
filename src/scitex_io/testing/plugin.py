"""``pytest --scitex-io-handler package.module:VALUE``: each check of a handler is a test."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scitex_io.testing.checks import Check

OPTION = "--scitex-io-handler"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("scitex-io").addoption(
        OPTION,
        action="append",
        default=[],
        metavar="PKG:VALUE",
        help="check this handler of a file format (or scitex_io.testing.Subject); may be repeated",
    )


class CheckItem(pytest.Item):
    """One check as a test."""

    check: Check

    def runtest(self) -> None:
        """Run it in a folder of its own."""
        from scitex_io.testing.subject import NotApplicableError

        with tempfile.TemporaryDirectory(prefix="scitex-io-") as folder:
            try:
                detail = self.check.run(Path(folder))
            except NotApplicableError as error:
                pytest.skip(str(error))
        self.user_properties.append(("seen", detail))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: None = None) -> str:  # type: ignore[override]  # the text is all
        """What was found, without the frames of the checks."""
        from scitex_io.testing.checks import told

        return (
            told(excinfo.value)
            if isinstance(excinfo.value, AssertionError)
            else str(super().repr_failure(excinfo, style))
        )

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it comes from, for the report."""
        return self.path, None, self.nodeid


class HandlerCollector(pytest.Collector):
    """The checks of one handler."""

    def collect(self) -> Iterator[pytest.Item]:
        """Each check as an item."""
        from scitex_io.testing.checks import checks
        from scitex_io.testing.finding import found

        for check in checks(found(self.name)):
            item = CheckItem.from_parent(self, name=check.name)
            item.check = check
            yield item


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Collect the handlers beside the files."""
    report = yield
    if isinstance(collector, pytest.Session) and report.passed:
        from scitex_io.testing.finding import found

        for reference in collector.config.getoption(OPTION) or ():
            try:
                found(reference)
            except ValueError as error:
                raise pytest.UsageError(f"{OPTION}: {error}") from error
            report.result.append(HandlerCollector.from_parent(collector, name=reference, nodeid=reference))
    return report
