"""The real and replayed device files beside the checkout: every one read, each by one reader, with the values that stand in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_records_device_examples import rows_of

from custodes.errors import InputError
from custodes.records import device_json, device_nmap
from custodes.records.registry import READERS

READ_BY = {
    "dahua1_reply_virtual_udp5050.bin": "device_dahua1", "dhip_reply_IPC-HDW5421S.json": "device_dhip", "dhip_reply_virtual_udp37810.bin": "device_dhip", "onvif_scopes.json": "device_json",
    "other_ssdp_virtual.bin": "device_ssdp", "device_info.jsonl": "device_json", "nvr_channels.jsonl": "device_json", "scan_interrupted.xml": "device_nmap",
    "scan_replayed_banners.xml": "device_nmap", **dict.fromkeys((f"other_{n}_virtual.bin" for n in ("360vision", "axis", "bosch_xml", "hanwha", "panasonic", "sony", "ubiquiti", "vivotek", "vstarcam")), "device_other"),
}  # fmt: skip
LISTED = ("hikvision", "dahua", "uniview", "tiandy", "huawei", "sadp", "dhip")


def reader_of(path: Path) -> Any:
    claims = [reader for reader in READERS if reader.sniff(path.read_bytes()[:65536], path.name)]
    assert len(claims) == 1, (path.name, [reader.NAME for reader in claims])
    return claims[0]


def devices(path: Path) -> list[dict[str, Any]]:
    return rows_of(reader_of(path), path.read_bytes(), path.name).get("DEVICE", [])


def test_every_file_has_its_one_reader(shared: Path) -> None:
    files = [path for room in ("discovery", "isapi", "nmap") for path in sorted((shared / "devices" / room).iterdir()) if path.name != "truth.json"]
    assert len(files) >= 14
    for path in files:
        name = reader_of(path).NAME
        expected = READ_BY.get(path.name) or {"pro": "device_wsd", "sad": "device_sadp", "dev": "device_isapi"}[path.name[:3]]
        assert name == expected, path.name


@pytest.mark.parametrize("name", ["sadp_reply_DS-2CD2432F-IW.xml", "sadp_reply_DS-TCG406-E.xml", "sadp_reply_malformed_synthetic.xml", "sadp_reply_virtual.xml"])
def test_sadp_replies_give_model_serial_mac_and_firmware(shared: Path, name: str) -> None:
    (row,) = devices(shared / "devices" / "discovery" / name)
    values = {
        "sadp_reply_DS-2CD2432F-IW.xml": ("DS-2CD2432F-IW", "DS-2CD2432F-IW20150126CCCH502126167", "C0:56:E3:FE:42:92", "V5.5.0", "10.1.1.251"),
        "sadp_reply_DS-TCG406-E.xml": ("DS-TCG406-E", "DS-TCG406-E 20250322AIFX8693470", "E8:A0:ED:30:57:1B", "V5.4.5build 260429", "192.168.74.76"),
        "sadp_reply_malformed_synthetic.xml": ("DS-2CD2T43G0-I5 & co", "DS-2CD2T43G0-I520190619AACH123456789", "C4:2F:90:00:00:01", "V5.6.1build 190813", ""),
        "sadp_reply_virtual.xml": ("Virtual", "Virtual-123456789", "00:11:22:33:44:55", "V1.0build 200101", "240.0.5.0"),
    }  # fmt: skip
    assert (row["model"], row["serial"], row["mac"], row["firmware"], row["host"]) == values[name]


def test_dahua_replies_give_their_fields_even_where_the_json_is_not_valid(shared: Path) -> None:
    folder = shared / "devices" / "discovery"
    (broken,) = devices(folder / "dhip_reply_virtual_udp37810.bin")
    assert (broken["model"], broken["serial"], broken["mac"], broken["host"], broken["firmware"]) == ("Virtual (JSON)", "123456789", "00:11:22:33:44:55", "240.0.4.0", "1.0000")
    assert json.loads(broken["evidence"])["dhip"]["Vendor"] == "General" and broken["brand"] == ""
    (plain,) = devices(folder / "dhip_reply_IPC-HDW5421S.json")
    assert (plain["brand"], plain["model"], plain["serial"], plain["product_class"]) == ("Dahua", "IPC-HDW5421S", "1F006E4PAX00075", "camera")
    (old,) = devices(folder / "dahua1_reply_virtual_udp5050.bin")
    assert (old["model"], old["serial"], old["mac"]) == ("Virtual", "123456789", "00:11:22:33:44:55") and "dahua1" in json.loads(old["evidence"])


def test_other_makers_answers_are_not_taken_for_a_listed_makers(shared: Path) -> None:
    for path in sorted((shared / "devices" / "discovery").glob("other_*_virtual.bin")):
        (row,) = devices(path)
        said = (row["evidence"] + row["observer"] + row["brand"]).lower()
        assert not [word for word in LISTED if word in said], path.name
        assert row["mac"] or path.name == "other_ssdp_virtual.bin"


def test_probes_give_no_device_and_matches_one(shared: Path) -> None:
    folder = shared / "devices" / "discovery"
    for path in sorted(folder.glob("probe_*.xml")):
        assert devices(path) == []
    (row,) = devices(folder / "probematch_python-wsdiscovery.xml")
    assert row["model"] == "DS-2CD2143G0-I" and row["scopes"][1].endswith("HIKVISION%20DS-2CD2143G0-I") and row["product_class"] == "camera"
    (empty,) = devices(folder / "probematch_empty_scopes_virtual.xml")
    assert empty["host"] == "240.0.2.0" and not empty["scopes"]


def test_isapi_rows_hold_the_published_values(shared: Path) -> None:
    folder = shared / "devices" / "isapi"
    values = {item["model"]: item for item in map(json.loads, (folder / "device_info.jsonl").read_text().splitlines())}
    for path in sorted(folder.glob("deviceInfo_*.xml")):
        (row,) = devices(path)
        item = values[row["model"]]
        said = json.loads(row["evidence"])["isapi_device_info"]
        assert (row["serial"], row["mac"].lower(), row["firmware"]) == (item["serialNumber"], item["macAddress"], f"{item['firmwareVersion']} {item['firmwareReleasedDate']}")
        assert all(said[name] == item[name] for name in item if name not in ("fixture",)), path.name
    rows = rows_of(device_json, (folder / "device_info.jsonl").read_bytes())["DEVICE"]
    assert [row["product_class"] for row in rows].count("recorder") == 3 and len(rows) == len(values)


def test_a_recorders_cameras_stand_behind_it(shared: Path) -> None:
    rows = rows_of(device_json, (shared / "devices" / "isapi" / "nvr_channels.jsonl").read_bytes())["DEVICE"]
    behind = [row for row in rows if row["behind"] == "DS-7732NI-M4"]
    assert sum(json.loads(row["evidence"])["nvr_protocol"] == "ONVIF" for row in behind) == 8
    assert len({row["record_key"] for row in rows}) == len(rows)


def test_nmap_rows_match_the_truth_host_by_host(shared: Path) -> None:
    folder = shared / "devices" / "nmap"
    rows = {row["host"]: json.loads(row["evidence"]) for row in devices(folder / "scan_replayed_banners.xml")}
    truth = {item["ip"]: item for item in json.loads((folder / "truth.json").read_text())}
    assert rows.keys() == truth.keys()
    # what tells the maker of each host must have come through: the header, realm, title or the scanner's word
    signs = {
        "10.77.1.11": "App-webs/", "10.77.1.12": "DVRNVRDVS", "10.77.1.13": "DNVRS-Webs", "10.77.1.14": "IP Camera(C2183)", "10.77.1.15": "App-webs/", "10.77.1.16": "Hikvision-Webs",
        "10.77.1.21": "Dahua", "10.77.1.22": "Login to", "10.77.1.23": "Login to", "10.77.1.31": "H264DVR", "10.77.1.32": "Hipcam", "10.77.1.41": "AXIS_WS_", "10.77.1.42": "VVTK", "10.77.1.51": "nginx",
    }  # fmt: skip
    for host, sign in signs.items():
        assert sign in json.dumps(rows[host], ensure_ascii=False), host
    assert not any("ERROR" in json.dumps(row) for row in rows.values())


def test_the_interrupted_scan_keeps_its_hosts_and_names_the_break(shared: Path) -> None:
    content = (shared / "devices" / "nmap" / "scan_interrupted.xml").read_bytes()
    from io import BytesIO

    from custodes.values import Origin, kind_of

    rows = []
    with pytest.raises(InputError, match="after host 6"):
        for batch in device_nmap.read((BytesIO(content),), Origin("0" * 64, "scan.xml")):
            rows += batch.to_pylist() if kind_of(batch) == "DEVICE" else []
    whole = devices(shared / "devices" / "nmap" / "scan_replayed_banners.xml")
    assert [row["host"] for row in rows] == [row["host"] for row in whole][: len(rows)] and len(rows) == content.count(b"</host>")
