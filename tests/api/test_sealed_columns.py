"""Rotation knows every column that holds a secret, by its name and by what lies in it."""

from api.access.resealing import SEALED_TEXT
from api.access.sealed_columns import SEALED
from shared.models.base import Model
from tests.support.brand import Brand


def test_a_column_whose_name_says_secret_is_one_that_rotation_knows() -> None:
    suspicious = {
        f"{table.name}.{column.name}"
        for table in Model.metadata.tables.values()
        for column in table.columns
        if any(word in column.name for word in ("seal", "secret", "cipher", "password", "token"))
    }
    # The first letters of a secret, which tell it from others; and what DNS shows to everybody.
    assert suspicious - set(SEALED) == {"webhook_endpoints.secret_prefix", "domains.token"}


async def test_every_column_that_holds_sealed_values_is_one_that_rotation_knows(
    brand: Brand,
) -> None:
    """Everything that other tests have sealed by calling the API, wherever it was stored."""
    await brand.made("/api-keys", headers=brand.headers | {"Idempotency-Key": "one"})
    connection = await brand.scratch.connect()
    holding = set()
    for table in Model.metadata.tables.values():
        for column in table.columns:
            query = f"select {column.name}::text from {table.name}"  # noqa: S608  # names of our own
            for (text,) in await connection.fetch(query):
                if SEALED_TEXT.search(text or ""):
                    holding.add(f"{table.name}.{column.name}")
    await connection.close()
    assert "idempotent_requests.body" in holding
    assert holding - set(SEALED) == set()
