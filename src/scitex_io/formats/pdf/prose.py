"""The text of a paper: cleaned, and by its sections as far as their headings tell."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

FRONT = "front matter"
"""What stands before the first heading."""
_HEADING = re.compile(
    r"""(?:(?:\d+|[IVX]+)(?:\.\d+)*\.?\s+)?
    (abstract | summary | keywords | introduction | background | related\ work
    | (?:materials?|patients|subjects|participants)\ and\ methods | methods(?:\ and\ materials)? | methodology
    | experimental\ (?:procedures|setup) | results(?:\ and\ discussion)? | discussion(?:\ and\ conclusions?)?
    | conclusions? | limitations | acknowledge?ments? | funding | author\ contributions
    | data\ availability(?:\ statement)? | competing\ interests | conflicts?\ of\ interest
    | references | bibliography | literature\ cited | appendix(?:\ [A-Z])? | supplementary\ (?:materials?|information))
    \s*[:.]?""",
    re.IGNORECASE | re.VERBOSE,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;:)\]]")
_BRACKETS, _NUMBERS = (re.compile(rf"^\s*{mark}\s+", re.MULTILINE) for mark in (r"\[\d+\]", r"\d{1,3}\."))


def cleaned(text: str) -> str:
    """Ligatures as letters, no soft hyphens at the ends of lines, no blanks but between words, at most one blank line."""
    text = re.sub("[\ufb00-\ufb06]", lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = re.sub("\u00ad\n?|\0", "", text)
    text = re.sub("[ \t\u00a0]+", " ", text)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", text)).strip()


def sections(text: str) -> dict[str, str]:
    """The text below each of the usual headings, by the heading in lower case."""
    found: dict[str, list[str]] = {FRONT: []}
    lines = found[FRONT]
    for line in text.split("\n"):
        heading = _HEADING.fullmatch(line.strip())
        if heading:
            lines = found.setdefault(" ".join(heading[1].lower().split()), [])
        else:
            lines.append(line)
    return {name: "\n".join(part).strip() for name, part in found.items() if part or name != FRONT}


def paper(text: str) -> dict[str, Any]:
    """DOI, abstract, sections and references of a paper; None or empty where it shows none."""
    parts = sections(text)
    doi = _DOI.search(text)
    listed = next((parts[name] for name in ("references", "bibliography", "literature cited") if name in parts), "")
    marks = _BRACKETS if _BRACKETS.search(listed) else _NUMBERS
    items = [" ".join(item.split()) for item in marks.split(listed)]
    return {
        "doi": doi[0] if doi else None,
        "abstract": parts.get("abstract", parts.get("summary")),
        "sections": parts,
        "references": [item for item in items if item],
    }
