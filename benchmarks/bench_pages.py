"""Pages to text and claims, one core: invented product pages of 25 kB and PDFs of ten pages; peers that only take text, in a venv of their own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from measure import OUT, ROOT, peers

WORDS = ["camera", "recorder", "lens", "sensor", "resolution", "housing", "cable", "network", "storage", "switch", "power", "night", "colour", "frame", "rate", "alarm", "zone", "schedule", "export", "user", "menu", "firmware", "warranty", "support", "store", "retail", "entrance", "visitor", "counting", "queue", "analysis", "report", "dashboard", "bracket", "mount", "outdoor", "weather", "standard", "video", "stream"]
CLAIM = "Our software recognises the gender, age and ethnicity of every visitor in real time."

PEER = """
import json, sys, time
pages = [p.encode() for p in json.load(open(sys.argv[1]))]
pdfs = sys.argv[2:]
def rate(f, items, per=1):
    f(items[0])
    best = 0
    for _ in range(3):
        a = time.process_time()
        for item in items: f(item)
        best = max(best, len(items) * per / (time.process_time() - a))
    return round(best)
out = {}
import selectolax.lexbor as l
out["selectolax, text only"] = ["html", rate(lambda p: l.LexborHTMLParser(p).text(separator="\\n"), pages)]
import lxml.html
out["lxml, text only"] = ["html", rate(lambda p: lxml.html.fromstring(p).text_content(), pages)]
import trafilatura
out["trafilatura, main content"] = ["html", rate(lambda p: trafilatura.extract(p.decode()), pages[:30])]
import pypdfium2, subprocess, shutil
def plain(f):
    document = pypdfium2.PdfDocument(f)
    for n in range(len(document)):
        sheet = document[n].get_textpage()
        sheet.get_text_range()
    document.close()
out["pypdfium2, text only"] = ["pdf", rate(plain, pdfs, 10)]
if shutil.which("pdftotext"):
    import resource
    def poppler(f): subprocess.run(["pdftotext", f, "-"], capture_output=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    for f in pdfs: poppler(f)
    out["pdftotext (poppler), a process per document"] = ["pdf", round(len(pdfs) * 10 / max(0.001, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before))]
import pypdf
out["pypdf, text only"] = ["pdf", rate(lambda f: [p.extract_text() for p in pypdf.PdfReader(f).pages], pdfs[:5], 10)]
print(json.dumps(out))
"""


def page(draw: random.Random, claim: bool) -> str:
    """A product page of about 25 kB, a third of it text: navigation, sections with pictures, a table, a footer, style and script."""

    def some(n: int) -> str:
        return " ".join(draw.choices(WORDS, k=n))

    menu = "".join(f'<li class="menu-item menu-item-type-page menu-item-{n}"><a class="nav-link" href="/en/products/category-{n}/index.html">{some(2)}</a></li>' for n in range(40))
    parts = [
        f'<section class="product-section section-{n}" id="section-{n}"><div class="container"><div class="row align-items-center"><div class="col-md-6 text-block"><h2 class="section-title">{some(4)}</h2>'
        f'<p class="lead">{some(28)} <b>{some(2)}</b> {some(6)} &amp; {some(2)}.</p></div><div class="col-md-6"><img class="img-fluid" src="/assets/images/{n}.jpg" width="640" height="360" alt="{some(3)}"></div></div></div></section>'
        for n in range(20)
    ]
    if claim:
        parts[10] += f"<p>{CLAIM}</p>"
    table = "".join(f'<tr class="spec-row"><td class="spec-name">{some(2)}</td><td class="spec-value">{some(3)}</td></tr>' for _ in range(25))
    style, script = ".a{color:#333;margin:0 auto}" * 50, "window.dataLayer=window.dataLayer||[];" * 60
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{some(4)}</title><style>{style}</style><script>{script}</script></head>'
    return f"{head}<body><nav><ul>{menu}</ul></nav><main>{''.join(parts)}<table>{table}</table></main><footer>{some(40)}</footer></body></html>"


def rate(work: Callable[[Any], object], items: Sequence[Any], per: int = 1, rounds: int = 3) -> float:
    """Items (times ``per``) a second of processor time, the best of some rounds."""
    work(items[0])
    best = 0.0
    for _ in range(rounds):
        begin = time.process_time()
        for item in items:
            work(item)
        best = max(best, len(items) * per / (time.process_time() - begin))
    return best


def run(pages: int = 300, documents: int = 30) -> list[dict[str, object]]:
    """Rows: what, what it includes, pages a second of one core's time, ratio to ours, bytes and letters of a page. One page in ten makes a claim."""
    sys.path.insert(0, str(ROOT / "tests" / "records" / "pages"))
    from page_support import pdf

    from custodes.pipeline.claiming import verdict_of
    from custodes.records import page_html, page_pdf
    from custodes.records.page_place import locate
    from custodes.records.page_runs import Seen, page_row

    draw = random.Random(20261123)
    html = [page(draw, n % 10 == 0).encode() for n in range(pages)]
    lines = [" ".join(draw.choices(WORDS, k=12)) for _ in range(400)]
    pdfs = [pdf([[*draw.sample(lines, 45), *([CLAIM] if n == 3 else [])] for n in range(10)]) for _ in range(documents)]
    seen = Seen(url="https://vendor.example/products/page", name="page.html")
    rows: list[dict[str, object]] = []
    for kind, reader, items, per in (("html", page_html, html, 1), ("pdf", page_pdf, pdfs, 10)):
        take, light = reader.take, page_html.light if reader is page_html else reader.take

        def text(payload: bytes, light: Any = light) -> dict[str, Any]:
            return page_row(light(payload, seen, "page"), seen, payload, places=False)

        def row(payload: bytes, take: Any = take) -> dict[str, Any]:
            return page_row(take(payload, seen, "page"), seen, payload)

        def scan(payload: bytes, light: Any = light) -> int:
            taken = light(payload, seen, "page")
            claims = verdict_of(page_row(taken, seen, payload, places=False)).claims
            whole = page_row(taken, seen, payload) if claims else {}
            return sum(locate(whole, claim.start, claim.end).start >= 0 for claim in claims)

        size, letters = sum(map(len, items)) // len(items) // per, sum(len(text(item)["text"]) for item in items) // len(items) // per
        note = f"{size:,} bytes and {letters:,} letters a page; {sum(scan(item) > 0 for item in items)} of {len(items)} documents quoted"
        rows.append({"what": "custodes, text", "kind": kind, "pages/s": round(rate(text, items, per)), "note": note})
        rows.append({"what": "custodes, text and every place (a PAGE record)", "kind": kind, "pages/s": round(rate(row, items, per))})
        rows.append({"what": "custodes, text and claims, places of quotes", "kind": kind, "pages/s": round(rate(scan, items, per))})
    ours = {str(each["kind"]): float(str(each["pages/s"])) for each in rows[::3]}
    for each in rows:
        each["ratio"] = round(float(str(each["pages/s"])) / ours[str(each["kind"])], 2)
    return [*rows, *_peers(html, pdfs, ours)]


def _peers(html: Sequence[bytes], pdfs: Sequence[bytes], ours: dict[str, float]) -> list[dict[str, object]]:
    python, why = peers("selectolax", "lxml", "lxml_html_clean", "trafilatura", "pypdf", "pypdfium2")
    if python is None:
        return [{"what": "peers", "note": f"skipped: {why}"}]
    scratch = OUT / "pages"
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / "pages.json").write_text(json.dumps([payload.decode() for payload in html]), encoding="utf-8")
    names: list[Path] = []
    for n, payload in enumerate(pdfs[:5]):
        names.append(scratch / f"{n}.pdf")
        names[-1].write_bytes(payload)
    done = subprocess.run([str(python), "-c", PEER, str(scratch / "pages.json"), *map(str, names)], capture_output=True, text=True, timeout=600)
    if done.returncode:
        return [{"what": "peers", "note": f"skipped: {done.stderr.strip().splitlines()[-1][:200]}"}]
    return [{"what": name, "kind": kind, "pages/s": value, "ratio": round(value / ours[kind], 2)} for name, (kind, value) in json.loads(done.stdout).items()]


if __name__ == "__main__":
    for row in run():
        print(row)
