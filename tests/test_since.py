"""``custodes find --since RUN``: the same findings as a full search, with less work; every other start is refused or told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from custodes import case as cases
from custodes.errors import UsageError
from custodes.pipeline import Clock, searching, step

HEADER = "Body Name,Payment Date,Supplier Name,Transaction No.,Net Amount,Narrative\n"
LINES = [
    "Exampleton Borough Council,2021-03-04,Baydale Example Ltd,{n}a,3627.50,HIK Vision Recorders",
    "Exampleton Borough Council,2021-03-05,Acme Paper Ltd,{n}b,120.00,Copier paper",
    "Exampleton Borough Council,2021-03-06,Acme Security Ltd,{n}c,999.00,Dahua CCTV cameras town centre",
    "Exampleton Borough Council,2021-03-07,Salim Trading,{n}d,50.00,goods",
]
PARTIES = "party_id,name,country\nX1,Salim Trading S.A.,XX\n"


def _case(folder: Path) -> Path:
    folder.mkdir()
    for n in range(3):
        (folder / f"spend{n}.csv").write_text(HEADER + "\n".join(line.format(n=n) for line in LINES) + "\n")
    _toml(folder)
    return folder


def _toml(folder: Path, makers: str = "") -> None:
    watch = f"[watch]\nmakers = [{makers}]\n" if makers else ""
    (folder / "case.toml").write_text(f'format = 1\ntitle = "Since"\n{watch}[[records]]\npath = "*.csv"\n')


def _run(case: Path, *verbs: str, **options: Any) -> dict[str, Any]:
    for verb in verbs or ("gather", "read", "find"):
        summary = step(verb, case, Clock("2026-11-22T10:00:00Z", True, lambda: 0.0), engine="local", **(options if verb == "find" else {}))
    return dict(summary["steps"]["find"])


def _found(case: Path) -> bytes:
    return (case / "findings" / "findings.parquet").read_bytes()


def _parts(case: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (case / "findings" / "parts").iterdir()}


def _whole(case: Path) -> tuple[bytes, dict[str, bytes]]:
    """Findings and parts of a search of everything."""
    copy = case.with_name(f"{case.name}-whole")
    shutil.copytree(case, copy)
    shutil.rmtree(copy / "findings")
    moved = case.with_name(f"{case.name}-kept")
    case.rename(moved)  # origins hold paths relative to the case, so it must stand in the same place
    copy.rename(case)
    _run(case, "find")
    found = _found(case), _parts(case)
    shutil.rmtree(case)
    moved.rename(case)
    return found


def test_changes_of_list_makers_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _case(tmp_path / "case")
    first = _run(case)
    assert (first["parts_searched"], first["parts_searched_in_part"]) == (3, 0)
    looked: list[int] = []
    real = searching.find_touched

    def counted(batches: Any, watchlist: Any, touch: Any) -> Any:
        def count() -> Any:
            for batch in batches:
                looked.append(sum(touch.rows(batch).to_pylist()))
                yield batch

        return real(count(), watchlist, touch)

    monkeypatch.setattr(searching, "find_touched", counted)
    (case / "parties.csv").write_text(PARTIES)
    (case / "spend2.csv").write_text(HEADER + LINES[0].format(n=9) + "\n")
    second = _run(case, since="3")
    assert (second["parts_searched"], second["parts_searched_in_part"]) == (3, 2), "the file that changed is searched whole"
    assert looked == [2], "one row of each other file bears a name of the new list"
    _toml(case, '"hikvision"')
    third = _run(case, "gather", "read", "find", since="2026-11-22")
    assert third["parts_searched_in_part"] == 3
    whole, parts = _whole(case)
    assert _found(case) == whole
    assert {name: data for name, data in _parts(case).items() if name in parts} == parts
    assert third["watchlist"] != second["watchlist"] != first["watchlist"]


def test_a_run_before_the_last_one(tmp_path: Path) -> None:
    """Findings of earlier watchlists stay for a while; when they are gone everything is searched, and that is said."""
    case = _case(tmp_path / "case")
    _run(case)
    for makers in ('"hikvision"', '"dahua"', '"uniview"', '"tiandy"', '"hytera"'):
        _toml(case, makers)
        _run(case, "find")
    assert len(list((case / "findings" / "watchlists").iterdir())) == 4
    _toml(case, '"hikvision", "dahua"')
    back = _run(case, "find", since="3")
    assert (back["parts_searched"], back["parts_searched_in_part"]) == (3, 0)
    assert "no longer kept" in back["troubles"][0]
    assert _found(case) == _whole(case)[0]


def test_nothing_changed(tmp_path: Path) -> None:
    case = _case(tmp_path / "case")
    _run(case)
    before = _found(case)
    again = _run(case, "find", since="00003-20261122T100000Z-find")
    assert (again["parts_searched"], again["troubles"]) == (0, [])
    assert _found(case) == before


def test_an_unknown_run_lists_the_known_ones(tmp_path: Path) -> None:
    case = _case(tmp_path / "case")
    _run(case, "gather", "read", "find")
    for wanted in ("7", "2020-01-01", "nonsense", "00001-20261122T100000Z-gather"):
        with pytest.raises(UsageError) as error:
            _run(case, "find", since=wanted)
        assert "3 (20261122T100000Z)" in error.value.advice
    assert json.loads((case / "manifest.json").read_text())["format"] == cases.FORMAT
