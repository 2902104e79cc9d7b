"""What is asked of clicks is found by an index, and in as many statements however many there are."""

import pytest

from tests.support.brand import Brand
from tests.support.conversions import click, days_ago, identify, promotion, report, visit
from tests.support.statements import statements

WANTED = [
    ("clicks", "btree (tenant_id, link_id, ts)"),
    ("clicks", "btree (tenant_id, partner_id, ts)"),
    ("clicks", "btree (tenant_id, id) WHERE (flag IS NOT NULL)"),
    ("clicks", "btree (tenant_id, stored_at, partner_id)"),
    ("click_verdicts", "btree (tenant_id, click_id)"),
    ("click_days", "btree (tenant_id, partner_id, day,"),
    ("commissions", "btree (tenant_id, status, id)"),
    ("commissions", "btree (tenant_id, credit_id"),
    ("identities", "btree (tenant_id, click_id, user_id)"),
    ("partners", "btree (tenant_id, id)"),
]


@pytest.mark.parametrize(("table", "index"), WANTED)
async def test_p5_what_is_asked_for_has_an_index(brand: Brand, table: str, index: str) -> None:
    rows = await brand.fetch("select indexdef from pg_indexes where tablename = $1", table)
    assert [row["indexdef"] for row in rows if index in row["indexdef"]]


async def test_p3_a_customers_clicks_cost_no_statements(brand: Brand) -> None:
    """Neither an identify nor an event asks once for each touch."""
    link, counted = await promotion(brand, attributionModel="linear"), []
    for before in (1, 8):
        user = f"customer-{before}"
        for number in range(before):
            await visit(brand, link, user, at=days_ago(2 + number / 100))
        cref = await click(brand, link, at=days_ago(1))
        with statements() as sent:
            await identify(brand, cref, user)
        identified = len(sent)
        with statements() as sent:
            await report(brand, user)
        counted.append((identified, len(sent)))
    assert counted[0] == counted[1]
