"""The review site with many findings: how long they take to come onto the desk, and how long its queue takes to open."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "review"))


def run(findings: int = 100_000, opened: int = 41, database: str = "") -> list[dict[str, object]]:
    """Rows: what, median and 95th percentile in milliseconds over ``opened`` requests each, cold page cache of the process excluded (3 requests before).

    ``database``: the URL of an empty PostgreSQL database; without it SQLite in a temporary folder.
    """
    import review_desk

    from custodes.review.site import setup

    with tempfile.TemporaryDirectory() as folder:
        world = review_desk.World(Path(folder))
        url = database or f"sqlite:///{folder}/case.db"
        desk = review_desk.desk(world, url)
        setup.configure(desk, "a key for a benchmark only, of more than fifty characters")
        setup.migrate()
        from django.conf import settings

        batches = pa.Table.from_batches(_batches(findings)).sort_by("finding_id").to_batches(max_chunksize=50_000)  # sorted, as `find` leaves them
        settings.DESK = _with(desk, batches)
        began = time.perf_counter()
        from custodes.review.site import loading

        loading.load()
        loaded = time.perf_counter() - began
        rows: list[dict[str, object]] = [{"what": f"load {findings:,} findings", "database": url.split(":")[0], "s": round(loaded, 1), "per s": round(findings / loaded)}]
        rows += _opened(opened, url.split(":")[0])
        from django.db import connections

        connections["default"].close()
    return rows


def _with(desk: Any, batches: Any) -> Any:
    from dataclasses import replace

    return replace(desk, findings=lambda: batches, findings_version=lambda: "bench")


def _batches(findings: int) -> Any:
    """Generated findings, 10,000 at a time: a tenth named, the rest questions, 5,000 suppliers, 400 bodies."""
    import review_desk

    for start in range(0, findings, 10_000):
        rows = (
            review_desk.row(n, kind="maker_unknown" if n % 10 else "product_named", supplier=f"Invented Supplier {n % 5_000} Ltd", body=f"Invented Council {n % 400}")
            for n in range(start, min(start + 10_000, findings))
        )
        yield from review_desk.table(rows).to_batches()


def _opened(times: int, database: str) -> list[dict[str, object]]:
    """Through the whole stack: routing, session, queries, template."""
    import review_desk

    from custodes.review.site import queue
    from custodes.review.site.models import Account, Finding

    browser = review_desk.client("bench")
    account = Account.objects.get(username="bench")
    middle = Finding.objects.order_by("rank", "finding_id")[Finding.objects.count() // 2]
    addresses = {
        "queue, first page": "/", "queue, a page in the middle": f"/?show=all&after={queue.cursor(middle)}", "queue, one kind": "/?kind=product_named",
        "queue, one body": "/?body=Invented+Council+7", "queue, a supplier": "/?q=invented+supplier+42", "queue, everything decided": "/?show=decided",
        "one finding": f"/finding/{queue.page(queue.Filter(), account)[0][5].finding_id}",
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for what, address in addresses.items():
        took = []
        for n in range(times + 3):
            began = time.perf_counter()
            answer = browser.get(address)
            if n >= 3:
                took.append(time.perf_counter() - began)
            assert answer.status_code == 200
        took.sort()
        rows.append({"what": what, "database": database, "median ms": round(statistics.median(took) * 1000, 1), "p95 ms": round(took[int(len(took) * 0.95)] * 1000, 1)})
    return rows


if __name__ == "__main__":
    from measure import table

    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, database=sys.argv[2] if len(sys.argv) > 2 else ""):
        print(table([row]))
