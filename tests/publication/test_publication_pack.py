"""Evidence packs: one ZIP per finding or body that a stranger opens and checks with bare Python, without custodes and without a network."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sources"))

from test_publication_export import every_text
from test_sources_stamp import Tsa, tsa  # noqa: F401  a fixture

from claims_invented import make_case
from custodes import case, pipeline
from custodes.errors import UsageError
from custodes.pipeline.packing_quotes import crop, raw_line
from custodes.sources import checker
from custodes.sources.stamp import Authority, stamp_due

HELD = "Zzmarkerwordzz"
SPEND = f"""Body,Supplier,Description,Amount,Date,Transaction Number
Leeds City Council,Meadow Security Systems Ltd,Supply of 5 Hikvision recorders,3627.50,2024-03-14,T-1
Leeds City Council,{HELD} Electrical Ltd,Hikvision camera repair {HELD},200.00,2024-05-14,T-2
Leeds City Council,{HELD} Fittings Ltd,CCTV maintenance of 4 cameras {HELD},900.00,2024-06-14,T-3
Moray Council,{HELD} Alarms Ltd,CCTV cameras for school {HELD},5400.00,2024-05-16,M-9
"""
WAIVER = "event,date,by,finding_ids,company,reason\nwaiver,2026-03-02,legal desk,{id},,both were asked by telephone\n"


def step(folder: Path, name: str, day: str = "2026-03-05", **options: Any) -> dict[str, Any]:
    ticks = iter(range(1000))
    return pipeline.step(name, folder, pipeline.Clock(f"{day}T00:00:00Z", True, lambda: float(next(ticks))), engine="local", **options)


def findings(folder: Path, edition: str = "draft") -> dict[str, dict[str, str]]:
    """transaction -> row of an edition."""
    with (folder / "publication" / edition / "findings.csv").open(encoding="utf-8", newline="") as rows:
        return {row["transaction"]: row for row in csv.DictReader(rows)}


@pytest.fixture(scope="module")
def a_case(tmp_path_factory: pytest.TempPathFactory, tsa: Tsa) -> Path:  # noqa: F811
    """An invented case: one finding confirmed and waived, the others held; the log time-stamped."""
    folder = tmp_path_factory.mktemp("packs") / "c"
    (folder.parent / "spend.csv").write_text(SPEND, "utf-8")
    case.new(folder, (str(folder.parent / "spend.csv"),))
    step(folder, "run", "2026-03-01")
    authorities = [Authority("http://tsa.example/tsr", tsa.roots)]
    assert stamp_due(folder / "seal.jsonl", folder / "sources", authorities, lambda _, query: tsa.answer(query), "2026-03-01T00:00:00Z").stamped == 1
    good = findings(folder)["T-1"]["finding_id"]
    header = "finding_id,verdict,reason,note,decider,decided"
    other = findings(folder)["T-2"]["finding_id"]
    (folder / "inbox" / "decisions.csv").write_text(f"{header}\n{good},confirm,named-in-record,Read it.,reviewer,2026-03-01\n{other},confirm,named-in-record,{HELD},reviewer,2026-03-01\n")
    (folder / "inbox" / "waiver.csv").write_text(WAIVER.format(id=good))
    step(folder, "run", "2026-03-03")
    return folder


@pytest.fixture
def spare(a_case: Path, tmp_path: Path) -> Path:
    shutil.copy(a_case.parent / "spend.csv", tmp_path)
    return Path(shutil.copytree(a_case, tmp_path / "c"))


def packed(folder: Path, what: str, out: Path, edition: str = "public", **options: Any) -> Path:
    step(folder, "publish", edition=edition, packs=(what,), out=str(out), **options)
    return out


@pytest.fixture(scope="module")
def pack(a_case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(a_case, findings(a_case)["T-1"]["finding_id"], tmp_path_factory.mktemp("p") / "pack.zip")


def opened(pack: Path, folder: Path) -> Path:
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    return folder


def bare(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python3 verify.py`` as a stranger runs it: isolated Python without site packages, empty environment, and an empty network namespace where one can be had."""
    unshare = shutil.which("unshare")
    alone = [unshare, "-rn"] if unshare and subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode == 0 else []
    command = [*alone, sys.executable, "-I", "-S", "verify.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": os.environ.get("PATH", "")})


def test_a_pack_opens_and_verifies_with_bare_python_and_no_network(pack: Path, tmp_path: Path) -> None:
    folder = opened(pack, tmp_path / "p")
    done = bare(folder)
    assert done.returncode == 0 and done.stdout.startswith("intact: "), done.stdout + done.stderr
    assert "1 findings" in done.stdout and "time stamps" in done.stdout and "lines of the ledger" in done.stdout
    assert "named by hash and not handed out" in done.stdout  # what was not checked is said
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {"index.html", "findings.csv", "quotations.jsonl", "hashes.csv", "seal-extract.jsonl", "ledger-extract.jsonl", "verify.py", "README.txt", "annotations/annotations.jsonld"} <= here
    assert any(name.startswith("stamps/") and name.endswith(".tsr") for name in here) and not any(name.startswith("captures/") for name in here)
    shutil.copy(pack, folder.parent / "again.zip")
    assert checker.check(str(folder.parent / "again.zip")).broken == []


def test_a_machine_without_network_is_really_without(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace can be had here")
    code = "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError as e:\n    print(e.errno)\nprint(len(socket.if_nameindex()))"
    done = subprocess.run([unshare, "-rn", sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "1"  # the loopback device, down


def test_one_flipped_byte_anywhere_is_noticed(pack: Path, tmp_path: Path) -> None:
    folder = opened(pack, tmp_path / "p")
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        before = path.read_bytes()
        for at, bit in ((0, 0x01), (len(before) // 2, 0x20), (len(before) - 1, 0x01)):
            path.write_bytes(before[:at] + bytes([before[at] ^ bit]) + before[at + 1 :])
            assert checker.check(str(folder)).broken, (path.name, at)
        path.write_bytes(before)
    assert checker.check(str(folder)).broken == []


def test_one_flipped_byte_anywhere_in_the_zip_is_noticed(pack: Path, tmp_path: Path) -> None:
    before, path = pack.read_bytes(), tmp_path / "flipped.zip"
    for at in [*range(0, len(before), max(1, len(before) // 30)), len(before) - 1]:
        path.write_bytes(before[:at] + bytes([before[at] ^ 0x04]) + before[at + 1 :])
        try:
            assert checker.check(str(path)).broken, at
        except checker.Unknown:
            continue  # a first byte that makes it no ZIP at all: refused, loudly


@pytest.mark.parametrize("name", ["verify.py", "index.html", "findings.jsonl", "seal-extract.jsonl", "ledger-extract.jsonl", "datapackage.json"])
def test_the_flip_is_loud_for_a_stranger_too(pack: Path, tmp_path: Path, name: str) -> None:
    folder = opened(pack, tmp_path / "p")
    data = bytearray((folder / name).read_bytes())
    data[200 % len(data)] ^= 0x01
    (folder / name).write_bytes(bytes(data))
    done = bare(folder)
    assert done.returncode != 0 and ("BROKEN" in done.stdout or done.stderr)


def test_the_same_pack_has_the_same_bytes(a_case: Path, pack: Path, tmp_path: Path) -> None:
    again = packed(a_case, findings(a_case)["T-1"]["finding_id"], tmp_path / "again.zip")
    assert again.read_bytes() == pack.read_bytes()


def test_a_public_pack_holds_nothing_that_is_held_back(a_case: Path, pack: Path, tmp_path: Path) -> None:
    whole = packed(a_case, "Leeds City Council", tmp_path / "body.zip")
    for each in (pack, whole):
        assert [name for name, text in every_text(each.parent) if each.name in name and HELD.casefold() in text.casefold()] == []
    with zipfile.ZipFile(whole) as archive:
        assert len(archive.read("findings.jsonl").splitlines()) == 1
        lines = [json.loads(line) for line in archive.read("ledger-extract.jsonl").splitlines()]
        assert sorted(map(len, lines)) == [3, 11]  # the decision on the other finding is a number and a hash
    draft = packed(a_case, "Leeds City Council", tmp_path / "draft.zip", "draft")
    with zipfile.ZipFile(draft) as archive:
        page = archive.read("index.html").decode()
        assert HELD in page and "DRAFT" in page and "noindex" in page and archive.read("README.txt").startswith(b"DRAFT")
        assert len(archive.read("findings.jsonl").splitlines()) == 3


def test_a_dry_run_names_the_packs_and_writes_none(a_case: Path) -> None:
    before = sorted((a_case / "publication").rglob("*"))
    told = step(a_case, "publish", edition="public", packs=("Leeds City Council",), dry_run=True)["steps"]["publish"]
    assert told["more"][-1] == "would pack packs/body-leeds-city-council.zip: Leeds City Council, 1 findings" and sorted((a_case / "publication").rglob("*")) == before


def test_a_held_finding_gets_no_public_pack(a_case: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is held back: no notice"):
        packed(a_case, findings(a_case)["T-2"]["finding_id"], tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize("what", ["nobody", "", "0", "ffffffffffffffffffff"])
def test_what_is_not_there_is_said(a_case: Path, tmp_path: Path, what: str) -> None:
    with pytest.raises(UsageError, match="no finding and no body"):
        packed(a_case, what, tmp_path / "x.zip", "draft")


def test_a_body_is_found_by_name_code_or_page(a_case: Path, tmp_path: Path) -> None:
    made = [packed(a_case, what, tmp_path / f"{n}.zip", "draft").read_bytes() for n, what in enumerate(("leeds city council", "E08000035", "leeds-city-council"))]
    assert len(set(made)) == 1


def test_captures_leave_only_by_choice_with_licence_or_reason(a_case: Path, tmp_path: Path) -> None:
    row = findings(a_case)["T-1"]
    with pytest.raises(UsageError, match="no licence is stated"):
        packed(a_case, row["finding_id"], tmp_path / "a.zip", captures=(row["origin_file"],))
    with pytest.raises(UsageError, match="no finding of these packs rests on"):
        packed(a_case, row["finding_id"], tmp_path / "b.zip", captures=("other.csv=why not",))
    chosen = packed(a_case, row["finding_id"], tmp_path / "c.zip", captures=(f"{row['origin_file']}=Open Government Licence v3.0 = free to share",))
    folder = opened(chosen, tmp_path / "c")
    assert (folder / "captures" / row["origin_sha256"]).read_text() == SPEND
    (file,) = csv.DictReader(io.StringIO((folder / "hashes.csv").read_text()))
    assert file["included"] == "true" and file["why"] == "Open Government Licence v3.0 = free to share" and file["sealed_line"] != "0"
    done = bare(folder)
    assert done.returncode == 0 and "1 quotations found in their file" in done.stdout and "not handed out" not in done.stdout
    said = (folder / "quotations.jsonl").read_text()
    forged(folder, "quotations.jsonl", said.replace(json.loads(said)["line_sha256"], "0" * 64))
    assert {link.chain for link in checker.check(str(folder)).broken} == {"quotations"}


def forged(folder: Path, name: str, text: str) -> None:
    """Change a file and make every hash of the package anew, as a forger would."""
    from custodes.pipeline.packing import package

    (folder / name).write_text(text, newline="")
    for each in ("datapackage.json", "datapackage-digest.json"):
        (folder / each).unlink()
    package(folder, "forged", "2026-03-05", "public")


@pytest.mark.parametrize("name", ["seal-extract.jsonl", "ledger-extract.jsonl"])
def test_a_forger_who_makes_every_hash_anew_meets_the_chains(pack: Path, tmp_path: Path, name: str) -> None:
    folder = opened(pack, tmp_path / "p")
    lines = (folder / name).read_text().splitlines()
    whole = next(n for n, line in enumerate(lines) if '"facts"' in line or '"verdict"' in line)
    lines[whole] = lines[whole].replace("2026-03-0", "2025-03-0")
    forged(folder, name, "\n".join(lines) + "\n")
    assert {link.chain for link in checker.check(str(folder)).broken} - {"token"} == {name.split("-")[0]}
    missing = opened(pack, tmp_path / "q")
    forged(missing, name, "\n".join((missing / name).read_text().splitlines()[1:]) + "\n")
    assert name.split("-")[0] in {link.chain for link in checker.check(str(missing)).broken}


def test_a_token_that_cannot_reach_a_capture_is_said(pack: Path, tmp_path: Path) -> None:
    folder = opened(pack, tmp_path / "p")
    lines = [json.loads(line) for line in (folder / "seal-extract.jsonl").read_text().splitlines()]
    assert lines[0]["kind"] == "capture" and "against the time stamp" not in "".join(checker.check(str(folder)).unchecked)
    cut = [lines[0], {name: lines[1][name] for name in ("n", "prev", "hash")}, *lines[2:]]
    forged(folder, "seal-extract.jsonl", "".join(checker.canonical(line).decode() + "\n" for line in cut))
    report = checker.check(str(folder))
    assert report.broken == [] and "lines [1" in "".join(report.unchecked)


def test_a_remark_that_no_notice_held_stays_in_the_house(spare: Path, tmp_path: Path) -> None:
    good = findings(spare)["T-1"]["finding_id"]
    lines = [f"{good},unsure,cannot-tell,{HELD} told me,reviewer,2026-03-02", f"{good},confirm,named-in-record,Read it.,reviewer,2026-03-03"]
    (spare / "inbox" / "more.csv").write_text("\n".join(["finding_id,verdict,reason,note,decider,decided", *lines]) + "\n")
    step(spare, "run", "2026-03-04")
    assert f"{HELD} told me" in (spare / "review" / "ledger.jsonl").read_text()
    made = packed(spare, good, tmp_path / "x" / "y.zip")
    assert [name for name, text in every_text(made.parent) if HELD in text] == []
    with zipfile.ZipFile(made) as archive:
        assert sorted(len(json.loads(line)) for line in archive.read("ledger-extract.jsonl").splitlines()) == [3, 3, 11, 11]
    assert checker.check(str(made)).broken == []


def test_the_whole_log_leaves_by_choice_too(a_case: Path, tmp_path: Path) -> None:
    row = findings(a_case)["T-1"]
    with pytest.raises(UsageError, match=r"rests on 'seal\.jsonl'"):
        packed(a_case, row["finding_id"], tmp_path / "a.zip", captures=("seal.jsonl",))
    folder = opened(packed(a_case, row["finding_id"], tmp_path / "b.zip", captures=("seal.jsonl=a court asked for it",)), tmp_path / "b")
    assert (folder / "seal.jsonl").read_bytes() == (a_case / "seal.jsonl").read_bytes() and not (folder / "seal-extract.jsonl").exists()
    assert checker.check(str(folder)).broken == []


def test_packs_in_an_edition_are_sealed_with_it(spare: Path) -> None:
    summary = step(spare, "publish", edition="public", packs=("all",))["steps"]["publish"]
    folder = spare / "publication" / "public" / "packs"
    told = json.loads((folder / "packs.json").read_text())
    names = sorted(each["path"] for each in told["packs"])
    assert names == sorted(p.name for p in folder.glob("*.zip")) == sorted(each["path"] for each in summary["packs"]) and len(names) == 2
    assert pipeline.verify(spare)["exit"] == 0
    edition = folder.parent
    package = {row["path"]: row for row in json.loads((edition / "datapackage.json").read_text())["resources"]}
    for each in told["packs"]:
        led = [path for path in (*(edition / "findings").glob("*.html"), *(edition / "bodies").glob("*.html")) if f'href="../packs/{each["path"]}"' in path.read_text(encoding="utf-8")]
        assert len(led) == 1 and each["sha256"] in led[0].read_text(encoding="utf-8") and "verify.py" in led[0].read_text(encoding="utf-8")
        assert package[f"packs/{each['path']}"]["hash"] == f"sha256:{each['sha256']}" and each["path"] in (edition / "data.html").read_text(encoding="utf-8")
    (folder / names[0]).chmod(0o644)
    (folder / names[0]).write_bytes((folder / names[0]).read_bytes()[:-1])
    assert pipeline.verify(spare)["exit"] == 4


def test_the_command_line_makes_and_checks_one(a_case: Path, tmp_path: Path) -> None:
    tool = str(Path(sys.executable).parent / "custodes")
    row = findings(a_case)["T-1"]
    done = subprocess.run([tool, "publish", str(a_case), "--edition", "public", "--now", "2026-03-05", "--pack", row["finding_id"][:8], "-o", str(tmp_path / "x.zip")], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "1 evidence pack of the public edition" in done.stderr, done.stderr
    assert subprocess.run([tool, "verify", str(tmp_path / "x.zip")], capture_output=True, check=False).returncode == 0
    with pytest.raises(UsageError, match="exists already"):
        packed(a_case, row["finding_id"], tmp_path / "x.zip")
    lone = subprocess.run([tool, "publish", str(a_case), "-o", str(tmp_path / "y.zip")], capture_output=True, text=True, check=False)
    assert lone.returncode == 2 and "--pack" in lone.stderr


def test_a_raw_line_is_the_bytes_between_two_line_ends(tmp_path: Path) -> None:
    import hashlib

    data = b"\xef\xbb\xbfone\r\ntwo \xa3\rthree\n\nfive"
    digest = hashlib.sha256(data).hexdigest()
    (tmp_path / "captures" / digest[:2]).mkdir(parents=True)
    (tmp_path / "captures" / digest[:2] / digest).write_bytes(data)
    said = [raw_line(tmp_path, digest, "x.csv", f"line {n}") for n in range(7)]
    assert [text for text, _ in said] == ["", "one", "two £", "three", "", "five", ""]
    assert said[2][1] == hashlib.sha256(b"two \xa3").hexdigest() and said[6][1] == "" and raw_line(tmp_path, digest, "x.csv", "row 3") == ("", "")


def test_a_picture_is_cut_to_the_words() -> None:
    import struct
    import zlib

    def png(wide: int, tall: int) -> bytes:
        rows = b"".join(b"\0" + bytes(v for x in range(wide) for v in (x, y, 0)) for y in range(tall))
        chunks = ((b"IHDR", struct.pack(">IIBBBBB", wide, tall, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)

    cut = crop(png(40, 20), (0.25, 0.5, 0.5, 0.75))
    wide, tall = struct.unpack(">II", cut[16:24])
    data = zlib.decompress(cut[cut.index(b"IDAT") + 4 : cut.index(b"IEND") - 8])
    assert (wide, tall) == (11, 6) and data[:4] == bytes([0, 10, 10, 0]) and crop(png(40, 20), (2, 2, 3, 3)) == png(40, 20)


def test_a_pack_about_a_page_shows_the_words_where_they_stand(tmp_path: Path) -> None:
    import struct

    folder = make_case(tmp_path / "claims")
    step(folder, "run", "2026-11-23")
    rows = [json.loads(line) for line in (folder / "publication" / "draft" / "findings.jsonl").read_text("utf-8").splitlines()]
    brochure = next(row for row in rows if row["kind"] == "page_markets" and "demographic profiling" in row["description"])
    pack = opened(packed(folder, brochure["finding_id"], tmp_path / "p.zip", "draft"), tmp_path / "p")
    (quote,) = [json.loads(line) for line in (pack / "quotations.jsonl").read_text("utf-8").splitlines()]
    picture = (pack / "pictures" / quote["picture"]).read_bytes()
    wide, tall = struct.unpack(">II", picture[16:24])
    assert quote["text"] == brochure["description"] and quote["url"].endswith("retail-brochure.pdf") and "page 2" in quote["place"]
    assert picture.startswith(b"\x89PNG") and 100 < tall < wide / 2  # a few lines, not the whole page
    annotations = json.loads((pack / "annotations" / "annotations.jsonld").read_text("utf-8"))["items"]
    assert {a["target"]["source"] if isinstance(a["target"]["source"], str) else a["target"]["source"]["id"] for a in annotations} == {quote["url"], f"urn:sha256:{brochure['origin_sha256']}"}
    assert f'src="pictures/{quote["picture"]}"' in (pack / "index.html").read_text("utf-8") and bare(pack).returncode == 0
