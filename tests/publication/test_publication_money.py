"""Money: what must not be added is never added; refunds are netted and shown; repeats count once only where that is proven."""

from __future__ import annotations

from decimal import Decimal

import invented

from custodes.publication import sums


def buy(amount, **values):
    values = {"description": f"Argus {amount}", "transaction": f"T{amount}"} | values
    return invented.finding(values.pop("kind", "product_named"), amount=amount, **values)


def test_kinds_currencies_tax_and_layers_stay_apart():
    rows = [
        buy("1"), buy("2", amount_kind="award"), buy("4", amount_kind="framework"), buy("8", amount_kind="tender"), buy("16", currency="EUR"),
        buy("32", tax="gross"), buy("64", tax=""), buy("128", equipment="other"), buy("256", equipment="unknown"), buy("512", kind="maker_unknown", maker_id=""),
    ]  # fmt: skip
    found = sums(rows, {})
    assert len(found) == len(rows) == len({row["id"] for row in found})
    assert sorted(row["total"] for row in found) == [Decimal(2) ** n for n in range(10)]


def test_refunds_are_netted_and_shown():
    (row,) = sums([buy("100"), buy("-30"), buy("-5")], {})
    assert (row["total"], row["paid"], row["refunds"], row["refund_count"], row["count"]) == (65, 100, -35, 2, 3)
    assert "Refunds" in row["rule"]


def test_a_repeat_counts_once_where_the_transaction_number_proves_it():
    row = buy("100")
    (total,) = sums([row], {row["record_key"]: ["a.csv", "b.csv"]})
    assert (total["total"], total["total_with_repeats"], total["proven_repeats"], total["unproven_repeats"]) == (100, 100, 1, 0)


def test_a_repeat_without_transaction_number_gives_both_totals():
    row = buy("100", transaction="")
    (total,) = sums([row, buy("7")], {row["record_key"]: 3})
    assert (total["total"], total["total_with_repeats"], total["unproven_repeats"]) == (107, 307, 2)
    assert "both totals are given" in total["rule"]


def test_a_record_with_two_findings_counts_once():
    rows = [buy("100", record_key="k"), buy("100", record_key="k", maker_id="halcyon")]
    (total,) = sums(rows, {})
    assert (total["total"], total["count"]) == (100, 1)
    assert {"scope": "sum", "reason": "second finding on a record already counted", "count": 1} in total["exclusions"]


def test_what_is_left_out_is_said():
    rows = [
        buy("1"),
        buy("2", verdict="reject"),
        buy("3", band="weak"),
        buy("4", publish="lead-only"),
        buy("5", publish="no"),
        buy("6", kind="page_changed"),
        invented.finding(description="none"),
    ]
    (total,) = sums(rows, {})
    assert total["total"] == 1
    assert {e["reason"]: e["count"] for e in total["exclusions"]} == {
        "set aside by a person": 1, "weak or lead-only": 2, "on a link marked 'no'": 1, "not about a purchase of equipment": 1, "without an amount": 1,
    }  # fmt: skip


def test_a_stale_rejection_no_longer_sets_aside():
    (total,) = sums([buy("2", verdict="reject", stale=True)], {})
    assert total["total"] == 2


def test_a_table_gives_the_same_as_mappings_in_any_order():
    rows = [*invented.named(), *invented.questions()]
    assert sums(rows, {}) == sums(invented.table(rows[::-1]), {})
