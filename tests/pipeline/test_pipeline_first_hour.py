"""The first hour of a CCTV manager: a messy register of 400 cameras, and nothing read beforehand.

The register is made here, from model names that makers and catalogues publish, typed as people type them. The manager gives it to `custodes identify`, opens
the sheet that comes back, filters what is uncertain, adds a brand line with proof for a house brand, and runs again.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl

HIK = ("DS-2CD2143G2-I", "DS-2CD2386G2-IU", "DS-2DE4425IW-DE", "DS-7616NI-K2/16P", "DS-KV8113-WME1", "DS-3E1508-EI", "iDS-2CD7A46G0-IZHSY", "IPC-T240H-MU", "ECI-B14F", "AE-MD5043")
DAHUA = ("IPC-HDW2431T-AS-S2", "IPC-HFW2439SP-SA-LED-S2", "DHI-NVR5216-4KS2", "SD42212S-HN", "DH-IPC-HDBW5431EP-Z", "VTO2111D")
UNIVIEW = ("IPC2122LB-ADF28KM-H", "IPC322LE-ADF28K-DL3", "NVR301-04S2-P4")
OTHERS = (("Axis", "P3245-LVE"), ("Hanwha", "XNV-8080R"), ("Bosch", "NDE-3502-AL"), ("Mobotix", "s16"), ("Avigilon", "2.0-H3M-DO1"), ("Sony", "SNC-EM632R"))
REBRANDS = (("LTS", "CMIP3412", "hikvision"), ("Lorex", "LNB9242B", "dahua"), ("Advidia", "M-46-FW", "uniview"), ("Annke", "I91BM", "hikvision"))
UNTOLD = ("dome camera", "", "4MP bullet", "PTZ on pole", "unknown", "Swann DVR", "Honeywell HC35W45R3", "NVR")


def _typed(name: str, dice: random.Random) -> str:
    """A model as people type it."""
    text = dice.choice([str, str.lower, lambda s: s.replace("-", ""), lambda s: s.replace("-", " "), lambda s: s.replace("0", "O")])(name)
    return dice.choice(["", "Supply and fit ", "new "]) + text + dice.choice(["", " x2", " (white)", ", serial unknown", " - car park"])


def _lines(dice: random.Random) -> list[tuple[str, str, str]]:
    """(make, model cell, the maker that must be named or '' for nobody)."""
    found: list[tuple[str, str, str]] = []
    for n in range(400):
        kind = n % 20
        if kind < 8:
            found.append((dice.choice(["Hikvision", "HIK", "Hikvison", ""]), _typed(dice.choice(HIK), dice), "hikvision"))
        elif kind < 13:
            found.append((dice.choice(["Dahua", "", "dahua"]), _typed(dice.choice(DAHUA), dice), "dahua"))
        elif kind < 14:
            found.append(("", _typed(dice.choice(UNIVIEW), dice), "uniview"))
        elif kind < 16:
            brand, model, maker = dice.choice(REBRANDS)
            found.append((brand, model.lower(), maker))
        elif kind < 18:
            brand, model = dice.choice(OTHERS)
            found.append((brand, model, brand.lower()))
        elif kind < 19:
            found.append(("", dice.choice(UNTOLD), ""))
        else:
            found.append(("Watchwell", f"WW-{dice.randrange(100, 999)}", ""))
    return found


def _register(path: Path, lines: list[tuple[str, str, str]]) -> None:
    """Two sheets, titles above the heading, blank rows, section headings, a total."""
    book = openpyxl.Workbook()
    for n, title in enumerate(("North", "South")):
        sheet = book.active if not n else book.create_sheet()
        assert sheet is not None
        sheet.title = title
        sheet.append([f"CCTV ASSET REGISTER: {title}"])
        sheet.append([])
        sheet.append(["Ref", "Location", "Make ", "Model / Type", "Installed by", "Remarks"])
        for m, (make, model, _) in enumerate(lines[n * 200 : n * 200 + 200]):
            if m % 50 == 0:
                sheet.append([f"ZONE {m // 50 + 1}"])
            sheet.append([f"{title[0]}{m:03d}", f"Post {m}", make or None, model or None, "Acme Security", None])
            if m % 70 == 0:
                sheet.append([])
        sheet.append(["Total", None, None, 200])
    book.create_sheet("Contacts").append(["ask the control room"])
    book.save(path)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(Path(sys.executable).parent / "custodes"), "identify", *arguments], capture_output=True, text=True, timeout=120)


def _back(path: Path) -> list[dict[str, Any]]:
    found = []
    for sheet in openpyxl.load_workbook(path).worksheets[:2]:
        heading = [cell.value for cell in sheet[3]]
        for row in sheet.iter_rows(min_row=4, values_only=True):
            cells = dict(zip(heading, row, strict=True))
            if cells["band"]:
                found.append(cells)
    return found


def test_the_first_hour(tmp_path: Path) -> None:
    lines = _lines(random.Random(8))
    register, out = tmp_path / "CCTV register (final) v3.xlsx", tmp_path / "with makers.xlsx"
    _register(register, lines)
    done = _run(str(register), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("400 rows = 400 devices:"), done.stderr

    rows = _back(out)
    assert [row["Ref"] for row in rows] == [f"{side}{m:03d}" for side in "NS" for m in range(200)], "the owner's rows in their order"
    wrong = [(want, row["maker"], row["Make "], row["Model / Type"]) for (_, _, want), row in zip(lines, rows, strict=True) if want and row["maker"] != want]
    accused = [row for (_, _, want), row in zip(lines, rows, strict=True) if not want and row["maker"] in ("hikvision", "dahua", "uniview")]
    assert len(wrong) <= 8, wrong  # 2 % of 400
    assert not accused
    assert all(row["reasons"] or row["band"] == "uncertain" for row in rows)

    uncertain = Counter(row["Make "] for row in rows if row["band"] == "uncertain")
    assert uncertain["Watchwell"] == 20, "the house brand is the largest open question"
    proof = tmp_path / "our lines.csv"
    proof.write_text("brand,line,model_regex,maker_id,confidence,publish,must_match,citation\nWatchwell,WW series,^WW-\\d{3},dahua,medium,review,WW-204,opened by our contractor on 2026-02-03: report 17\n", encoding="utf-8")
    again = _run(str(register), "-o", str(tmp_path / "second.xlsx"), "--lines", str(proof))
    assert again.returncode == 0, again.stderr
    settled = [row for row in _back(tmp_path / "second.xlsx") if row["Make "] == "Watchwell"]
    assert {(row["maker"], row["band"]) for row in settled} == {("dahua", "possible")}
    assert all("platform" in row["statement"].lower() for row in settled)
