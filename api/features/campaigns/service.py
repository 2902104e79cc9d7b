"""The rules of campaigns: create, edit, list."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.campaigns.errors import CampaignNotFound, DatesReversed
from api.features.campaigns.queries import campaigns_of, campaigns_with_terms
from api.features.campaigns.schemas import (
    CampaignCreate,
    CampaignOut,
    CampaignUpdate,
    MyCampaign,
    TermsVersion,
)
from api.features.grants.for_others import grant_to_everyone
from api.features.terms.for_others import (
    Change,
    Conditions,
    approval_of,
    caps_of,
    rule_of,
    succeed,
    write_terms,
)
from shared.ids import new_id
from shared.models.campaign import Campaign
from shared.models.terms import Terms

PLAIN = {
    "name", "attribution_window_days", "attribution_model", "destination_url", "starts_at",
    "ends_at", "identify_requires_key",
}  # fmt: skip
TERMS = {"commission_rule", "commission_caps", "approval", "holdback_days"}


async def create(session: AsyncSession, wanted: CampaignCreate) -> CampaignOut:
    """A campaign and its first terms."""
    campaign = Campaign(
        id=new_id(),
        deep_link_allowed_domains=list(wanted.deep_link_allowed_domains or ()),
        **{field: getattr(wanted, field) for field in PLAIN},
    )
    _refuse_reversed(campaign)
    conditions = Conditions(wanted.holdback_days, wanted.commission_caps, wanted.approval)
    terms = write_terms(session, campaign.id, wanted.commission_rule, conditions)
    campaign.terms_id = terms.id
    session.add(campaign)
    await session.flush()
    if wanted.grant_to_all_partners:
        await grant_to_everyone(session, campaign.id, terms.id)
    return show(campaign, terms)


async def edit(session: AsyncSession, campaign_id: UUID, wanted: CampaignUpdate) -> CampaignOut:
    """Changes what was named; a new rule or holdback is new terms, and re-prices nobody."""
    query = campaigns_with_terms().where(Campaign.id == campaign_id)
    row = (await session.execute(query.with_for_update(of=Campaign))).one_or_none()
    if row is None:
        raise CampaignNotFound
    campaign, terms = row
    named = wanted.model_fields_set
    for field in PLAIN & named:
        setattr(campaign, field, getattr(wanted, field))
    if "deep_link_allowed_domains" in named:
        campaign.deep_link_allowed_domains = list(wanted.deep_link_allowed_domains or ())
    _refuse_reversed(campaign)
    if TERMS & named:
        change = Change(
            frozenset(named),
            wanted.commission_rule,
            wanted.holdback_days,
            wanted.commission_caps or (),
            wanted.approval,
        )
        terms = succeed(session, terms, change)
        campaign.terms_id = terms.id
    await session.flush()
    return show(campaign, terms)


def _refuse_reversed(campaign: Campaign) -> None:
    if campaign.starts_at and campaign.ends_at and campaign.starts_at >= campaign.ends_at:
        message = "must be after startsAt"
        raise DatesReversed(detail={"formErrors": [], "fieldErrors": {"endsAt": [message]}})


def show(campaign: Campaign, terms: Terms) -> CampaignOut:
    """The campaign as the wire shows it."""
    return CampaignOut.model_validate(
        {
            **{column.key: getattr(campaign, column.key) for column in Campaign.__table__.columns},
            "deep_link_allowed_domains": domains_of(campaign),
            "commission_rule": rule_of(terms),
            "commission_caps": caps_of(terms),
            "approval": approval_of(terms),
            "holdback_days": terms.holdback_days,
        }
    )


def show_version(terms: Terms, current: UUID, grants: int) -> TermsVersion:
    """Terms as the list of versions shows them."""
    return TermsVersion(
        id=terms.id,
        current=terms.id == current,
        commission_rule=rule_of(terms),
        commission_caps=caps_of(terms),
        approval=approval_of(terms),
        holdback_days=terms.holdback_days,
        source=terms.source,
        grants=grants,
        created_at=terms.created_at,
    )


async def find(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """The campaign; raises where there is none."""
    found = await session.scalar(select(Campaign).where(Campaign.id == campaign_id))
    if found is None:
        raise CampaignNotFound
    return found


def domains_of(campaign: Campaign) -> str | None:
    """The allowlist as the comma list that portals know."""
    return ", ".join(campaign.deep_link_allowed_domains) or None


async def promotable(session: AsyncSession, partner_id: UUID | None) -> list[MyCampaign]:
    """What this partner may promote now; everything for an admin, who has no partner id."""
    rows: Sequence[Any]
    if partner_id is None:
        found = await session.scalars(select(Campaign).order_by(Campaign.id.desc()))
        rows = [(campaign, None) for campaign in found]
    else:
        rows = (await session.execute(campaigns_of(partner_id))).all()
    return [
        MyCampaign(
            id=campaign.id,
            name=campaign.name,
            destination_url=campaign.destination_url,
            deep_link_allowed_domains=domains_of(campaign),
            source=source,
        )
        for campaign, source in rows
    ]
