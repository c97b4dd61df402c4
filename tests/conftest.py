"""Fixtures that all tests share: where the shared data is, and the guard that keeps the core from opening anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests_support

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; the test is skipped when it is not there."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def guarded_core() -> Iterator[list[str]]:
    """Watch the whole session: when it ends, no core module may have opened anything."""
    sys.addaudithook(tests_support.hook)
    yield tests_support.seen
    assert not tests_support.seen
