"""Progress: a table of events to rows, rows to the state of each site, the state against the frozen plan, and when it will end."""

from __future__ import annotations

import io
import itertools
import json
import random
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from timetable_rows import batches, events, given, plan, site

from custodes.cli import main
from custodes.errors import UsageError
from custodes.records import HEAD_SIZE, progress_table, tables
from custodes.records.registry import choose
from custodes.timetable import baseline
from custodes.timetable.events import events_of
from custodes.timetable.forecast import CHANCES, forecast
from custodes.timetable.progress import fold
from custodes.timetable.status import state
from custodes.timetable.variance import burn_down, variances
from custodes.values import Entry, Origin

NOW = "2026-07-15"
HEAD = "site_id,event,date,devices,certificate\n"


def after(text: str, devices: int = 10, now: str = NOW):
    """The one site 'a' after the events."""
    found, troubles = events_of(events(text), now)
    progress = fold([("a", devices, 0)], ("a",), found)
    return progress.stands["a"], [*troubles, *progress.troubles]


# ---- the reader --------------------------------------------------------------------------------------------------------------------------------------


def test_a_table_of_events_belongs_to_one_reader():
    head = b"site_id,event,date,devices\na,removed,2026-03-01,4\n"
    assert choose(head, "inbox/x.csv", Origin("0" * 64, "inbox/x.csv", Entry())) is progress_table
    assert not tables.sniff(head, "x.csv"), "a table with site_id and devices is no table of sites when it tells events"
    assert tables.sniff(b"site_id,devices\na,4\n", "x.csv")


def test_a_workbook_and_json_lines_say_the_same_as_csv():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (("Site ID", "Event", "Date", "Devices", "Certificate"), ("a", "removed", "2026-03-01", 4, ""), ("a", "disposed", "2026-03-09", 4, "W1")):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    assert progress_table.sniff(out.getvalue()[:HEAD_SIZE], "x.xlsx")
    csv = batches(progress_table, (HEAD + "a,removed,2026-03-01,4,\na,disposed,2026-03-09,4,W1\n").encode())
    lines = "\n".join(json.dumps({"site_id": "a", "event": e, "date": d, "devices": 4, **c}) for e, d, c in (("removed", "2026-03-01", {}), ("disposed", "2026-03-09", {"certificate": "W1"})))
    wanted = [(r["record_key"], r["details"], r["date"]) for r in csv["STATEMENT"]]
    for other in (batches(progress_table, out.getvalue()), batches(progress_table, lines.encode())):
        assert [(r["record_key"], r["details"], r["date"]) for r in other["STATEMENT"]] == wanted


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",removed,2026-03-01,,", "site_id"), ("a,taken away,2026-03-01,,", "event"), ("a,removed,soon,,", "date"), ("a,removed,2026-02-31,,", "date"),
        ("a,removed,2026-03-01,-4,", "devices"), ("a,found,2026-03-01,,", "devices"), ("a,waived,2026-03-01,,", "until"), ("a,removed,2026-03-01,4,W1,too much", ""),
    ],
)  # fmt: skip
def test_a_row_that_cannot_stand_is_rejected_with_its_column(row, column):
    found = batches(progress_table, f"{HEAD}{row}\na,removed,2026-03-02,1,\n".encode())
    assert [(r["origin_at"], r["column"]) for r in found["REJECT"]] == [("line 2", column)]
    assert len(found["STATEMENT"]) == 1


def test_equal_rows_are_two_events_and_the_same_file_twice_is_one():
    rows = events("a,removed,2026-03-01,2,,,,\na,removed,2026-03-01,2,,,,\n")
    assert len({r["record_key"] for r in rows}) == 2
    again = events("a,removed,2026-03-01,2,,,,\na,removed,2026-03-01,2,,,,\n", "inbox/copy.csv")
    assert len(events_of([*rows, *again], NOW)[0]) == 2


# ---- the state of a site -------------------------------------------------------------------------------------------------------------------------------


def test_three_dates_of_the_end_are_counted_apart():
    stand, troubles = after("a,removed,2026-03-01,6,,,,\na,removed,2026-04-01,,,,,\na,replaced,2026-04-02,10,,,,\na,disposed,2026-05-01,7,W1,,,\n")
    assert (stand.removed, stand.replaced, stand.disposed, stand.certified, stand.remaining) == (10, 10, 7, 7, 0)
    assert (stand.removed_on, stand.replaced_on, stand.disposed_on, stand.status) == ("2026-04-01", "2026-04-02", "", "replaced")
    assert not troubles
    assert after("a,removed,2026-03-01,,,,,\na,disposed,2026-05-01,,W1,,,\n")[0].status == "disposed"


def test_more_than_is_there_is_never_counted_and_is_said():
    stand, troubles = after("a,removed,2026-03-01,12,,,,\na,disposed,2026-03-02,11,,,,\nb,removed,2026-03-03,1,,,,\n")
    assert (stand.removed, stand.disposed, stand.certified) == (10, 10, 0)
    assert len(troubles) == 3 and "10 counted" in troubles[0] and "no site of this plan" in troubles[2]
    stand, troubles = after("a,disposed,2026-03-02,4,W,,,\na,removed,2026-03-03,4,,,,\n")
    assert stand.disposed == 0 and "0 were removed" in troubles[0], "what is still on the wall is not disposed of"


def test_a_device_that_is_found_reopens_the_site():
    stand, _ = after("a,removed,2026-03-01,10,,,,\na,found,2026-04-01,3,,,,\n")
    assert (stand.scope, stand.remaining, stand.removed_on, stand.status) == (13, 3, "", "in progress")
    assert after("a,removed,2026-03-01,10,,,,\na,found,2026-04-01,3,,,,\na,removed,2026-05-01,3,,,,\n")[0].removed_on == "2026-05-01"


def test_extensions_waivers_isolation_and_days_to_come():
    stand, troubles = after("a,isolated,2026-02-01,,,,,\na,extension asked,2026-03-01,,,landlord,2026-12-31,no consent\na,extension granted,2026-03-20,,,,2026-11-30,\na,removed,2026-09-01,,,,,\n")
    assert (stand.isolated_on, stand.granted_until, stand.asked_until, stand.extensions, stand.cause) == ("2026-02-01", "2026-11-30", "", 1, "landlord")
    assert stand.status == "in progress" and stand.removed == 0
    assert troubles == ["1 events are dated after 2026-07-15 and not counted; the first: removed at a on 2026-09-01 (inbox/events.csv, line 5)"]
    assert after("a,waived,2026-02-01,,,,2027-01-31,to be pulled down\n")[0].status == "waived"
    refused, _ = after("a,extension asked,2026-03-01,,,,2026-12-31,x\na,extension refused,2026-04-01,,,,,\n")
    assert (refused.asked_until, refused.granted_until) == ("", "")


def test_a_correction_takes_the_place_of_the_event_it_names():
    head = "event_id,site_id,event,date,devices,corrects\n"
    rows = batches(progress_table, (head + "e1,a,removed,2026-03-01,9,\ne2,a,removed,2026-03-01,6,e1\n").encode())["STATEMENT"]
    found, troubles = events_of(rows, NOW)
    assert [e.devices for e in found] == [6] and not troubles
    rows = batches(progress_table, (head + "e2,a,removed,2026-03-01,6,e9\n").encode())["STATEMENT"]
    assert "no event of this case" in events_of(rows, NOW)[1][0]


LINES = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["removed", "replaced", "disposed", "found", "isolated"]), st.dates(date(2026, 1, 1), date(2026, 7, 1)), st.integers(1, 9)),
    max_size=12, unique=True,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@for_all(LINES, st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_the_same_and_counts_stay_in_bounds(lines, shuffler: random.Random):
    rows = events("".join(f"{s},{e},{d},{n},,,,\n" for s, e, d, n in lines)) if lines else []
    mixed = list(rows)
    shuffler.shuffle(mixed)
    one, other = (fold([("a", 10, 0), ("b", 4, 2)], (), events_of(r, NOW)[0]) for r in (rows, mixed))
    assert one.stands == other.stands and one.moves == other.moves
    for key, stand in one.stands.items():
        assert 0 <= stand.disposed <= stand.removed <= stand.scope and 0 <= stand.replaced <= stand.scope
        moved = {name: sum(n for _, what, n in one.moves.get(key, ()) if what == name) for name in ("removed", "replaced", "disposed", "found")}
        assert moved == {"removed": stand.removed, "replaced": stand.replaced, "disposed": stand.disposed, "found": stand.found}


# ---- against the frozen plan ---------------------------------------------------------------------------------------------------------------------------


def test_each_site_against_the_frozen_plan_with_its_cause():
    found, _ = events_of(events("b,removed,2026-02-10,,,,,\nc,extension asked,2026-03-01,,,funding,2026-12-31,no money\nc,removed,2026-06-12,,,,,\nd,found,2026-05-01,2,,,,\n"), NOW)
    progress = fold([(s, 10, 0) for s in "abcdef"], "abcdef", found)
    base = {"a": ("2026-09", 10), "b": ("2026-03", 10), "c": ("2026-03", 10), "d": ("2026-06", 10), "e": ("2026-08", 10), "gone": ("2026-05", 3)}
    now = {"a": "2026-09", "d": "2026-09", "e": "2026-10", "f": "2026-12"}
    rows = {v.site_id: v for v in variances(base, now, progress, NOW)}
    kinds = {key: (v.kind, v.days, v.cause) for key, v in rows.items()}
    assert kinds == {
        "a": ("not due yet", None, ""), "b": ("early", -49, ""), "c": ("late", 73, "funding"), "d": ("overdue", 15, "more found"),
        "e": ("moved later", 61, ""), "f": ("not in the baseline", None, ""), "gone": ("not in the plan any more", None, ""),
    }  # fmt: skip
    assert rows["d"].devices == 2 and rows["c"].reason == "no money"


def test_three_lines_start_and_end_where_they_must():
    found, _ = events_of(events("a,removed,2026-02-10,4,,,,\na,removed,2026-05-01,,,,,\nb,found,2026-06-01,3,,,,\n"), NOW)
    progress = fold([("a", 10, 0), ("b", 5, 0)], "ab", found)
    points = burn_down({"a": ("2026-03", 10), "b": ("2026-08", 5)}, {"b": "2026-10"}, progress, "2026-01-05", NOW)
    by = {p.month: (p.baseline, p.plan, p.actual) for p in points}
    assert [points[0].month, points[-1].month] == ["2026-01", "2026-10"]
    assert by["2026-01"] == (15, None, 15) and by["2026-02"] == (15, None, 11) and by["2026-03"] == (5, None, 11)
    assert by["2026-06"] == (5, None, 8) and by["2026-07"] == (5, 8, 8) and by["2026-08"] == (0, 8, None) and by["2026-10"] == (0, 0, None)


# ---- the forecast --------------------------------------------------------------------------------------------------------------------------------------


def moves_of(net: list[int], start: str = "2026-01") -> dict[str, list[tuple[str, str, int]]]:
    """Moves with these net removals per month from January 2026 on."""
    return {"a": [(f"2026-{n:02d}-10", "removed" if count > 0 else "found", abs(count)) for n, count in enumerate(net, 1) if count]}


def brute(remaining: int, net: list[int], months: int) -> float:
    """Chance that nothing is left after so many months, by looking at every sequence."""
    done = 0
    for chosen in itertools.product(net, repeat=months):
        left = remaining
        for count in chosen:
            left -= count
            if left <= 0:
                done += 1
                break
    return done / len(net) ** months


@settings(max_examples=60, deadline=None)
@for_all(st.lists(st.integers(-3, 9), min_size=3, max_size=4), st.integers(1, 20))
def test_the_forecast_is_what_looking_at_every_future_gives(net, remaining):
    if sum(net) <= 0:
        return
    found = forecast(moves_of(net), remaining, "2026-01-01", f"2026-{len(net) + 1:02d}-15")
    assert found.months == tuple(net)
    chances = [brute(remaining, net, n) for n in range(1, 6)]
    for percent, end in found.ends:
        wanted = next((n for n, chance in enumerate(chances, 1) if chance * 100 >= percent - 1e-9), None)
        if wanted:
            month = len(net) + wanted
            assert end == f"{2026 + (month - 1) // 12}-{(month - 1) % 12 + 1:02d}", (percent, chances)
        else:
            assert end == "" or int(end[:4]) * 12 + int(end[5:]) > 2026 * 12 + len(net) + 5


def test_the_spread_is_in_order_and_there_is_none_without_ground():
    found = forecast(moves_of([4, 12, 0, 7]), 500, "2026-01-01", "2026-05-02")
    ends = [end for _, end in found.ends]
    assert [p for p, _ in found.ends] == list(CHANCES) and ends == sorted(ends) and ends[0] < ends[-1]
    assert forecast({}, 10, "2026-06-01", NOW).why == "1 whole months have passed, a forecast needs 3"
    assert "does not end" in forecast(moves_of([1, -1, 0]), 10, "2026-01-01", "2026-04-02").why
    assert forecast(moves_of([1, 1, 1]), 0, "2026-01-01", "2026-04-02").why == "nothing is left"


# ---- the frozen plan -----------------------------------------------------------------------------------------------------------------------------------


def test_a_second_baseline_needs_a_reason_and_the_first_stays_the_measure():
    first = baseline.frozen(plan(a="2026-03"), [], "2026-01-01", "")
    with pytest.raises(UsageError, match="frozen on 2026-01-01"):
        baseline.frozen(plan(a="2026-04"), [first], "2026-02-01", " ")
    with pytest.raises(UsageError, match="frozen already"):
        baseline.frozen(plan(a="2026-03"), [first], "2026-02-01", "again")
    second = baseline.frozen(plan(a="2026-04"), [first], "2026-02-01", "the board moved it")
    whole = state(given([site("a")], plan=plan(a="2026-04"), baselines=[first, second]))
    assert whole["sites"][0]["baseline_month"] == "2026-03" and [b["number"] for b in whole["baseline"]] == [1, 2]
    with pytest.raises(UsageError, match="no removals"):
        baseline.frozen({"status": "infeasible", "removals": []}, [], "2026-01-01", "")
    with pytest.raises(UsageError, match="broken rules"):
        baseline.frozen({**plan(a="2026-04"), "breaches": ["x"]}, [], "2026-01-01", "")


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("frozen") / "case"
    (folder / "inputs").mkdir(parents=True)
    (folder / "case.toml").write_text('format = 1\n[[records]]\npath = "inputs/*"\n[means]\nstart = "2026-02"\ncrews = 1\ndevices_per_crew_month = 10\n', encoding="utf-8")
    (folder / "inputs" / "sites.csv").write_text("site_id,body,devices,unit_cost,region\nhall,Mole Town,8,100,North\ndepot,Mole Town,9,100,South\n", encoding="utf-8")
    assert run("run", folder, "--offline", "--now", "2026-01-05").exit_code == 0
    return folder


def run(*arguments: object):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_freeze_progress_and_verify_on_a_case(case: Path):
    frozen = run("plan", case, "--freeze", "--now", "2026-01-05")
    assert frozen.exit_code == 0 and "baseline 1 frozen: 2 sites" in frozen.output
    again = run("plan", case, "--freeze", "--now", "2026-01-06")
    assert again.exit_code == 2 and "frozen already" in again.output
    (case / "inbox").mkdir(exist_ok=True)
    (case / "inbox" / "events.csv").write_text("site_id,event,date,devices\ndepot,removed,2026-02-20,\nhall,removed,2026-04-03,3\n", encoding="utf-8")
    told = run("run", case, "--offline", "--now", "2026-05-01")
    assert "12 of 17 devices removed" in told.output and "1 sites behind the baseline" in told.output
    left = json.loads((case / "timetable" / "plan.json").read_text())
    assert [(r["site_id"], r["devices"]) for r in left["removals"]] == [("hall", 5)], "what is gone is not planned again"
    assert run("verify", case).exit_code == 0


def test_one_flipped_byte_in_a_frozen_plan_is_found(case: Path):
    path = case / "timetable" / "baselines" / "0001.json"
    data = path.read_bytes()
    try:
        path.write_bytes(data.replace(b'"2026-02"', b'"2026-03"', 1))
        found = run("verify", case)
        assert found.exit_code == 4 and "baselines/0001.json" in found.output
        path.unlink()
        gone = run("verify", case)
        assert gone.exit_code == 4 and "is gone or changed" in gone.output
    finally:
        path.write_bytes(data)


def test_only_a_case_can_be_frozen(tmp_path: Path):
    (tmp_path / "sites.csv").write_text("site_id,devices\na,1\n", encoding="utf-8")
    done = run("plan", tmp_path / "sites.csv", "--freeze", "-o", tmp_path / "plan.json")
    assert done.exit_code == 2 and "only the plan of a case" in done.output
