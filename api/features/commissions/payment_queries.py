"""The statements by which payouts claim, pay and free commissions and adjustments."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Select,
    Uuid,
    bindparam,
    cast,
    func,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.models.adjustment import Adjustment
from shared.models.commission import Commission
from shared.models.ledger_posting import LedgerPosting

CLAIMABLE = (
    Commission.amount_minor
    - Commission.clawed_minor
    - Commission.held_minor
    - Commission.adjusted_minor
)

# Approved and free, by partner and currency, locked until the transaction ends. What somebody is
# changing at this moment is passed over: the next run finds it, if it is still there.
PAYABLE = text(
    """
    with commission as (
        select id, partner_id, currency,
            amount_minor - clawed_minor - held_minor - adjusted_minor as amount
        from commissions where status = 'approved' and payout_id is null
            and amount_minor - clawed_minor - held_minor - adjusted_minor <> 0
        for update skip locked
    ), adjustment as (
        select id, partner_id, currency, amount_minor as amount
        from adjustments where payout_id is null and folded_at is null
        for update skip locked
    )
    select partner_id, currency, sum(amount)::bigint as amount_minor,
        coalesce(array_agg(commission_id) filter (where commission_id is not null), '{}')
            as commissions,
        coalesce(array_agg(adjustment_id) filter (where adjustment_id is not null), '{}')
            as adjustments
    from (
        select partner_id, currency, amount, id as commission_id, null::uuid as adjustment_id
        from commission
        union all
        select partner_id, currency, amount, null, id from adjustment
    ) everything
    group by partner_id, currency having sum(amount) > 0 order by partner_id, currency
    """
)


def _pairs(by_payout: Mapping[UUID, Sequence[UUID]]) -> Any:
    """Arrays, because a statement carries at most 32 767 parameters."""
    pairs = [(one, payout) for payout, several in by_payout.items() for one in several]
    ids, payouts = [one for one, _ in pairs], [payout for _, payout in pairs]
    return select(
        func.unnest(cast(ids, ARRAY(Uuid))).label("id"),
        func.unnest(cast(payouts, ARRAY(Uuid))).label("payout_id"),
    ).subquery("wanted")


def claim(by_payout: Mapping[UUID, Sequence[UUID]]) -> ReturningUpdate[UUID, int]:
    """Gives commissions to payouts; answers each with the payout and what it counts for."""
    wanted = _pairs(by_payout)
    return (
        update(Commission)
        .where(
            Commission.id == wanted.c.id,
            Commission.status == "approved",
            Commission.payout_id.is_(None),
        )
        .values(payout_id=wanted.c.payout_id, claimed_minor=CLAIMABLE)
        .returning(wanted.c.payout_id, CLAIMABLE)
        .execution_options(synchronize_session=False)
    )


def claim_adjustments(
    by_payout: Mapping[UUID, Sequence[UUID]],
) -> ReturningUpdate[UUID, int]:
    wanted = _pairs(by_payout)
    return (
        update(Adjustment)
        .where(
            Adjustment.id == wanted.c.id,
            Adjustment.payout_id.is_(None),
            Adjustment.folded_at.is_(None),
        )
        .values(payout_id=wanted.c.payout_id)
        .returning(wanted.c.payout_id, Adjustment.amount_minor)
        .execution_options(synchronize_session=False)
    )


def payment(payout_id: UUID) -> ReturningUpdate[UUID, int | None]:
    """Marks a payout's commissions as paid; answers each with what it counts for."""
    return (
        update(Commission)
        .where(Commission.payout_id == payout_id, Commission.status == "approved")
        .values(status="paid", paid_at=func.now())
        .returning(Commission.id, Commission.claimed_minor)
        .execution_options(synchronize_session=False)
    )


def adjusted_by(payout_id: UUID) -> Select[int]:
    """What the adjustments in a payout come to."""
    amount = cast(func.coalesce(func.sum(Adjustment.amount_minor), 0), BigInteger)
    return select(amount).where(Adjustment.payout_id == payout_id)


def came_back_in_part(payout_id: UUID) -> Select[bool]:
    """Whether some of a payout was given back already, and so is carried as an adjustment."""
    named = Adjustment.key.startswith(f"returned:{payout_id}:", autoescape=True)
    return select(select(Adjustment.id).where(named).exists())


def not_paid_after_all(payout_id: UUID) -> ReturningUpdate[UUID]:
    return (
        update(Commission)
        .where(Commission.payout_id == payout_id, Commission.status == "paid")
        .values(status="approved", paid_at=None)
        .returning(Commission.id)
        .execution_options(synchronize_session=False)
    )


def standing(payout_id: UUID) -> Any:
    """By account: what a payout has moved, and in how many entries."""
    return (
        select(
            LedgerPosting.account,
            LedgerPosting.partner_id,
            LedgerPosting.currency,
            cast(func.sum(LedgerPosting.amount_minor), BigInteger).label("amount_minor"),
            func.max(
                select(func.count(LedgerPosting.entry_id.distinct()))
                .where(LedgerPosting.payout_id == payout_id)
                .scalar_subquery()
            ).label("entries"),
        )
        .where(LedgerPosting.payout_id == payout_id)
        .group_by(LedgerPosting.account, LedgerPosting.partner_id, LedgerPosting.currency)
    )


def release(payout_id: UUID) -> Select[Any]:
    """Frees a payout's commissions; answers each, and whether it was paid."""
    mine = (
        select(Commission.id, (Commission.status == "paid").label("was_paid"))
        .where(Commission.payout_id == payout_id)
        .with_for_update()
        .cte("mine")
    )
    freed = (
        update(Commission)
        .where(Commission.id == mine.c.id)
        .values(payout_id=None, claimed_minor=None, status="approved", paid_at=None)
        .returning(Commission.id)
        .cte("freed")
    )
    return select(mine.c.id, mine.c.was_paid).join(freed, freed.c.id == mine.c.id)


def release_adjustments(payout_id: UUID) -> Any:
    return (
        update(Adjustment)
        .where(Adjustment.payout_id == payout_id)
        .values(payout_id=None)
        .execution_options(synchronize_session=False)
    )


OF_COMMISSIONS = bindparam("commissions", type_=ARRAY(Uuid))

# What was carried for commissions that are free again, and nobody has claimed, is theirs again.
FOLD = text(
    """
    with folded as (
        update adjustments set folded_at = now()
        where commission_id = any(:commissions) and payout_id is null and folded_at is null
            and kind in ('clawback', 'hold', 'release', 'recredit') and key not like 'leftover:%'
        returning commission_id, amount_minor
    ), sums as (
        select commission_id, sum(amount_minor)::bigint as amount from folded group by 1
    )
    update commissions set adjusted_minor = adjusted_minor - sums.amount
    from sums where commissions.id = sums.commission_id
    """
).bindparams(OF_COMMISSIONS)

REVERSE_EMPTY = text(
    """
    update commissions set status = 'reversed', reversed_by = 'correction', reversed_at = now()
    where id = any(:commissions) and payout_id is null and status = 'approved'
        and clawed_minor = amount_minor and adjusted_minor = 0
    returning id
    """
).bindparams(OF_COMMISSIONS)
