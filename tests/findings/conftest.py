"""The watchlist made from the shipped fact tables, and how a test asks it about one purchase."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asking import Ask, Rows, purchases, read

from custodes.findings.match import find
from custodes.findings.watchlist import TABLES, Watchlist, build
from custodes.pipeline.facts import watched


@pytest.fixture(scope="session")
def facts(root: Path) -> dict[str, Rows]:
    """The shipped fact tables that findings use, by name."""
    tables = {name: read(root / "src" / "custodes" / "data" / f"{name}.csv") for name in TABLES if name.islower() and name != "name_knowledge"}
    return {**tables, "name_knowledge": [dict(row) for row in watched([])["name_knowledge"]]}


@pytest.fixture(scope="session")
def watchlist(facts: dict[str, Rows]) -> Watchlist:
    """The watchlist of all shipped facts."""
    return build(facts)


@pytest.fixture(scope="session")
def ask(watchlist: Watchlist) -> Ask:
    """Findings for one purchase, as mappings."""

    def asked(supplier: str, text: str, **more: Any) -> list[dict[str, Any]]:
        batch = purchases([{"supplier": supplier, "description": text, **more}])
        return [finding for found in find([batch], watchlist) for finding in found.to_pylist()]

    return asked
