"""One evidence pack per finding or body, as a ZIP that a stranger opens and checks without custodes and without a network.

What is in it stands in ``docs/how-to/evidence-pack.md``. Files that findings rest on are named by hash; their bytes leave the case only by an explicit choice
per file (``--capture``) with a licence or a reason. A public pack holds nothing that the gate of the public edition holds back.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.case import Case
from custodes.errors import UsageError
from custodes.pipeline.packing import copy, package, text_lines, zipped
from custodes.pipeline.packing_quotes import quotations
from custodes.pipeline.state import State, seal_lines, sha256
from custodes.publication.export_base import headline
from custodes.publication.gate import gate, public_edition
from custodes.publication.packs import HeldFile, write_shown
from custodes.publication.rows import Row, conform, stream
from custodes.publication.view import View, normalise
from custodes.review import LEDGER
from custodes.review.words import REASONS
from custodes.sources import checker, held, seal
from custodes.sources.checker import canonical, capture_path
from custodes.values.edition import Edition

EVERY = "all"
"""What ``--pack all`` stands for: every finding that is no question, and every body that has one."""
LOG = "seal.jsonl"
"""``--capture seal.jsonl=REASON``: hand out the whole log of the case in a public pack too."""
NOT_CHOSEN = "its bytes stay in the case; nobody chose to hand them out"
REMOVED = "its bytes were removed by order"
_SHORTEST = 6
_QUIET = ("edition", "stamp", "ledger", "exchange")
"""Kinds of sealed lines that hold counts and hashes only: a public pack shows them whole."""

README = """\
This is an evidence pack made with custodes. Open index.html to read it.

index.html             the findings with their words, reasons, listings, replies, and what they do not show
findings.csv .jsonl    the same findings as data; listings.csv, replies.csv, corrections.csv what stands beside them
quotations.jsonl       the words each finding rests on, with file, place and the hash of the line; annotations/ the same as W3C Web Annotations
pictures/              the quoted words on the captured page, marked and cropped, where their place on it is known
hashes.csv             the files the findings rest on: SHA-256, size, when sealed, whether they are here, and under which licence or for which reason
captures.jsonl         the same for verify.py; captures/ the files that somebody chose to hand out
seal*.jsonl            the log of the case: every line holds the hash of the line before it. In an extract some lines are given by number and hash only
ledger-extract.jsonl   the decisions on these findings, in their places in the chain of all decisions
stamps/ packages/      time stamps (RFC 3161) over lines of the log and over captured pages, with the root certificates that were known
verify.py              checks all of this: python3 verify.py   (Python 3.9 or later, nothing else; openssl for signatures; no network)

What it can show: that nothing here was changed since it was sealed, and that it existed when it was time-stamped.
What it cannot show: that a file came from where its address says. For that look at copies that others kept.
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A capture that somebody chose to hand out: its hash, and the licence or reason."""

    sha256: str
    why: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one pack is about: the findings' ids, the title, the file's stem, and the body when it is about one."""

    ids: tuple[str, ...]
    title: str
    stem: str
    body: str = ""


class Packer:
    """Makes packs of one edition. ``whole``: the draft edition of the case; ``kind``: draft or public."""

    def __init__(self, the_case: Case, state: State, whole: Edition, kind: str) -> None:
        self._case, self._state, self._whole = the_case, state, whole
        self._shown = public_edition(whole) if kind == "public" else replace(whole, kind="draft")
        self._held = {row["finding_id"]: row["reasons"] for row in gate(whole)[1]} if kind == "public" else {}
        self._view = normalise(self._shown)
        self._findings = conform(self._shown.findings)
        self._findings = self._findings.filter(pc.not_equal(self._findings["publish"], "no"))
        if kind == "public":  # a reason in free words was in no notice
            self._findings = self._findings.set_column(self._findings.column_names.index("reason"), "reason", pa.array([""] * len(self._findings), pa.string()))
        self._log = seal_lines(the_case.folder / "seal.jsonl")

    @property
    def public(self) -> bool:
        """Is this about what the gate lets through?"""
        return self._shown.kind == "public"

    def wanted(self, what: str) -> list[Wanted]:
        """The packs that ``what`` names: a finding's id or its start, a body's name, code or page name, or ``all``. UsageError when it names none or several."""
        if what == EVERY:
            return [*self._every()]
        ids = self._findings["finding_id"].to_pylist()
        hits = [id for id in ids if id == what] or [id for id in ids if len(what) >= _SHORTEST and id.startswith(what)]
        if len(hits) == 1:
            return [self._of_finding(hits[0])]
        bodies = [row["body"] for row in self._view.bodies if what and what.casefold() in (row["body"].casefold(), row["code"].casefold(), self._view.body_pages[row["body"]])]
        if not hits and len(bodies) == 1:
            return [self._of_body(bodies[0])]
        if why := next((reasons for id, reasons in self._held.items() if id == what or (len(what) >= _SHORTEST and id.startswith(what))), None):
            raise UsageError(f"finding {what} is held back: {'; '.join(why)}", where="--pack", advice="a draft pack for reviewers: --edition draft")
        several = f"{len(hits)} findings start with {what}" if hits else f"{len(bodies)} bodies are called {what}" if bodies else f"no finding and no body is called {what!r}"
        raise UsageError(several, where="--pack", advice="give a finding's id (findings.csv), or a body's name or code (bodies.csv)")

    def _every(self) -> Iterator[Wanted]:
        rows = [row for row in stream(self._findings.select(["finding_id", "kind", "body"])) if row["kind"] != "maker_unknown"]
        yield from (self._of_finding(row["finding_id"]) for row in rows)
        yield from (self._of_body(body) for body in sorted({row["body"] for row in rows if row["body"] in self._view.body_pages}))

    def _of_finding(self, id: str) -> Wanted:
        row = self._findings.filter(pc.equal(self._findings["finding_id"], id)).to_pylist()[0]
        return Wanted((id,), headline(row, self._view), f"finding-{id}")

    def _of_body(self, body: str) -> Wanted:
        chosen = self._findings.filter(pc.equal(self._findings["body"], body))
        return Wanted(tuple(chosen["finding_id"].to_pylist()), body, f"body-{self._view.body_pages[body]}", body)

    def choices(self, said: Sequence[str], packs: Sequence[Wanted]) -> list[Choice]:
        """The captures named by path or hash, each with ``=REASON`` unless case.toml states its licence. UsageError for what no pack cites or nobody licensed."""
        cited = {row["origin_sha256"]: row["origin_file"] for row in stream(self._findings) if any(row["finding_id"] in pack.ids for pack in packs)}
        return [self._choice(text, cited) for text in said]

    def _choice(self, text: str, cited: Mapping[str, str]) -> Choice:
        if text.partition("=")[0] == LOG and text.partition("=")[2].strip():
            return Choice(LOG, text.partition("=")[2].strip())
        cuts = [(text, ""), *((text[:at], text[at + 1 :].strip()) for at, sign in enumerate(text) if sign == "=")]
        for ref, reason in cuts:
            found = [digest for digest, path in cited.items() if ref in (digest, path) or (len(ref) >= 8 and digest.startswith(ref))]
            if len(found) == 1:
                if why := reason or self._licence(found[0]):
                    return Choice(found[0], why)
                raise UsageError(f"no licence is stated for {ref}", where="--capture", advice=f'say why it may leave the case: --capture "{ref}=REASON", or state its licence in case.toml')
        raise UsageError(f"no finding of these packs rests on {text.partition('=')[0]!r}", where="--capture", advice=f"they rest on: {'; '.join(sorted(set(cited.values())))}")

    def _licence(self, digest: str) -> str:
        return next((str(item["entry"].get("licence", "")) for item in self._state.inputs if item["sha256"] == digest), "")

    def write(self, pack: Wanted, out: Path, choices: Sequence[Choice] = ()) -> dict[str, Any]:
        """Write one pack to the ZIP ``out``, which must not exist: path, sha256, bytes, findings, and ``digest``, the hash to time-stamp or to publish."""
        half = out.with_name(f".{out.name}.folder")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        try:
            digest = self._fill(pack, half, {choice.sha256: choice.why for choice in choices})
            zipped(half, out)
        finally:
            shutil.rmtree(half, ignore_errors=True)
        about = {"body": pack.body} if pack.body else {"finding": pack.ids[0]}
        return {**about, "path": out.name, "title": pack.title, "findings": len(pack.ids), "sha256": sha256(out), "bytes": out.stat().st_size, "digest": digest}

    def _fill(self, pack: Wanted, folder: Path, chosen: Mapping[str, str]) -> str:
        view = self._part(pack)
        rows = view.findings.to_pylist()
        said, pictures = quotations(self._case.folder / "sources", rows, self._whole.events, self.public)
        files = list(self._files({row["origin_sha256"]: row["origin_file"] for row in [*rows]} | {quote.file_sha256: quote.file for quote in said}, chosen))
        write_shown(view, folder, pack.title, said, files, pack.body)
        for name, data in pictures.items():
            (folder / "pictures").mkdir(exist_ok=True)
            (folder / "pictures" / name).write_bytes(data)
        self._proof(folder, files, pack, LOG in chosen)
        (folder / "README.txt").write_text((f"DRAFT: leads that no person has confirmed. Hand it only to people who review it.\n\n{README}") if view.draft else README, encoding="utf-8", newline="\n")
        copy(Path(checker.__file__), folder / "verify.py")
        return package(folder, f"Evidence pack: {pack.title}", view.now, view.kind)

    def _part(self, pack: Wanted) -> View:
        """The view with these findings and what stands beside them only."""
        wanted = self._findings.filter(pc.is_in(self._findings["finding_id"], pa.array(pack.ids, pa.string())))
        threads = [row["record_key"] for row in stream(wanted) if row["record_kind"] == "PAGE"]
        events = self._shown.events
        exchange = self._shown.exchange
        beside = {
            **exchange,
            "standing": {key: rows for key, rows in exchange.get("standing", {}).items() if key in pack.ids},
            "corrections": [row for row in exchange.get("corrections", ()) if set(row.get("finding_ids", ())) & set(pack.ids)],
            "letters": (),
        }
        events = events.filter(pc.is_in(events["thread"], pa.array(threads, pa.string()))) if events is not None and threads else None
        return normalise(replace(self._shown, findings=wanted, exchange=beside, events=events, pictures={}, money=()))

    def _files(self, cited: Mapping[str, str], chosen: Mapping[str, str]) -> Iterator[HeldFile]:
        stored = {capture.sha256: capture for capture in held(self._case.folder / "sources")}
        sealed = {line["facts"].get("sha256"): line for line in reversed(self._log) if line["kind"] == seal.CAPTURE}
        removed = {line["facts"].get("sha256") for line in self._log if line["kind"] == seal.REMOVAL}
        for digest, path in sorted(cited.items(), key=lambda each: (each[1], each[0])):
            if digest:
                capture, line = stored.get(digest), sealed.get(digest, {})
                why = REMOVED if digest in removed else chosen.get(digest, NOT_CHOSEN)
                size, when = (capture.size, capture.stored_at) if capture else (0, "")
                yield HeldFile(digest, path, size, when, line.get("n", 0), line.get("hash", ""), self._licence(digest), digest in chosen and digest not in removed, why)

    # --- what proves it -------------------------------------------------------------------------------------------------------------------------

    def _proof(self, folder: Path, files: Sequence[HeldFile], pack: Wanted, whole_log: bool) -> None:
        """The chosen captures, the log, the ledger's lines, and the tokens that are over something that is here."""
        packages = {file.sha256 for file in files if file.path.endswith(".wacz")}
        for file in files:
            source = Path(capture_path(str(self._case.folder), file.sha256))
            if file.included:
                copy(source, folder / "captures" / f"{file.sha256}{'.wacz' if file.sha256 in packages else ''}")
            elif file.sha256 in packages and source.is_file():
                _digests(source, folder / "packages" / file.sha256)
        lines = ({"sha256": f.sha256, "size": f.size, "path": f.path, "stored_at": f.stored_at, "included": f.included, "why": f.why} for f in files)
        text_lines(folder / "captures.jsonl", (json.dumps(line, ensure_ascii=False, sort_keys=True) for line in lines))
        if self.public and not whole_log:
            _extract(folder / "seal-extract.jsonl", self._log, self._open_lines({file.sha256 for file in files}))
        else:
            copy(self._case.folder / "seal.jsonl", folder / "seal.jsonl")
        self._ledger(folder, pack)
        self._tokens(folder, packages)

    def _open_lines(self, cited: set[str]) -> set[int]:
        """Numbers of the lines that a public pack shows whole: about its own files, about files whose paths the edition names anyway, and heads of logs."""
        known = {row["path"] for row in self._shown.coverage}
        return {line["n"] for line in self._log if line["kind"] in _QUIET or line["facts"].get("sha256") in cited or (line["kind"] == seal.CAPTURE and line["facts"].get("path") in known)}

    def _ledger(self, folder: Path, pack: Wanted) -> None:
        path = self._case.folder / "review" / LEDGER
        lines = [json.loads(line) for line in path.read_bytes().splitlines()] if path.is_file() else []
        mine = [line for line in lines if line["finding_id"] in pack.ids]
        # free words that were in no notice (a reason that is no code, the remark of an earlier decision) stay in the house: such a line is a number and a hash
        notes = {row["finding_id"]: row["note"] for row in stream(self._findings.select(["finding_id", "note"]))}
        whole = {line["n"] for line in mine if not self.public or (line["reason"] in REASONS.get(line["verdict"], {}) and line["note"] in ("", notes.get(line["finding_id"])))}
        if mine:
            _extract(folder / "ledger-extract.jsonl", lines, whole)

    def _tokens(self, folder: Path, packages: set[str]) -> None:
        stamps = self._case.folder / "sources" / "stamps"
        taken = False
        for line in self._log:
            facts = line["facts"]
            if line["kind"] == "stamp" and (facts.get("of") == "log" or facts.get("ref") in packages):
                name = Path(str(facts["file"])).name
                copy(stamps / name, folder / "stamps" / name)
                taken = True
        for path in sorted(stamps.glob("*.pem")) if taken else ():
            copy(path, folder / "stamps" / path.name)


def _extract(path: Path, lines: Iterable[Mapping[str, Any]], whole: set[int]) -> None:
    """A chained log with some lines whole and the others by number and hash only."""
    path.write_bytes(b"".join(canonical(line if line["n"] in whole else {name: line[name] for name in ("n", "prev", "hash")}) + b"\n" for line in lines))


def _digests(archive: Path, folder: Path) -> None:
    """The two small files of a captured page's package that its time stamp is over; the page itself stays in the case."""
    with zipfile.ZipFile(archive) as box:
        for name in ("datapackage.json", "datapackage-digest.json"):
            if name in box.namelist():
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(box.read(name))


def summary_row(made: Mapping[str, Any]) -> Row:
    """What ``packs.json`` says of a pack."""
    return {name: made[name] for name in ("path", "title", "findings", "sha256", "bytes", "digest")}
