"""What holds the house together: layers, start-up, and a core that opens nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("pyarrow", "duckdb", "rigour", "openpyxl", "xlsxwriter", "jinja2", "rich", "msgspec", "orjson", "django", "waitress", "ortools", "scipy", "custodes.pipeline")


def test_help_imports_nothing_heavy() -> None:
    code = "import sys\nfrom custodes.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\nprint(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "publish" in done.stdout
    assert not [name for name in HEAVY if f"'{name}'" in done.stderr]


def test_verbs_are_those_of_the_contract() -> None:
    from custodes.cli import main

    contract = {
        "new": {"--records"}, "run": {"--offline", "--now"}, "gather": {"--due"}, "read": set(), "find": {"--engine", "--master", "--since", "--as-of"},
        "review": {"--host", "--port", "--origin", "--user", "--database"}, "audit": {"-o", "--database", "--json"},
        "plan": {"--policy", "--means", "--compare", "--from", "--seconds", "-o", "--freeze", "--reason"},
        "publish": {"--edition", "--dry-run", "--compare", "--pack", "--capture", "-o"}, "verify": {"--json"}, "explain": {"--edition"}, "doctor": set(),
        "ask": {"--body", "--law", "--sent", "-o"}, "notify": {"--company", "--days", "--sent", "-o"},
        "inquiry": {"--part", "--organisation", "-o"},
        "sheet": {"--view", "--check", "-o"},
        "records": {"-o", "--as", "--body", "--currency", "--map", "--columns", "--rejects"}, "screen": {"-o", "--against", "--top", "--min-score", "--engine", "--master", "--as-of"}, "claims": {"-o"},
        "cluster": {"-o", "--rulings", "--links"},
        "discover": {"-o", "--dry-run", "--public", "--ports", "--only", "--rate", "--wait", "--body"},
        "identify": {"-o", "--lines", "--engine"}, "lists": {"--store", "--as-of", "--from", "--to", "--json", "-o"},
    }  # fmt: skip
    assert set(main.commands) == set(contract)
    for verb, options in contract.items():
        has = {option for parameter in main.commands[verb].params for option in parameter.opts}
        assert options <= has, verb


def test_the_core_opens_nothing(guarded_core: list[str]) -> None:
    """The audit hook sees an open() made by a core module; what the hook saw in all other tests stays empty."""
    from tests_support import opens_from

    assert opens_from("custodes/findings/fake.py") == ["open"]
    assert opens_from("custodes/records/fake.py") == []
