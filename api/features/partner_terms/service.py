"""The rules of a partner's own terms: new terms for what is yet to come, never for what was earned."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.partner_terms.errors import NothingGranted
from api.features.partner_terms.queries import counted, granted, to_change
from api.features.partner_terms.schemas import (
    Backfill,
    CampaignSnapshot,
    Snapshot,
    SnapshotAnswer,
    SnapshotPut,
)
from api.features.partners.for_others import partner_of
from api.features.terms.for_others import (
    CAMPAIGNS_OWN,
    approval_of,
    caps_of,
    rule_of,
    write_own_terms,
)
from shared.ids import read_id
from shared.models.terms import Terms


async def show(session: AsyncSession, partner_id: UUID) -> SnapshotAnswer:
    """The partner's own terms, campaign by campaign."""
    await partner_of(session, partner_id)
    rows = (await session.execute(granted(partner_id))).all()
    snapshots = [
        CampaignSnapshot(
            campaign_id=grant.campaign_id,
            campaign_name=name,
            snapshot=None if terms.source == CAMPAIGNS_OWN else _snapshot(partner_id, terms),
        )
        for grant, terms, name in rows
    ]
    return SnapshotAnswer(snapshot=_in_common(snapshots), snapshots=snapshots)


def _snapshot(partner_id: UUID, terms: Terms) -> Snapshot:
    rule = rule_of(terms)
    rules = rule if isinstance(rule, list) else None
    first = rule[0] if isinstance(rule, list) else rule
    return Snapshot(
        partner_id=partner_id,
        commission_type=first.type,
        commission_value=first.value,
        currency=first.currency,
        recurring=first.recurring,
        holdback_days=terms.holdback_days,
        event_types=first.event_types,
        commission_rules=rules,
        commission_caps=caps_of(terms),
        approval=approval_of(terms),
        source=terms.source,
        snapshotted_at=terms.created_at,
    )


def _in_common(snapshots: list[CampaignSnapshot]) -> Snapshot | None:
    """What was agreed once for all campaigns, for clients who know of one snapshot for a partner."""
    own = [held.snapshot for held in snapshots if held.snapshot is not None]
    if not own:
        return None
    newest = max(own, key=lambda snapshot: snapshot.snapshotted_at)
    same = all(
        (held.commission_type, held.commission_value, held.currency, held.commission_rules)
        == (
            newest.commission_type,
            newest.commission_value,
            newest.currency,
            newest.commission_rules,
        )
        for held in own
    )
    return newest if same else None


async def put(session: AsyncSession, partner_id: UUID, wanted: SnapshotPut) -> SnapshotAnswer:
    """Other terms for what comes from now on, in place of what was agreed before."""
    await partner_of(session, partner_id)
    campaign_id = None if wanted.campaign_id is None else read_id(wanted.campaign_id)
    if campaign_id is None and wanted.campaign_id is not None:
        raise NothingGranted
    rows = (await session.execute(to_change(partner_id, campaign_id))).all()
    if not rows:
        raise NothingGranted
    written = [
        (grant, write_own_terms(session, terms, wanted, source="amendment"))
        for grant, terms in rows
    ]
    # The terms first: a grant refers to them.
    await session.flush()
    for grant, terms in written:
        grant.terms_id = terms.id
    await session.flush()
    return await show(session, partner_id)


async def clear(session: AsyncSession, partner_id: UUID) -> None:
    """Back to what the campaigns pay today; nothing happens where nothing else was agreed."""
    await partner_of(session, partner_id)
    own = {
        grant.id
        for grant, terms, _ in (await session.execute(granted(partner_id))).all()
        if terms.source != CAMPAIGNS_OWN
    }
    for grant, terms in (await session.execute(to_change(partner_id, None))).all():
        if grant.id in own:
            grant.terms_id = terms.id
    await session.flush()


async def backfill(session: AsyncSession) -> Backfill:
    """Writes nothing: there is no grant without terms."""
    scanned, with_terms = await counted(session)
    return Backfill(
        scanned=scanned,
        inserted=0,
        ambiguous=0,
        already_had_snapshot=with_terms,
        no_campaign_rule=scanned - with_terms,
    )
