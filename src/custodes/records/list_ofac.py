"""The lists of the US Treasury (OFAC) as CSV: the SDN list and the consolidated non-SDN list, each in three files and a file of long remarks.

The files have no header. The list itself (``SDN.CSV``, ``CONS_PRIM.CSV``): number, name, type, programmes, then eight cells mostly about people and ships,
the last one remarks. Other names (``ALT.CSV``): number, number of the name, kind, name, remarks. Addresses (``ADD.CSV``): number, number of the address,
street, city, country, remarks. ``SDN_COMMENTS.CSV``: number, the end of remarks that were too long. ``-0-`` stands for an empty cell.

The four are one list: give the first, the others are taken when they stand beside it. Only entries that the list calls neither individual, vessel nor
aircraft become records. A consolidated entry stands on one list per programme, and so has one LISTING for each.

Source: https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.list_entries import ALIAS, FORMER, NOT_ORGANISATION, OFFICIAL, PERSON, WEAK, Entry, country_code, put_listing, put_party
from custodes.records.list_ofac_remarks import Remarks, remarks_of
from custodes.records.rowstream import LINE_LIMIT, Account
from custodes.values import Origin

NAME = "ofac"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_PRIM = ("ent_num", "SDN_Name", "SDN_Type", "Program", "Title", "Call_Sign", "Vess_type", "Tonnage", "GRT", "Vess_flag", "Vess_owner", "Remarks")
_ALT = ("ent_num", "alt_num", "alt_type", "alt_name", "alt_remarks")
_ADD = ("ent_num", "Add_num", "Address", "City", "Country", "Add_remarks")
_SPILL = ("ent_num", "Remarks")
_TABLES = {len(columns): (name, columns) for name, columns in {"list": _PRIM, "names": _ALT, "addresses": _ADD, "remarks": _SPILL}.items()}
_NULL = rb'(?:-0- ?|"-0- ?")'
_CELL = rb'(?:"(?:[^"\r\n]|"")*"|-0- ?)'
_FIRST = re.compile(
    rb"\s*\d{1,7}," + _CELL + rb",(?:" + _NULL + rb'|"?individual"?|"?vessel"?|"?aircraft"?),' + _CELL + rb"(?:," + _CELL + rb"){8}\s*(?:\r?\n|$)"
    rb"|\s*\d{1,7},\d{1,7},(?:\"[afn]ka\"),\"[^\r\n]*?\"," + _CELL + rb"\s*(?:\r?\n|$)"
    rb"|\s*\d{1,7},\d{1,7}(?:," + _CELL + rb"){3}," + _NULL + rb"\s*(?:\r?\n|$)"
)  # fmt: skip
NAME_KINDS = {"aka": ALIAS, "fka": FORMER, "nka": ALIAS}
_PROGRAMMES = (
    ("CMIC", "US-OFAC-NS-CMIC"), ("561-Related", "US-OFAC-CAPTA"), ("FSE", "US-OFAC-FSE"), ("NS-PLC", "US-OFAC-PLC"), ("13599", "US-OFAC-13599"),
    ("UKRAINE-EO13662", "US-OFAC-SSI"), ("EO14024", "US-OFAC-NS-MBS"), ("EO14014", "US-OFAC-NS-MBS"), ("EO14038", "US-OFAC-NS-MBS"),
)  # fmt: skip
"""What a programme of the consolidated list says about the list; any other is the consolidated list as such."""
CONSOLIDATED = "US-OFAC-CONS"
_USES = {
    "list.ent_num": "party_id, identifiers", "list.SDN_Name": "name, listed_name", "list.SDN_Type": "tells individuals, vessels and aircraft",
    "list.Program": "list, note", "list.Remarks": "names, identifiers, designated, effective, note",
    "names.ent_num": "party_id", "names.alt_num": "ignored: number of the name", "names.alt_type": "names.kind", "names.alt_name": "names",
    "names.alt_remarks": "ignored: always empty", "addresses.ent_num": "party_id", "addresses.Country": "country", "remarks.ent_num": "party_id",
    "remarks.Remarks": "names, identifiers, designated, effective, note",
    **{f"list.{name}": "ignored: about natural persons, ships and aircraft" for name in _PRIM[4:11]},
    **{f"addresses.{name}": "ignored: not needed to tell a party" for name in ("Add_num", "Address", "City", "Add_remarks")},
}  # fmt: skip


class Line(NamedTuple):
    """A row of one of the files: where it stands and its cells by column."""

    place: str
    cells: dict[str, str]


def sniff(head: bytes, filename: str) -> bool:
    """Claims a file without header whose first line has the shape of the list, of its other names or of its addresses, and ``-0-`` for empty cells."""
    return bool(_FIRST.match(head)) and b"-0-" in head


def companions(filename: str) -> tuple[str, ...]:
    """The other files of the list whose first file this is; none for any other.

    >>> companions("lists/CONS_PRIM.CSV"), companions("sdn.csv")
    (('lists/CONS_ALT.CSV', 'lists/CONS_ADD.CSV', 'lists/CONS_COMMENTS.CSV'), ('alt.csv', 'add.csv', 'sdn_comments.csv'))
    """
    path = PurePosixPath(filename)
    if path.name.lower() == "sdn.csv":
        names = ("alt.csv", "add.csv", "sdn_comments.csv")
        return tuple(str(path.with_name(name.upper() if path.name.isupper() else name)) for name in names)
    match = re.search(r"(?<![A-Za-z])prim(?![A-Za-z])", path.name, re.I)
    if not match:
        return ()
    words = [word.upper() if match[0].isupper() else word for word in ("alt", "add", "comments")]
    return tuple(str(path.with_name(path.name[: match.start()] + word + path.name[match.end() :])) for word in words)


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY per organisation and LISTING per list it stands on, in the order of the list. BrokenInputError for a companion that was given alone."""
    account = Account(origin)
    beside = _Beside(account, streams[1:], origin.path)
    lines = _lines(streams[0], origin.path, "list", account)
    whole = [line for line in lines if isinstance(line, Line)]
    consolidated = is_consolidated(origin.path, (line.cells["Program"] for line in whole))
    for line in whole:
        _take(account, beside, line, consolidated)
        yield from account.full()
    beside.leftovers()
    yield from account.rest(_USES)


def _take(account: Account, beside: _Beside, line: Line, consolidated: bool) -> None:
    number, name, kind = line.cells["ent_num"], line.cells["SDN_Name"], line.cells["SDN_Type"]
    if not number.isdigit() or not name:
        return account.reject(line.place, "SDN_Name" if number.isdigit() else "ent_num", "empty or no number")
    if kind in ("individual", "vessel", "aircraft"):
        return account.leave_out(PERSON if kind == "individual" else NOT_ORGANISATION)
    if kind:
        return account.reject(line.place, "SDN_Type", f"unknown type: {kind[:60]!r}")
    said = remarks_of(line.cells["Remarks"] + beside.spill.get(number, ""))
    programmes = tuple(filter(None, (part.strip(" []") for part in line.cells["Program"].split("] ["))))
    names = ((name, OFFICIAL), *beside.names.get(number, ()))
    put_entry(account, NAME, line.place, number, names, beside.countries.get(number, ""), programmes, said, consolidated)
    return beside.used(number)


def put_entry(
    account: Account, reader: str, place: str, number: str, names: Sequence[tuple[str, str]], country: str, programmes: Sequence[str], said: Remarks, consolidated: bool
) -> None:
    """The PARTY of an entry, and a LISTING for each list that its programmes mean."""
    codes = _codes(programmes) if consolidated else ("US-OFAC-SDN",)
    listed = " ; ".join(programmes)
    entry = Entry(
        f"US-OFAC:{number}", codes[0], (*names, *((weak, WEAK) for weak in said.names)), country=country, identifiers=(f"OFAC:{number}", *said.identifiers),
        note=" ; ".join(filter(None, (f"programs: {listed}" if listed else "", f"remarks: {said.rest}" if said.rest else ""))),
        citation="https://ofac.treasury.gov/sanctions-list-service", effect="varies by entry" if codes[0] == CONSOLIDATED else "",
    )  # fmt: skip
    put_party(account, reader, place, entry)
    for code in codes:
        put_listing(account, reader, place, _on(entry, code, said))


def _on(entry: Entry, code: str, said: Remarks) -> Entry:
    """The entry as a listing on one of its lists, with the dates that the remarks give for it."""
    word = {"US-OFAC-NS-CMIC": "CMIC", "US-OFAC-NS-MBS": "EO 14"}.get(code)
    days = {what: sorted(day for about, day in dates if word and word in about) for what, dates in said.dates.items()}
    effect = "varies by entry" if code == CONSOLIDATED else ""
    return Entry(
        entry.party_id, code, entry.names, designated=next(iter(days.get("Listing", [])), ""), effective=next(iter(days.get("Effective", [])), ""),
        citation=entry.citation, note=entry.note, effect=effect,
    )  # fmt: skip


def _codes(programmes: Sequence[str]) -> tuple[str, ...]:
    found = [next((code for word, code in _PROGRAMMES if word in part), CONSOLIDATED) for part in programmes]
    return tuple(dict.fromkeys(found)) or (CONSOLIDATED,)


def is_consolidated(path: str, programmes: Iterable[str]) -> bool:
    """Is this the consolidated list? Its name says so, or one of its programmes does, which the SDN list never bears."""
    name = PurePosixPath(path).name.lower()
    if "cons" in name or "sdn" in name:
        return "cons" in name
    return any(word in programme for programme in programmes for word in ("CMIC", "561-Related", "NS-PLC"))


class _Beside:
    """What the other files say: names, first country and the end of remarks by number of the entry; and what was used of it."""

    def __init__(self, account: Account, streams: Sequence[BinaryIO], where: str) -> None:
        self._account = account
        self.names: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.countries: dict[str, str] = {}
        self.spill: dict[str, str] = {}
        self._lines: dict[str, Counter[str]] = defaultdict(Counter)
        for stream in streams:
            for line in _lines(stream, where, "", account):
                self._note(line)

    def _note(self, line: Line) -> None:
        number = line.cells["ent_num"]
        if "alt_name" in line.cells:
            self.names[number].append((line.cells["alt_name"], NAME_KINDS.get(line.cells["alt_type"], ALIAS)))
            self._lines[number]["a further name of an entry"] += 1
        elif "Country" in line.cells:
            if code := country_code(line.cells["Country"]):
                self.countries.setdefault(number, code)
            self._lines[number]["a further address of an entry"] += 1
        else:
            self.spill[number] = self.spill.get(number, "") + line.cells["Remarks"]
            self._lines[number]["the end of an entry's remarks"] += 1

    def used(self, number: str) -> None:
        """The lines about this entry are part of its records."""
        for reason, count in self._lines.pop(number, Counter[str]()).items():
            self._account.leave_out(f"{reason}, part of its records", count)

    def leftovers(self) -> None:
        """The other lines are about entries that are left out."""
        for counts in self._lines.values():
            for reason, count in counts.items():
                self._account.leave_out(f"{reason} that is left out", count)


def _lines(stream: BinaryIO, where: str, wanted: str, account: Account) -> Iterator[Line]:
    """Rows of one file, known by their number of cells. ``wanted``: the table that the file must be; '' for any but the list."""
    reader = csv.reader(_text(stream, where))
    try:
        for cells in reader:
            if not any(cell.strip(" \x1a") for cell in cells):
                account.blank()
                continue
            table, columns = _TABLES.get(len(cells), ("", ()))
            if not table or (wanted and table != wanted):
                _refuse(account, where, reader.line_num, len(cells), table, wanted)
                continue
            row = dict(zip(columns, (_cell(cell) for cell in cells), strict=True))
            account.saw({f"{table}.{name}": value for name, value in row.items()})
            yield Line(f"line {reader.line_num}", row)
    except csv.Error as error:
        raise BrokenInputError(f"not a readable CSV: {error}", where=f"{where}, line {reader.line_num}", advice="fetch the file again") from error


def _refuse(account: Account, where: str, line: int, cells: int, table: str, wanted: str) -> None:
    if line == 1 and table:
        what = f"this is the file of {table} of the list, not the list"
        raise BrokenInputError(what, where=where, advice="give SDN.CSV or CONS_PRIM.CSV; the others are taken from beside it")
    account.reject(f"line {line}", "", f"{cells} cells, but the list has {len(_PRIM)}" if wanted else f"{cells} cells: none of the list's files")


def _text(stream: BinaryIO, where: str) -> Iterator[str]:
    while line := stream.readline(LINE_LIMIT):
        if len(line) >= LINE_LIMIT:
            raise BrokenInputError("a line is too long", where=where, advice="this is not a list of the Treasury")
        try:
            yield line.decode("utf-8").replace("\0", "")
        except UnicodeDecodeError:
            yield line.decode("cp1252", "replace").replace("\0", "")


def _cell(cell: str) -> str:
    text = " ".join(cell.replace("\x1a", " ").split())
    return "" if text == "-0-" else text


