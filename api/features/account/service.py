"""The rules of a workspace's end: delete, restore, and forget for good when the grace is over."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.account.errors import (
    AlreadyPendingDeletion,
    ConfirmSlugMismatch,
    NotPendingDeletion,
    PendingObligations,
)
from api.features.account.queries import (
    EXPIRED,
    approved_commissions,
    pending_payouts,
    this_tenant,
)
from api.features.account.schemas import (
    AccountDelete,
    AccountDeleted,
    DeletionStatus,
    Obligations,
    Owed,
)
from api.features.network_pushes.for_others import tell_of_departure
from api.features.subscriptions.for_others import end_with_period, go_on_after_period
from shared.database import Database
from shared.money import to_major

# The database keeps to the same figure: it deletes nobody before.
GRACE = timedelta(days=30)
# The largest workspace is deleted in one statement, which may take its time.
LONGEST_SECONDS = 6 * 3600


async def delete(session: AsyncSession, wanted: AccountDelete) -> AccountDeleted:
    """Shuts the workspace but for the way back. Links go on redirecting, so that a restored one lost none."""
    tenant = (await session.scalars(this_tenant().with_for_update())).one()
    if tenant.pending_deletion_at is not None:
        raise AlreadyPendingDeletion
    if wanted.confirm_slug != tenant.slug:
        raise ConfirmSlugMismatch
    owed = await obligations(session)
    if (owed.approved_commissions or owed.pending_payouts) and not wanted.force_despite_obligations:
        raise PendingObligations(obligations=owed.model_dump())
    moment: datetime = (await session.scalars(select(func.now()))).one()
    tenant.pending_deletion_at = moment
    tenant.deletion_reason = wanted.reason
    await end_with_period(session)
    await session.flush()
    await tell_of_departure(session)
    return AccountDeleted(
        ok=True,
        pending_deletion_at=moment,
        grace_window_days=GRACE.days,
        hard_delete_at=moment + GRACE,
        obligations_at_delete=owed,
    )


async def restore(session: AsyncSession) -> None:
    """As if nobody had asked."""
    tenant = (await session.scalars(this_tenant().with_for_update())).one()
    if tenant.pending_deletion_at is None:
        raise NotPendingDeletion
    tenant.pending_deletion_at = None
    tenant.deletion_reason = None
    await go_on_after_period(session)
    await session.flush()


async def status(session: AsyncSession) -> DeletionStatus:
    tenant = (await session.scalars(this_tenant())).one()
    pending = tenant.pending_deletion_at
    return DeletionStatus(
        slug=tenant.slug,
        pending_deletion_at=pending,
        deletion_reason=tenant.deletion_reason,
        grace_window_days=GRACE.days,
        hard_delete_at=pending + GRACE if pending else None,
    )


async def obligations(session: AsyncSession) -> Obligations:
    """What partners would lose."""
    return Obligations(
        approved_commissions=await _owed(session, approved_commissions()),
        pending_payouts=await _owed(session, pending_payouts()),
    )


async def _owed(session: AsyncSession, query: Select[str, int, int]) -> list[Owed]:
    return [
        Owed(currency=currency, count=count, amount=to_major(int(minor), currency))
        for currency, count, minor in await session.execute(query)
    ]


async def expired(database: Database) -> list[UUID]:
    """Whose grace is over."""
    async with database.unpinned_session() as session:
        return list(await session.scalars(EXPIRED))


async def forget(database: Database, tenant_id: UUID) -> int:
    """Deletes the workspace and all that is its own, in one transaction; answers how many rows."""
    async with database.unpinned_session() as session:
        connection = await session.connection()
        # Something has to be said through the session first: only then does its transaction begin.
        await session.execute(select(1))
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None  # noqa: S101  # it has just answered
        gone: int = await driver.fetchval(
            "select delete_expired_tenant($1)", tenant_id, timeout=LONGEST_SECONDS
        )
    return gone
