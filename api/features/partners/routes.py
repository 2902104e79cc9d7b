"""The addresses of partners."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.access.caller import Caller
from api.access.gate import PlanRequired, TrialExpired
from api.access.idempotency import ONCE, RememberingRoute
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.access.review import BrandPendingReview
from api.features.mail_settings.for_others import MailSendFailed
from api.features.partners import applications, service
from api.features.partners.errors import (
    AlreadyActivated,
    AlreadyApproved,
    AlreadyRevoked,
    EmailTaken,
    NotRevoked,
    PartnerNotFound,
    PartnerRevoked,
    PendingReview,
    UnknownCampaignIds,
)
from api.features.partners.queries import Status, partners_by
from api.features.partners.schemas import (
    PartnerCreate,
    PartnerCreated,
    PartnerInvited,
    PartnerList,
    PartnerOut,
    PartnerReinstated,
    PartnerRevocation,
    PartnerRevoke,
)
from api.features.terms.for_others import AmountUnfit, EventTypesMissing
from api.web.pages import LARGEST, InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.partner import Partner

router = APIRouter(tags=["Partners"], route_class=RememberingRoute)
Lister = Annotated[Caller, needs(Permission.PARTNERS_LIST)]
Reader = Annotated[Caller, owns(Permission.PARTNERS_READ)]
Writer = Annotated[Caller, needs(Permission.PARTNERS_WRITE)]
Creator = Annotated[Caller, needs(Permission.PARTNERS_WRITE, gate="admits")]
Approver = Annotated[Caller, needs(Permission.PARTNERS_APPROVE)]
Reinstater = Annotated[Caller, needs(Permission.PARTNERS_REINSTATE)]


def strict_page(
    limit: Annotated[int, Query(ge=1, le=LARGEST, description="How many.")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=100, description="`nextCursor` of the page before.")
    ] = None,
) -> Page:
    """This list was paged from the start, so nobody expects more than a page of it."""
    return page(limit, cursor)


@router.get("/partners", responses=problems(InvalidCursor))
async def list_partners(
    _: Lister,
    session: Session,
    wanted: Annotated[Page, Depends(strict_page)],
    email: Annotated[
        str | None, Query(max_length=254, description="Exactly this address, in any case.")
    ] = None,
    status: Annotated[Status | None, Query(description="Only partners who stand so.")] = None,
) -> PartnerList:
    """Every partner, newest first."""
    rows, following = await fetch_page(session, partners_by(email, status), Partner, wanted)
    return PartnerList(
        partners=[PartnerOut.model_validate(partner) for (partner,) in rows],
        next_cursor=following,
    )


@router.post(
    "/partners",
    status_code=201,
    dependencies=[ONCE],
    responses=problems(
        EmailTaken,
        UnknownCampaignIds,
        EventTypesMissing,
        AmountUnfit,
        TrialExpired,
        PlanRequired,
        BrandPendingReview,
    ),
)
async def create_partner(wanted: PartnerCreate, _: Creator, session: Session) -> PartnerCreated:
    """Invite a partner, or let them in at once."""
    partner = await service.create(session, wanted)
    shown = PartnerOut.model_validate(partner)
    return PartnerCreated(**dict(shown), invited=wanted.send_invite)


@router.get("/partners/{id}", responses=problems(PartnerNotFound))
async def get_partner(id: UUID, _: Reader, session: Session) -> PartnerOut:
    """One partner; partners see themselves."""
    return PartnerOut.model_validate(await service.get(session, id))


@router.post("/partners/{id}/revoke", responses=problems(PartnerNotFound, AlreadyRevoked))
async def revoke_partner(
    id: UUID, _: Writer, session: Session, wanted: PartnerRevoke | None = None
) -> PartnerRevocation:
    """Shut a partner out at once: sessions and keys die, and nothing new is credited to them."""
    asked = wanted or PartnerRevoke()
    return PartnerRevocation(
        ok=True,
        revoked_at=await service.revoke(session, id, asked),
        notified=asked.notify,
        notify_error=None,
    )


@router.post("/partners/{id}/reinstate", responses=problems(PartnerNotFound, NotRevoked))
async def reinstate_partner(id: UUID, _: Reinstater, session: Session) -> PartnerReinstated:
    """Let a partner back in; their old keys and sessions stay dead."""
    await service.reinstate(session, id)
    return PartnerReinstated(ok=True)


@router.post(
    "/partners/{id}/invite",
    responses=problems(
        PartnerNotFound, AlreadyActivated, PartnerRevoked, PendingReview, MailSendFailed
    ),
)
async def invite_partner_again(id: UUID, _: Writer, session: Session) -> PartnerInvited:
    """Send the invitation once more; the link of the one before no longer works."""
    await service.invite_again(session, id)
    return PartnerInvited(ok=True)


@router.post(
    "/partners/{id}/approve",
    responses=problems(PartnerNotFound, AlreadyApproved, PartnerRevoked),
)
async def approve_partner(id: UUID, _: Approver, session: Session) -> PartnerOut:
    """Let in somebody who signed up by themselves: every campaign, and a mail to sign in with."""
    return PartnerOut.model_validate(await applications.approve(session, id))
