"""Texts in PDF documents: in their XMP packet, written behind the end (ISO 32000-1, 7.5.6 and 14.3.2).

What was there stays byte for byte. Documents whose objects lie open, as matplotlib and Pillow write them, need no
library; the others need pypdf.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from io import BytesIO
from typing import Any

from attrs import define, field

from scitex_io.content.notes import FIGURE, METADATA, NAMESPACE, parsed

WORDS = {METADATA: "data", FIGURE: "figure"}
OURS = re.compile(rf'<rdf:Description[^>]*xmlns:scitex="{NAMESPACE}"[^>]*>.*?</rdf:Description>\n?', re.DOTALL)
PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
MARK = b"\n% scitex_io\n"
"""How our updates begin; the last one is replaced by the next."""
FACTS = {"title": "/Title", "author": "/Author", "subject": "/Subject", "creator": "/Creator"}


def put(content: bytes, notes: Mapping[str, str]) -> bytes:
    """The document with these texts."""
    plain = _Plain.of(content)
    packet = _packet(content, plain)
    kept = {name: text for name in WORDS if (text := _word(packet, name)) is not None}
    packet = OURS.sub("", packet or PACKET)
    if "</rdf:RDF>" not in packet:
        raise ValueError("its XMP packet is not what it should be")
    words = "".join(
        f"<scitex:{WORDS[name]}>{escape(text, quote=False)}</scitex:{WORDS[name]}>"
        for name, text in {**kept, **notes}.items()
    )
    ours = f'<rdf:Description rdf:about="" xmlns:scitex="{NAMESPACE}">{words}</rdf:Description>\n</rdf:RDF>'
    data = ours.join(packet.rsplit("</rdf:RDF>", 1)).encode()
    if plain is not None:
        return plain.updated(data)
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, IndirectObject, NameObject

    writer = PdfWriter(BytesIO(content), incremental=True)
    if writer._reader is not None and writer._reader.is_encrypted:  # noqa: SLF001  # the reader behind it
        raise ValueError("it is encrypted, and cannot be changed")
    stream = DecodedStreamObject()
    stream.set_data(data)
    stream.update({NameObject("/Type"): NameObject("/Metadata"), NameObject("/Subtype"): NameObject("/XML")})
    root = writer.root_object
    old = root.raw_get("/Metadata") if "/Metadata" in root else None
    if isinstance(old, IndirectObject):
        writer._replace_object(old, stream)  # noqa: SLF001  # under its number: pypdf reads a new one wrongly, in its own updates
    else:
        root[NameObject("/Metadata")] = writer._add_object(stream)  # noqa: SLF001  # its way to add one
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def get(content: bytes, name: str) -> str | None:
    """The text of this name."""
    return _word(_packet(content, _Plain.of(content)), name)


def facts(content: bytes) -> dict[str, Any] | None:
    """What a document by others says of itself; of version 0.4.1 the JSON that it put into the subject."""
    from pypdf import PdfReader

    told: Any = PdfReader(BytesIO(content)).metadata or {}
    found = {name: str(told[key]) for name, key in FACTS.items() if told.get(key)}
    ours = parsed(found.get("subject", ""))
    return ours if ours is not None else found or None


def _word(packet: str, name: str) -> str | None:
    found = re.search(rf"<scitex:{WORDS[name]}>(.*?)</scitex:{WORDS[name]}>", "".join(OURS.findall(packet)), re.DOTALL)
    return unescape(found[1]) if found else None


def _packet(content: bytes, plain: _Plain | None) -> str:
    """The XMP packet of the document, or nothing."""
    if plain is not None:
        return plain.packet
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    stream: Any = reader.root_object.get("/Metadata")
    return "" if stream is None else stream.get_object().get_data().decode()


class _NotPlain(Exception):  # noqa: N818  # nothing is wrong
    """The library is needed."""


@define
class _Plain:
    """A document with a table of references and without object streams or encryption."""

    content: bytes
    start: int  # of the newest table
    trailer: bytes
    places: dict[int, int] = field(repr=False)
    packet: str = ""

    @classmethod
    def of(cls, content: bytes) -> _Plain | None:
        """The document; None if it is of another kind, or damaged."""
        try:
            return cls._read(content)
        except (_NotPlain, ValueError, IndexError, TypeError):
            return None

    @classmethod
    def _read(cls, content: bytes) -> _Plain:
        found = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*\Z", content[-1100:])
        if found is None or not content.startswith(b"%PDF-"):
            raise _NotPlain
        places: dict[int, int] = {}
        start, trailer, at, seen = int(found[1]), b"", int(found[1]), set[int]()
        while at not in seen:
            seen.add(at)
            more, old = _table(content, at)
            places = more | places
            trailer = trailer or old
            if re.search(rb"/(Encrypt|XRefStm)\b", old):
                raise _NotPlain
            at = int(_after(old, b"Prev", rb"\d+") or at)
        made = cls(content, start, trailer, places)
        if (number := _after(made.catalog[1], b"Metadata", rb"\d+(?=\s+\d+\s+R)")) is not None:
            made.packet = made.stream(int(number))
        return made

    def object(self, number: int) -> bytes:
        """What lies under a number."""
        found = re.compile(rb"\s*(\d+)\s+\d+\s+obj\b(.*?)endobj", re.DOTALL).match(self.content, self.places[number])
        if found is None or int(found[1]) != number:
            raise _NotPlain
        return found[2]

    @property
    def catalog(self) -> tuple[int, bytes]:
        """The number and the text of the document's root."""
        number = int(_after(self.trailer, b"Root", rb"\d+") or -1)
        told = self.object(number).strip()
        if not (told.startswith(b"<<") and told.endswith(b">>") and b"/Catalog" in told):
            raise _NotPlain
        return number, told

    def stream(self, number: int) -> str:
        """The text of a stream that is not compressed."""
        head, _, data = self.object(number).partition(b"stream")
        if b"/Filter" in head:
            raise _NotPlain
        return data.rpartition(b"endstream")[0].strip(b"\r\n").decode()

    def updated(self, packet: bytes) -> bytes:
        """The document with another packet."""
        root, catalog = self.catalog
        number = int(_after(catalog, b"Metadata", rb"\d+") or _after(self.trailer, b"Size", rb"\d+") or 0)
        told = re.sub(rb"/Metadata\s+\d+\s+\d+\s+R", b"", catalog)[:-2].rstrip()
        trailer = re.sub(rb"/(Prev|Size)\s+\d+", b"", self.trailer)
        base, previous = self.content, self.start
        at = base.rfind(MARK)
        if at >= 0 and base[:at].rstrip().endswith(b"%%EOF") and base.count(b"startxref", at) == 1:
            before = _Plain.of(base[:at])
            base, previous = (base[:at], before.start) if before is not None else (base, previous)
        size = max(number + 1, int(_after(self.trailer, b"Size", rb"\d+") or 0))
        made = bytearray(base + MARK)
        places = {}
        for name, body in (
            (number, b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream" % (len(packet), packet)),
            (root, told + b" /Metadata %d 0 R >>" % number),
        ):
            places[name] = len(made)
            made += b"%d 0 obj\n%s\nendobj\n" % (name, body)
        start = len(made)
        table = b"".join(b"%d 1\n%010d 00000 n \n" % (name, places[name]) for name in sorted(places))
        told = b"%s /Size %d /Prev %d" % (trailer.strip(), size, previous)
        return bytes(made) + b"xref\n%strailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (table, told, start)


def _table(content: bytes, at: int) -> tuple[dict[int, int], bytes]:
    """The places of one table of references, and the inside of the dictionary behind it."""
    places: dict[int, int] = {}
    if not content.startswith(b"xref", at):
        raise _NotPlain
    heading = re.compile(rb"\s*(\d+)\s+(\d+)\s*[\r\n]+")
    at += 4
    while found := heading.match(content, at):
        first, number, at = int(found[1]), int(found[2]), found.end()
        for name in range(first, first + number):
            entry = content[at : at + 20]
            if entry[17:18] not in (b"n", b"f"):
                raise _NotPlain
            if entry[17:18] == b"n":
                places[name] = int(entry[:10])
            at += 20
    inside = re.compile(rb"\s*trailer\s*<<(.*?)>>\s*startxref", re.DOTALL).match(content, at)
    if inside is None or b"<<" in inside[1]:
        raise _NotPlain
    return places, inside[1]


def _after(text: bytes, key: bytes, pattern: bytes) -> bytes | None:
    """What stands behind a key."""
    found = re.search(rb"/%s\s+(%s)" % (key, pattern), text)
    return found[1] if found else None
