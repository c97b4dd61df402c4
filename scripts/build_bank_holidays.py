"""Make data/bank_holidays.csv: the bank and public holidays of the United Kingdom that count for the time limits of information law.

    python scripts/build_bank_holidays.py > src/custodes/data/bank_holidays.csv

The rules are those of the Banking and Financial Dealings Act 1971, Schedule 1, with the substitute days, and the proclamations named in ``MOVED``.
Christmas Day and Good Friday are holidays by common law outside Scotland. Days on which a weekend takes the place of the holiday are left out: they are no
working days anyway. A test compares the table with this script; another one with a stranger's calendar.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta

FIRST, LAST = 2019, 2028
CHECKED = "2026-11-23"
ACT = "https://www.legislation.gov.uk/ukpga/1971/80/schedule/1"
LIST = "https://www.gov.uk/bank-holidays"
NATIONS = ("england and wales", "scotland", "northern ireland")
MOVED = {
    date(2020, 5, 4): (date(2020, 5, 8), "Early May bank holiday, moved to the 75th anniversary of VE Day"),
    date(2022, 5, 30): (date(2022, 6, 2), "Spring bank holiday, moved for the Platinum Jubilee"),
}
PROCLAIMED = (
    (date(2022, 6, 3), "Platinum Jubilee", NATIONS),
    (date(2022, 9, 19), "State funeral of Queen Elizabeth II", NATIONS),
    (date(2023, 5, 8), "Coronation of King Charles III", NATIONS),
    (date(2026, 6, 15), "Scotland at the football World Cup", ("scotland",)),
)
WORLD_CUP = "https://www.wired-gov.net/wg/news.nsf/articles/world+cup+bank+holiday+confirmed+05022026150500?open (royal proclamation, 2026-02-05)"


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def first_monday(year: int, month: int) -> date:
    """The first Monday of a month."""
    return date(year, month, 1 + -date(year, month, 1).weekday() % 7)


def last_monday(year: int, month: int) -> date:
    """The last Monday of a month of 31 days."""
    return date(year, month, 31 - date(year, month, 31).weekday())


def due(year: int, nation: str) -> Iterator[tuple[date, str]]:
    """Holidays of a year as the Act writes them, before weekends are looked at."""
    sunday = easter(year)
    yield date(year, 1, 1), "New Year's Day"
    if nation == "scotland":
        yield date(year, 1, 2), "2 January"
    if nation == "northern ireland":
        yield date(year, 3, 17), "St Patrick's Day"
    yield sunday - timedelta(2), "Good Friday"
    if nation != "scotland":
        yield sunday + timedelta(1), "Easter Monday"
    yield MOVED.get(first_monday(year, 5), (first_monday(year, 5), "Early May bank holiday"))
    yield MOVED.get(last_monday(year, 5), (last_monday(year, 5), "Spring bank holiday"))
    if nation == "northern ireland":
        yield date(year, 7, 12), "Battle of the Boyne"
    yield (first_monday(year, 8) if nation == "scotland" else last_monday(year, 8)), "Summer bank holiday"
    if nation == "scotland":
        yield date(year, 11, 30), "St Andrew's Day"
    yield date(year, 12, 25), "Christmas Day"
    yield date(year, 12, 26), "Boxing Day"


def observed(year: int, nation: str) -> Iterator[tuple[date, str]]:
    """The same, a holiday on a weekend moved to the next day that is free."""
    taken: set[date] = set()
    for day, name in sorted(due(year, nation), key=lambda pair: (pair[0].weekday() >= 5, pair[0])):
        real = day
        while real.weekday() >= 5 or real in taken:
            real += timedelta(1)
        taken.add(real)
        yield real, name if real == day else f"{name} (substitute day)"


def rows() -> list[tuple[str, str, str, str, str]]:
    """Every row of the table, by day and nation."""
    made = []
    for nation in NATIONS:
        days = [pair for year in range(FIRST, LAST + 1) for pair in observed(year, nation)]
        made += [(day.isoformat(), nation, name, f"{ACT} ; {LIST}", CHECKED) for day, name in days]
        made += [(day.isoformat(), nation, name, WORLD_CUP if "World Cup" in name else LIST, CHECKED) for day, name, where in PROCLAIMED if nation in where]
    return sorted(made, key=lambda row: (row[0], NATIONS.index(row[1])))


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("date", "nation", "name", "citation", "checked_on"))
    writer.writerows(rows())
