"""The record is append-only: the database itself refuses to change or delete an event."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

_SQLITE = (
    "CREATE TRIGGER desk_event_no_update BEFORE UPDATE ON desk_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
    "CREATE TRIGGER desk_event_no_delete BEFORE DELETE ON desk_event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION desk_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events are never changed or deleted'; END $$",
    "CREATE TRIGGER desk_event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON desk_event FOR EACH STATEMENT EXECUTE FUNCTION desk_event_stays()",
)


def protect(apps: Any, editor: Any) -> None:
    """Make the triggers in the words of the database."""
    for statement in _POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE:
        editor.execute(statement)


class Migration(migrations.Migration):
    """After the tables."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("desk", "0001_desk")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(protect, migrations.RunPython.noop)]
