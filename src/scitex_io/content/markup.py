"""XML as a tree of elements, read without entities, external parts and bottomless nesting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, ParserCreate

from scitex_io.content.decoding import declared
from scitex_io.content.trees import DEPTH
from scitex_io.errors import UnreadableFileError

_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_WIDE = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}  # without a byte order mark
SPARE = 1 << 20  # characters that a DTD may add to a document


def parsed(data: bytes, path: Path, format_name: str, *, namespaces: bool = False) -> Element:
    """The root element; *namespaces* gives names as ``uri}name``, without it they are as written.

    Comments and processing instructions are left out.

    Raises
    ------
    UnreadableFileError
        It is not well-formed, nested too deeply, not in the encoding it declares, or needs entities.
    """

    def refuse(found: str) -> NoReturn:
        raise UnreadableFileError(str(path), format_name, found)

    if not data.strip():
        refuse("the file is empty")
    source = decoded(data, path, format_name).encode()
    parser = ParserCreate("utf-8", "}" if namespaces else None)
    builder = TreeBuilder()
    root_at, external, room = -1, False, len(source) + SPARE

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal root_at, room
        root_at = parser.CurrentByteIndex if root_at < 0 else root_at
        room -= sum(map(len, attributes.values()))
        if room < 0:
            refuse("its DTD gives it attributes without end")
        builder.start(tag, attributes)

    def doctype(_: str, system: str | None, public: str | None, __: bool) -> None:
        nonlocal external
        external = bool(system or public)
        parser.StartElementHandler = start

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = lambda name, *_: refuse(
        f"it declares the entity {name!r}, and entities are not expanded"
    )
    try:
        parser.Parse(source, True)
        if external:
            # The parser passes over entities that an external DTD may define; without the DTD they are errors.
            ParserCreate("utf-8").Parse(source[root_at:], True)
    except ExpatError as error:
        refuse(f"it is not well-formed XML: {error}")
    root: Element = builder.close()
    level, depth = [root], 0
    while level:
        level, depth = [child for element in level for child in element], depth + 1
        if depth > DEPTH:
            refuse(f"it is nested too deeply (more than {DEPTH} levels)")
    return root


def decoded(data: bytes, path: Path, format_name: str) -> str:
    """The text in the encoding that a byte order mark or the XML declaration tells, else UTF-8.

    Raises
    ------
    UnreadableFileError
        It is not in that encoding, or there is none of that name.
    """
    encoding = declared(data) or _WIDE.get(data[:2])
    if encoding is None:
        found = _DECLARATION.match(data)
        encoding = found[1].decode("ascii") if found else "utf-8"
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeError) as error:
        raise UnreadableFileError(str(path), format_name, f"it is not {encoding}: {error}") from error
    return text.removeprefix("\ufeff")
