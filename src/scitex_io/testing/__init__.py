"""Does a format keep what it declares? The checks that every format of ours passes, for any handler.

``check_handler(MY_FORMAT)`` in a test, ``pytest --scitex-io-handler package:MY_FORMAT`` for a test per check, and
``python -m scitex_io.testing package:MY_FORMAT`` for a table. Needs hypothesis: ``pip install "scitex-io[testing]"``.
"""

from scitex_io.testing.checks import Check, Outcome, check_handler, checks, outcomes
from scitex_io.testing.subject import Effort, NotApplicableError, Subject

__all__ = ["Check", "Effort", "NotApplicableError", "Outcome", "Subject", "check_handler", "checks", "outcomes"]
