"""The rules of domains: anybody may claim a name, and whoever proves it in the DNS holds it."""

from datetime import timedelta
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.domains.errors import (
    DomainClaimed,
    DomainHeld,
    DomainNotFound,
    DomainNotVerified,
    DomainReserved,
)
from api.features.domains.proof import ResolverAway, Wanted, missing, wanted
from api.features.domains.queries import HOLDER, IN_TURN, all_domains
from api.features.domains.schemas import DnsRecord, DomainCreate, DomainOut
from api.outside.dns import Resolver
from api.settings import Settings
from shared.database import Database
from shared.deep_links import is_within
from shared.ids import new_id
from shared.models.domain import Domain

# A name whose records are missing for longer has been taken elsewhere.
PATIENCE = timedelta(days=3)


async def claim(session: AsyncSession, settings: Settings, asked: DomainCreate) -> Domain:
    """Raises DomainReserved or DomainClaimed."""
    if any(is_within(asked.host, own) for own in settings.own_hosts):
        raise DomainReserved
    fresh = insert(Domain).values(
        id=new_id(), host=asked.host, purpose=asked.purpose, token=token_urlsafe(24)
    )
    made: Domain | None = await session.scalar(
        fresh.on_conflict_do_nothing(index_elements=["tenant_id", "host"]).returning(Domain)
    )
    if made is None:
        raise DomainClaimed
    return made


async def domain_of(session: AsyncSession, domain_id: UUID) -> Domain:
    """Raises DomainNotFound."""
    found: Domain | None = await session.scalar(select(Domain).where(Domain.id == domain_id))
    if found is None:
        raise DomainNotFound
    return found


async def remove(session: AsyncSession, domain_id: UUID) -> str:
    """The host that is claimed no more."""
    gone = delete(Domain).where(Domain.id == domain_id).returning(Domain.host)
    host: str | None = await session.scalar(gone)
    if host is None:
        raise DomainNotFound
    return host


async def verify(
    database: Database, settings: Settings, resolver: Resolver, tenant_id: UUID, domain_id: UUID
) -> Domain:
    """Looks into the DNS with no transaction open. Raises DomainNotVerified or DomainHeld."""
    async with database.tenant_session(tenant_id, read_only=True) as session:
        proof = proof_of(settings, await domain_of(session, domain_id))
    try:
        problems = await missing(resolver, proof)
    except ResolverAway as problem:
        problems = [f"The DNS didn't answer: {problem}"]
    if problems:
        raise DomainNotVerified(problems=problems)
    async with database.tenant_session(tenant_id) as session:
        await session.execute(IN_TURN, {"host": proof.host})
        holder = await session.scalar(HOLDER, {"host": proof.host})
        if holder not in (None, tenant_id):
            raise DomainHeld
        found = await domain_of(session, domain_id)
        found.verified_at = found.verified_at or func.now()
        found.checked_at, found.failing_since, found.last_error = func.now(), None, None
        await session.flush()
        await session.refresh(found)
    return found


async def look_again(
    database: Database, settings: Settings, resolver: Resolver, tenant_id: UUID
) -> list[str]:
    """The daily look at every name that the brand holds; those that it lost by it."""
    async with database.tenant_session(tenant_id, read_only=True) as session:
        held = [one for one in await session.scalars(all_domains()) if one.verified_at]
    lost = []
    for domain in held:
        try:
            problems = await missing(resolver, proof_of(settings, domain))
        except ResolverAway:
            # That nobody answered says nothing about the name.
            continue
        async with database.tenant_session(tenant_id) as session:
            if await _note(session, domain.id, problems):
                lost.append(domain.host)
    return lost


async def _note(session: AsyncSession, domain_id: UUID, problems: list[str]) -> bool:
    """Whether the name was lost."""
    found = await session.scalar(select(Domain).where(Domain.id == domain_id).with_for_update())
    if found is None or found.verified_at is None:
        return False
    found.checked_at = func.now()
    if not problems:
        found.failing_since, found.last_error = None, None
    else:
        found.failing_since = found.failing_since or func.now()
        found.last_error = " ".join(problems)
    await session.flush()
    await session.refresh(found)
    over = await session.scalar(
        select(Domain.failing_since < func.now() - PATIENCE).where(Domain.id == domain_id)
    )
    if over:
        found.verified_at = None
        await session.flush()
    return bool(over)


def proof_of(settings: Settings, domain: Domain) -> Wanted:
    return wanted(settings, domain.host, domain.purpose, domain.token)


def show(settings: Settings, domain: Domain) -> DomainOut:
    """With the records that have to stand in the DNS."""
    proof = proof_of(settings, domain)
    return DomainOut(
        id=domain.id,
        host=domain.host,
        purpose=domain.purpose,
        records=[
            DnsRecord(type="TXT", name=proof.text_name, value=proof.text),
            DnsRecord(type="CNAME", name=proof.host, value=proof.target),
        ],
        verified_at=domain.verified_at,
        checked_at=domain.checked_at,
        failing_since=domain.failing_since,
        last_error=domain.last_error,
        created_at=domain.created_at,
    )
