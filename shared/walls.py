"""The statements that close a table to all but the pinned tenant; migrations run them."""

PINNED = "(select nullif(current_setting('app.tenant_id', true), '')::uuid)"


def wall(table: str, column: str = "tenant_id") -> list[str]:
    """Without FORCE the owner would see through it; without a pinned tenant nobody sees a row.

    The crosser may delete behind it, so that no table can be forgotten when a tenant goes.
    """
    return [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        (
            f"create policy tenant_isolation on {table}"
            f" using ({column} = {PINNED}) with check ({column} = {PINNED})"
        ),
        f"grant select ({column}), delete on {table} to openpartner_crosser",
    ]
