"""Databases for the desk's tests: SQLite always, PostgreSQL where its server is installed. The same tests run on both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import review_desk
from review_desk import World

_STATE: dict[str, Any] = {"number": 0, "configured": False}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server of our own; skips with the reason where there is none."""
    try:
        manager = review_desk.postgres()
        url = manager.__enter__()
    except RuntimeError as reason:
        pytest.skip(str(reason))
    yield url
    manager.__exit__(None, None, None)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database: copying it is quicker than migrating for every test."""
    path = tmp_path_factory.mktemp("desk") / "template.db"
    _use(World(path.parent), f"sqlite:///{path}")
    from django.db import connection

    from custodes.review.site import setup

    setup.migrate()
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same on PostgreSQL: a database to copy from."""
    _execute(postgres_server, "CREATE DATABASE template_desk")
    _use(World(tmp_path_factory.mktemp("desk")), f"{postgres_server}/template_desk")
    from django.db import connection

    from custodes.review.site import setup

    setup.migrate()
    connection.close()
    return postgres_server


def _execute(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)


def _use(world: World, database: str) -> None:
    """Point Django at another database and another world."""
    use_desk(review_desk.desk(world, database))


def use_desk(made: Any) -> None:
    """Point Django at a Desk; it is set up once per process."""
    from custodes.review.site import setup

    database = made.database
    if not _STATE["configured"]:
        setup.configure(made, "an invented key of more than fifty characters, for tests only")
        _STATE["configured"] = True
        _quick_passwords()
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connections

    settings.DESK = made
    connections["default"].close()
    described = connections.configure_settings({"default": setup.database(database)})["default"]
    connections.settings["default"] = described
    del connections["default"]
    cache.clear()


def _quick_passwords() -> None:
    """A million rounds of hashing per sign-in are for guessers, not for tests."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def sqlite_world(tmp_path: Path, sqlite_template: Path) -> Iterator[World]:
    """An empty desk on SQLite."""
    shutil.copy(sqlite_template, tmp_path / "case.db")
    world = World(tmp_path)
    _use(world, f"sqlite:///{tmp_path / 'case.db'}")
    yield world
    _close()


@pytest.fixture
def postgres_world(tmp_path: Path, postgres_template: str) -> Iterator[World]:
    """An empty desk on PostgreSQL."""
    _STATE["number"] += 1
    name = f"desk{_STATE['number']}"
    _execute(postgres_template, f"CREATE DATABASE {name} TEMPLATE template_desk")
    world = World(tmp_path)
    _use(world, f"{postgres_template}/{name}")
    yield world
    _close()
    _execute(postgres_template, f"DROP DATABASE {name} WITH (FORCE)")


def _close() -> None:
    from django.db import connections

    connections["default"].close()


@pytest.fixture
def real_desk(sqlite_template: Path) -> Iterator[Any]:
    """A function that opens the desk of a real case, as the pipeline makes it, with a migrated database."""

    def open_(made: Any) -> None:
        target = Path(made.database.removeprefix("sqlite:///"))
        if not target.exists():
            shutil.copy(sqlite_template, target)
        use_desk(made)

    yield open_
    _close()


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    """An empty desk, on either database."""
    name = "sqlite_world" if request.param == "sqlite" else "postgres_world"
    found: World = request.getfixturevalue(name)
    return found
