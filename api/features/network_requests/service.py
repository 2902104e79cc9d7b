"""Approving a request: partner, grant, terms, link and news in one transaction, once."""

from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.links.for_others import LinkCreate, LinkKeyTaken, address_of, make_link
from api.features.network.for_others import NetworkUnreachable, Place, relay
from api.features.network_pushes.for_others import add
from api.features.network_requests.errors import CreatorRevoked, RequestClosed
from api.features.network_requests.schemas import Approved, Asked, RequestDecided, asked
from api.features.network_requests.slugs import keys
from api.features.partners.for_others import NETWORK, PartnerCreate, admit_creator
from api.outside.network import below
from shared.models.link import Link
from shared.models.network import NetworkApproval
from shared.models.partner import Partner
from shared.models.tenant import Tenant

ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
GARBLED = "network_unreachable: a request that can't be read"
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Made:
    """What an approval consists of."""

    approval: NetworkApproval
    link: Link
    repeated: bool


async def approve(place: Place, request_id: str, note: str | None) -> Approved:
    """Asks the network what was asked for, then provides it; a repetition needs no network."""
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        known = await _approved(session, request_id)
    if known is not None:
        return await _show(place, known)
    answer = await relay(place, "GET", below("vendors", "me", "requests", request_id))
    wanted = asked(answer)
    if wanted is None or wanted.id != request_id:
        raise NetworkUnreachable(detail=GARBLED)
    if wanted.status not in {"pending", "approved"}:
        raise RequestClosed(status=wanted.status)
    try:
        new = _partner(wanted)
    except ValidationError as problem:
        raise NetworkUnreachable(detail=GARBLED) from problem
    async with place.database.tenant_session(place.tenant_id) as session:
        made = await _provide(session, place, wanted, new, note)
    return await _show(place, made)


def _partner(wanted: Asked) -> PartnerCreate:
    """The partner that the creator becomes. Raises ValidationError."""
    creator = wanted.creator
    name = (creator.name or creator.handle or creator.email.partition("@")[0]).strip()
    snapshot = wanted.offering.terms.snapshot()
    return PartnerCreate.model_validate(
        {
            "email": creator.email,
            "name": name[:LONGEST_NAME],
            "metadata": {"source": NETWORK, "network": {"creatorId": creator.id}},
            "sendInvite": False,
            "campaignIds": (wanted.offering.vendor_campaign_id,),
            "campaignGrantSource": "offering",
            "commissionSnapshot": snapshot,
        }
    )


async def _approved(session: AsyncSession, request_id: str) -> Made | None:
    query = (
        select(NetworkApproval, Link)
        .join(Link, Link.id == NetworkApproval.link_id)
        .where(NetworkApproval.request_id == request_id)
    )
    found = (await session.execute(query)).one_or_none()
    return None if found is None else Made(*found, repeated=True)


async def _provide(
    session: AsyncSession, place: Place, wanted: Asked, new: PartnerCreate, note: str | None
) -> Made:
    await session.execute(ONE_AT_A_TIME, {"name": f"{place.tenant_id}:request:{wanted.id}"})
    if (known := await _approved(session, wanted.id)) is not None:
        return known
    partner = await admit_creator(session, new, wanted.creator.id)
    if partner.revoked_at is not None:
        raise CreatorRevoked
    link = await _link(session, partner, wanted)
    approval = NetworkApproval(
        request_id=wanted.id, partner_id=partner.id, link_id=link.id, decision_note=note
    )
    session.add(approval)
    await session.flush()
    said = {
        "vendorPartnerId": str(partner.id),
        "linkKey": link.link_key,
        "shareUrl": await _address(session, place, link),
        "approvedAt": approval.created_at.isoformat().replace("+00:00", "Z"),
        "decisionNote": note,
    }
    await add(session, "approval", partner_id=partner.id, requestId=wanted.id, **said)
    return Made(approval, link, repeated=False)


async def _link(session: AsyncSession, partner: Partner, wanted: Asked) -> Link:
    creator = wanted.creator
    campaign = wanted.offering.vendor_campaign_id
    for key in keys(wanted.preferred_slug, creator.handle, creator.name):
        link = LinkCreate.model_validate({"linkKey": key, "campaignId": campaign})
        try:
            return await make_link(session, partner.id, link, may_grant=True)
        except LinkKeyTaken:
            continue
    raise LinkKeyTaken


async def _address(session: AsyncSession, place: Place, link: Link) -> str:
    slug = await session.scalar(select(Tenant.slug)) if place.settings.is_multi else None
    return address_of(place.settings.router_url, slug, link.link_key)


async def _show(place: Place, made: Made) -> Approved:
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        address = await _address(session, place, made.link)
    return Approved(
        request=RequestDecided(id=made.approval.request_id, status="approved"),
        partner_id=made.approval.partner_id,
        campaign_id=made.link.campaign_id,
        link_key=made.link.link_key,
        share_url=address,
        repeated=made.repeated,
    )
