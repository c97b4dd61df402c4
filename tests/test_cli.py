"""What the command line does with a wrong call: exit code 2, what is wrong, and what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from test_pipeline import custodes, make_case


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("records", "spend.csv"), "-o OUT"), (("run", ".", "--now", "rubbish"), "not an ISO time"), (("plan", "spend.csv"), "-o OUT"),
        (("new", "other", "--records"), "requires an argument"), (("records", "spend.csv", "-o", "x.doc"), "output format"),
        (("records", "spend.csv", "-o", "x.csv", "--map", "none.toml"), "cannot be read"), (("find", "."), "nothing to find yet"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_a_usage_error(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    case = make_case(tmp_path / "case")
    assert said in custodes(*arguments, cwd=case, code=2).stderr


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('[watch]\nmakers = "dahua"', "makers must be a list"), ('[watch]\nmakers = ["dahau"]', "do not know: dahau"), ('[watch]\nmakers = [["dahua"]]', "do not know"),
        ('[[records]]\npath = 5', "path must be text"), ('[[records]]\npath = "x"\ncolumns = "supplier"', "columns must be a table"),
        ("[plan]\npolicy = 3", "policy must be text"), ('[[records]]\npath = "x"\ncolour = "red"', "unknown keys: colour"),
    ],
)  # fmt: skip
def test_rubbish_in_case_toml_is_a_usage_error(tmp_path: Path, lines: str, said: str) -> None:
    case = make_case(tmp_path / "case")
    with (case / "case.toml").open("a", encoding="utf-8") as stream:
        stream.write(f"\n{lines}\n")
    done = custodes("run", case, code=2)
    assert said in done.stderr and "next:" in done.stderr
