"""Identify: who really made each device of a file of evidence, a scan, a recorder's list or a register.

Lines of evidence (``{"id", "evidence": {...}}``) are judged one by one. What readers turn into DEVICE rows (scans, lists, lease tables) is first put together:
one device that several inputs saw is judged on all that they saw, and each row gets that verdict. Registers in sheets: see ``identifying_sheets``.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes import case, engines
from custodes.errors import InputError, UsageError
from custodes.findings import device_fuse, device_tables
from custodes.findings.device_fuse import Verdict
from custodes.findings.device_groups import devices_of
from custodes.findings.device_tables import Devices
from custodes.findings.device_text import squeezed
from custodes.pipeline import facts, output
from custodes.pipeline.accounting import Account, batches
from custodes.pipeline.identifying_layout import HEADINGS
from custodes.pipeline.state import sha256
from custodes.pipeline.tools import Input, inputs
from custodes.records import device_register
from custodes.sources.unpack import head, opened
from custodes.values import OUTCOMES, Origin, kind_of

CONTRACT = ("id", "maker", "brand", "product_class", "band", "score", "reasons", "contradictions")
"""What one row of ``custodes identify`` holds at least (the contract of the command line)."""

COLUMNS = (*CONTRACT, "group", "model", "statement")
"""``group``: the company or brand of the maker's that stands between; ``statement``: the conclusion in one sentence."""

SEEN_COLUMNS = (*COLUMNS, "device", "host", "site", "origin_file", "origin_at")
"""With DEVICE rows: ``device`` is the key under which rows that speak of one device meet."""

CHUNK = 2_000
"""Devices that a worker judges at a time."""

LINE_COLUMNS = ("brand", "line", "model_regex", "maker_id", "confidence", "publish", "must_match", "citation")
"""What a brand line of one's own must fill."""

TELLING = ("model", "mac", "http_server", "www_authenticate", "rtsp_server", "onvif_scopes", "sadp", "dhip", "isapi_device_info")
"""A JSON line with an id and one of these names is a line of evidence, also without an object of that name."""

TYPED = ("typed_text", "text")
"""What a person typed about a device; a JSON line with one of these is evidence, unless it is a page."""

_OF_PAGES = frozenset(("url", "title", "lang", "speaker"))

LONGEST_TYPED = 200
"""Characters of a line in a plain list of devices."""

NO_LIST = (
    "text in which no device was found: give a list with a model or a brand on each line, a table with a heading (make, model, MAC address ...), "
    "or what nmap, arp, a DHCP server or a switch shows"
)

OWN_LINES = "brand_lines.csv"
"""The name of a case's own brand lines, in its folder."""

Reject = dict[str, str]
Chunk = list[tuple[str, str, int]]

_TYPES = {"score": pa.float64(), "reasons": pa.list_(pa.string()), "contradictions": pa.list_(pa.string())}


def schema_of(columns: Sequence[str]) -> pa.Schema:
    """Types of the output's columns."""
    return pa.schema([(name, _TYPES.get(name, pa.string())) for name in columns])


@cache
def knowledge(lines: str = "") -> Devices:
    """The shipped tables on devices, made ready; ``lines``: a file of brand lines of one's own, which go first."""
    tables: dict[str, Sequence[Mapping[str, Any]]] = {name: facts.table(name) for name in (*device_tables.TABLES, "makers", "words", "links", "confusables")}
    if lines:
        tables["brand_lines"] = [*own_lines(Path(lines)), *tables["brand_lines"]]
    return device_tables.build(tables)


def own_lines(path: Path) -> list[dict[str, str]]:
    """Brand lines that a user adds with proof. UsageError for a row without proof, with a pattern that is none, or that does not match its own examples."""
    import csv

    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path), advice="give a CSV file in UTF-8") from None
    for number, row in enumerate(rows, 2):
        if problem := _line_problem(row):
            raise UsageError(problem, where=f"{path}, line {number}", advice=f"a brand line needs the columns {', '.join(LINE_COLUMNS)}; see docs/equipment.md")
    optional = dict.fromkeys(("must_not_match", "checked_on", "caution", "alone", "product_class", "valid_from", "valid_to"), "")
    return [{**optional, **{key: value or "" for key, value in row.items() if key}, "own": "yes"} for row in rows]


def _line_problem(row: Mapping[str, str]) -> str:
    missing = [name for name in LINE_COLUMNS if not (row.get(name) or "").strip() and name != "maker_id"]
    if missing:
        return f"{', '.join(missing)} is empty" + (": a line without proof is not taken" if "citation" in missing else "")
    if len(row["model_regex"]) > 300:
        return "the pattern is longer than 300 characters"
    try:
        pattern = re.compile(row["model_regex"])
        device_tables.build({"brand_lines": [row]})
    except (re.error, ValueError, IndexError) as error:
        return f"model_regex is no pattern: {error}"
    wrong = [text for text in facts.split(row["must_match"]) if not pattern.search(text.upper())]
    wrong += [text for text in facts.split(row.get("must_not_match") or "") if pattern.search(text.upper())]
    if wrong:
        return f"the pattern is wrong on its own example {wrong[0]!r}"
    if row["confidence"] not in device_tables.LINE_WEIGHTS or row["publish"] not in ("yes", "review", "lead-only", "no"):
        return "confidence is high, medium or low; publish is yes, review, lead-only or no"
    return "a line of low confidence may only be lead-only or no" if row["confidence"] == "low" and row["publish"] in ("yes", "review") else ""


def cells(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the columns of the contract; ``maker`` None where the evidence does not carry."""
    return {
        "maker": verdict.maker or None, "brand": verdict.brand, "product_class": verdict.product_class, "band": verdict.band, "score": verdict.score,
        "reasons": list(verdict.reasons), "contradictions": list(verdict.against), "group": verdict.group, "model": verdict.model, "statement": verdict.statement,
    }  # fmt: skip


def identify(names: Sequence[str], out: str, *, lines: str = "", engine: str = "cores") -> dict[str, Any]:
    """Identify the devices of the inputs and write one row per device row, in the order of the inputs. Returns the summary; ``exit`` 3 when something was refused.

    InputError when the only input holds nothing that can be judged.
    """
    from custodes.pipeline import identifying_sheets

    suffix = output.suffix_of(out)
    known = knowledge(lines)
    counts: Counter[str] = Counter()
    rejects: list[Reject] = []
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        given = inputs(names, Path(folder))
        if not given:
            raise UsageError("no input", advice="give a file of evidence, a scan or a register")
        sheet = [item for item in given if identifying_sheets.is_register(item)]
        if sheet and suffix in (".xlsx", ".csv"):
            if len(given) > 1:
                raise UsageError("a register goes back as one sheet", where=sheet[0].name, advice="give registers one at a time, or write .jsonl")
            return identifying_sheets.fill(sheet[0], out, known)
        if len(given) > 1:
            sheet = [item for item in sheet if not _has_reader(item)]  # a register beside scans: its rows and theirs may speak of one device
        rows = [*_lines(given, sheet, lines, engine, rejects), *(row for item in sheet for row in identifying_sheets.rows(item, known, rejects)), *_seen(given, sheet, known, rejects)]
    if not rows and len(given) == 1 and rejects:
        raise InputError(rejects[0]["reason"], where=f"{rejects[0]['origin_file']} {rejects[0]['origin_at']}".strip(), advice="see docs/verbs/identify.md")
    columns = SEEN_COLUMNS if any("device" in row for row in rows) else COLUMNS
    with output.table(out, columns, schema_of(columns)) as write:
        for row in rows:
            write(row)
            counts[row["band"]] += 1
    return summary("identify", out, rows, rejects)


def summary(command: str, out: str, rows: Sequence[Mapping[str, Any]], rejects: Sequence[Reject]) -> dict[str, Any]:
    """What became of the inputs, for a person and as values; rejects go to a file beside the output."""
    bands, makers = Counter(row["band"] for row in rows), Counter(row["maker"] for row in rows if row["maker"])
    where = _write_rejects(out, rejects)
    devices = len({row["device"] for row in rows if row.get("device")} | {n for n, row in enumerate(rows) if not row.get("device")})
    said = ", ".join(f"{bands[name]} {name}" for name in ("strong", "possible", "weak", "uncertain") if bands[name])
    top = ", ".join(f"{maker} {many}" for maker, many in sorted(makers.items(), key=lambda pair: (-pair[1], pair[0]))[:6])
    lines = [f"{len(rows)} rows = {devices} devices: {said or 'none'}" + (f"; makers: {top}" if top else "") + f"; {len(rejects)} not judged"]
    lines += [f"  ! {r['origin_file']} {r['origin_at']}: {r['reason']}" for r in rejects[:20]]
    lines += [f"  all {len(rejects)} with reasons: {where}"] if where else []
    return {
        "command": command, "rows": len(rows), "devices": devices, "bands": dict(sorted(bands.items())), "makers": dict(sorted(makers.items())),
        "not_judged": len(rejects), "rejects": where, "lines": lines, "exit": 3 if rejects else 0,
    }  # fmt: skip


def _write_rejects(out: str, rejects: Sequence[Reject]) -> str:
    if not rejects or out == "-":
        return ""
    path = f"{out}.rejects.jsonl"
    case.write_whole(Path(path), "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rejects).encode("utf-8", "surrogatepass"))
    return path


# ---- lines of evidence -----------------------------------------------------------------------------------------------------------------------


def _first(path: Path, name: str) -> tuple[bytes, str]:
    """The head of an input without marks and blanks in front, and its name inside the archive."""
    with opened(path, name) as (stream, filename):
        return head(stream).removeprefix(b"\xef\xbb\xbf").lstrip(b" \r\n\t"), filename


def _is_lines(item: Input) -> bool:
    """Is the file lines of evidence: JSON, told by its first line, or a plain list of what people call their devices?"""
    first, filename = _first(item.path, item.name)
    line = first.partition(b"\n")[0]
    try:
        names = set(json.loads(line)) if line.startswith(b"{") else set()
    except (ValueError, RecursionError):
        return b'"evidence"' in line  # broken, or longer than what was looked at
    typed = bool(names & set(TYPED)) and not names & _OF_PAGES
    return "evidence" in names or typed or ("id" in names and bool(names & set(TELLING))) or _is_list(first, filename)


def _is_list(first: bytes, filename: str) -> bool:
    """Is it a list in plain text, a device a line: short lines, no columns, and every third names a brand or a model of ours?"""
    if not filename.removesuffix(".gz").lower().endswith((".txt", ".csv", ".lst", ".list")) or b"\0" in first[:2_000]:
        return False
    lines = [line.strip() for line in first[:8_192].decode("utf-8", "replace").splitlines()[:60] if line.strip()]
    lines = lines[:-1] if len(first) > 8_192 else lines
    if not lines or any(len(line) > LONGEST_TYPED or re.search(r"[\t;|{<]", line) for line in lines) or sum("," in line for line in lines) * 3 > len(lines):
        return False
    known = knowledge()
    named = sum(bool(device_fuse.identify(known, {"model": line}).clues) for line in lines)
    return named * 3 >= len(lines)


def _lines(given: Sequence[Input], sheets: Sequence[Input], lines: str, engine: str, rejects: list[Reject]) -> list[dict[str, Any]]:
    items = [item for item in given if item not in sheets and _is_lines(item)]
    size = sum(item.path.stat().st_size for item in items)
    chunks = ((lines, chunk) for item in items for chunk in _chunks(item))
    # judging costs more than reading a byte; few lines are judged in this process
    least = 2 if size * 8 > engines.SMALL else 1 << 30
    found = engines.in_order(judge_chunk, chunks, None, engine, least=least)
    rows = []
    for judged, refused in found:
        rows += judged
        rejects += refused
    return rows


def _chunks(item: Input) -> Iterator[Chunk]:
    """(file, line, number) of the lines of a file, in chunks; blank lines are left out."""
    with opened(item.path, item.name) as (stream, _):
        chunk: Chunk = []
        for number, line in enumerate(stream, 1):
            text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
            if text.strip() and not (number == 1 and _heads(text)):
                chunk.append((item.name, text, number))
            if len(chunk) >= CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk


def _heads(text: str) -> bool:
    """Is the first line of a plain list the heading of its only column?"""
    return squeezed(text) in HEADINGS


def judge_chunk(job: tuple[str, Chunk], _shared: object = None) -> tuple[list[dict[str, Any]], list[Reject]]:
    """(rows, rejects) of lines of evidence."""
    lines, chunk = job
    known = knowledge(lines)
    rows, rejects = [], []
    for name, text, number in chunk:
        try:
            row = json.loads(text) if text.lstrip("\ufeff \t")[:1] == "{" else _listed(text, name)
            if not isinstance(row, dict):
                raise ValueError("not a JSON object")
        except (ValueError, RecursionError) as error:
            rejects.append({"origin_file": name, "origin_at": f"line {number}", "reason": f"cannot be judged: {error}"})
            continue
        rows.append({"id": _id(row.get("id"), number), **cells(device_fuse.identify(known, _evidence(row)))})
    return rows, rejects


def _listed(text: str, name: str) -> Any:
    """A line of a plain list as an object; in a file of JSON lines a line that is no object is refused."""
    if name.removesuffix(".gz").lower().endswith((".jsonl", ".json", ".ndjson")) or name == "-":
        return json.loads(text)
    return {"evidence": {"model": text.strip()[: 10 * LONGEST_TYPED]}}


def _evidence(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is said of a device: the object under ``evidence``, whatever its shape; without one the other fields of the line."""
    if "evidence" not in row:
        return {name: value for name, value in row.items() if name != "id"}
    evidence = row["evidence"]
    return evidence if isinstance(evidence, dict) else {"evidence": evidence} if not isinstance(evidence, str) or evidence.lstrip()[:1] in "{[<" else {"text": evidence}


def _id(value: Any, number: int) -> str:
    return f"line {number}" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# ---- what readers give -----------------------------------------------------------------------------------------------------------------------


def _has_reader(item: Input) -> bool:
    """Does the reader of registers make DEVICE rows of it?"""
    with opened(item.path, item.name) as (stream, filename):
        first = head(stream)
        stream.seek(0)
        return device_register.sniff(stream.read() if first.startswith(b"PK") else first, filename)


def _seen(given: Sequence[Input], sheets: Sequence[Input], known: Devices, rejects: list[Reject]) -> list[dict[str, Any]]:
    """One output row per DEVICE row of the other inputs; rows of one device get the verdict on all of them."""
    found: list[dict[str, Any]] = []
    for item in given:
        if item not in sheets and not _is_lines(item):
            found += _device_rows(item, rejects)
    places = {id(row): n for n, row in enumerate(found)}
    result: list[dict[str, Any]] = [{} for _ in found]
    for one in devices_of(found):
        said = cells(device_fuse.identify(known, *one.rows))
        said["contradictions"] += one.against
        said["reasons"] += one.reasons
        for row in one.rows:
            result[places[id(row)]] = {"id": _name(row), **said, "device": one.key, **{name: row[name] for name in ("host", "site", "origin_file", "origin_at")}}
    return result


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("device_id") or row["record_key"])


def _device_rows(item: Input, rejects: list[Reject]) -> Iterable[dict[str, Any]]:
    """The DEVICE rows of one input; what else it holds, and what was refused in it, is told."""
    account, found = Account(), []
    for batch in batches(item.path, Origin(sha256(item.path), item.name), account):
        if kind_of(batch) == "DEVICE":
            found += batch.to_pylist()
        elif kind_of(batch) == "REJECT":
            rejects += [{key: row[key] for key in ("origin_file", "origin_at", "reason")} for row in batch.to_pylist()]
    if account.error:
        rejects.append({"origin_file": item.name, "origin_at": "", "reason": f"{account.error['what']} (next: {account.error['advice']})"})
    elif not found and account.reader == "page_text":
        rejects.append({"origin_file": item.name, "origin_at": "", "reason": NO_LIST})
    elif not found:
        kinds = ", ".join(sorted(kind for kind in account.usable if kind not in OUTCOMES)) or "nothing"
        rejects.append({"origin_file": item.name, "origin_at": "", "reason": f"holds no devices (the reader {account.reader} found {kinds})"})
    return found
