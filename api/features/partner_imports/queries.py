"""One statement for as many partners as there are rows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, DateTime, Text, Uuid, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeEngine

from api.features.partner_imports.schemas import PartnerRow
from shared.models.partner import Partner

# As older imports marked theirs, so that one can tell these partners from the others.
MARK = {"importedFromCsv": True}


def insert_partners(rows: Sequence[tuple[UUID, PartnerRow]]) -> ReturningInsert[Any]:
    """Makes active partners of those whose address is free; an address that comes twice is taken once."""
    columns: dict[str, tuple[TypeEngine[Any], list[Any]]] = {
        "id": (Uuid(), [partner_id for partner_id, _ in rows]),
        "email": (Text(), [said.email for _, said in rows]),
        "name": (Text(), [said.name for _, said in rows]),
        "metadata": (Text(), [orjson.dumps(said.metadata | MARK).decode() for _, said in rows]),
        "activated_at": (DateTime(timezone=True), [said.activated_at for _, said in rows]),
    }
    given = (
        func.unnest(*(cast(values, ARRAY(kind)) for kind, values in columns.values()))
        .table_valued(*(column(name, kind) for name, (kind, _) in columns.items()))
        .render_derived(name="given")
        .columns
    )
    people = select(
        given.id,
        given.email,
        given.name,
        cast(given.metadata, JSONB),
        func.coalesce(given.activated_at, func.now()),
    )
    return (
        insert(Partner.__table__)  # type: ignore[arg-type]  # typed as any FromClause
        .from_select(list(columns), people, include_defaults=False)
        .on_conflict_do_nothing(index_elements=["tenant_id", "email"])
        .returning(Partner.id)
    )
