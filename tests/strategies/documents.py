"""Documents: XML trees, pages, bibliographies and paragraphs."""

from __future__ import annotations

import collections
import types
from collections.abc import Callable
from typing import Any

import pandas as pd
from hypothesis import strategies as st
from matplotlib.figure import Figure

from scitex_io import DotDict

# ---------------------------------------------------------------- XML

characters = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
texts = st.text(characters | st.sampled_from("\n\t\r <>&\"']"), max_size=8)
filled = texts.filter(lambda text: text.strip(" \t\r\n"))
names = st.sampled_from(("a", "b", "c", "Élan", "x-1", "_y.z", "xml:lang"))
tags = st.sampled_from(("a", "b", "c", "Élan", "x-1", "_y.z"))


@st.composite
def elements(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    """An element as it loads: attributes, the first text, the order, the children and their tails."""
    made: dict[str, Any] = {f"@{name}": text for name, text in draw(st.dictionaries(names, texts, max_size=2)).items()}
    order = draw(st.lists(tags, max_size=4))
    if not order:
        text = draw(texts)
        return made | ({"#text": text} if text else {}) if made else text
    mixed = draw(st.booleans())
    if mixed:
        made["#text"] = draw(filled)
    runs = [tag for at, tag in enumerate(order) if at == 0 or order[at - 1] != tag]
    if len(runs) > len(set(runs)):
        made["#order"] = order
    parts: dict[str, list[Any]] = {}
    for tag in order:
        child = draw(inner)
        if mixed and (tail := draw(texts)):
            child = (child if isinstance(child, dict) else {"#text": child} if child else {}) | {"#tail": tail}
        parts.setdefault(tag, []).append(child)
    return made | {tag: found if len(found) > 1 else found[0] for tag, found in parts.items()}


contents = st.recursive(texts, elements, max_leaves=6)
roots = st.builds(lambda tag, content: {tag: content}, tags, contents)

# ---------------------------------------------------------------- bibliographies

words = st.sampled_from(("article", "book", "title", "x_2", "é", "doi"))
plain = st.text(characters | st.sampled_from("\n\r\t\\\"@#%=,()' "), max_size=8).filter(
    lambda text: not set(text) & {"{", "}"}
)
values = st.recursive(plain, lambda inner: st.builds("{}{{{}}}{}".format, plain, inner, plain), max_leaves=3)
entries = st.builds(
    lambda kind, key, fields: {"entry_type": kind, "key": key, "fields": fields},
    words.filter(lambda word: word not in {"comment", "preamble", "string"}),
    st.text("aB9_:/.+'()&!?*-é", max_size=6),
    st.dictionaries(words | st.just("month"), values | st.just("jan"), max_size=3),
)

# ---------------------------------------------------------------- text

lines = st.text(characters | st.sampled_from("\t <&]\u2028\x85"), max_size=8)
tables = st.builds(
    pd.DataFrame, st.fixed_dictionaries({"a": st.lists(lines, min_size=2, max_size=2), "b|c": st.just([0.1, None])})
)
CHARSETS = ("", '<meta charset="utf-8">', "<meta charset='iso-8859-1'>", '<?xml version="1.0" encoding="UTF-16"?>')
pages = st.builds(
    "{}<p>{}".format,
    st.sampled_from(CHARSETS),
    st.text(st.characters(max_codepoint=255)).map(
        lambda text: "".join(c for c in text if c.isprintable() or c in "\r\n\t")
    ),
)


def page(text: str) -> Figure:
    """A figure of nothing but text."""
    figure = Figure(figsize=(4, 2))
    figure.text(0.1, 0.5, text)
    return figure


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "xml:dict": roots,
    "xml:collections.OrderedDict": roots.map(collections.OrderedDict),
    "xml:collections.defaultdict": roots.map(lambda tree: collections.defaultdict(list, tree)),
    "xml:collections.Counter": st.builds(lambda tag: collections.Counter({tag: "text"}), tags),
    "xml:collections.abc.Mapping": roots.map(types.MappingProxyType),
    "xml:scitex_io.dotdict.DotDict": roots.map(DotDict),
    "bib:list": st.lists(entries, max_size=3),
    "bib:dict": entries,
    "html:str": pages,
    "docx:str": st.lists(lines, max_size=3).map("\n".join),
    "docx:list (paragraphs of text)": st.lists(lines, max_size=3),
    "docx:list (paragraphs and DataFrames)": st.lists(lines | tables, min_size=1, max_size=3),
    "docx:pandas.DataFrame": tables,
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("xml", "collections.OrderedDict"): dict,
    ("xml", "collections.defaultdict"): dict,
    ("xml", "collections.Counter"): dict,
    ("xml", "collections.abc.Mapping"): dict,
    ("xml", "scitex_io.dotdict.DotDict"): lambda tree: tree.to_dict(include_private=True),
    ("bib", "dict"): lambda entry: [entry],
    ("docx", "list"): "\n".join,
}
SAMPLES: dict[str, Callable[[], Any]] = {
    "xml": lambda: {"root": {"@id": "1", "item": [{"@n": str(n), "#text": "text " * 5} for n in range(9)]}},
    "bib": lambda: [
        {"entry_type": "article", "key": f"k{n}", "fields": {"title": "A {B}", "year": "2013"}} for n in range(9)
    ],
    "html": lambda: "<html><body><p>text</p></body></html>",
    "docx": lambda: ["first", pd.DataFrame({"a": [1, 2]}), "last " * 20],
    "pdf": lambda: page("text of a page"),
}
PARTS_ARE_WHOLE = {"bib", "html"}
CHECKED = {"docx"}
CONTENT: dict[str, Callable[[Any], Any]] = {"pdf": lambda told: told["pages"]}
"""Without what is told of the file itself: its size and checksum."""
