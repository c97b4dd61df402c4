"""Working packs, and the parts that every pack is made of: what some findings rest on, with everything to check it offline, without custodes and in ten years.

A working pack holds every cited file whole, so it stays with the people who review a case; what may be handed out is an evidence pack
(:mod:`custodes.pipeline.packing_evidence`). A working pack is a folder (or, made with :func:`zipped`, a ZIP): ``findings.jsonl``, the captures that they cite under ``captures/``, the whole ``seal.jsonl``,
the time stamps with their root certificates, ``verify.py`` (one file, standard library only), ``README.txt`` in plain words, ``datapackage.json`` with the
hash of every file, and ``datapackage-digest.json`` with the hash of that.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from custodes import __version__, case
from custodes.errors import UsageError
from custodes.pipeline.state import seal_lines
from custodes.sources import checker, held, seal
from custodes.sources.checker import capture_path, digest_file
from custodes.sources.wacz import write_zip

README = """\
This folder holds what some findings rest on.

findings.jsonl   the findings; origin_sha256 names the file under captures/ that each rests on, origin_at the place in it
captures/        those files as they were stored, named by the SHA-256 of their bytes; captures.jsonl says where they came from
seal.jsonl       the log of the case: every line holds the hash of the line before it
stamps/          time stamps (RFC 3161) over packages and over lines of the log, with the root certificates that were known
verify.py        checks all of this: python3 verify.py .   (Python 3.9 or later, nothing else; openssl for signatures)

What it can show: that nothing here was changed since it was sealed, and that it existed when it was time-stamped.
What it cannot show: that a page really came from where its address says. For that look at the certificates and addresses in the archives, and at copies
that others kept.
"""


def pack(folder: Path, findings: Sequence[str], out: Path, now: str) -> dict[str, Any]:
    """Write the pack of some findings (ids; all when empty) of the case in ``folder`` to the new folder ``out``. ``now``: ISO time, for datapackage.json."""
    the_case = case.load(folder)
    if out.exists():
        raise UsageError("the pack exists already", where=str(out), advice="packs are written once: choose another name")
    rows = _findings(the_case.folder, findings)
    removed = {str(line["facts"].get("sha256")) for line in seal_lines(the_case.folder / "seal.jsonl") if line["kind"] == seal.REMOVAL}
    half = out.with_name(f".{out.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    text_lines(half / "findings.jsonl", (json.dumps(row, ensure_ascii=False, sort_keys=True, default=str) for row in rows))
    _captures(the_case.folder, half, {row["origin_sha256"] for row in rows} - removed)
    copy(the_case.folder / "seal.jsonl", half / "seal.jsonl")
    _stamps(the_case.folder, half)
    copy(Path(checker.__file__), half / "verify.py")
    (half / "README.txt").write_text(README, encoding="utf-8", newline="\n")
    digest = package(half, the_case.title, now)
    half.replace(out)
    return {"path": str(out), "findings": len(rows), "digest": digest, "line": f"{len(rows)} findings packed in {out}; python3 {out}/verify.py {out} checks it"}


def zipped(folder: Path, out: Path) -> Path:
    """The pack in one ZIP, the same bytes each time."""
    write_zip(out, [(path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file()])
    return out


def _findings(folder: Path, wanted: Sequence[str]) -> list[dict[str, Any]]:
    path = folder / "findings" / "findings.parquet"
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    chosen = [row for row in rows if not wanted or row["finding_id"] in wanted]
    if missing := sorted(set(wanted) - {row["finding_id"] for row in chosen}):
        raise UsageError(f"there is no finding {', '.join(missing)}", where=str(folder), advice="ids stand in the edition and in findings/findings.parquet")
    return sorted(chosen, key=lambda row: str(row["finding_id"]))


def _captures(folder: Path, out: Path, wanted: Iterable[str]) -> None:
    """The cited files, and the lines of captures.jsonl that say where they came from; a package of a page gets its ending, so that it is checked as one."""
    known: dict[str, list[Mapping[str, Any]]] = {}
    for capture in held(folder / "sources"):
        known.setdefault(capture.sha256, []).append({"sha256": capture.sha256, "size": capture.size, "path": capture.path, "stored_at": capture.stored_at})
    for sha256 in sorted(wanted):
        source = Path(capture_path(str(folder), sha256))
        ending = ".wacz" if any(str(line["path"]).endswith(".wacz") for line in known.get(sha256, ())) else ""
        if source.is_file():
            copy(source, out / "captures" / f"{sha256}{ending}")
    text_lines(out / "captures.jsonl", (json.dumps(line, ensure_ascii=False, sort_keys=True) for sha256 in sorted(wanted) for line in known.get(sha256, ())))


def _stamps(folder: Path, out: Path) -> None:
    """Tokens over the log, tokens over the packages that are here, and the roots."""
    here = {path.name[:64] for path in (out / "captures").glob("*.wacz")}
    for line in seal_lines(folder / "seal.jsonl"):
        facts = line["facts"]
        if line["kind"] == "stamp" and (facts.get("of") == "log" or facts.get("ref") in here):
            name = Path(str(facts["file"])).name
            copy(folder / "sources" / "stamps" / name, out / "stamps" / name)
    for path in sorted((folder / "sources" / "stamps").glob("*.pem")):
        copy(path, out / "stamps" / path.name)


def package(folder: Path, title: str, now: str, edition: str = "") -> str:
    """datapackage.json and its digest file; gives the digest file's SHA-256, which is what to time-stamp or to publish."""
    resources = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        resources.append({"name": name.lower().replace("/", "-"), "path": name, "hash": f"sha256:{digest}", "bytes": path.stat().st_size})
    told = {"profile": "data-package", "name": "custodes-evidence-pack", "title": title, "created": now, "software": f"custodes {__version__}"}
    data = json.dumps({**told, **({"edition": edition} if edition else {}), "resources": resources}, indent=2, ensure_ascii=True).encode() + b"\n"
    (folder / "datapackage.json").write_bytes(data)
    whole = digest_file(hashlib.sha256(data).digest())
    (folder / "datapackage-digest.json").write_bytes(whole)
    return hashlib.sha256(whole).hexdigest()


def copy(source: Path, target: Path) -> None:
    """Copy a file, making its folder; nothing when it is not there."""
    if not source.is_file():
        return  # verify of the case names what is missing; the pack's own check will say that a finding's file is not here
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def text_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines of text, UTF-8, each ended with LF."""
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")


_package = package  # its name in earlier versions
