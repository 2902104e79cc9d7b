"""Reads of the people who can sign in: admins and partners."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.admin import Admin
from shared.models.partner import Partner
from shared.models.sign_in import MagicLink

Kind = Literal["admin", "partner"]
TABLES: dict[Kind, type[Admin | Partner]] = {"admin": Admin, "partner": Partner}

Table = TypeVar("Table", Admin, Partner)


@dataclass(frozen=True, slots=True)
class Person:
    """An admin or a partner, as far as signing in is concerned."""

    kind: Kind
    id: UUID
    email: str
    name: str


async def active_person(session: AsyncSession, email: str) -> Person | None:
    """Who signs in with this address: an admin before a partner, nobody who is invited or shut out."""
    for kind, table in TABLES.items():
        active = table.activated_at.is_not(None) & table.revoked_at.is_(None)
        if person := await _person(session, kind, (table.email == email) & active):
            return person
    return None


async def invited_person(session: AsyncSession, kind: Kind, person_id: UUID) -> Person | None:
    """The person, if they are still to follow their invitation."""
    table = TABLES[kind]
    waiting = table.activated_at.is_(None) & table.revoked_at.is_(None)
    if kind == "partner":
        # Who signed up by themselves and waits for an admin was not invited.
        waiting &= Partner.approved_at.is_not(None)
    return await _person(session, kind, (table.id == person_id) & waiting)


async def _person(
    session: AsyncSession, kind: Kind, condition: ColumnElement[bool]
) -> Person | None:
    table = TABLES[kind]
    # Locked, so that two links for one person are made one after the other and the later one wins.
    query = select(table.id, table.email, table.name).where(condition)
    row = (await session.execute(query.with_for_update(key_share=True))).one_or_none()
    return Person(kind, row.id, row.email, row.name) if row else None


async def links_lately(session: AsyncSession, person: Person, purpose: str) -> int:
    """How many links of this purpose the person was sent in the last quarter of an hour."""
    query = select(func.count()).where(
        MagicLink.principal_id == person.id,
        MagicLink.purpose == purpose,
        MagicLink.created_at > func.now() - timedelta(minutes=15),
    )
    return await session.scalar(query) or 0


async def locked(session: AsyncSession, table: type[Table], person_id: UUID) -> Table | None:
    """One admin or partner, whom nobody else changes until this transaction ends."""
    query = select(table).where(table.id == person_id).with_for_update(key_share=True)
    found: Table | None = await session.scalar(query)
    return found
