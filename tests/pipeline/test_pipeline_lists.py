"""A publisher that answers in every way a publisher can: the right event or refusal each time, and the copy held stays in force."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from lists_publisher import CMIC, CSL, Publisher, answer, csl, firm, firms, outcome, publishing, table, update

from custodes.cli import main
from custodes.pipeline import listing_show, verify
from custodes.pipeline.listing_store import ListStore
from custodes.sources import seal

LIST = "/consolidated.csv"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as found:
        yield found


class Desk:
    """A store and a publisher of one screening list."""

    def __init__(self, folder: Path, publisher: Publisher) -> None:
        self.store, self.publisher = folder / "store", publisher
        self.addresses = table(folder / "addresses.csv", publisher, US_CSL={"url": LIST, "reader": "us_csl"})

    def update(self, now: str, *steps: Any, **options: Any) -> dict[str, Any]:
        self.publisher.answers(LIST, *steps)
        self.summary = update(self.store, now, addresses=self.addresses, **options)
        return outcome(self.summary, "US-CSL")

    def held(self) -> dict[str, int]:
        line = ListStore(self.store).held("US-CSL")
        return dict(line["counts"]) if line else {}


@pytest.fixture
def desk(tmp_path: Path, publisher: Publisher) -> Desk:
    return Desk(tmp_path, publisher)


def test_a_first_copy_is_taken_and_an_unchanged_one_costs_one_short_answer(desk: Desk) -> None:
    first = desk.update("2026-01-05T06:00:00Z", answer(csl(firms(20)), ETag='"v1"', Last_Modified="Sun, 04 Jan 2026 10:00:00 GMT"))
    assert (first["outcome"], first["list_date"], first["counts"]) == ("new", "2026-01-04", {"US-BIS-EL": 20})
    again = desk.update("2026-01-06T06:00:00Z", answer(b"", "304 Not Modified"))
    sent = desk.publisher.asked[-1][1]
    assert again["outcome"] == "same" and sent["if-none-match"] == '"v1"' and sent["if-modified-since"].startswith("Sun, 04 Jan")
    same = desk.update("2026-01-07T06:00:00Z", answer(csl(firms(20)), ETag='"v2"'))
    assert (same["outcome"], same["why"], desk.summary["exit"]) == ("same", "the same bytes", 0)
    assert len(ListStore(desk.store).versions()) == 1


@pytest.mark.parametrize(
    ("steps", "options", "kind", "says"),
    [
        ([answer(b"gone", "404 Not Found")], {}, "failed", "404"),
        ([answer(b"busy", "429 Too Many Requests", Retry_After="3600")], {}, "failed", "asks to wait 3600 seconds"),
        ([answer(b"", "503 Service Unavailable")], {}, "failed", "busy (503)"),
        ([answer(b"boom", "500 Internal Server Error")], {}, "failed", "500"),
        ([answer(csl(firms(20))[:900], length=5000)], {}, "failed", "not whole"),
        ([[b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n", *([b"x", 0.1] * 30)]], {"seconds": 0.6}, "failed", "the answer is not whole"),
        ([answer(b"<!doctype html><html><head><title>Down for repair</title></head></html>", Content_Type="text/html")], {}, "refused", 'web page came instead of the list ("Down for repair")'),
        ([answer(b"")], {}, "refused", "an empty file"),
        ([answer(csl(firms(10)))], {}, "refused", "US-BIS-EL shrank from 20 entries to 10"),
        ([answer(csl(firms(20), [name if name != "name" else "entity" for name in CSL]))], {}, "refused", "header is not there or was changed"),
        ([answer(csl(firms(20), [name if name != "start_date" else "valid_from" for name in CSL]))], {}, "refused", "columns are gone that were filled before: start_date; new are: valid_from"),
        ([answer(csl([firm("Odd Firm", source="Some New List (SNL)")] * 3 + firms(20)))], {}, "refused", "3 rows cannot be read"),
        ([answer(csl([firm("x", source=CMIC)]))], {}, "refused", "US-BIS-EL shrank from 20 entries to 0"),
    ],
    ids=["404", "429", "503", "500", "truncated", "drip", "html", "empty", "half", "header", "column", "rejects", "otherlist"],
)  # fmt: skip
def test_what_is_no_good_copy_is_refused_and_the_one_held_stays(desk: Desk, steps: list[Any], options: dict[str, Any], kind: str, says: str) -> None:
    desk.update("2026-01-05T06:00:00Z", answer(csl(firms(20))))
    began = time.monotonic()
    found = desk.update("2026-01-12T06:00:00Z", *steps, **options)
    assert found["outcome"] == kind and says in found["why"] and found["advice"]
    assert desk.summary["exit"] == 3 and found["events"] == [] and time.monotonic() - began < 8
    assert desk.held() == {"US-BIS-EL": 20}
    standing = listing_show.show(desk.store, "2026-01-12")
    assert [(item["listed"], item["looked"]) for item in standing["lists"] if item["feed"] == "US-CSL"] == [(20, "2026-01-05")]
    assert not list(seal.verify(desk.store / "seal.jsonl"))


def test_a_refused_copy_is_kept_and_can_be_taken_after_a_look(desk: Desk) -> None:
    desk.update("2026-01-05T06:00:00Z", answer(csl(firms(20))))
    refused = desk.update("2026-01-12T06:00:00Z", answer(csl(firms(10)), ETag='"half"'))
    assert refused["outcome"] == "refused"
    line = ListStore(desk.store).lines()[-1]
    assert (desk.store / "sources" / "captures" / line["files"][0]["sha256"][:2] / line["files"][0]["sha256"]).is_file()
    taken = desk.update("2026-01-12T07:00:00Z", answer(csl(firms(10)), ETag='"half"'), accept=("US-CSL",))
    assert "if-none-match" not in desk.publisher.asked[-1][1], "what was refused is not the copy held"
    assert taken["outcome"] == "new" and [event["kind"] for event in taken["events"]] == ["delisted"] * 10
    assert "taken although: US-BIS-EL shrank" in taken["told"][0]


def test_a_new_column_is_taken_and_told(desk: Desk) -> None:
    desk.update("2026-01-05T06:00:00Z", answer(csl(firms(20))))
    rows = [row | {"risk_score": "7"} for row in firms(21)]
    found = desk.update("2026-01-12T06:00:00Z", answer(csl(rows, [*CSL, "risk_score"])))
    assert found["outcome"] == "new" and found["told"] == ["a new column that no rule reads: risk_score"]


def test_busy_servers_are_waited_for_and_passing_failures_repeated(desk: Desk) -> None:
    waited: list[float] = []
    busy, good = answer(b"", "429 Too Many Requests", Retry_After="2"), answer(csl(firms(20)))
    assert desk.update("2026-01-05T06:00:00Z", busy, good, sleep=waited.append)["outcome"] == "new" and waited == [2.0]
    waited.clear()
    found = desk.update("2026-01-06T06:00:00Z", [b""], answer(b"", "500 Oops"), answer(csl(firms(21))), sleep=waited.append)
    assert found["outcome"] == "new" and waited == [1.0, 2.0]


def test_a_body_that_broke_off_goes_on_where_it_stopped(desk: Desk) -> None:
    whole = csl(firms(200))

    def rest(headers: dict[str, str]) -> list[Any]:
        start = int(headers["range"].removeprefix("bytes=").rstrip("-"))
        assert headers["if-range"] == '"v1"'
        return answer(whole[start:], "206 Partial Content", ETag='"v1"', Content_Range=f"bytes {start}-{len(whole) - 1}/{len(whole)}")

    cut = answer(whole[:5000], length=len(whole), ETag='"v1"', Accept_Ranges="bytes")
    assert desk.update("2026-01-05T06:00:00Z", cut, rest)["counts"] == {"US-BIS-EL": 200}
    other = answer(csl(firms(201)), ETag='"v2"')  # the list changed meanwhile: the server sends all of it
    assert desk.update("2026-01-06T06:00:00Z", cut, other)["counts"] == {"US-BIS-EL": 201}
    torn = answer(whole[7000:], "206 Partial Content", ETag='"v1"', Content_Range=f"bytes 7000-{len(whole) - 1}/{len(whole)}")
    assert desk.update("2026-01-07T06:00:00Z", cut, torn, tries=2)["outcome"] == "failed"


def test_designated_renamed_changed_delisted_with_both_dates(desk: Desk) -> None:
    old = [firm("Argus Optical Co., Ltd.", entity_number="1", source=CMIC), firm("Meiya Cameras", ids="Unified Social Credit Code (USCC), 91350200705420347R, CN"), *firms(20)]
    desk.update("2026-01-05T06:00:00Z", answer(csl(old), Last_Modified="Sun, 04 Jan 2026 10:00:00 GMT"))
    new = [
        firm("Argus Optical Group Co., Ltd.", entity_number="1", source=CMIC, alt_names="Argus Optical Co., Ltd."),
        firm("SDIC Cameras", ids="Unified Social Credit Code (USCC), 91350200705420347R, CN"), *firms(19), firm("Fresh Lens Ltd.", start_date="2026-01-10"),
    ]  # fmt: skip
    found = desk.update("2026-01-20T06:00:00Z", answer(csl(new), Last_Modified="Mon, 12 Jan 2026 10:00:00 GMT"))
    told = sorted((event["kind"], event["name"], event["before"]) for event in found["events"] if event["kind"] != "changed")
    assert told == [
        ("delisted", "Invented Optics 19 Co., Ltd.", ""), ("designated", "Fresh Lens Ltd.", ""),
        ("renamed", "Argus Optical Group Co., Ltd.", "Argus Optical Co., Ltd."), ("renamed", "SDIC Cameras", "Meiya Cameras"),
    ]  # fmt: skip
    assert {(event["list_date"], event["seen"]) for event in found["events"]} == {("2026-01-12", "2026-01-20")}
    lines = (desk.store / "sources" / "list_events.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["kind"] for line in lines) == sorted(event["kind"] for event in found["events"])
    changes = listing_show.diff(desk.store, "2026-01-04", "2026-01-20")["changes"]
    mine = sorted((row["change"], row["name"], row["date"]) for row in changes if row["feed"] == "US-CSL")
    assert mine == [
        ("added", "Fresh Lens Ltd.", "2026-01-10"), ("removed", "Invented Optics 19 Co., Ltd.", "2026-01-06/2026-01-12"),
        ("renamed", "Argus Optical Group Co., Ltd.", "2026-01-12"), ("renamed", "SDIC Cameras", "2026-01-12"),
    ]  # fmt: skip


UN = (
    '<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="{day}T00:00:00Z"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID></INDIVIDUAL></INDIVIDUALS><ENTITIES>{entities}</ENTITIES></CONSOLIDATED_LIST>'
)
ENTITY = "<ENTITY><DATAID>{n}</DATAID><FIRST_NAME>Invented Lens {n}</FIRST_NAME><UN_LIST_TYPE>X</UN_LIST_TYPE><REFERENCE_NUMBER>XXe.{n}</REFERENCE_NUMBER><LISTED_ON>2020-01-01</LISTED_ON></ENTITY>"


def un(day: str, *numbers: int) -> bytes:
    return UN.format(day=day, entities="".join(ENTITY.format(n=n) for n in numbers)).encode()


def test_an_older_copy_and_one_cut_off_behind_a_whole_answer_are_refused(tmp_path: Path, publisher: Publisher) -> None:
    addresses = table(tmp_path / "a.csv", publisher, UN_SC={"url": "/un.xml", "reader": "un_sc"})
    for now, body, kind, says in (
        ("2026-02-01", un("2026-01-31", 1, 2, 3), "new", "first copy"), ("2026-02-08", un("2026-01-20", 1, 2), "refused", "it is older (2026-01-20)"),
        ("2026-02-09", un("2026-02-08", 1, 2, 3, 4)[:-60], "refused", "not readable XML"), ("2026-02-10", un("2026-02-09", 1, 2, 3, 4), "new", ""),
    ):  # fmt: skip
        publisher.answers("/un.xml", answer(body))
        found = outcome(update(tmp_path / "store", f"{now}T00:00:00Z", addresses=addresses), "UN-SC")
        assert found["outcome"] == kind and says in found["why"]
    assert found["list_date"] == "2026-02-09" and [event["kind"] for event in found["events"]] == ["designated"]


def test_one_list_in_several_files(tmp_path: Path, publisher: Publisher) -> None:
    addresses = table(tmp_path / "a.csv", publisher, US_OFAC_SDN={"url": "/SDN.CSV ; /ALT.CSV ; /ADD.CSV ; /SDN_COMMENTS.CSV", "reader": "ofac", "name": "SDN.CSV ; ALT.CSV ; ADD.CSV ; SDN_COMMENTS.CSV"})
    null = ",".join(["-0- "] * 8)
    publisher.answers("/SDN.CSV", answer(f'7,"ARGUS OPTICAL CO.",-0- ,"TEST",{null}\r\n'.encode(), ETag='"s"'))
    publisher.answers("/ALT.CSV", answer(b'7,1,"aka","ARGUS LENS",-0- \r\n', ETag='"a"'))
    publisher.answers("/ADD.CSV", answer(b'7,1,"1 Lens Road","Hangzhou","China",-0- \r\n', ETag='"d"'))
    first = outcome(update(tmp_path / "store", "2026-01-05T00:00:00Z", addresses=addresses), "US-OFAC-SDN")
    assert first["outcome"] == "new" and first["counts"] == {"US-OFAC-SDN": 1}
    unchanged = lambda headers: answer(b"", "304 Not Modified") if "if-none-match" in headers else answer(b"", "404 Not Found")  # noqa: E731
    publisher.answers("/SDN.CSV", unchanged)
    publisher.answers("/ADD.CSV", unchanged)
    publisher.answers("/ALT.CSV", answer(b'7,1,"aka","ARGUS LENS",-0- \r\n7,2,"aka","ARGUS EYE",-0- \r\n', ETag='"b"'))
    second = outcome(update(tmp_path / "store", "2026-01-06T00:00:00Z", addresses=addresses), "US-OFAC-SDN")
    assert [(event["kind"], event["words"]) for event in second["events"]] == [("changed", "names: + ARGUS EYE")]
    publisher.answers("/ALT.CSV", answer(b"", "404 Not Found"))
    third = outcome(update(tmp_path / "store", "2026-01-07T00:00:00Z", addresses=addresses), "US-OFAC-SDN")
    assert third["outcome"] == "failed" and third["why"].startswith("ALT.CSV")


def test_one_list_that_fails_does_not_stop_the_others_and_a_hand_kept_list_is_watched(tmp_path: Path, publisher: Publisher) -> None:
    page = "<html><body><p>The list of 2026.</p><script>var t={t}</script></body></html>"
    addresses = table(tmp_path / "a.csv", publisher, GONE={"url": "/gone", "reader": "us_csl"}, US_DOD_1260H={"url": "/page", "kind": "watch"}, US_CSL={"url": LIST, "reader": "us_csl"})
    publisher.answers(LIST, answer(csl(firms(3))))
    said = []
    for now, body in (("05", page.format(t=1)), ("06", page.format(t=2)), ("07", page.format(t=2).replace("2026", "2027"))):
        publisher.answers("/page", answer(body.encode()))
        summary = update(tmp_path / "store", f"2026-01-{now}T00:00:00Z", addresses=addresses)
        said.append([outcome(summary, feed)["outcome"] for feed in ("GONE", "US-DOD-1260H", "US-CSL")])
    assert said == [["failed", "new", "new"], ["failed", "same", "same"], ["failed", "new", "same"]]
    (told,) = outcome(summary, "US-DOD-1260H")["told"]
    assert "the official page changed since 2026-01-05" in told and summary["exit"] == 3


def test_the_token_is_nowhere_in_the_store_and_is_asked_for(tmp_path: Path, publisher: Publisher) -> None:
    addresses = table(tmp_path / "a.csv", publisher, EU_FSF={"url": "/content?token={token}", "reader": "eu_fsf", "name": "eu.xml"})
    assert "needs a token" in outcome(update(tmp_path / "store", "2026-01-04T00:00:00Z", addresses=addresses), "EU-FSF")["why"]
    xml = (
        '<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-01-05T00:00:00"><sanctionEntity euReferenceNumber="EU.1.1"><regulation programme="HR" numberTitle="x"/>'
        '<subjectType code="enterprise" classificationCode="E"/><nameAlias wholeName="Argus Optical"/></sanctionEntity></export>'
    )
    publisher.answers("/content?token=s3cr3t-token", answer(xml.encode()))
    found = outcome(update(tmp_path / "store", "2026-01-05T00:00:00Z", addresses=addresses, token="s3cr3t-token"), "EU-FSF")
    assert found["outcome"] == "new" and found["counts"] == {"EU-HR": 1}
    package = next(path for path in (tmp_path / "store/sources/captures").rglob("*") if path.is_file() and path.read_bytes().startswith(b"PK"))
    shutil.unpack_archive(package, tmp_path / "out", "zip")
    subprocess.run(["gunzip", "-f", *map(str, (tmp_path / "out").rglob("*.gz"))], check=True)
    everything = b"".join(path.read_bytes() for folder in ("out", "store") for path in (tmp_path / folder).rglob("*") if path.is_file())
    assert b"GET /content?token=TOKEN HTTP/1.1" in everything and b"s3cr3t" not in everything


def test_addresses_ask_for_the_day_first_and_opting_in_shows_the_licence(tmp_path: Path, publisher: Publisher) -> None:
    xml = (
        "<DIV9><HEAD>Supplement No. 4 to Part 744</HEAD><TABLE><TR><TH>Country</TH><TH>Entity</TH><TH>License requirement</TH><TH>License review policy</TH><TH>Federal Register citation</TH></TR>"
        "<TR><TD>CHINA</TD><TD>Argus Optical Co., Ltd., a.k.a., the following one alias:<br/>-Argus.<br/>1 Lens Road, Hangzhou, China.</TD><TD>All items</TD><TD>Denial</TD><TD>84 FR 54004, 10/9/19.</TD></TR></TABLE></DIV9>"
    )
    publisher.answers("/titles.json", answer(json.dumps({"titles": [{"number": 15, "up_to_date_as_of": "2026-01-03"}]}).encode()))
    publisher.answers("/full/2026-01-03/title-15.xml", answer(xml.encode()))
    addresses = table(tmp_path / "a.csv", publisher, US_BIS_EL={"url": "/full/{date}/title-15.xml", "reader": "us_ecfr", "before": "/titles.json"}, OPEN={"url": LIST, "reader": "us_csl", "opt_in": "CC BY-NC 4.0", "licence": "CC BY-NC 4.0"})
    publisher.answers(LIST, answer(csl(firms(3))))
    summary = update(tmp_path / "store", "2026-01-05T00:00:00Z", addresses=addresses)
    assert [item["feed"] for item in summary["lists"]] == ["US-BIS-EL"] and summary["lists"][0]["list_date"] == "2026-01-03"
    opted = update(tmp_path / "store", "2026-01-05T00:00:00Z", addresses=addresses, also=("OPEN",))
    assert any("licence: CC BY-NC 4.0" in line for line in opted["lines"])
    found = listing_show.show(tmp_path / "store", "2026-01-05", "argus")["found"]
    assert [(row["answer"], row["began"], row["names"]) for row in found] == [("yes", "2019-10-09", ["Argus Optical Co., Ltd.", "Argus"])]


def test_a_case_keeps_its_lists_and_reads_them(tmp_path: Path, publisher: Publisher) -> None:
    case = tmp_path / "case"
    run = lambda *words: CliRunner().invoke(main, words)  # noqa: E731
    assert run("new", str(case)).exit_code == 0
    addresses = table(tmp_path / "a.csv", publisher, US_CSL={"url": LIST, "reader": "us_csl"})
    publisher.answers(LIST, answer(csl(firms(7))))
    done = run("lists", "update", str(case), "--addresses", addresses, "--now", "2026-01-05")
    assert done.exit_code == 0 and "7 entries" in done.stderr
    assert run("gather", str(case), "--now", "2026-01-05").exit_code == 0
    read = run("read", str(case), "--now", "2026-01-05", "--json")
    assert json.loads(read.stderr)["steps"]["read"]["usable"] == 14
    publisher.answers(LIST, answer(csl(firms(6))))  # one firm is taken off: its period is read on
    assert run("lists", "update", str(case), "--addresses", addresses, "--now", "2026-02-05").exit_code == 0
    assert run("gather", str(case), "--now", "2026-02-05").exit_code == 0
    read = run("read", str(case), "--now", "2026-02-05", "--json")
    assert json.loads(read.stderr)["steps"]["read"]["usable"] == 12 + 2
    listings = [row for path in (case / "records" / "LISTING").iterdir() for row in pq.read_table(path).to_pylist()]
    assert [(row["listed_name"], row["first_seen"], row["ended"]) for row in listings if row["ended"]] == [("Invented Optics 6 Co., Ltd.", "2026-01-05", "2026-01-06/2026-02-05")]
    assert verify(case)["exit"] == 0
    log = case / "sources" / "lists.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"outcome":"new"', b'"outcome":"old"'))
    assert verify(case)["exit"] == 4


def test_a_killed_update_is_repeated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.update("2026-01-05T06:00:00Z", answer(csl(firms(20))))
    for place in ("custodes.sources.lists_log.add", "custodes.pipeline.listing_judge.judge", "custodes.sources.seal.append_all"):
        with monkeypatch.context() as broken:
            broken.setattr(place, lambda *words, **more: (_ for _ in ()).throw(KeyboardInterrupt))
            if place.endswith("judge"):
                broken.setattr("custodes.pipeline.listing_update.judge", lambda *words, **more: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                desk.update("2026-01-12T06:00:00Z", answer(csl(firms(21))))
    assert desk.update("2026-01-13T06:00:00Z", answer(csl(firms(21))))["outcome"] == "new"
    assert desk.held() == {"US-BIS-EL": 21} and not list(seal.verify(desk.store / "seal.jsonl"))
