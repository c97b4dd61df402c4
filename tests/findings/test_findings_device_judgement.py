"""One device judged: what adds up, what contradicts, what is never concluded, and that no shape of evidence breaks it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from device_support import ask, known
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.findings import device_fuse
from custodes.findings.device_evidence import evidence_of
from custodes.findings.device_text import build_date, mac_of, shown_serial, squeezed, typed

HIK, AXIS_MAC, LOCAL_MAC = "44:47:CC:00:12:34", "AC:CC:8E:00:12:34", "02:42:ac:11:00:02"


def test_signs_of_different_kinds_add_up() -> None:
    alone, both = ask(brand="LTS", model="CMIP3412"), ask(brand="LTS", model="CMIP3412", mac=HIK)
    assert (alone.maker, alone.band, both.maker, both.band) == ("hikvision", "possible", "hikvision", "strong")
    assert alone.score == 0.8
    assert both.score == round(1 - 0.2 * 0.06, 4)


def test_signs_of_one_kind_do_not() -> None:
    one = ask(http_server="DNVRS-Webs")
    two = ask(http_server="DNVRS-Webs", www_authenticate='Digest realm="DVRNVRDVS", nonce="x"')
    assert one.score == two.score == 0.91


def test_a_conflict_lowers_the_band_and_is_shown() -> None:
    verdict = ask(brand="Axis", model="P3245-LVE", mac=HIK)
    assert verdict.band == "uncertain" and not verdict.maker
    assert any("Hikvision" in line for line in verdict.against) and any("Axis" in line for line in verdict.against)
    slight = ask(brand="Hikvision", model="DS-2CD2143G0-I", mac=AXIS_MAC)
    assert slight.band == "uncertain"
    assert any("Axis Communications" in line for line in slight.against)


def test_the_brand_alone_never_decides_where_it_has_several_makers() -> None:
    for brand in ("Swann", "Lorex", "Annke", "Honeywell", "LTS", "Alibi", "CP Plus"):
        assert ask(brand=brand).maker == ""
        assert "uncertain" in ask(brand=brand).statement


@pytest.mark.parametrize(
    ("brand", "model", "maker"),
    [("Advidia", "A-34W", "hikvision"), ("Advidia", "M-46-FW", "uniview"), ("Honeywell", "HBW4PER1", "dahua"), ("Honeywell", "HC35W45R3", ""), ("Luma", "LUM-310-IP", "hikvision"),
     ("Luma", "LUM-820-IP-TMH", ""), ("LTS", "CMIP3382W-28M", "hikvision"), ("LTS", "CMIP3382NW-28M", ""), ("Intelbras", "VIP 3230 W", "dahua"), ("Intelbras", "VIP 1120 B G2", ""),
     ("Annke", "I91BM", "hikvision"), ("Annke", "WZ500", ""), ("Lorex", "LNB9242B", "dahua"), ("Lorex", "LNE3003", "")],
)  # fmt: skip
def test_lines_tell_the_makers_of_one_brand_apart(brand: str, model: str, maker: str) -> None:
    verdict = ask(brand=brand, model=model)
    assert verdict.maker == maker, verdict
    assert verdict.band in ("uncertain",) if not maker else ("possible", "weak")


def test_longest_prefix_wins_and_made_up_addresses_say_nothing() -> None:
    assert ask(mac="40:2C:76:14:23:EE").maker == ""
    assert "Shanghai Dahua Scale Factory" in " ".join(ask(mac="40:2C:76:14:23:EE").reasons)
    assert ask(mac="A4:DA:22:2F:00:00").maker == "wyze" and ask(mac="A4:DA:22:5F:00:00").maker == ""
    assert ask(mac=LOCAL_MAC).maker == "" and "made up locally" in " ".join(ask(mac=LOCAL_MAC).reasons)
    assert ask(mac="E4:28:A4:01:02:03").group == "Prama"
    assert ask(mac="98:04:5F:23:96:46").maker == "", "Huawei makes telephones too"


def test_product_class_stands_apart_from_the_maker() -> None:
    found = {model: ask(model=model).product_class for model in ("DS-3E1508-EI", "DS-K1T671MF", "DS-D5043U3-1V0S", "DS-PA201P-16WB", "DS-7608NI-K2", "DS-2CD2143G2-I", "DHI-VTO2202F-P")}
    assert list(found.values()) == ["switch", "door", "display", "alarm", "recorder", "camera", "door"]
    assert ask(dhip={"DeviceClass": "NVR", "Vendor": "General"}).product_class == "recorder"


def test_words_below_strong_speak_of_the_platform() -> None:
    assert ask(brand="Hikvision", model="DS-2CD2143G0-I").statement == "Made by Hikvision."
    assert ask(brand="LTS", model="CMIP3412").statement == "Platform probably made by Hikvision, sold as LTS."
    assert ask(brand="Alibi", model="FB21-A").statement == "Platform perhaps made by Uniview, sold as Alibi."
    for model in ("CMIP3412", "DS-2CD2143G0-I"):
        assert " is " not in ask(brand="LTS", model=model).statement


def test_a_line_that_had_ended_counts_half() -> None:
    assert ask(brand="Honeywell", model="HBW4PER1", firmware="V1.0 build 210101").band == "possible"
    later = ask(brand="Honeywell", model="HBW4PER1", firmware="V1.0 build 240101")
    assert later.band == "weak" and "2024-01-01" in " ".join(later.reasons)


def test_components_are_links_with_proof() -> None:
    verdict = ask(brand="Pelco", model="Pelco GPC Professional 4K")
    assert verdict.maker == "pelco"
    assert any("holds a part of" in line and "proof" in line for line in verdict.reasons)
    chip = ask(rtsp_server="Hipcam RealServer/V1.0")
    assert chip.maker == "" and "component" in " ".join(chip.reasons)


@pytest.mark.parametrize("text", ["not Hikvision", "non-Hik dome", "camera in Dahua Road", "DS-3000", "DS 2 copies of the report", "IPC-610", "DS220+", "DS-6510B", "NVR 104 hall camera", "M24"])
def test_names_and_numbers_that_are_not_the_makers(text: str) -> None:
    assert ask(model=text).maker not in ("hikvision", "dahua", "uniview"), text


def test_serial_numbers_are_shown_cut() -> None:
    verdict = ask(isapi_device_info={"serialNumber": "ACME-120240131AAWRG12345678", "model": "ACME-1"})
    assert verdict.maker == "hikvision" and verdict.band == "strong"
    assert "12345678" not in json.dumps([verdict.reasons, [clue.theirs for clue in verdict.clues]])
    assert "00:12:34" not in json.dumps(ask(mac=HIK).reasons)
    assert shown_serial("1F006E4PAX00075") == "1F006E4PAX.."


SADP = "<ProbeMatch>\r\n<DeviceDescription>ACME & Sons</DeviceDescription>\r\n<DeviceSN>ACME20240131AAWRG12345678</DeviceSN><MAC>44-47-cc-00-12-34</MAC><Softw"
SHAPES: list[dict[str, Any]] = [
    {"model": "DS-2CD2143G0-I"},
    {"evidence": {"model": ["DS-2CD2143G0-I"]}},
    {"evidence": json.dumps({"model": "DS-2CD2143G0-I"})},
    {"isapi_device_info": '<DeviceInfo xmlns="http://www.hikvision.com/ver20/XMLSchema"><model>ACME</model></DeviceInfo>'},
    {"sadp": SADP},
    {"sadp": {"DeviceSN": "ACME20240131AAWRG12345678"}},
    {"nvr_channel": [{"proxyProtocol": "HIKVISION", "model": "X"}]},
    {"onvif_scopes": "onvif://www.onvif.org/name/HIKVISION%20DS-2CD2143G0-I onvif://www.onvif.org/hardware/DS-2CD2143G0-I"},
    {"http": {"headers": "Server: DNVRS-Webs\r\nConnection: close"}},
    {"banners": ["HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"IP Camera(C2183)\", nonce=\"x\""]},
    {"scan": {"services": [{"port": 80}]}, "mac": {"eth0": HIK}},
    {"mac": "4447cc001234"},
    {"mac": "4447.cc00.1234"},
    {"realm": "IP Camera(C2183)"},
]  # fmt: skip


@pytest.mark.parametrize("evidence", SHAPES, ids=lambda shape: next(iter(shape)))
def test_shapes_of_evidence(evidence: dict[str, Any]) -> None:
    assert device_fuse.identify(known(), evidence).maker == "hikvision", evidence_of(evidence)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=30) | st.sampled_from(["DS-2CD2143", "<a><b>c</b>", "{\"model\":", "Dahua", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["model", "mac", "sadp", "brand", "banners", "onvif_scopes", "ports", "evidence", "isapi_device_info", "x"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["model", "mac", "sadp", "brand", "serial", "firmware", "dhip", "nvr_channel", "evidence", "onvif_scopes"]), JSONS, max_size=6))
def test_no_evidence_breaks_it_and_order_does_not_matter(evidence: dict[str, Any]) -> None:
    verdict = device_fuse.identify(known(), evidence)
    again = device_fuse.identify(known(), dict(reversed(evidence.items())))
    assert (verdict.maker, verdict.score, verdict.band) == (again.maker, again.score, again.band)
    assert verdict.band in ("strong", "possible", "weak", "uncertain")
    assert bool(verdict.maker) == (verdict.band != "uncertain")


def test_a_part_inside_a_part_belongs_to_the_answer_it_stands_in() -> None:
    reply = {"mac": "x", "method": "client.notifyDevInfo", "params": {"deviceInfo": {"DeviceClass": "IPC", "DeviceType": "IPC-HFW1230S", "Vendor": "Private", "SerialNo": "1F006E4PAX00075"}}}
    verdict = ask(dhip=json.dumps(reply))
    assert (verdict.maker, verdict.band, verdict.product_class) == ("dahua", "strong", "camera")
    assert ask(dhip=reply).score == verdict.score and not verdict.against


def test_hostile_sizes_are_cut() -> None:
    deep: Any = "x"
    for _ in range(3_000):
        deep = {"evidence": deep}
    assert device_fuse.identify(known(), deep).band == "uncertain"
    long = {"model": "A-" * 2_000_000, "banners": ["Server: x\r\n" * 200_000], "serial": "1" * 1_000_000, "brand": ["x"] * 100_000}
    assert device_fuse.identify(known(), long).band == "uncertain"


def test_small_parts() -> None:
    assert mac_of("IP 10.0.0.1 mac 44-47-CC-00-12-34 up") == "4447CC001234" and mac_of("00:00:00:00:00:00") == "" and mac_of("44:47:CC:00:12") == ""
    assert build_date("V5.7.15 build 240201") == "2024-02-01" and build_date("2.800, Build Date: 2020-06-05") == "" and build_date("build 999999") == ""
    assert typed(r"^I?DS-2\d{2}") == r"(?<![A-Z0-9])[I1L]?DS[-\s/_.]{0,3}2[0-9OIL]{2}"
    assert squeezed("Hik-Vision (UK)") == "hikvisionuk"


def test_a_weak_sign_for_another_is_shown_too() -> None:
    verdict = ask(brand="Hikvision", favicon_mmh3=833190513)
    assert verdict.maker == "hikvision" and verdict.score == 0.93, "an icon alone does not lower it"
    assert any("speaks for Dahua" in line for line in verdict.against)


@pytest.mark.parametrize(
    ("text", "maker"),
    [("Hanwha QNV-6082R on Hikvision NVR", "hanwha"), ("camera 3 on Hikvision NVR", ""), ("Cisco switch in Hikvision cabinet", "cisco"), ("Hikvision NVR in the comms room", "hikvision"),
     ("bracket compatible with Hikvision", ""), ("Hikvision dome by the Bosch recorder", "hikvision"), ("Hikvision and Dahua mixed", "")],
)  # fmt: skip
def test_names_of_what_stands_beside_the_device(text: str, maker: str) -> None:
    assert ask(text=text).maker == maker, ask(text=text)


@pytest.mark.parametrize("text", ["Dahua Electronics Corporation", "DAHUA ELECTRONICS CORP. recorder", "Hotel Dahua reception camera", "Shanghai Dahua Scale Factory"])
def test_a_firm_that_only_looks_like_a_maker_is_nobodys_clue(text: str) -> None:
    for verdict in (ask(text=text), ask(brand=text), ask(model=text)):
        assert verdict.maker == "", (text, verdict.reasons)
    assert ask(text="Dahua IPC-HDW2431T").maker == "dahua"
    assert ask(text=f"{text}: Dahua IPC-HDW2431T").maker == "dahua", "what else the text says counts"


def test_letters_are_digits_only_beside_a_digit() -> None:
    assert ask(model="DS-2CD2I43GO-I").maker == "hikvision" and ask(text="DSKDTDE").maker == "hikvision"
    for text in ("TCHILDREN", "DHSD fund", "GVARDEYSKOLL", "Eric", "AESTIVUM", "dhsd8_gov"):
        assert ask(text=text).maker == "", text


def test_a_form_that_is_shared_is_worth_half_beside_a_strange_brand() -> None:
    assert ask(model="CS-C6N").maker == "hikvision" and ask(brand="Acme", model="CS-C6N").maker == ""
    assert ask(brand="unknown", model="CS-C6N").maker == "hikvision", "no brand is no other brand"
    assert ask(brand="Acme", model="DS-2CD2143G0-I").maker == "hikvision", "a form of one maker alone stays"


@pytest.mark.parametrize("text", ["44:19:B6:12:34:56", "44-19-b6-12-34-56", "4419.b612.3456", "4419-b612-3456", "4419b6-123456", "4419b6:123456", "4419B6123456", "0x4419b6123456", "44 19 b6 12 34 56"])
def test_ways_to_write_an_address(text: str) -> None:
    assert mac_of(text) == "4419B6123456"
    assert mac_of("0:40:8c:1:2:3") == "00408C010203" and mac_of("1:2:3:4:5:6:7:8") == ""
