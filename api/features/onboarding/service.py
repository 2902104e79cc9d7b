"""The rules of a brand's first steps: which there are, and when all are done."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.network.for_others import Place, onboarding
from api.features.onboarding.queries import progress
from api.features.onboarding.schemas import OnboardingStatus
from api.features.program_settings.for_others import look_of
from api.features.subscriptions.for_others import BillingState, state
from api.settings import Settings


@dataclass(frozen=True, slots=True)
class Progress:
    """What our own tables say."""

    slug: str
    approval: str
    campaigns: int
    partners: int
    waiting: int
    brand_info: bool
    billing: BillingState


async def status(place: Place) -> OnboardingStatus:
    """Our own figures first; then the network's, with no transaction open, and never in the way."""
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        own = await _progress(session, place.settings)
    network = await onboarding(place)
    done = own.brand_info and own.campaigns > 0 and own.partners > 0 and own.billing.ready
    return OnboardingStatus(
        brand_info_complete=own.brand_info,
        campaign_count=own.campaigns,
        network_connected=network.connected,
        offering_published_count=network.published_offerings,
        partner_count=own.partners,
        partners_waiting=own.waiting,
        pending_partnership_requests=network.pending_requests,
        billing_ready=own.billing.ready,
        trial_ends_at=own.billing.trial_ends_at,
        trial_days_remaining=own.billing.trial_days_remaining,
        approval_status=cast("Any", own.approval),
        base_url=place.settings.base_url(own.slug),
        complete=done and own.approval == "approved",
    )


async def _progress(session: AsyncSession, settings: Settings) -> Progress:
    slug, approval, campaigns, partners, waiting = (await session.execute(progress())).one()
    look = await look_of(session, settings)
    return Progress(
        slug=slug,
        approval=approval,
        campaigns=campaigns,
        partners=partners,
        waiting=waiting,
        brand_info=bool(look.program and look.support_email),
        billing=await state(session, settings),
    )
