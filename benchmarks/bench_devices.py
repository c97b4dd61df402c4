"""Devices: who made the labelled ones, against recog's examples, nmap's and the IEEE's MAC tables, the usual prefixes and the brand word; held-out families;
what each clue is worth; devices per second and memory.

Held out: families of models (and all other evidence, by its text) fall into five folds. For each fold every row of our tables that is supported by that fold
alone is taken out before the fold is judged. MAC blocks are a registry's facts and stay. ``python benchmarks/bench_devices.py`` prints all tables.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from custodes.findings import device_fuse, device_tables
from custodes.findings.device_tables import Devices
from custodes.pipeline import facts

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data" / "devices"
NMAP = Path("/usr/share/nmap/nmap-mac-prefixes")
LISTED = ("hikvision", "dahua", "uniview", "tiandy")
FOLDS = 5
Row = dict[str, Any]
Judge = Callable[[Mapping[str, Any]], str]


def plain(name: str | None) -> str:
    """A maker's name as our ids write it."""
    return "".join(filter(str.isalnum, (name or "").lower()))


def labelled(folder: Path = SHARED) -> list[Row]:
    """The labelled devices."""
    return [json.loads(line) for line in (folder / "labelled_devices.jsonl").read_text(encoding="utf-8").splitlines()]


def typed(folder: Path = SHARED) -> list[Row]:
    """Models as people type them."""
    return [json.loads(line) for line in (folder / "typed_models.jsonl").read_text(encoding="utf-8").splitlines()]


def tables() -> dict[str, Sequence[Mapping[str, Any]]]:
    """Our tables on devices."""
    return {name: facts.table(name) for name in (*device_tables.TABLES, "makers", "words", "links")}


# ---- the score -------------------------------------------------------------------------------------------------------------------------------


def score(rows: Iterable[Row], lines: Iterable[Row], judge: Judge) -> Row:
    """Shares right: listed makers, those under another name, uncertain where the truth is, typed text; and violations and accusations, which must be none."""
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for row in rows:
        said, truth = judge(row["evidence"]), plain(row["truth_maker"])
        right["violations"] += said in {plain(name) for name in row["truth_not"]}
        if row["expect"] == "maker" and truth in LISTED:
            _count(right, of, "listed", said == truth)
            if plain(row["truth_brand"]) != truth:
                _count(right, of, "rebrands", said == truth)
        elif row["expect"] == "abstain_or_low":
            _count(right, of, "uncertain", not said)
        elif row["expect"] != "maker":
            right["accusations"] += said in (*LISTED, "huawei")
    for line in lines:
        said, truth = judge({"model": line["typed_text"]}), plain(line["truth_maker"])
        if truth:
            _count(right, of, "typed", said == truth)
        else:
            right["accusations"] += said in LISTED
    shares = {name: f"{right[name]} of {of[name]} ({right[name] / of[name]:.1%})" for name in ("listed", "rebrands", "uncertain", "typed") if of[name]}
    return {**shares, "violations": right["violations"], "accusations": right["accusations"]}


def _count(right: Counter[str], of: Counter[str], name: str, well: bool) -> None:
    right[name] += well
    of[name] += 1


def ours(known: Devices) -> Judge:
    """custodes as a judge of evidence."""
    return lambda evidence: device_fuse.identify(known, evidence).maker


# ---- held-out families -----------------------------------------------------------------------------------------------------------------------


def family(evidence: Mapping[str, Any]) -> str:
    """What must not be on both sides: the beginning of the model, else all the evidence."""
    model = evidence.get("model")
    return re.sub("[^A-Z0-9]", "", re.sub(r"\(.*", "", model.upper()))[:7] if isinstance(model, str) else json.dumps(evidence, sort_keys=True)


def fold(evidence: Mapping[str, Any]) -> int:
    """The fold of a piece of evidence."""
    return int(hashlib.sha256(family(evidence).encode()).hexdigest(), 16) % FOLDS


def catalogues(folder: Path = SHARED) -> list[Row]:
    """Families and models as evidence."""
    with gzip.open(folder / "hikvision_models.csv.gz", "rt", encoding="utf-8") as stream:
        names = sorted({row["family"] for row in csv.DictReader(stream)})
    with (folder / "other_models.csv").open(encoding="utf-8") as stream:
        others = [{"model": row["model"], "brand": row["brand"]} for row in csv.DictReader(stream)]
    return [*({"model": name} for name in names), *others]


def held_out(rows: Sequence[Row], seen: Sequence[Row], out: int) -> Devices:
    """Our tables without the rows that only evidence of fold ``out`` supports."""
    whole = tables()
    known = device_tables.build(whole)
    used = {(clue.rule, clue.ours) for evidence in seen if fold(evidence) != out for clue in device_fuse.identify(known, evidence).clues}
    kept = {
        **whole,
        "device_models": [row for row in whole["device_models"] if {("device_model", row["rule"]), ("device_serial", row["rule"])} & used],
        "brand_lines": [row for row in whole["brand_lines"] if not row["maker_id"] or ("device_line", f"{row['brand']} {row['line']}") in used],
        "device_clues": [row for row in whole["device_clues"] if (row["rule"], row["clue"]) in used],
    }
    return device_tables.build(kept)


def crossvalidated(rows: Sequence[Row], lines: Sequence[Row], folder: Path = SHARED) -> Row:
    """The score when each fold is judged by tables that owe it nothing."""
    seen = [row["evidence"] for row in rows] + catalogues(folder)
    judges = [ours(held_out(rows, seen, n)) for n in range(FOLDS)]
    typed_fold = {line["typed_text"]: fold({"model": line["model"]}) for line in lines}
    return score(rows, lines, lambda evidence: judges[typed_fold.get(str(evidence.get("model")), fold(evidence))](evidence))


# ---- peers -----------------------------------------------------------------------------------------------------------------------------------


def mac_table(prefixes: Mapping[str, str]) -> Judge:
    """A table of MAC prefixes with the registrant's words, as tools use it: 24 bits, the maker whose name stands in it."""

    def judge(evidence: Mapping[str, Any]) -> str:
        registrant = prefixes.get(re.sub("[^0-9A-F]", "", str(evidence.get("mac", "")).upper())[:6], "").lower()
        return next((maker for maker in LISTED if maker in registrant), "")

    return judge


def nmap_prefixes() -> dict[str, str]:
    """nmap's own table; {} when nmap is not installed."""
    if not NMAP.is_file():
        return {}
    return dict(line.split(" ", 1) for line in NMAP.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))


def ieee_prefixes(folder: Path = SHARED) -> dict[str, str]:
    """The registry's blocks of 24 bits."""
    with (folder / "oui.csv").open(encoding="utf-8") as stream:
        return {row["prefix"]: row["registrant"] for row in csv.DictReader(stream) if row["bits"] == "24"}


def usual_prefixes(evidence: Mapping[str, Any]) -> str:
    """The rule of thumb: DS- is Hikvision, DH- and IPC-H are Dahua, IPC and a digit is Uniview."""
    model = str(evidence.get("model", "")).upper()
    rules = (("hikvision", r"^I?DS-"), ("dahua", r"^DH|^IPC-H|^NVR[245]\d{3}|^HDB?W|^HFW"), ("uniview", r"^IPC\d|^NVR3"))
    return next((maker for maker, pattern in rules if re.match(pattern, model)), "")


def brand_word(evidence: Mapping[str, Any]) -> str:
    """The maker's name anywhere in the evidence."""
    text = json.dumps(evidence).lower()
    return next((maker for maker in LISTED if maker in text), "")


def recog_examples(folder: Path = SHARED) -> Judge:
    """recog's vendor for banners that look like one of its own example lines, digits aside (recog itself cannot be installed from the index)."""
    known: dict[tuple[str, str], str] = {}
    for line in (folder / "recog_examples.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        known[row["kind"], re.sub(r"\d+", "0", row["text"])] = plain(row["hw_vendor"] or row["service_vendor"])

    def judge(evidence: Mapping[str, Any]) -> str:
        found = [known.get((kind, re.sub(r"\d+", "0", text))) for kind, text in evidence.items() if isinstance(text, str)]
        return next((vendor for vendor in found if vendor), "")

    return judge


def together(*judges: Judge) -> Judge:
    """The first peer that names somebody."""
    return lambda evidence: next((said for judge in judges if (said := judge(evidence))), "")


# ---- what each clue is worth -----------------------------------------------------------------------------------------------------------------

BLIND = {"device_model": ("device_models",), "device_line": ("brand_lines",), "device_brand": ("device_brands",), "device_mac": ("device_macs",)}


def ablation(rows: Sequence[Row], lines: Sequence[Row]) -> list[Row]:
    """The score without each kind of clue, and with it alone."""
    whole = tables()
    kinds = sorted({*BLIND, *(row["rule"] for row in whole["device_clues"])})
    found = [{"without": "nothing", **score(rows, lines, ours(device_tables.build(whole)))}]
    for kind in kinds:
        less = {name: [] if name in BLIND.get(kind, ()) else list(table) for name, table in whole.items()}
        less["device_clues"] = [row for row in less["device_clues"] if row["rule"] != kind]
        found.append({"without": kind, **score(rows, lines, ours(device_tables.build(less)))})
    return found


def confusion(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """(per band, per clue): how often what was named is right, wrong, or cannot be told because the truth names nobody."""
    known = device_tables.build(tables())
    bands: dict[str, Counter[str]] = {}
    kinds: dict[str, Counter[str]] = {}
    for row in rows:
        verdict = device_fuse.identify(known, row["evidence"])
        truth = plain(row["truth_maker"])
        bands.setdefault(verdict.band, Counter())[_outcome(verdict.maker, truth, row)] += 1
        for rule, maker in {(clue.rule, clue.maker) for clue in _all_clues(row["evidence"], known) if clue.maker and clue.weight >= 0.3}:
            kinds.setdefault(rule, Counter())[_outcome(maker, truth, row)] += 1
    names = ("right", "wrong", "accused", "no maker named", "truth unknown")
    return tuple([{"of": key, **{name: found[key][name] for name in names}} for key in sorted(found)] for found in (bands, kinds))  # type: ignore[return-value]


def _outcome(said: str, truth: str, row: Row) -> str:
    if not said:
        return "no maker named"
    if said in {plain(name) for name in row["truth_not"]}:
        return "accused"
    return "truth unknown" if not truth else "right" if _same(said, truth) else "wrong"


def _same(said: str, truth: str) -> bool:
    return said == truth or said in truth or truth in said


def _all_clues(evidence: Mapping[str, Any], known: Devices) -> list[Any]:
    from custodes.findings.device_clues import clues
    from custodes.findings.device_evidence import evidence_of

    return clues(evidence_of(evidence), known)[0]


# ---- speed -----------------------------------------------------------------------------------------------------------------------------------


def speed(rows: Sequence[Row], many: int) -> Row:
    """Devices per second of processor time (serial numbers and addresses differ; and with every text new), and the peak memory of the process."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bench_devices; bench_devices.run_speed({many})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def run_speed(many: int) -> None:
    """Judge ``many`` devices made of the labelled ones; prints the rate and the peak as JSON."""
    rows = [row["evidence"] for row in labelled()]
    known = device_tables.build(tables())
    rates = {}
    for name, new in (("devices/s", False), ("all texts new", True)):
        lot = [_varied(rows[n % len(rows)], n, new) for n in range(many)]
        start = time.process_time()
        for evidence in lot:
            device_fuse.identify(known, evidence)
        rates[name] = round(many / (time.process_time() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"devices": many, **rates, "peak MiB": peak}))


def _varied(evidence: Mapping[str, Any], n: int, new: bool) -> dict[str, Any]:
    """The evidence of another unit: its address and serial number differ, as they do in a register; with ``new`` every text does, which no register holds."""
    found = {name: f"{value} {n}" if new and isinstance(value, str) and name != "mac" else value for name, value in evidence.items()}
    if isinstance(found.get("mac"), str):
        found["mac"] = f"{found['mac'][:9]}{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
    found["serial"] = f"{n:09d}"
    return found


def run(many: int = 40_000) -> list[Row]:
    """One row per detector."""
    if not SHARED.is_dir():
        return [{"detector": "custodes", "note": "skipped: the shared data folder is not beside this checkout"}]
    rows, lines = labelled(), typed()
    recog, nmap, ieee = recog_examples(), mac_table(nmap_prefixes()), mac_table(ieee_prefixes())
    judges: list[tuple[str, Judge]] = [
        ("recog's examples", recog), ("nmap's MAC table", nmap), ("IEEE's MAC table", ieee), ("usual prefixes", usual_prefixes), ("brand word", brand_word),
        ("all these together", together(recog, ieee, usual_prefixes, brand_word)),
    ]  # fmt: skip
    found = [{"detector": "custodes", **score(rows, lines, ours(device_tables.build(tables()))), **speed(rows, many)}]
    found.append({"detector": "custodes, families held out", **crossvalidated(rows, lines)})
    return [*found, *({"detector": name, **score(rows, lines, judge)} for name, judge in judges)]


def main() -> None:
    """All tables."""
    from measure import table

    rows, lines = labelled(), typed()
    print(table(run()))
    for found in (ablation(rows, lines), *confusion(rows)):
        print("\n" + table(found))


if __name__ == "__main__":
    main()
