"""The tables of the desk.

``Event`` is the record: append-only (triggers refuse anything else), chained, one line per thing that a person did. ``Finding`` is a copy of the
findings with a *projection* of the events beside it, so that a queue of a million opens at once; it can be thrown away and made again.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

ROLES = ("reader", "reviewer", "approver", "admin")
"""What an account may do, each includes the ones before: look; decide and comment; send, waive and take back others' decisions; accounts and rules."""


class Accounts(BaseUserManager):
    """Makes accounts; a name is compared without regard to case."""

    def make(self, username: str, role: str, **fields: Any) -> Account:
        """A new account without a password: its owner sets one through a one-time link."""
        account: Account = self.model(username=username.strip().lower(), role=role, **fields)
        account.set_unusable_password()
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        """The account of that name."""
        found: Account = self.get(username=(username or "").strip().lower())
        return found


class Account(AbstractBaseUser):
    """A person at the desk. The ledger never holds the name: there the account is its role and number (``reviewer 3``)."""

    username = models.CharField(max_length=60, unique=True)
    role = models.CharField(max_length=10, default="reader")
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=5, default="", blank=True)
    shortcuts = models.BooleanField(default=True)
    USERNAME_FIELD = "username"
    objects = Accounts()

    @property
    def label(self) -> str:
        """How the ledger calls this account."""
        return f"{self.role} {self.pk}"

    def may(self, role: str) -> bool:
        """Is the role at least ``role``?"""
        return bool(self.is_active) and ROLES.index(self.role) >= ROLES.index(role)


class EntryLink(models.Model):
    """A one-time link: only the hash of it is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE)
    expires = models.DateTimeField()
    used = models.BooleanField(default=False)


class Attempt(models.Model):
    """A failed sign-in, kept to slow down guessing."""

    key = models.CharField(max_length=100, db_index=True)
    at = models.DateTimeField()


class Token(models.Model):
    """A key to the API: only the hash of it is kept."""

    digest = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, models.CASCADE)
    name = models.CharField(max_length=60)
    created = models.DateTimeField()
    revoked = models.BooleanField(default=False)


class Finding(models.Model):
    """What the queue shows and filters by. ``rank``: smaller comes first. ``kin``: the same evidence about the same names. ``changed``: the number of
    the newest event about it, so that nobody decides on a screen that is out of date. ``state`` is one of ``standing.STATES``.
    ``open`` and ``conflict`` are 1 or 0: SQLite uses an index for a number, not for a truth value."""

    finding_id = models.CharField(max_length=20, primary_key=True)
    kind = models.CharField(max_length=30)
    band = models.CharField(max_length=10)
    maker_id = models.CharField(max_length=60)
    body = models.CharField(max_length=300)
    supplier = models.CharField(max_length=300)
    supplier_key = models.CharField(max_length=80)
    description = models.CharField(max_length=300)
    date = models.CharField(max_length=40)
    money = models.CharField(max_length=60)
    equipment = models.CharField(max_length=20)
    evidence_hash = models.CharField(max_length=64)
    kin = models.CharField(max_length=24)
    rank = models.IntegerField()
    state = models.CharField(max_length=10, default="new")
    open = models.SmallIntegerField(default=1)
    seen = models.BooleanField(default=False)
    conflict = models.SmallIntegerField(default=0)
    waiting = models.CharField(max_length=10, default="", blank=True)
    stands = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    assignee = models.ForeignKey(Account, models.SET_NULL, null=True, blank=True, db_index=False)

    class Meta:
        """Each index ends with the order of the queue, so that a page is read from it directly."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["open", "rank", "finding_id"], name="desk_open"),
            models.Index(fields=["rank", "finding_id"], name="desk_all"),
            models.Index(fields=["state", "rank", "finding_id"], name="desk_state"),
            models.Index(fields=["kind", "open", "rank", "finding_id"], name="desk_kind"),
            models.Index(fields=["maker_id", "open", "rank", "finding_id"], name="desk_maker"),
            models.Index(fields=["body", "open", "rank", "finding_id"], name="desk_body"),
            models.Index(fields=["kin", "rank", "finding_id"], name="desk_kin"),
            models.Index(fields=["supplier_key", "rank", "finding_id"], name="desk_supplier", opclasses=["varchar_pattern_ops", "int4_ops", "varchar_ops"]),
            models.Index(fields=["assignee", "rank", "finding_id"], name="desk_mine", condition=models.Q(assignee__isnull=False)),
            models.Index(fields=["conflict", "rank", "finding_id"], name="desk_conflict"),
        ]


class Detail(models.Model):
    """The whole row of a finding as JSON, as it stands now."""

    finding_id = models.CharField(max_length=20, primary_key=True)
    data = models.TextField()


class Evidence(models.Model):
    """The row of a finding as a decision saw it, by evidence hash: what the 'what changed' view lays beside the new one."""

    evidence_hash = models.CharField(max_length=64, primary_key=True)
    data = models.TextField()


class Event(models.Model):
    """One thing that a person did. ``line`` is the canonical JSON that ``hash`` covers; the other columns repeat it for looking up.

    ``once`` is the key of the form that brought it: the same form sent twice is one event.
    """

    n = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=20, db_index=True)
    finding_id = models.CharField(max_length=20, blank=True, db_index=True)
    account = models.ForeignKey(Account, models.PROTECT, null=True)
    actor = models.CharField(max_length=80)
    at = models.CharField(max_length=40)
    line = models.TextField()
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    once = models.CharField(max_length=60, unique=True, null=True)


class Seen(models.Model):
    """A person had the screen of a finding open, with this evidence on it."""

    finding_id = models.CharField(max_length=20)
    account = models.ForeignKey(Account, models.CASCADE)
    evidence_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        """Once per person and evidence."""

        constraints: ClassVar[list[models.BaseConstraint]] = [models.UniqueConstraint(fields=["finding_id", "account", "evidence_hash"], name="desk_seen_once")]


class SavedView(models.Model):
    """A queue with its filters under a name; ``shared`` shows it to everybody."""

    account = models.ForeignKey(Account, models.CASCADE)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=600)
    shared = models.BooleanField(default=False)


class Tally(models.Model):
    """Running counts (``state:new``, ``seen``, ``total``), kept by the transaction that changes them: counting a million rows per page would be slow."""

    name = models.CharField(max_length=30, primary_key=True)
    count = models.BigIntegerField(default=0)


class Note(models.Model):
    """Small facts of the desk: which findings are loaded, which filters they offer."""

    name = models.CharField(max_length=30, primary_key=True)
    value = models.TextField()
