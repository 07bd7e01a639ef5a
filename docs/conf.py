"""How the documentation is built; the pages that tell facts are made from the code first."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent / "src"), str(DOCS)]

import pages  # noqa: E402  # after the path to it

import scitex_io  # noqa: E402  # the checkout, installed or not

pages.write(DOCS)

project = "scitex-io"
version = release = scitex_io.__version__
copyright = "the scitex-io authors"  # noqa: A001  # the name that Sphinx reads
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "changelog.d", "measured.md", "**.ipynb"]
html_theme = "furo"
html_title = "scitex-io"
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
