"""A workbook to be filled in with what happened at each site, and put back into the inbox: a row per site that is not clear, lists for events and causes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter

from custodes.publication.rows import Row, shown
from custodes.publication.sheets import OPTIONS, moment
from custodes.publication.view import View
from custodes.values.removal import CAUSES, EVENTS

COLUMNS = ("site_id", "body", "place", "devices_left", "planned", "event", "date", "devices", "certificate", "cause", "until", "reason", "cost", "currency", "decided_by")
"""The first five are filled in; the others are those of the reader of progress (docs/readers/progress.md)."""
_FILLED = 5


def write_sheet(view: View, t: Row, path: Path) -> Path:
    """Write the sheet. Sites that are removed but not disposed of stay in it until they are."""
    book = xlsxwriter.Workbook(str(path), OPTIONS)
    book.set_properties({"title": f"Progress: {view.title}", "author": "custodes", "created": moment(view.now)})
    bold, open_ = book.add_format({"bold": True, "bg_color": "#EFE9DC", "border": 1}), book.add_format({"bg_color": "#FFF9DB", "num_format": "@", "border": 1, "border_color": "#D8D1C0"})
    sheet = book.add_worksheet("Progress")
    for at, name in enumerate(COLUMNS):
        sheet.write_string(0, at, name, bold)
        sheet.set_column(at, at, 28 if name in ("body", "place", "reason") else 15)
    rows = [s for s in t["sites"] if s["devices"] and s["status"] != "disposed"]
    for line, site in enumerate(rows, 1):
        _row(sheet, line, site, open_)
    for name, allowed in (("event", EVENTS), ("cause", tuple(CAUSES))):
        at = COLUMNS.index(name)
        if rows:
            sheet.data_validation(1, at, len(rows), at, {"validate": "list", "source": list(allowed)})
    sheet.freeze_panes(1, 1)
    book.close()
    return path


def _row(sheet: Any, line: int, site: Row, open_: Any) -> None:
    given = (site["site_id"], site["body"], site["address"] or site["area"], site["remaining"], site["plan_month"])
    for at, value in enumerate(given):
        if isinstance(value, int):
            sheet.write_number(line, at, value)
        elif value:
            sheet.write_string(line, at, shown(value))
    for at in range(_FILLED, len(COLUMNS)):
        sheet.write_blank(line, at, None, open_)
