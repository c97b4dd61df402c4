"""One device seen by several scans, a recorder's channel list and a lease table is one device, in any order of the rows."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.findings.compiled import compiled
from custodes.findings.device_found import found_device, inventory, knowledge, per_site
from custodes.findings.device_groups import devices_of, serial_of
from custodes.findings.match import find
from custodes.findings.watchlist import Watchlist
from custodes.values import batch_of

MAC = "44:47:CC:00:12:34"
LONG = "DS-2CD2146G2-ISU20240131AAWRG12345876"


def _rows(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    full = [{"record_key": f"k{n}", "origin_file": f"f{n % 3}", "origin_at": f"line {n}", "body": "Shire", **row} for n, row in enumerate(rows)]
    return batch_of("DEVICE", full).to_pylist()


SCAN = {"mac": MAC, "host": "10.0.0.8", "site": "Depot", "observer": "scan 1", "observed": "2025-03-01"}
AGAIN = {"mac": MAC.lower().replace(":", "-"), "host": "10.0.0.9", "site": "Depot", "observer": "scan 2", "observed": "2025-04-01"}
LEASE = {"mac": "4447cc001234", "host": "10.0.0.8", "observer": "lease table"}
CHANNEL = {"serial": LONG, "model": "DS-2CD2146G2-ISU", "behind": "10.0.0.2", "evidence": '{"nvr_channel": {"proxyProtocol": "HIKVISION"}}'}
REGISTER = {"brand": "LTS", "serial": "G12345876", "mac": MAC, "device_id": "CAM-0017", "site": "Depot"}
BOOKS = {"device_id": "cam 0017", "site": "Depot", "brand": "LTS"}
ALL = (SCAN, AGAIN, LEASE, CHANNEL, REGISTER, BOOKS)


def test_five_observers_one_device() -> None:
    (one,) = devices_of(_rows(*ALL))
    assert one.key == "mac:4447cc001234|Shire"
    assert len(one.rows) == 6 and one.against == ()
    assert one.reasons == ("One device: the same network address.", "One device: the same number in the owner's books.", "One device: the same serial number.")


@pytest.mark.parametrize("seed", range(12))
def test_any_order_gives_the_same(seed: int, watchlist: Watchlist) -> None:
    rows = _rows(*ALL, {"mac": "38:AF:29:00:00:07", "brand": "Q-See"}, {"host": "10.0.0.8", "site": "Depot"}, {"model": "Axis P3245"})
    mixed = rows.copy()
    random.Random(seed).shuffle(mixed)
    assert [(d.key, d.rows, d.reasons) for d in devices_of(mixed)] == [(d.key, d.rows, d.reasons) for d in devices_of(rows)]
    key = devices_of(rows)[0].key
    batches = [found_device(key, batch_of("DEVICE", [row for row in each if row in devices_of(rows)[0].rows]), watchlist) for each in (rows, mixed)]
    assert batches[0].equals(batches[1])


def test_what_is_not_one_device() -> None:
    two = devices_of(_rows({"host": "10.0.0.8", "site": "A"}, {"host": "10.0.0.8", "site": "B"}))
    assert len(two) == 2, "the same private address at two sites"
    shared = devices_of(_rows({"mac": MAC, "host": "h", "site": "A"}, {"mac": "38:AF:29:00:00:07", "host": "h", "site": "A"}, {"host": "h", "site": "A", "model": "X1"}))
    assert len(shared) == 3, "two devices were met at the address: a third row joins neither"
    assert len(devices_of(_rows({"mac": "02:42:ac:11:00:02"}, {"mac": "02:42:ac:11:00:02"}))) == 2, "made-up addresses identify nothing"
    assert len(devices_of(_rows({"serial": "0000000000"}, {"serial": "0000000000"}))) == 2
    assert len(devices_of(_rows({"device_id": "CAM-1", "model": "DS-2CD2143"}, {"device_id": "CAM-1", "model": "IPC-HDW2431T"}))) == 2
    assert len(devices_of(_rows({"mac": MAC, "body": "Shire"}, {"mac": MAC, "body": "Mere"}))) == 2
    assert len(devices_of(_rows({"mac": MAC, "count": 12}, {"mac": MAC, "count": 3}))) == 2, "a row for many pieces is not one device"
    cloned = [{"mac": MAC, "serial": f"A9876{n}321"} for n in range(4)]
    assert len(devices_of(_rows(*cloned))) == 4, "a placeholder address under many serial numbers"


def test_disagreements_are_shown() -> None:
    (one,) = devices_of(_rows({"mac": MAC, "serial": "G12345876", "site": "A"}, {"mac": MAC, "serial": "G99345871", "site": "B"}))
    assert one.against == ("One network address, several serial numbers: G12345876, G99345871.", "Seen at several sites: A, B.")


def test_serial_numbers_for_comparing() -> None:
    assert serial_of(LONG) == serial_of("g12345876") == "G12345876"
    assert serial_of("1F006E4PAX00075") == "1F006E4PAX00075"
    assert [serial_of(text) for text in ("", "N/A", "00000000", "123456789", "xxxxxxxx", "1111111")] == [""] * 6


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(dict, mac=st.sampled_from(["", MAC, "38:AF:29:00:00:07"]), serial=st.sampled_from(["", "G12345876", "H22345876"]), host=st.sampled_from(["", "h1", "h2"]), site=st.sampled_from(["", "A"])), max_size=8), st.randoms())
def test_groups_share_nothing_and_lose_nothing(rows: list[dict[str, Any]], dice: random.Random) -> None:
    full = _rows(*rows)
    found = devices_of(full)
    assert sorted(row["record_key"] for one in found for row in one.rows) == sorted(row["record_key"] for row in full)
    dice.shuffle(full)
    assert [one.key for one in devices_of(full)] == [one.key for one in found]
    assert len({one.key for one in found}) == len(found)


def test_the_finding_of_a_device(watchlist: Watchlist) -> None:
    known = compiled(watchlist)
    ((line, (finding,)),) = inventory(_rows(*ALL), known)
    assert (finding["kind"], finding["maker_id"], finding["band"], finding["listed_on_date"], finding["equipment"]) == ("device_made_by", "hikvision", "strong", "yes", "surveillance")
    assert finding["link_path"] == ["LTS", "platform made by", "hikvision"]
    assert finding["date"] == "2025-04-01" and "6 rows speak of this device." in " ".join(finding["context"])
    assert {reason["rule"] for reason in finding["reasons"]} >= {"device_mac", "device_serial", "device_protocol", "device_model"}
    assert (line["seen"], line["count"], line["site"], line["maker"], line["finding_id"]) == (6, 1, "Depot", "hikvision", finding["finding_id"])
    assert knowledge(known) is knowledge(known)


def test_a_finding_stays_when_the_same_device_is_listed_again(watchlist: Watchlist) -> None:
    """A register that is issued again with a row on top: same finding, same evidence."""
    known = compiled(watchlist)
    before = [f for _, found in inventory(_rows(REGISTER), known) for f in found]
    after = [f for _, found in inventory(_rows({"brand": "Axis", "model": "P3245"}, REGISTER), known) for f in found]
    assert [(f["finding_id"], f["evidence_hash"]) for f in before] == [(f["finding_id"], f["evidence_hash"]) for f in after]


def test_a_row_by_itself_and_the_split(watchlist: Watchlist) -> None:
    """The row finder judges each row alone: any split gives the same."""
    rows = _rows(*ALL)
    whole = [f for batch in find([batch_of("DEVICE", rows)], watchlist) for f in batch.to_pylist()]
    split = [f for row in rows for batch in find([batch_of("DEVICE", [row])], watchlist) for f in batch.to_pylist()]
    assert whole == split and len(whole) == 5


def test_publish_and_band_are_capped_by_the_line(watchlist: Watchlist) -> None:
    known = compiled(watchlist)
    (weak,) = [f for _, found in inventory(_rows({"brand": "Alibi", "model": "FB21-A"}), known) for f in found]
    assert (weak["band"], weak["publish"], weak["grade"]) == ("weak", "lead-only", "lead-only")
    assert not [f for _, found in inventory(_rows({"brand": "Axis", "model": "P3245-LVE"}), known) for f in found]


def test_per_site(watchlist: Watchlist) -> None:
    rows = _rows({"site": "A", "model": "DS-2CD2143G2-I", "count": 12}, {"site": "A", "brand": "Axis", "model": "P3245-LVE"}, {"site": "B", "model": "IPC-HDW2431T"}, {"site": "B", "model": "dome"})
    counted = per_site(line for line, _ in inventory(rows, compiled(watchlist)))
    assert [(c["site"], c["maker"], c["count"]) for c in counted] == [("A", "axis", 1), ("A", "hikvision", 12), ("B", "", 1), ("B", "dahua", 1)]
