"""The layout of one spending table: where its header is, what each column is used for, in which order its dates stand.

A column's header says what it may mean (``headers.py``); its cells decide among several that claim the same field: a "Supplier Name" column that
holds numbers is a supplier's number, an "Expenditure Code" that holds words says what was bought. Without a header the cells alone decide.
Nothing here depends on how the file was cut into pieces: the layout is made from the first HEAD bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from custodes.records import HEAD_SIZE
from custodes.records.amounts import canonical, currency_of
from custodes.records.cell_signs import LETTERS, by_cells, is_money, is_number, legal, share, useless, wordy
from custodes.records.csv_rows import even
from custodes.records.dates import Order, iso_of
from custodes.records.headers import Meaning, meanings, plain, why_ignored
from custodes.values import REPORTED

HEAD = HEAD_SIZE
"""Bytes of the file from which its layout is made: what ``sniff`` sees, so that both look once."""
SEARCH = 200
"""Records among which the header is looked for."""
NEAR = 20
"""Records below a likely header among which a better one is looked for (two-line headers, groups of columns above their names)."""
SAMPLE = 200
"""Records whose cells decide among columns that claim the same field."""
FIGURE = re.compile(r"\s*[-+(£$€]*\d")
_SINGLE = ("supplier", "amount", "date", "body", "transaction", "line", "currency", "supplier_id")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is what. Column numbers count from 0; -1: the table has no such column.

    ``narrative``: columns that say in free words what was bought; ``description``: classes, accounts, services that say it too.
    """

    header: tuple[str, ...]
    header_line: int = 0
    supplier: int = -1
    amount: int = -1
    date: int = -1
    body: int = -1
    transaction: int = -1
    line: int = -1
    currency: int = -1
    supplier_id: int = -1
    identifiers: tuple[tuple[str, int], ...] = ()
    codes: tuple[tuple[str, int], ...] = ()
    narrative: tuple[int, ...] = ()
    description: tuple[int, ...] = ()
    sign: str = ""
    tax: str = "unknown"
    date_kind: str = ""
    day_first: bool = True
    uses: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.header)

    @property
    def enough(self) -> int:
        """Filled cells that make a row a data row: three, or two in a table of two or three columns."""
        return 3 if sum(1 for name in self.header if name.strip()) > 3 or not any(self.header) else 2

    def with_columns(self, column: Mapping[str, int]) -> Layout:
        """The layout with the columns of single fields set."""
        at = {name: column.get(name, -1) for name in _SINGLE}
        return replace(
            self, supplier=at["supplier"], amount=at["amount"], date=at["date"], body=at["body"], transaction=at["transaction"], line=at["line"],
            currency=at["currency"], supplier_id=at["supplier_id"],
        )  # fmt: skip

    def name(self, column: int) -> str:
        """A column's name for messages and for the account of columns."""
        return (self.header[column].strip() if column < self.width else "") or f"(column {column + 1})"


def find_layout(rows: Rows, lines: Sequence[int]) -> Layout | None:
    """The layout of a table from its first records and the lines on which they begin; None when it is no spending table."""
    width = max((len(row) for row in rows), default=0)
    padded, _ = even(rows, width)
    at = _header_row(padded)
    if at is None:
        return infer_layout(padded)
    layout = from_header(padded[at], padded[at + 1 :])
    return replace(layout, header_line=lines[at]) if layout else None


def _header_row(rows: Rows) -> int | None:
    """Index of the record whose cells name most of our fields, supplier and amount among them."""
    best, at, last = 0, None, SEARCH
    for i, row in enumerate(rows[:SEARCH]):
        if i > last:
            break
        score = header_score(row)
        if score > best:
            best, at, last = score, i, i + NEAR
    return at


def header_score(row: Sequence[str]) -> int:
    """How many cells mean something to us; 0 when it cannot be the header of a spending table."""
    if sum(1 for cell in row if FIGURE.match(cell)) > 1:
        return 0  # no header names two columns by figures; data rows nearly all hold some
    found = [meanings(cell) for cell in row if cell.strip() and len(cell) < 120]
    fields = {meaning.field for options in found for meaning in options}
    if not {"supplier", "amount"} <= fields:
        return 0
    strong = any(m.rank < 6 for options in found for m in options if m.field == "supplier")
    if not strong and not {"date", "transaction", "description"} & fields:
        return 0
    return sum(1 for options in found if options) + sum(1 for cell in row if cell.strip() and why_ignored(cell))


def from_header(header: Sequence[str], rows: Rows) -> Layout | None:
    """The layout that a header row and the rows after it give; None without supplier or amount."""
    body = list(islice((row for row in rows if sum(map(bool, map(str.strip, row))) > 2), SAMPLE)) or list(rows)
    samples = [list(filter(None, map(str.strip, cells))) for cells in zip(*body, strict=True)] or [[] for _ in header]
    chosen = _choose([meanings(cell) for cell in header], samples)
    if "supplier" not in chosen or "amount" not in chosen:
        return None
    return _assemble(header, samples, chosen)


def choose_loosely(rows: Rows, lines: Sequence[int]) -> Layout:
    """The best layout for a table that need not be spending: a guess for a person to correct. The header is the row that means most, else the widest."""
    width = max((len(row) for row in rows), default=0)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    scores = [(sum(1 for cell in row if meanings(cell)), sum(1 for cell in row if cell.strip()), -i) for i, row in enumerate(padded[:SEARCH])]
    at = -max(scores)[2]
    samples = [[row[i].strip() for row in padded[at + 1 :] if row[i].strip()] for i in range(width)]
    chosen = {name: column for name, (column, _) in _choose([meanings(cell) for cell in padded[at]], samples).items()}
    chosen |= {name: column for name, column in by_cells(samples).items() if name not in chosen and column not in chosen.values()}
    narrative, described, *_ = _manifold(padded[at], samples, set(chosen.values()))
    return Layout(tuple(padded[at]), lines[at], narrative=narrative, description=described, uses=("",) * width).with_columns(chosen)


def _choose(options: list[tuple[Meaning, ...]], samples: list[list[str]]) -> dict[str, tuple[int, Meaning]]:
    """For each single field the column that means it best; a column is given away once."""
    wanted = [[meaning for meaning in found if meaning.field in _SINGLE] for found in options]
    rivals = Counter(meaning.field for found in wanted for meaning in found)
    claims = [
        (meaning.rank + (0.0 if _alone(meaning, found, rivals) else _penalty(meaning, samples[column])), column, meaning)
        for column, found in enumerate(wanted)
        for meaning in found
    ]
    chosen: dict[str, tuple[int, Meaning]] = {}
    taken: set[int] = set()
    for cost, column, meaning in sorted(claims, key=lambda claim: (_SINGLE.index(claim[2].field) > 1, claim[0], claim[1])):
        if meaning.field not in chosen and column not in taken and not (cost >= 100 and meaning.field in ("body", "date", "currency", "line")):
            chosen[meaning.field] = (column, meaning)
            taken.add(column)
    return chosen


def _alone(meaning: Meaning, found: list[Meaning], rivals: Mapping[str, int]) -> bool:
    """Need the cells not be asked, because no other column claims the field and the column claims no other?"""
    return len(found) == 1 and rivals[meaning.field] == 1 and meaning.field in ("supplier", "amount", "transaction", "supplier_id")


def _penalty(meaning: Meaning, cells: list[str]) -> float:
    """What the cells say against a meaning: 0 nothing, 100 that it cannot be."""
    if not cells:
        return 50.0 if meaning.field in ("supplier", "amount", "date", "transaction") else 100.0 if meaning.field == "body" else 0.0
    good = sum(times for cell, times in Counter(cells).items() if _speaks_for(meaning, cell)) / len(cells)
    if meaning.field == "date":
        return 0.0 if good >= 0.5 else 100.0 if meaning.says in ("period", "doubtful") else 40.0
    if meaning.field in ("body", "currency", "line"):
        return 0.0 if good >= 0.5 else 100.0
    return 0.0 if good >= 0.5 else 20.0


def _speaks_for(meaning: Meaning, cell: str) -> bool:
    if meaning.field == "amount":
        return canonical(cell) is not None
    if meaning.field == "date":
        return iso_of(cell) is not None or iso_of(cell, day_first=False) is not None
    if meaning.field == "supplier":
        return bool(LETTERS.search(cell))
    if meaning.field == "body":
        return is_name(cell)
    if meaning.field == "currency":
        return len(cell) == 3 and cell.isalpha()
    if meaning.field == "line":
        return cell.isdigit() and len(cell) < 8
    return True


def is_name(cell: str) -> bool:
    """Is a body's cell a name, not a code or an address of the web?"""
    return bool(LETTERS.search(cell)) and "://" not in cell and not re.fullmatch(r"[A-Z]\d{8}", cell)


def _assemble(header: Sequence[str], samples: list[list[str]], chosen: Mapping[str, tuple[int, Meaning]]) -> Layout:
    column = {name: at for name, (at, _) in chosen.items()}
    narrative, described, identifiers, codes = _manifold(header, samples, set(column.values()))
    if "supplier_id" not in column:
        spare = _spare_supplier(header, samples, column)
        column |= {"supplier_id": spare} if spare >= 0 else {}
    date = chosen.get("date")
    order = Order().plus(samples[date[0]]) if date else Order()
    layout = Layout(
        tuple(header), identifiers=identifiers, codes=codes, narrative=narrative, description=described, sign=currency_of(header[column["amount"]]),
        tax=chosen["amount"][1].says or "unknown", date_kind=date[1].says.replace("doubtful", "payment") if date else "", day_first=order.is_day_first,
    ).with_columns(column)  # fmt: skip
    return replace(layout, uses=_uses(layout, samples))


def _spare_supplier(header: Sequence[str], samples: list[list[str]], column: Mapping[str, int]) -> int:
    """A second supplier column that holds numbers is the supplier's number."""
    for at, cell in enumerate(header):
        if at not in column.values() and any(m.field == "supplier" for m in meanings(cell)) and samples[at] and not LETTERS.search("".join(samples[at])):
            return at
    return -1


def _manifold(
    header: Sequence[str], samples: list[list[str]], taken: set[int]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    """Columns of the fields that may have several: free words and classes in order of rank and name, identifiers, codes."""
    described: list[tuple[int, str, int]] = []
    identifiers: list[tuple[str, int]] = []
    codes: list[tuple[str, int]] = []
    for at, cell in enumerate(header):
        if at in taken:
            continue
        found = next((m for m in meanings(cell) if m.field in ("description", "identifier", "code")), None)
        if found is None and why_ignored(cell).startswith("a code") and wordy(samples[at]):
            found = Meaning("description", 11)
        if found is None or (found.field == "description" and found.rank > 10 and useless(samples[at])):
            continue
        if found.field == "description":
            described.append((found.rank, plain(cell), at))
        else:
            (identifiers if found.field == "identifier" else codes).append((found.says, at))
    first, rest = (tuple(at for rank, _, at in sorted(described) if (rank == 10) == free) for free in (True, False))
    return first, rest, tuple(identifiers), tuple(codes)


def _uses(layout: Layout, samples: list[list[str]]) -> tuple[str, ...]:
    """The use of every column: a field of ours, ``ignored: why``, or REPORTED; "" for a column without header and cells."""
    named = {getattr(layout, name): name for name in _SINGLE if getattr(layout, name) >= 0}
    named |= {at: "supplier_ids" for _, at in layout.identifiers} | {at: "codes" for _, at in layout.codes} | dict.fromkeys((*layout.narrative, *layout.description), "description")
    return tuple(named.get(at) or _other_use(layout.header[at], samples[at]) for at in range(layout.width))


def _other_use(header: str, cells: list[str]) -> str:
    if not header.strip():
        return REPORTED if cells else ""
    why = why_ignored(header)
    if not why and meanings(header) and meanings(header)[0].field in _SINGLE:
        field = meanings(header)[0].field
        why = "codes, no names" if field == "body" and not any(map(is_name, cells)) else f"another column gives the {field}"
    if not why and any(m.field == "description" for m in meanings(header)):
        why = "holds no words" if cells else "holds nothing"
    return f"ignored: {why}" if why else REPORTED


def infer_layout(rows: Rows) -> Layout | None:
    """The layout of a table without a header, from its cells: dates, amounts with pence, names of organisations, words; None when they do not show."""
    data = [row for row in rows if sum(map(bool, map(str.strip, row))) > 2]
    if len(data) < 3 or len(data) * 2 < sum(1 for row in rows if any(cell.strip() for cell in row)):
        return None
    width = len(data[0])
    samples = [[row[i].strip() for row in data if row[i].strip()] for i in range(width)]
    found = by_cells(samples)
    if len(found) < 3 or legal(samples[found["supplier"]]) < 0.15 or not is_money(samples[found["amount"]]):
        return None
    full = [at for at in range(width) if len(samples[at]) >= 0.9 * len(data) and at not in found.values()]
    texts = [at for at in range(width) if at not in found.values() and wordy(samples[at])]
    transaction = next((at for at in full if at not in texts and is_number(samples[at])), -1)
    line = next((at for at in full if at != transaction and share(samples[at], lambda c: c.isdigit() and len(c) < 4) == 1), -1)
    described = sorted(texts, key=lambda at: (-len(set(samples[at])), at))
    layout = Layout(
        ("",) * width, supplier=found["supplier"], amount=found["amount"], date=found["date"], transaction=transaction, line=line,
        narrative=tuple(described[:1]), description=tuple(described[1:]), date_kind="payment", day_first=Order().plus(samples[found["date"]]).is_day_first,
    )  # fmt: skip
    return replace(layout, uses=_uses(layout, samples))
