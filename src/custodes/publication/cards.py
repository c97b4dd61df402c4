"""OpenGraph cards: the words of a page as a picture of 1200 by 630, drawn by PDFium (which the program has already) with its built-in fonts.

The same words give the same bytes with the same library. A draft has one card, which says DRAFT; the public edition has one for the front page, each
body and each maker. Names that these fonts cannot write get no card of their own: the front page's stands in.
"""

from __future__ import annotations

import struct
import textwrap
import zlib
from collections.abc import Sequence

from custodes.publication import wording
from custodes.publication.rows import shown
from custodes.publication.site import CARD, Site
from custodes.publication.view import View

WIDE, TALL = 1200, 630
_ACCENT = 1
"""Palette entry of the bar at the top; the grey of the drawing never has it."""


def plan(view: View) -> dict[str, str]:
    """Page -> its card, for the pages of a public edition that have one of their own."""
    if view.draft:
        return {}
    bodies = {f"bodies/{view.body_pages[body['body']]}.html": body["body"] for body in view.bodies}
    makers = {f"makers/{view.maker_pages[maker]}.html": name for maker, name in view.makers.items()}
    return {page: f"cards/{page.removesuffix('.html')}.png" for page, name in (bodies | makers).items() if _writable(name)}


def write(site: Site) -> None:
    """Every card of the edition."""
    view, named, asked = site.view, site.figures["named"], site.figures["questions"]
    band = f"{'INVENTED. ' if view.facts['invented'] else ''}{'DRAFT: leads, not confirmed by a person' if view.draft else f'Public edition, {view.now[:10]}'}"
    more = f"{asked.numerator:,} surveillance purchases whose record does not name the maker" if asked.numerator else wording.LEAD
    site.bytes(CARD, card(view.title, f"{named.numerator:,} named findings in {named.denominator or 0:,} purchase rows", more, band))
    for body in view.bodies:
        if made := site.cards.get(f"bodies/{view.body_pages[body['body']]}.html"):
            site.bytes(made, card(view.title, body["body"], f"{body['state'].capitalize()}. {wording.STATES.get(body['state'], '')}", band))
    for maker, name in view.makers.items():
        if made := site.cards.get(f"makers/{view.maker_pages[maker]}.html"):
            count = site.figures.get(f"named-maker-{maker}")
            site.bytes(made, card(view.title, name, f"{count.numerator if count else 0:,} of {count.denominator or 0 if count else named.numerator:,} named findings point to it.", band))


def _writable(name: str) -> bool:
    try:
        return bool(shown(name).encode("cp1252"))
    except UnicodeEncodeError:
        return False


def card(title: str, headline: str, more: str, band: str) -> bytes:
    """A PNG: ``title`` small, ``headline`` large, ``more`` below, ``band`` at the foot."""
    import pypdfium2

    steps = [_line(72, 540, 30, "F1", shown(title)[:70])]
    y = 470
    for part in textwrap.wrap(shown(headline), 34)[:3]:
        steps.append(_line(72, y, 62, "F2", part))
        y -= 74
    for part in textwrap.wrap(shown(more), 66)[:2]:
        steps.append(_line(72, y - 6, 32, "F1", part))
        y -= 44
    steps.append(_line(72, 56, 28, "F3", shown(band)[:78]))
    document = pypdfium2.PdfDocument(_pdf("\n".join(steps)))
    try:
        bitmap = document[0].render(scale=1, grayscale=True, rev_byteorder=False, maybe_alpha=False)
        return _png(bytes(bitmap.buffer), bitmap.stride)
    finally:
        document.close()


def _line(x: int, y: int, size: int, font: str, text: str) -> str:
    plain = text.encode("cp1252", "replace").decode("latin-1")
    for sign in "\\()":
        plain = plain.replace(sign, f"\\{sign}")
    return f"BT /{font} {size} Tf {x} {y} Td ({plain}) Tj ET"


def _pdf(content: str) -> bytes:
    """A document of one page with three of the standard fonts."""
    fonts = "".join(f"/F{n} << /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >> " for n, name in enumerate(("Helvetica", "Times-Bold", "Helvetica-Bold"), 1))
    stream = content.encode("latin-1")
    objects: Sequence[bytes] = (
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDE} {TALL}] /Contents 4 0 R /Resources << /Font << {fonts}>> >> >>".encode(),
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
    )  # fmt: skip
    out, places = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % n + body + b"\nendobj\n"
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at))


def _png(grey: bytes, stride: int) -> bytes:
    """Grey rows as a PNG with a palette from ink to paper, and a bar of the accent colour at the top."""
    bar = bytes([_ACCENT]) * WIDE
    rows = bytearray()
    for y in range(TALL):
        rows += b"\0" + (bar if y < 14 else grey[y * stride : y * stride + WIDE].replace(bytes([_ACCENT]), b"\0"))
    ink, paper, accent = (28, 26, 22), (250, 248, 243), (140, 42, 28)
    palette = b"".join(bytes(accent if n == _ACCENT else tuple(i + (p - i) * n // 255 for i, p in zip(ink, paper, strict=True))) for n in range(256))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", WIDE, TALL, 8, 3, 0, 0, 0)), (b"PLTE", palette), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
