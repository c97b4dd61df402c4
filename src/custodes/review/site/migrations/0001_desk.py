"""The tables of the desk, as makemigrations wrote them."""

from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The first step."""

    initial = True

    dependencies: ClassVar[list[tuple[str, str]]] = []

    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=60, unique=True)),
                ("role", models.CharField(default="reader", max_length=10)),
                ("is_active", models.BooleanField(default=True)),
                ("language", models.CharField(blank=True, default="", max_length=5)),
                ("shortcuts", models.BooleanField(default=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_index=True, max_length=100)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Detail",
            fields=[
                ("finding_id", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("data", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("evidence_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("data", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("name", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("value", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("name", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("count", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="EntryLink",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires", models.DateTimeField()),
                ("used", models.BooleanField(default=False)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("n", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(db_index=True, max_length=20)),
                ("finding_id", models.CharField(blank=True, db_index=True, max_length=20)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.CharField(max_length=40)),
                ("line", models.TextField()),
                ("prev", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("once", models.CharField(max_length=60, null=True, unique=True)),
                ("account", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=600)),
                ("shared", models.BooleanField(default=False)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("created", models.DateTimeField()),
                ("revoked", models.BooleanField(default=False)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("finding_id", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=30)),
                ("band", models.CharField(max_length=10)),
                ("maker_id", models.CharField(max_length=60)),
                ("body", models.CharField(max_length=300)),
                ("supplier", models.CharField(max_length=300)),
                ("supplier_key", models.CharField(max_length=80)),
                ("description", models.CharField(max_length=300)),
                ("date", models.CharField(max_length=40)),
                ("money", models.CharField(max_length=60)),
                ("equipment", models.CharField(max_length=20)),
                ("evidence_hash", models.CharField(max_length=64)),
                ("kin", models.CharField(max_length=24)),
                ("rank", models.IntegerField()),
                ("state", models.CharField(default="new", max_length=10)),
                ("open", models.SmallIntegerField(default=1)),
                ("seen", models.BooleanField(default=False)),
                ("conflict", models.SmallIntegerField(default=0)),
                ("waiting", models.CharField(blank=True, default="", max_length=10)),
                ("stands", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["open", "rank", "finding_id"], name="desk_open"),
                    models.Index(fields=["rank", "finding_id"], name="desk_all"),
                    models.Index(fields=["state", "rank", "finding_id"], name="desk_state"),
                    models.Index(fields=["kind", "open", "rank", "finding_id"], name="desk_kind"),
                    models.Index(fields=["maker_id", "open", "rank", "finding_id"], name="desk_maker"),
                    models.Index(fields=["body", "open", "rank", "finding_id"], name="desk_body"),
                    models.Index(fields=["kin", "rank", "finding_id"], name="desk_kin"),
                    models.Index(fields=["supplier_key", "rank", "finding_id"], name="desk_supplier", opclasses=["varchar_pattern_ops", "int4_ops", "varchar_ops"]),
                    models.Index(condition=models.Q(("assignee__isnull", False)), fields=["assignee", "rank", "finding_id"], name="desk_mine"),
                    models.Index(fields=["conflict", "rank", "finding_id"], name="desk_conflict"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Seen",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finding_id", models.CharField(max_length=20)),
                ("evidence_hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("finding_id", "account", "evidence_hash"), name="desk_seen_once")],
            },
        ),
    ]
