"""The labelled devices and typed models: every threshold, with everything and with the families held out; nobody innocent is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from device_support import LISTED, ask, known, maker_id

from custodes.findings import device_fuse

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import bench_devices

    return bench_devices


def _share(text: str) -> float:
    right, _, of = text.partition(" (")[0].partition(" of ")
    return int(right) / int(of)


def test_with_everything(shared: Path, bench: Any) -> None:
    found = bench.score(bench.labelled(shared / "devices"), bench.typed(shared / "devices"), bench.ours(known()))
    assert (found["violations"], found["accusations"]) == (0, 0)
    assert _share(found["listed"]) >= 0.99 and _share(found["rebrands"]) >= 0.98 and _share(found["uncertain"]) >= 0.97 and _share(found["typed"]) >= 0.98


def test_with_families_held_out(shared: Path, bench: Any) -> None:
    """What is learnt from a family is not tested on the family."""
    found = bench.crossvalidated(bench.labelled(shared / "devices"), bench.typed(shared / "devices"), shared / "devices")
    assert (found["violations"], found["accusations"]) == (0, 0)
    assert _share(found["listed"]) >= 0.92 and _share(found["rebrands"]) >= 0.85 and _share(found["uncertain"]) >= 0.9 and _share(found["typed"]) >= 0.9


def test_strong_is_right(shared: Path, bench: Any) -> None:
    bands, _ = bench.confusion(bench.labelled(shared / "devices"))
    (strong,) = [row for row in bands if row["of"] == "strong"]
    assert strong["right"] >= 0.99 * sum(strong[name] for name in ("right", "wrong", "accused", "truth unknown")) and strong["right"] > 400


def test_banners_of_everything_else_name_no_listed_maker(shared: Path) -> None:
    """recog's examples of 600 other things: routers, printers, servers."""
    wrong = []
    for line in (shared / "devices" / "recog_examples.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if not row["surveillance"]:
            for field in (row["kind"], "banner", "text", "html_title"):
                if device_fuse.identify(known(), {field: row["text"]}).maker in (*LISTED, "huawei", "zte", "hytera"):
                    wrong.append((field, row["text"]))
    assert not wrong


def test_every_published_family_is_named(shared: Path, bench: Any) -> None:
    """Of the maker's own families 99 % are named, and none is given to another listed maker."""
    models = [row["model"] for row in bench.catalogues(shared / "devices") if "brand" not in row]
    said = [ask(model=model).maker for model in models]
    assert said.count("hikvision") >= 0.99 * len(models)
    assert not {"dahua", "uniview", "tiandy"} & set(said)


def test_every_block_of_the_registry(shared: Path, bench: Any) -> None:
    """Blocks of look-alikes and of everybody else name no listed maker; a listed maker's blocks name it."""
    import csv

    with (shared / "devices" / "oui.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            mac = (row["prefix"] + "000000000")[:12]
            maker = ask(mac=":".join(mac[n : n + 2] for n in range(0, 12, 2))).maker
            if row["role"] in ("lookalike", "random_other") or row["group"] in ("huawei", "zte"):
                assert maker not in (*LISTED, "huawei", "zte"), row
            elif row["role"] in ("maker", "subsidiary", "joint_venture") and row["group"] in LISTED:
                assert maker == row["group"], row


def test_recorders_and_answers_of_real_units(shared: Path) -> None:
    folder = shared / "devices" / "isapi"
    channels = [json.loads(line) for line in (folder / "nvr_channels.jsonl").read_text(encoding="utf-8").splitlines()]
    named = {row["proxyProtocol"]: ask(nvr_channel=row).maker for row in channels}
    assert named == {"HIKVISION": "hikvision", "ONVIF": "jovision"}
    for path in sorted(folder.glob("*.xml")):
        assert ask(isapi_device_info=path.read_text(encoding="utf-8")).band == "strong", path.name
    for path in sorted((shared / "devices" / "discovery").glob("sadp_reply_*.xml")):
        assert ask(sadp=path.read_text(encoding="utf-8")).maker == "hikvision", path.name
    scopes = json.loads((shared / "devices" / "discovery" / "onvif_scopes.json").read_text(encoding="utf-8"))
    assert maker_id("Hikvision") not in {ask(onvif_scopes=row["Scopes"]).maker for row in scopes}
