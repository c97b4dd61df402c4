"""More ways in which a publisher's copy can come: packed, cut, moved, dated wrongly, with its columns or dates in another form. Each is taken rightly or refused with its reason."""

from __future__ import annotations

import datetime
import gzip
import io
import ssl
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from lists_publisher import CSL, Publisher, answer, csl, firm, firms, outcome, publishing, table, update

from custodes.pipeline import listing_history, listing_show
from custodes.pipeline.listing_judge import Copy, judge
from custodes.pipeline.listing_snapshot import Snapshot
from custodes.pipeline.listing_store import ListStore

LIST = "/consolidated.csv"
OLD, NEW = csl(firms(60)), csl(firms(61))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as found:
        yield found


def second(tmp_path: Path, publisher: Publisher, *steps: Any, first: list[Any] | None = None, now: str = "2026-01-12T06:00:00Z", **options: Any) -> dict[str, Any]:
    """What becomes of ``steps`` when 60 firms are held."""
    addresses = table(tmp_path / "a.csv", publisher, US_CSL={"url": LIST, "reader": "us_csl"})
    publisher.answers(LIST, first or answer(OLD, Last_Modified="Sun, 04 Jan 2026 10:00:00 GMT"))
    assert outcome(update(tmp_path / "store", "2026-01-05T06:00:00Z", addresses=addresses), "US-CSL")["outcome"] == "new"
    publisher.answers(LIST, *steps)
    return outcome(update(tmp_path / "store", now, addresses=addresses, **options), "US-CSL")


def zipped(content: bytes) -> bytes:
    """A ZIP with one table."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("consolidated.csv", content)
    return out.getvalue()


@pytest.mark.parametrize(
    "steps",
    [
        [answer(b"\xef\xbb\xbf" + NEW)],
        [answer(zipped(NEW))],
        [answer(gzip.compress(NEW))],
        [answer(gzip.compress(NEW), Content_Encoding="gzip")],
        [answer(csl(firms(61), CSL[::-1]))],
        [answer(NEW.replace(",".join(CSL).encode(), ",".join(CSL).upper().encode()))],
        [answer(csl([row | {"start_date": "Oct 9, 2019"} for row in firms(61)]))],
        [[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(NEW) + NEW + b"\r\n0\r\n\r\n"]],
        [[b"HTTP/1.0 200 OK\r\n\r\n" + NEW]],
        [answer(NEW, "206 Partial Content", Content_Range=f"bytes 0-{len(NEW) - 1}/{len(NEW)}")],
        [answer(b"", "429 Too Many Requests", Retry_After="Mon, 12 Jan 2026 06:00:05 GMT"), answer(NEW)],
        [answer(b"", "429 Too Many Requests", Retry_After="soon"), answer(NEW)],
        [[b""], answer(NEW)],
        [answer(NEW, ETag='W/"weak"')],
        [answer(NEW, Last_Modified="yesterday")],
    ],
    ids=["bom", "zip", "gzfile", "gzip", "reordered", "uppercase", "dateform", "chunked", "http10", "206all", "429date", "429words", "reset", "weaktag", "nodate"],
)
def test_the_same_list_in_another_dress_is_taken(tmp_path: Path, publisher: Publisher, steps: list[Any]) -> None:
    found = second(tmp_path, publisher, *steps)
    assert (found["outcome"], found["counts"]) == ("new", {"US-BIS-EL": 61}), found["why"]
    assert [(event["kind"], event["name"]) for event in found["events"]] == [("designated", "Invented Optics 60 Co., Ltd.")]


@pytest.mark.parametrize(
    ("steps", "kind", "says"),
    [
        ([answer(gzip.compress(NEW)[:-40], Content_Encoding="gzip")], "failed", "breaks off before its end"),
        ([answer(NEW, Content_Encoding="gzip")], "failed", "packed content is damaged"),
        ([answer(NEW, Content_Encoding="br")], "failed", "content coding 'br' is not read"),
        ([answer(gzip.compress(NEW)[:-40])], "refused", "the gzip data ends too early"),
        ([answer(NEW.decode().encode("utf-16"))], "refused", "the text is UTF-16"),
        ([answer(NEW.replace(b"Invented Optics 3 ", b"Invent\xe9 Optics 3 "))], "refused", "not UTF-8"),
        ([answer(csl([row | {"start_date": "9. Oktober 2019"} for row in firms(61)]))], "refused", "the dates of 60 of 60 entries of US-BIS-EL changed at once"),
        ([answer(csl([row | {"start_date": "09/10/2019"} for row in firms(61)]))], "refused", "perhaps they are written in another form"),
        ([answer(csl([firm(f"Other {n} Ltd") for n in range(60)]))], "refused", "60 of 60 entries of US-BIS-EL are gone at once"),
        ([answer(csl([*firms(30), *(firm(f"Other {n} Ltd") for n in range(30))]))], "refused", "30 of 60 entries of US-BIS-EL are gone at once"),
        ([answer(csl([row | {"name": row["addresses"], "addresses": row["name"]} for row in firms(60)]))], "refused", "are gone at once"),
        ([answer(csl([row | {"addresses": ""} for row in firms(61)]))], "refused", "60 of 60 entries of US-BIS-EL are gone at once"),
        ([[b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + NEW[:-60]]], "refused", "its last line has no end"),
        ([[b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(NEW) - 160) + NEW]], "failed", "longer than it says"),
        ([answer(NEW, length=len(NEW) + 50)], "failed", "not whole"),
        ([[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(NEW) + NEW + b"\r\n"]], "failed", "not whole"),
        ([answer(NEW[500:], "206 Partial Content", Content_Range=f"bytes 500-{len(NEW) - 1}/{len(NEW)}")], "failed", "a piece that does not fit"),
        ([answer(b"", "302 Found", Location=LIST)], "failed", "more than 20 redirects"),
        ([answer(b"", "302 Found", Location="http://10.255.255.1/list.csv")], "failed", "10.255.255.1"),
        ([answer(b"", "204 No Content")], "failed", "204"),
        ([answer(b"\n\n")], "refused", "an empty file"),
        ([answer(csl([]))], "refused", "no entry about an organisation"),
        ([answer(b'{"error": "rate limited"}')], "refused", "it begins: '{\"error\""),
        ([[b""]], "failed", "without an answer"),
        ([[NEW]], "failed", "does not keep to HTTP/1.1"),
    ],
    ids=["gzipcut", "notgzip", "br", "gzfilecut", "utf16", "latin1", "nodates", "ukdates", "turnover", "halfturnover", "swapped", "nocountry", "nolength", "lengthshort", "lengthlong", "chunkcut", "piece", "loop", "private", "204", "blank", "headeronly", "json", "reset", "nohttp"],
)  # fmt: skip
def test_what_cannot_be_trusted_is_refused_with_its_reason(tmp_path: Path, publisher: Publisher, steps: list[Any], kind: str, says: str) -> None:
    found = second(tmp_path, publisher, *steps)
    assert (found["outcome"], found["events"]) == (kind, [])
    assert says in found["why"], found["why"]
    assert found["advice"]
    held = ListStore(tmp_path / "store").held("US-CSL")
    assert held is not None and held["counts"] == {"US-BIS-EL": 60}
    assert [row for row in listing_history.periods(ListStore(tmp_path / "store")) if row["gone_by"]] == []


@pytest.mark.parametrize(
    ("kind", "words", "says"),
    [
        ("renamed", "", "6 of 20 entries of L have another name at once"),
        ("changed", "names: + X ; country: CN -> (none)", "6 of 20 entries of L lost their country at once"),
        ("changed", "identifiers: - LEI:1", "6 of 20 entries of L lost numbers at once"),
        ("changed", "identifiers: + LEI:2, - LEI:1 ; citation: a -> b", ""),
        ("designated", "", ""),
    ],
)
def test_six_of_twenty_are_too_many_to_lose_something_at_once_and_five_are_not(kind: str, words: str, says: str) -> None:
    """Entries that a list names by an id of its own keep it when a column is lost: what they lose together is told."""
    held = {"list_date": "2026-01-01", "list_date_by": "fetch", "columns": {}, "counts": {"L": 20}, "rejected": 0, "line_end": True}
    new = Snapshot(entries=[], counts={"L": 20}, line_end=True)
    for count in (5, 6):
        copy = Copy("2026-01-02", "fetch", [{"list": "L", "kind": kind, "words": words}] * count)
        assert judge(new, held, copy=copy).refused == (says if count > 5 else "")
        assert not judge(new, held, accept=True, copy=copy).refused


@pytest.mark.parametrize(("modified", "says"), [("Tue, 01 Jan 2030 10:00:00 GMT", "has not come"), ("Tue, 01 Jan 2019 10:00:00 GMT", "before that of the copy held")])
def test_a_server_whose_clock_is_wrong_does_not_turn_history_round(tmp_path: Path, publisher: Publisher, modified: str, says: str) -> None:
    """The version counts from the day it was fetched, it is told, and what was new on it is not taken off again."""
    found = second(tmp_path, publisher, answer(NEW, Last_Modified=modified))
    assert (found["outcome"], found["list_date"], [event["kind"] for event in found["events"]]) == ("new", "2026-01-12", ["designated"])
    assert says in found["told"][0]
    third = outcome(_again(tmp_path, publisher, answer(csl(firms(62)), Last_Modified="Mon, 19 Jan 2026 06:00:00 GMT"), "2026-01-20T06:00:00Z"), "US-CSL")
    assert (third["list_date"], [event["kind"] for event in third["events"]]) == ("2026-01-19", ["designated"])
    standing = listing_show.show(tmp_path / "store", "2026-01-20")
    assert [item["listed"] for item in standing["lists"] if item["feed"] == "US-CSL"] == [62]


def _again(tmp_path: Path, publisher: Publisher, step: Any, now: str, **options: Any) -> dict[str, Any]:
    publisher.answers(LIST, step)
    return update(tmp_path / "store", now, addresses=str(tmp_path / "a.csv"), **options)


def test_a_copy_taken_although_it_is_older_counts_from_the_day_it_was_taken(tmp_path: Path, publisher: Publisher) -> None:
    """The UN's file gives its own day: an older one is refused, and with ``--accept`` it stands behind the newer one."""
    xml = '<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="{day}"><ENTITIES>{entities}</ENTITIES></CONSOLIDATED_LIST>'
    one = "<ENTITY><FIRST_NAME>Lens {n}</FIRST_NAME><REFERENCE_NUMBER>XXe.{n}</REFERENCE_NUMBER><LISTED_ON>2020-01-01</LISTED_ON></ENTITY>"
    file = lambda day, count: answer(xml.format(day=day, entities="".join(one.format(n=n) for n in range(count))).encode())  # noqa: E731
    addresses = table(tmp_path / "a.csv", publisher, UN_SC={"url": LIST, "reader": "un_sc"})
    publisher.answers(LIST, file("2026-02-01", 3))
    update(tmp_path / "store", "2026-02-02T00:00:00Z", addresses=addresses)
    assert outcome(_again(tmp_path, publisher, file("2026-01-01", 2), "2026-02-03T00:00:00Z"), "UN-SC")["why"].startswith("it is older (2026-01-01)")
    taken = outcome(_again(tmp_path, publisher, file("2026-01-01", 2), "2026-02-04T00:00:00Z", accept=("UN-SC",)), "UN-SC")
    assert (taken["outcome"], taken["list_date"], [event["kind"] for event in taken["events"]]) == ("new", "2026-02-04", ["delisted"])
    (gone,) = [row for row in listing_history.periods(ListStore(tmp_path / "store")) if row["gone_by"]]
    assert (gone["over"], gone["gone_by"]) == ("2026-02-03/2026-02-04", "2026-02-04")


def test_a_redirect_to_another_path_is_followed_and_a_page_behind_it_is_not_taken(tmp_path: Path, publisher: Publisher) -> None:
    publisher.answers("/moved.csv", answer(NEW))
    publisher.answers("/login", answer(b"<html><title>Sign in</title></html>"))
    assert second(tmp_path, publisher, answer(b"", "301 Moved Permanently", Location="/moved.csv"))["outcome"] == "new"
    login = outcome(_again(tmp_path, publisher, answer(b"", "302 Found", Location="/login"), "2026-01-13T06:00:00Z"), "US-CSL")
    assert (login["outcome"], login["why"]) == ("refused", 'a web page came instead of the list ("Sign in")')


def test_a_weak_tag_is_sent_back_and_nothing_is_joined_to_it(tmp_path: Path, publisher: Publisher) -> None:
    """A weak ETag says that two bodies mean the same, not that they are the same bytes: the whole body is asked for again."""
    cut = answer(NEW[:3000], length=len(NEW), ETag='W/"v2"', Accept_Ranges="bytes")
    found = second(tmp_path, publisher, cut, answer(NEW, ETag='W/"v2"'), first=answer(OLD, ETag='W/"v1"'))
    assert (found["outcome"], found["counts"]) == ("new", {"US-BIS-EL": 61})
    sent = [headers for _, headers in publisher.asked]
    assert [headers.get("if-none-match") for headers in sent] == [None, 'W/"v1"', 'W/"v1"']
    assert not any("range" in headers for headers in sent)


def test_a_certificate_that_nobody_signed_is_a_failed_look(tmp_path: Path) -> None:
    """No list is taken from a server that cannot show who it is; nothing is asked twice for it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, name, day = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day).sign(key, hashes.SHA256())
    (tmp_path / "both.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        addresses = table(tmp_path / "a.csv", Publisher(f"https://127.0.0.1:{server.server_address[1]}"), US_CSL={"url": LIST, "reader": "us_csl"})
        waited: list[float] = []
        found = outcome(update(tmp_path / "store", "2026-01-05T06:00:00Z", waited.append, addresses=addresses), "US-CSL")
        server.shutdown()
    assert found["outcome"] == "failed"
    assert "the certificate is not accepted" in found["why"]
    assert waited == []
    assert ListStore(tmp_path / "store").held("US-CSL") is None
