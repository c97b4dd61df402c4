"""An edition in which everything is invented: bodies, firms, products, rows. Tests and screenshots are made from it.

    python tests/publication/invented.py FOLDER

writes its draft to FOLDER, so that ``docs/img/draft.png`` can be made again (see ``docs/publication.md``). Any likeness to a real
organisation is by accident.
"""

from __future__ import annotations

import hashlib
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes.pipeline.asking import with_letters
from custodes.publication import body_states, publish, sums
from custodes.publication.rows import FINDINGS
from custodes.values import SCHEMAS, batch_of, finding_id, key_of
from custodes.values.edition import Edition

NOW = "2026-02-02T09:00:00Z"
MONTHS_2024 = {f"2024-{n:02d}": 100 + 7 * n for n in range(1, 13)}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def finding(kind: str = "product_named", **values: Any) -> dict[str, Any]:
    """A FINDING row with the decision columns; everything not said is a sober default."""
    named = kind != "maker_unknown"
    file = values.get("origin_file", "records/exampleton/2024-03.csv")
    key = values.get("record_key") or key_of(
        values.get("body", "Borough of Exampleton"), values.get("transaction", ""), values.get("description", ""), kind
    )
    maker = values.get("maker_id", "argus" if named else "")
    row: dict[str, Any] = {
        "kind": kind,
        "record_kind": "PURCHASE",
        "record_key": key,
        "body": "Borough of Exampleton",
        "maker_id": maker,
        "party": "",
        "link_path": [],
        "score": 0.95,
        "band": "strong",
        "reasons": [],
        "against": [],
        "context": [],
        "equipment": "surveillance",
        "grounds": ["both"] if named else [],
        "listed_on_date": "yes" if named else "",
        "listed_basis": "effective 2019-10-09 of the listing, payment date of the record" if named else "",
        "listings": [],
        "grade": "recorded",
        "publish": "yes",
        "evidence_hash": sha(key),
        "supplier": "Meadow Security Systems Ltd",
        "description": "",
        "codes": [],
        "amount": None,
        "currency": "GBP",
        "amount_kind": "payment",
        "tax": "net",
        "date": "2024-03-14",
        "date_kind": "payment",
        "ocid": "",
        "transaction": "",
        "origin_sha256": sha(file),
        "origin_file": file,
        "origin_at": "line 17",
        "verdict": "",
        "decided": "",
        "reason": "",
        "note": "",
        "stale": False,
    }
    row |= values
    row["record_key"] = key
    row["finding_id"] = values.get("finding_id") or finding_id(kind, key, maker or row["party"])
    row["amount"] = None if row["amount"] is None else Decimal(str(row["amount"])).quantize(Decimal("0.0001"))
    return row


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=FINDINGS)


def reason(rule: str, ours: str, theirs: str, words: str) -> dict[str, str]:
    return {"rule": rule, "ours": ours, "theirs": theirs, "words": words}


def named() -> list[dict[str, Any]]:
    return [
        finding(
            description="Supply  and  Installation of 5 number ARGUS Optics recorders, Corn Exchange",
            amount="3627.50",
            transaction="4648561",
            origin_at="line 412",
            reasons=[
                reason(
                    "names.in_text", "Argus Optics", "ARGUS Optics", "The description names Argus Optics, which can mean nothing else known to us."
                )
            ],
            link_path=["the words 'Argus Optics' are a name of Argus Optics Digital Co"],
            listings=["XX-EXPORT"],
        ),
        finding(
            description="Quayside CCTV: replace 12 x SentryEye SE-2042 domes",
            body="Port Imaginary Council",
            amount="18240",
            transaction="P-77120",
            date="2024-06-02",
            origin_file="records/port-imaginary/2024-06.csv",
            origin_at="line 88",
            score=0.88,
            band="possible",
            publish="review",
            reasons=[
                reason(
                    "brands.model",
                    "SentryEye SE-####",
                    "SentryEye SE-2042",
                    "SentryEye is a label under which Argus Optics is sold; the model has the form of that label.",
                )
            ],
            link_path=["'SentryEye SE-2042' is a model of the brand SentryEye", "SentryEye is an OEM rebrand of Argus Optics"],
            against=["another firm used the name SentryEye for door bells until 2018"],
            context=["the supplier also sells makers that are not listed"],
        ),
        finding(
            description="1 x Halcyon HR615 two-way radio, quad bundle",
            body="Vale of Nowhere District Council",
            amount="780.77",
            transaction="CR-6360",
            date="2024-11-26",
            maker_id="halcyon",
            equipment="other",
            grounds=["national security"],
            origin_file="records/nowhere/2024-11.csv",
            origin_at="lines 301 to 303",
            supplier="Roadside Radio Ltd",
            reasons=[reason("names.in_text", "Halcyon", "Halcyon", "The description names Halcyon, beside a radio model of that maker.")],
            link_path=["'Halcyon' is a name of Halcyon Communications"],
        ),
        finding(
            "body_says_holds",
            record_kind="ANSWER",
            record_key="answer-1",
            body="Shire of Fable",
            supplier="",
            description="Forty-seven fixed cameras made by Argus Optics are in use.",
            date="2024-09-01",
            date_kind="answered",
            currency="",
            amount_kind="",
            tax="",
            verdict="confirm",
            decided="2026-01-20T10:00:00Z",
            reason="The letter says so in these words.",
            origin_file="records/answers.jsonl",
            origin_at="/3",
            reasons=[reason("answers.makers", "Argus Optics", "Argus Optics", "The body itself names Argus Optics.")],
        ),
        finding(
            description="ARGUS panel repair",
            body="Port Imaginary Council",
            amount="95",
            band="weak",
            score=0.31,
            equipment="unknown",
            publish="lead-only",
            grade="lead-only",
            listed_on_date="unknown",
            reasons=[reason("names.context", "Argus", "ARGUS", "The word Argus alone may mean other firms.")],
            origin_file="records/port-imaginary/2024-06.csv",
            origin_at="line 240",
        ),
        finding(
            description="Argus pheasant, taxidermy, for the museum",
            amount="410",
            verdict="reject",
            decided="2026-01-21T10:00:00Z",
            reason="A bird.",
            transaction="4648777",
            reasons=[reason("names.in_text", "Argus", "Argus", "The description holds the word Argus.")],
        ),
    ]


_BUYS = (
    ("CCTV maintenance, market square", "Meadow Security Systems Ltd"),
    ("Replace 3 x cameras at depot", "Hill & Dale Alarms Ltd"),
    ("ANPR enforcement camera, second quarter", "Kerbline Traffic Ltd"),
    ("Body worn video docking station", "Tally Video PLC"),
    ("CCTV recorder upgrade, town hall", "Meadow Security Systems Ltd"),
)


def questions() -> list[dict[str, Any]]:
    rows = []
    for body, folder, count in (
        ("Borough of Exampleton", "exampleton", 31),
        ("Port Imaginary Council", "port-imaginary", 9),
        ("Inverfiction Council", "inverfiction", 6),
        ("", "loose", 2),
    ):
        for n in range(count):
            description, supplier = _BUYS[n % len(_BUYS)]
            month = f"2024-{1 + n % 12:02d}"
            rows.append(
                finding(
                    "maker_unknown",
                    body=body,
                    description=f"{description} ({folder} {n + 1})",
                    supplier=supplier,
                    amount=f"{412 + 137 * n}.40",
                    date=f"{month}-{3 + n % 20:02d}",
                    transaction="" if n % 3 == 0 else f"{folder[:3].upper()}{90210 + n}",
                    origin_file=f"records/{folder}/{month}.csv",
                    origin_at=f"line {20 + n}",
                    codes=["35125300-2"] if n % 5 == 0 else [],
                    band="strong" if n % 2 else "possible",
                    reasons=[reason("words.core", "cctv", description.split()[0], "The description speaks of surveillance equipment.")],
                )
            )
    rows.append(
        finding(
            "maker_unknown",
            description="CCTV credit: order cancelled",
            amount="-650.00",
            transaction="4650002",
            date="2024-04-30",
            reasons=[reason("words.core", "cctv", "CCTV", "The description speaks of CCTV.")],
        )
    )
    return rows


HOSTILE = '<script>alert(\'x\')</script> =HYPERLINK("http://evil.example","x") \u202eVTCC\u202c مراقبة'


def hostile() -> list[dict[str, Any]]:
    return [
        finding(
            "maker_unknown",
            body="<b>Body & Sons</b>",
            supplier='=HYPERLINK("http://evil.example")',
            description=HOSTILE,
            transaction="+44",
            amount="-12.5",
            origin_file="records/<i>.csv",
            reasons=[reason("words.core", "cctv", "<script>", "The description holds <script>.")],
        ),
        finding(
            "maker_unknown",
            body="<b>Body & Sons</b>",
            supplier="@cmd",
            description="CCTV " + "very long " * 6000,
            amount="1",
            reasons=[reason("words.core", "cctv", "CCTV", "CCTV.")],
        ),
        finding(
            "maker_unknown", body="<b>Body & Sons</b>", supplier="-1+2", description="CCTV\x07\x1b[31m\tred\nsecond line", amount="2", reasons=[]
        ),
    ]


def bodies_known() -> list[dict[str, Any]]:
    return [
        {
            "body": "Borough of Exampleton",
            "code": "X01",
            "body_kind": "borough council",
            "names": ["Exampleton BC"],
            "information_law": "FOIA 2000",
            "request_address": "foi@exampleton.example",
            "successor": "New Examplia Council",
            "valid_to": "2025-03-31",
        },
        {
            "body": "New Examplia Council",
            "code": "X09",
            "body_kind": "unitary council",
            "information_law": "FOIA 2000",
            "request_address": "foi@newexamplia.example",
            "predecessor": "Borough of Exampleton",
            "valid_from": "2025-04-01",
        },
        {
            "body": "Port Imaginary Council",
            "code": "X02",
            "body_kind": "unitary council",
            "information_law": "FOIA 2000",
            "request_address": "information@portimaginary.example",
        },
        {"body": "Vale of Nowhere District Council", "code": "X03", "body_kind": "district council", "information_law": "FOIA 2000"},
        {
            "body": "Inverfiction Council",
            "code": "S01",
            "body_kind": "council area",
            "information_law": "FOISA 2002",
            "request_address": "foi@inverfiction.example",
        },
        {"body": "Shire of Fable", "code": "X04", "body_kind": "county council", "information_law": "FOIA 2000"},
        {"body": "Isle of Mirage Council", "code": "X05", "body_kind": "council"},
        {"body": "Ministry of Examples", "code": "G01", "body_kind": "department", "information_law": "FOIA 2000"},
        {"body": "Legendshire Fire Authority", "code": "X06", "body_kind": "fire authority", "information_law": "FOIA 2000"},
    ]


def answers() -> list[dict[str, Any]]:
    return [
        {
            "record_key": "answer-1",
            "body": "Shire of Fable",
            "asked": "2024-08-02",
            "answered": "2024-09-01",
            "state": "present",
            "about": "cameras made by Argus Optics",
            "makers": ["Argus Optics"],
            "devices": 47,
            "sites": 5,
            "words": "Forty-seven fixed cameras, at five sites.",
            "url": "https://fable.example/foi/1",
            "grade": "recorded",
            "origin_file": "records/answers.jsonl",
            "origin_at": "/3",
        },
        {
            "record_key": "answer-2",
            "body": "Isle of Mirage Council",
            "asked": "2024-05-01",
            "answered": "2024-05-20",
            "state": "absent",
            "about": "cameras made by Argus Optics",
            "words": "None is in use.",
            "grade": "recorded",
        },
        {
            "record_key": "answer-3",
            "body": "Ministry of Examples",
            "asked": "2025-01-10",
            "answered": "2025-02-07",
            "state": "neither confirm nor deny",
            "exemption": "section 24",
            "about": "cameras at sensitive sites",
            "words": "We neither confirm nor deny.",
            "grade": "recorded",
        },
        {
            "record_key": "answer-4",
            "body": "Legendshire Fire Authority",
            "asked": "2026-01-05",
            "answered": "",
            "state": "",
            "about": "makers of cameras",
            "grade": "recorded",
        },
    ]


def months() -> dict[str, dict[str, int]]:
    gap = {m: n for m, n in MONTHS_2024.items() if m not in ("2024-05", "2024-08")}
    return {
        "Borough of Exampleton": {**{f"2023-{n:02d}": 80 + n for n in range(4, 13)}, **MONTHS_2024},
        "Port Imaginary Council": gap,
        "Vale of Nowhere District Council": {m: n // 3 for m, n in MONTHS_2024.items()},
        "Inverfiction Council": {"2024-01": 210, "2024-02": 190, "": 14},
    }


def records() -> dict[str, pa.Table]:
    listing = [
        ("argus", "XX-EXPORT", "Argus Optics Digital Co", "export control", "both", "2019-10-09", ""),
        ("argus", "XX-EQUIP", "Argus Optics Digital Co", "equipment authorisation", "national security", "2022-11-25", ""),
        ("halcyon", "XX-EQUIP", "Halcyon Communications", "equipment authorisation", "national security", "2021-03-12", ""),
        ("lumen", "XX-EXPORT", "Lumen Gate Ltd", "export control", "abuse of people", "2020-07-22", "2023-05-01"),
    ]
    link = [
        ("SentryEye", "argus", "OEM rebrand", "review"),
        ("Meadow Security Systems Ltd", "argus", "reseller", "lead-only"),
        ("Halcyon Mobile", "halcyon", "subsidiary", "yes"),
    ]
    said = [
        (
            "2022",
            "year",
            "Argus Optics",
            "Veritas Face Ltd",
            "claim",
            "announces in a brochure features that it could provide together with Veritas Face Ltd, among them sorting people by age and gender",
        ),
        ("2022-11", "month", "Example Watch", "Argus Optics", "discovery", "finds the brochure first"),
        (
            "2022-12",
            "month",
            "Veritas Face Ltd",
            "Argus Optics",
            "denial",
            "says that it never worked with Argus Optics and that the brochure was made without its knowledge",
        ),
        ("2022-12", "month", "Argus Optics", "", "gone", "removes the brochure after a newspaper asked"),
        (
            "2022-12-07",
            "day",
            "Argus Optics",
            "Veritas Face Ltd",
            "reply",
            "says that the brochure showed possible uses, and that this was never sold in the country",
        ),
    ]
    site = [
        ("FAB-1", "Shire of Fable", "County Hall", 40, 0, "180"),
        ("FAB-2", "Shire of Fable", "Central library", 7, 3, "180"),
        ("MIN-1", "Ministry of Examples", "", None, None, None),
    ]
    at = {"origin_sha256": sha("lists"), "origin_file": "lists/invented.csv", "origin_at": "line 2"}
    rows: dict[str, list[dict[str, Any]]] = {
        "PARTY": [
            {"record_key": m, "party_id": m, "maker_id": m, "name": n, "country": "XX", **at}
            for m, n in (("argus", "Argus Optics"), ("halcyon", "Halcyon"), ("lumen", "Lumen Gate"), ("plainview", "Plainview"))
        ],
        "LISTING": [
            {
                "record_key": f"l{i}",
                "party_id": m,
                "maker_id": m,
                "list": c,
                "listed_name": n,
                "legal_effect": e,
                "ground": g,
                "effective": d,
                "ended": x,
                "citation": "https://lists.example/notice",
                **at,
            }
            for i, (m, c, n, e, g, d, x) in enumerate(listing)
        ],
        "LINK": [
            {
                "record_key": f"k{i}",
                "subject": s,
                "object": o,
                "relation": r,
                "publish": p,
                "confidence": "high",
                "citation": "https://links.example/page",
                **at,
            }
            for i, (s, o, r, p) in enumerate(link)
        ],
        "BODY": [{"record_key": b["code"], **b, **at} for b in bodies_known()],
        "ANSWER": answers(),
        "STATEMENT": [
            {
                "record_key": f"s{i}",
                "statement_id": f"s{i}",
                "date": d,
                "date_precision": p,
                "speaker": s,
                "about": a,
                "statement_kind": k,
                "words": w,
                "citation": "The Example Gazette, December 2022",
                "grade": "reported",
                "publish": "yes",
                **at,
            }
            for i, (d, p, s, a, k, w) in enumerate(said)
        ],
        "SITE": [
            {"record_key": s, "site_id": s, "body": b, "address": a, "devices": n, "unknown_make": u, "unit_cost": c, "currency": "GBP", **at}
            for s, b, a, n, u, c in site
        ],
    }
    return {kind: pa.Table.from_batches([batch_of(kind, rows.get(kind, []))], SCHEMAS[kind]) for kind in SCHEMAS}


def coverage(findings: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    found: dict[str, int] = {}
    for row in findings:
        found[row["origin_file"]] = found.get(row["origin_file"], 0) + 1
    rows = []
    for body, by_month in months().items():
        folder = {
            "Borough of Exampleton": "exampleton",
            "Port Imaginary Council": "port-imaginary",
            "Vale of Nowhere District Council": "nowhere",
            "Inverfiction Council": "inverfiction",
        }[body]
        for month, n in by_month.items():
            path = f"records/{folder}/{month or 'undated'}.csv"
            rows.append(
                {
                    "path": path,
                    "sha256": sha(path),
                    "size": n * 120,
                    "reader": "uk_spend",
                    "bodies": [body],
                    "read": n + 5,
                    "usable": n,
                    "left_out": [
                        {"reason": "natural person", "data_row": True, "count": 3},
                        {"reason": "blank", "data_row": False, "count": 1},
                        {"reason": "total", "data_row": True, "count": 1},
                    ],
                    "rejected": 1,
                    "found": found.get(path, 0),
                    "columns": [{"column": "Costcuk", "use": "not understood", "filled": n}] if folder == "nowhere" else [],
                    "kinds": {"PURCHASE": n},
                }
            )
    rows.append(
        {
            "path": "records/loose/payments.csv",
            "sha256": sha("loose"),
            "reader": "uk_spend",
            "read": 40,
            "usable": 40,
            "kinds": {"PURCHASE": 40},
            "rows_without_body": 40,
            "found": 2,
        }
    )
    rows.append(
        {
            "path": "records/exampleton/2024-03 (copy).csv",
            "sha256": sha("records/exampleton/2024-03.csv"),
            "same_as": "records/exampleton/2024-03.csv",
        }
    )
    rows.append(
        {
            "path": "records/port-imaginary/2024-05.csv.gz",
            "sha256": sha("cut"),
            "size": 900,
            "error": "the gzip stream ends before its end mark; fetch the file again",
            "reader": "",
        }
    )
    rows.append(
        {
            "path": "records/answers.jsonl",
            "sha256": sha("records/answers.jsonl"),
            "size": 2100,
            "reader": "foi_answers",
            "read": 4,
            "usable": 4,
            "found": 1,
            "kinds": {"ANSWER": 4},
            "bodies": ["Shire of Fable", "Isle of Mirage Council"],
        }
    )
    return tuple(rows)


LISTS: dict[str, dict[str, Any]] = {
    "XX-EXPORT": {
        "title": "Export Register of Examplia",
        "publisher": "Trade Office of Examplia",
        "legal_effect": "export control",
        "ground": "both",
        "url": "https://lists.example/export",
        "checked_on": "2026-01-15",
    },
    "XX-EQUIP": {
        "title": "Covered Equipment of Examplia",
        "publisher": "Radio Office of Examplia",
        "legal_effect": "equipment authorisation",
        "effect_words": "New equipment of this maker gets no authorisation for sale in Examplia.",
        "ground": "national security",
        "url": "https://lists.example/equipment",
        "checked_on": "2026-01-15",
    },
}


def edition(kind: str = "draft", with_hostile: bool = False, extra: list[dict[str, Any]] | None = None, languages: tuple[str, ...] = ("en",)) -> Edition:
    """The invented edition; hostile cells and further languages only where a test asks for them."""
    rows = [*named(), *questions(), *(hostile() if with_hostile else []), *(extra or [])]
    kept = records()
    states = body_states(bodies_known(), months(), answers(), rows)
    repeats = {next(r for r in rows if r["kind"] == "maker_unknown" and not r["transaction"])["record_key"]: ["a.csv", "b.csv"]}
    made = Edition(
        kind=kind,
        now=NOW,
        findings=table(rows),
        records=kept,
        lists=LISTS,
        bodies=states,
        coverage=coverage(rows),
        money=sums(rows, repeats),
        plan={
            "status": "unconstrained",
            "currency": "GBP",
            "cost_low": Decimal("8460"),
            "cost_high": Decimal("12400"),
            "removals": [{"site_id": "FAB-1", "month": "2026-09", "devices": 40, "cost": Decimal("7200")}],
        },
        facts={
            "title": "Watching Examplia",
            "version": "0.1.0",
            "watchlist_version": "a1b2c3d4e5f6",
            "case": "examples/examplia",
            "invented": True,
            "languages": languages,
            "ages": [{"name": "Export Register of Examplia", "checked_on": "2026-01-15", "days": 18}],
            "licences": [{"name": "Spending files", "licence": "invented, CC0-1.0", "note": "No real record."}],
        },
    )
    return with_letters(made, ())


if __name__ == "__main__":
    print(*publish(edition(languages=("en", "de")), Path(sys.argv[1]))[:3], sep="\n")
