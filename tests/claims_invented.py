"""An invented story for the tests: a brochure names a partner, vanishes, the partner denies, a firmware note takes a function back. Nothing here is real."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "records" / "pages"))
from page_support import pdf, warc

VENDOR, PARTNER = "Argus Optics", "Veritas Face Ltd"
BROCHURE_URL = "https://www.argus-optics.example/downloads/retail-brochure.pdf"
FIRMWARE_URL = "https://www.argus-optics.example/support/ax-4000"
DENIAL_URL = "https://veritasface.example/news/statement"

BROCHURE = pdf(
    [
        ["Argus Optics", "Retail analytics with Veritas Face", "An invented brochure"],
        [
            "Know your customers", "Our AX-4000 cameras, together with the face engine of Veritas Face Ltd, recognise visitors",
            "and offer optional demographic profiling: our software detects gender, race or ethnicity,", "and age of every person who walks in.",
            "Model   Gender   Age   Ethnicity", "AX-4000   yes   yes   yes",
        ],
    ],
    title="Argus Optics retail brochure",
)  # fmt: skip

FIRMWARE_BEFORE = """<!doctype html><html lang="en"><head><title>AX-4000 camera | Argus Optics</title></head><body><nav><a href="/">Argus Optics</a> <a>Products</a></nav>
<h1>AX-4000</h1><p>Our camera AX-4000 analyses faces and recognises the ethnicity, gender and age of people in real time.</p><footer>Argus Optics (invented)</footer></body></html>"""
FIRMWARE_AFTER = """<!doctype html><html lang="en"><head><title>AX-4000 firmware 2.0 release notes | Argus Optics</title></head><body><nav><a href="/">Argus Optics</a> <a>Support</a></nav>
<h1>Firmware 2.0</h1><p>In firmware 2.0 we have removed the ethnicity recognition function from the AX-4000; it is no longer supported.</p><footer>Argus Optics (invented)</footer></body></html>"""
DENIAL = """<!doctype html><html lang="en"><head><title>Statement on Argus Optics | Veritas Face Ltd</title></head><body><h1>Statement</h1>
<p>Veritas Face Ltd has never worked with Argus Optics. Our software does not detect race or ethnicity and never has. The brochure of Argus Optics was made
without our knowledge or consent.</p></body></html>"""

STATEMENTS = f"""statement_id,date,date_precision,speaker,about,statement_kind,words,citation,url,grade,publish
veritas-letter,2022-12-03,day,{PARTNER},{VENDOR},denial,"{PARTNER} denies that it ever worked with {VENDOR}; the brochure was made without its knowledge.",The Example Gazette,{BROCHURE_URL},reported,yes
argus-reply,2022-12-07,day,{VENDOR},{PARTNER},reply,"{VENDOR} says that the brochure showed possible uses and that this was never sold in the country.",The Example Gazette,{BROCHURE_URL},reported,yes
"""


def html(url: str, date: str, body: str, status: str = "200 OK") -> dict[str, object]:
    return {"url": url, "date": date, "type": "text/html; charset=utf-8", "body": body.encode(), "status": status}


CAPTURES = [
    {"url": BROCHURE_URL, "date": "2022-11-28T09:00:00Z", "type": "application/pdf", "body": BROCHURE},
    html(FIRMWARE_URL, "2022-11-28T09:01:00Z", FIRMWARE_BEFORE),
    {"url": BROCHURE_URL, "date": "2022-11-30T09:00:00Z", "type": "application/pdf", "body": BROCHURE},
    html(BROCHURE_URL, "2022-12-02T09:00:00Z", "<p>Blocked</p>", "403 Forbidden"),
    html(BROCHURE_URL, "2022-12-04T09:00:00Z", "<html><body><h1>Page not found</h1></body></html>", "404 Not Found"),
    html(DENIAL_URL, "2022-12-05T10:00:00Z", DENIAL),
    html(FIRMWARE_URL, "2023-03-01T09:00:00Z", FIRMWARE_AFTER),
]


def make_case(folder: Path) -> Path:
    """The case on disk: an archive and a table of statements."""
    (folder / "inputs").mkdir(parents=True)
    (folder / "inputs" / "captures.warc.gz").write_bytes(warc(CAPTURES, gzip=True))
    (folder / "inputs" / "statements.csv").write_text(STATEMENTS, encoding="utf-8")
    (folder / "case.toml").write_text('format = 1\ntitle = "An invented brochure"\n[[records]]\npath = "inputs"\n', encoding="utf-8")
    return folder


if __name__ == "__main__":
    print(make_case(Path(sys.argv[1])))
