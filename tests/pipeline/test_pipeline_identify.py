"""`custodes identify` from outside: lines of evidence, registers given back, refusals, the same bytes again; devices of a case."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.styles import Font

from custodes.errors import InputError, UsageError
from custodes.findings.watchlist import build
from custodes.pipeline import facts, identifying, inventorying
from custodes.pipeline.identifying import identify
from custodes.values import batch_of

COMMAND = str(Path(sys.executable).parent / "custodes")

LINES = [
    {"id": "a", "evidence": {"brand": "LTS", "model": "CMIP3412"}},
    {"id": 7, "evidence": {"mac": "02:42:ac:11:00:02"}},
    {"id": "c", "evidence": ["DS-2CD2143G0-I", {"model": "DS-2CD2143G0-I"}]},
    {"id": "d", "evidence": None},
    {"id": "e", "evidence": "Hikvision DS2CD2143 by the gate"},
    {"evidence": {"rtsp_server": "Dahua Rtsp Server/2.0", "html_title": None}},
]


def _write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
    return path


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_one_row_per_device_in_their_order(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    summary = identify([str(_write(tmp_path / "in.jsonl", LINES))], str(out))
    rows = _read(out)
    assert summary["exit"] == 0 and [row["id"] for row in rows] == ["a", "7", "c", "d", "e", "line 6"]
    assert [row["maker"] for row in rows] == ["hikvision", None, "hikvision", None, "hikvision", "dahua"]
    assert [row["band"] for row in rows] == ["possible", "uncertain", "strong", "uncertain", "strong", "strong"]
    assert set(identifying.CONTRACT) <= set(rows[0])
    assert isinstance(rows[0]["reasons"], list) and rows[0]["product_class"] == "camera" and 0 <= rows[0]["score"] <= 1


def test_what_cannot_be_judged_is_told_and_the_rest_is_done(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    summary = identify([str(_write(tmp_path / "in.jsonl", [LINES[0], "{broken", "[1]", "", LINES[1]]))], str(out))
    assert (summary["exit"], summary["rows"], summary["not_judged"]) == (3, 2, 2)
    rejects = _read(tmp_path / "out.jsonl.rejects.jsonl")
    assert [reject["origin_at"] for reject in rejects] == ["line 2", "line 3"]


def test_nothing_to_judge_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        identify([str(tmp_path / "missing.jsonl")], str(tmp_path / "o.jsonl"))
    with pytest.raises(InputError):
        identify([str(_write(tmp_path / "empty.txt", ["nothing here"]))], str(tmp_path / "o.jsonl"))
    with pytest.raises(UsageError):
        identify([str(_write(tmp_path / "in.jsonl", LINES))], str(tmp_path / "o.doc"))


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet", ".xlsx", ".jsonl.gz"])
def test_formats_and_the_same_bytes_again(suffix: str, tmp_path: Path) -> None:
    given = str(_write(tmp_path / "in.jsonl", LINES))
    for name in ("one", "two"):
        assert identify([given], str(tmp_path / f"{name}{suffix}"))["rows"] == 6
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes() or suffix == ".xlsx"


def test_engines_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifying.engines, "SMALL", 1)
    monkeypatch.setattr(identifying, "CHUNK", 40)
    rows = [{"id": n, "evidence": {"model": ["DS-2CD2143", "IPC-HDW2431T", "P3245-LVE", "dome"][n % 4], "serial": str(n)}} for n in range(200)]
    given = str(_write(tmp_path / "in.jsonl", rows))
    identify([given], str(tmp_path / "local.jsonl"), engine="local")
    identify([given], str(tmp_path / "cores.jsonl"), engine="cores")
    assert (tmp_path / "local.jsonl").read_bytes() == (tmp_path / "cores.jsonl").read_bytes()


# ---- registers -------------------------------------------------------------------------------------------------------------------------------


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Cameras"
    sheet.append(["Shire Council: CCTV register", None, None, None, None])
    sheet.append([])
    sheet.append(["Asset", "Camera make/model", "Brand", "Installed", "Cost"])
    sheet["A3"].font = Font(bold=True)
    sheet.append(["C001", "ds 2cd2143g2 dome", "Hik Vision", date(2020, 5, 1), 120.5])
    sheet.append(["TOWN HALL", None, None, None, None])
    sheet.append(["C002", "LNE3003", "Lorex", None, "=E4*2"])
    sheet.append(["C003", "=1+1", "'=x", None, None])
    sheet.append(["Total", None, None, None, "=SUM(E4:E7)"])
    sheet.column_dimensions["B"].width = 33
    other = book.create_sheet("Notes")
    other.append(["read me first"])
    book.save(path)
    return path


def test_a_workbook_comes_back_as_it_was_with_our_columns(tmp_path: Path) -> None:
    source, out = _workbook(tmp_path / "register.xlsx"), tmp_path / "back.xlsx"
    summary = identify([str(source)], str(out))
    before, after = openpyxl.load_workbook(source), openpyxl.load_workbook(out)
    assert after.sheetnames == before.sheetnames
    for sheet in before:
        for row in sheet.iter_rows():
            for cell in row:
                twin = after[sheet.title][cell.coordinate]
                assert (twin.value, twin.data_type, twin.font.b, twin.number_format) == (cell.value, cell.data_type, cell.font.b, cell.number_format), cell.coordinate
    sheet = after["Cameras"]
    assert sheet.column_dimensions["B"].width == 33
    heading = [cell.value for cell in sheet[3]]
    assert heading[5:] == ["maker", "custodes_brand", "product_class", "band", "score", "reasons", "contradictions", "statement"]
    assert [cell.value for cell in sheet[4]][5:9] == ["hikvision", "Hikvision", "camera", "strong"]
    assert [cell.value for cell in sheet[6]][5:9] == [None, "Lorex", "unknown", "uncertain"]
    assert [cell.value for cell in sheet[5]][5:] == [None] * 8, "a section heading is no device"
    assert [cell.value for cell in sheet[8]][5:] == [None] * 8, "a total is no device"
    assert (summary["rows"], summary["left"]) == (3, 2)


def test_a_second_run_writes_over_ours_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    source = _workbook(tmp_path / "register.xlsx")
    for name in ("one", "two"):
        identify([str(source)], str(tmp_path / f"{name}.xlsx"))
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    identify([str(tmp_path / "one.xlsx")], str(tmp_path / "again.xlsx"))
    assert openpyxl.load_workbook(tmp_path / "again.xlsx")["Cameras"].max_column == openpyxl.load_workbook(tmp_path / "one.xlsx")["Cameras"].max_column


def test_a_register_is_never_written_over(tmp_path: Path) -> None:
    source = _workbook(tmp_path / "register.xlsx")
    with pytest.raises(UsageError, match="over the register"):
        identify([str(source)], str(source))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_text_register_in_any_usual_writing(encoding: str, tmp_path: Path) -> None:
    text = "Kamera Liste\r\nHersteller;Modell;Bemerkung\r\nHikvision;DS-2CD2143G2-I;Straße\r\nAxis;P3245-LVE;\r\n"
    (tmp_path / "register.csv").write_bytes(text.encode(encoding))
    summary = identify([str(tmp_path / "register.csv")], str(tmp_path / "out.csv"))
    rows = list(csv.reader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert summary["rows"] == 2 and rows[0] == ["Kamera Liste"] + [""] * 2 and rows[1][:3] == ["Hersteller", "Modell", "Bemerkung"]
    assert rows[2][:4] == ["Hikvision", "DS-2CD2143G2-I", "Straße", "hikvision"] and rows[3][3] == "axis"


def test_columns_told_by_what_stands_in_them(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("Model,F1,F2\n,44:47:CC:00:00:01,x\n,38:AF:29:00:00:02,y\n", encoding="utf-8")
    identify([str(tmp_path / "r.csv")], str(tmp_path / "o.jsonl"))
    assert [row["maker"] for row in _read(tmp_path / "o.jsonl")] == ["hikvision", "dahua"]


def test_hostile_workbooks_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 << 20))
    for path in (bomb, _write(tmp_path / "text.xlsx", ["not a workbook"])):
        done = subprocess.run([COMMAND, "identify", str(path), "-o", str(tmp_path / "o.xlsx")], capture_output=True, text=True)
        assert done.returncode == 2, done
        assert "Traceback" not in done.stderr and "next:" in done.stderr


# ---- brand lines of one's own ----------------------------------------------------------------------------------------------------------------

HEAD = "brand,line,model_regex,maker_id,confidence,publish,must_match,citation\n"


def test_a_brand_line_with_proof_counts(tmp_path: Path) -> None:
    lines = tmp_path / "lines.csv"
    lines.write_text(HEAD + "Acme Video,AV series,^AV-\\d{3},dahua,medium,review,AV-100,our own inspection of 2026-03-01 (page 4)\n", encoding="utf-8")
    given = str(_write(tmp_path / "in.jsonl", [{"id": 1, "evidence": {"brand": "Acme Video", "model": "AV-204"}}]))
    identify([given], str(tmp_path / "without.jsonl"))
    identify([given], str(tmp_path / "with.jsonl"), lines=str(lines))
    assert _read(tmp_path / "without.jsonl")[0]["maker"] is None
    (row,) = _read(tmp_path / "with.jsonl")
    assert (row["maker"], row["band"]) == ("dahua", "possible")


@pytest.mark.parametrize(
    ("row", "why"),
    [("Acme,AV,^AV-,dahua,medium,review,AV-1,", "without proof"), ("Acme,AV,^(AV-,dahua,medium,review,AV-1,seen", "no pattern"), ("Acme,AV,^AV-,dahua,medium,review,BX-1,seen", "own example"),
     ("Acme,AV,^AV-,dahua,low,yes,AV-1,seen", "lead-only"), ("Acme,AV,^AV-,dahua,sure,yes,AV-1,seen", "confidence")],
)  # fmt: skip
def test_a_brand_line_without_proof_is_refused(row: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text(HEAD + row + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=why):
        identifying.own_lines(tmp_path / "lines.csv")


# ---- devices of a case -----------------------------------------------------------------------------------------------------------------------


def _run(folder: Path) -> Any:
    (folder / "findings").mkdir(parents=True, exist_ok=True)
    return SimpleNamespace(case=SimpleNamespace(folder=folder, room=lambda name: folder / name))


def test_devices_of_a_case_are_counted_per_site(tmp_path: Path) -> None:
    rows = [
        {"record_key": "1", "body": "Shire", "site": "Depot", "mac": "44:47:CC:00:00:01", "observed": "2025-01-01", "origin_file": "scan"},
        {"record_key": "2", "body": "Shire", "site": "Depot", "mac": "44:47:cc:00:00:01", "origin_file": "leases"},
        {"record_key": "3", "body": "Shire", "site": "Hall", "brand": "Axis", "model": "P3245-LVE", "origin_file": "register"},
        {"record_key": "4", "body": "Shire", "site": "Hall", "model": "dome", "origin_file": "register", "count": 4},
    ]
    pq.write_table(pa.Table.from_batches([batch_of("DEVICE", rows)]), tmp_path / "part.parquet")
    run, watchlist = _run(tmp_path), build(facts.watched([]))
    targets, counts = inventorying.find_devices(run, [tmp_path / "part.parquet"], watchlist)
    assert counts == {"devices": 6, "rows": 4, "listed": 1, "sites": 1, "uncertain": 4}
    assert inventorying.sentence(counts) == "; 6 devices (4 rows), 1 of a listed maker at 1 sites, 4 uncertain"
    sites = (tmp_path / "findings" / inventorying.SITES).read_text(encoding="utf-8").splitlines()
    assert sites == ["body,site,maker,band,product_class,count", "Shire,Depot,hikvision,strong,unknown,1", "Shire,Hall,,uncertain,unknown,4", "Shire,Hall,axis,strong,camera,1"]
    kept = (tmp_path / "findings" / inventorying.FILE).stat().st_mtime_ns
    assert inventorying.find_devices(run, [tmp_path / "part.parquet"], watchlist) == (targets, counts)
    assert (tmp_path / "findings" / inventorying.FILE).stat().st_mtime_ns == kept, "nothing changed: nothing is judged again"
    assert inventorying.find_devices(run, [], watchlist) == ([], {}) and not (tmp_path / "findings" / inventorying.FILE).exists()


LISTS = {
    "list.txt": "DS-2CD2143G0-I\nAxis P3245-LVE\n\nhik vision ds2cd2o43 by the gate\n",
    "one-column.csv": "Camera Model\nDS-2CD2143G0-I\nP3245-LVE\nIPC-HDW2431T\n",
    "typed.jsonl": '{"typed_text": "DSKDTDE (white)", "note": "x"}\n{"typed_text": "dahua hdw 2431t"}\n{"typed_text": "unknown dome"}\n',
    "text.jsonl": '{"id": "a", "text": "HIK DS2CD2143"}\n{"id": "b", "text": "Axis P3245-LVE"}\n{"id": "c", "text": "dome"}\n',
}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_lists_of_what_people_typed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(LISTS[name], encoding="utf-8")
    summary = identifying.identify([str(path)], str(tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert (len(rows), summary["not_judged"]) == (3, 0) and rows[0]["maker"] == "hikvision"
    assert rows[0]["id"] in ("a", "line 1", "line 2")


def test_prose_and_pages_are_no_lists_of_devices(tmp_path: Path) -> None:
    (tmp_path / "prose.txt").write_text("The council met on Monday.\nA camera was spoken of.\n", encoding="utf-8")
    with pytest.raises(InputError, match="no device was found"):
        identifying.identify([str(tmp_path / "prose.txt")], str(tmp_path / "out.jsonl"))
    (tmp_path / "pages.jsonl").write_text('{"id": "1", "text": "DS-2CD2143G0-I", "url": "https://example.org/"}\n', encoding="utf-8")
    with pytest.raises(InputError):
        identifying.identify([str(tmp_path / "pages.jsonl")], str(tmp_path / "out.jsonl"))


def _merged_register(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["CCTV register"], ["Site", "Make", "Model", "Serial"], ["Hall", "Hikvision", "DS-2CD2143G0-I", "S1"], [None, None, None, "S2"], [None, None, None, "S3"], ["Yard", "Axis", "P3245-LVE", "S4"]):
        sheet.append(row)
    for column in "ABC":
        sheet.merge_cells(f"{column}3:{column}5")
    sheet.merge_cells("A1:D1")
    book.save(path)
    return path


def test_cells_merged_over_rows_stand_in_each_of_them(tmp_path: Path) -> None:
    register = _merged_register(tmp_path / "merged.xlsx")
    identify([str(register)], str(tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["maker"] for row in rows] == ["hikvision", "hikvision", "hikvision", "axis"]
    for name in ("out.csv", "out.xlsx"):
        assert identify([str(register)], str(tmp_path / name))["makers"] == {"axis": 1, "hikvision": 3}
    lines = [*csv.reader((tmp_path / "out.csv").read_text("utf-8").splitlines())]
    assert lines[3][:4] == ["", "", "", "S2"], "the owner's cells stay as they are"
    assert str(openpyxl.load_workbook(tmp_path / "out.xlsx").active.merged_cells.ranges) == str(openpyxl.load_workbook(register).active.merged_cells.ranges)


def test_ditto_marks_stand_for_the_cell_above(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text('No,Make,Model,Serial\n1,Hikvision,DS-2CD2143G0-I,S1\n2,"""",do,""""\n3,as above,ditto,S3\n[n/a],Axis,P3245-LVE,S4\n', encoding="utf-8")
    identify([str(path)], str(tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["maker"]) for row in rows] == [("1", "hikvision"), ("2", "hikvision"), ("3", "hikvision"), ("row 5", "axis")]


def test_a_register_beside_scans_speaks_of_the_same_devices(tmp_path: Path) -> None:
    (tmp_path / "register.csv").write_text("Asset Tag,Make,Model,MAC,Site\nC1,LTS,CMIP3412,44:19:B6:12:34:56,Hall\nC2,Axis,P3245-LVE,ACCC8E123456,Hall\n", encoding="utf-8")
    (tmp_path / "arp.txt").write_text("? (10.0.0.5) at 44:19:b6:12:34:56 on en0 ifscope [ethernet]\n", encoding="utf-8")
    summary = identify([str(tmp_path / "register.csv"), str(tmp_path / "arp.txt")], str(tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert (summary["rows"], summary["devices"]) == (3, 2)
    assert [(row["maker"], row["brand"], row["band"]) for row in rows if row["device"].startswith("mac:4419b6")] == [("hikvision", "LTS", "strong")] * 2
