"""The addresses of mail settings."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.letters.for_others import look_of
from api.features.mail_settings import service, suppressions
from api.features.mail_settings.errors import (
    FromRequired,
    MailTestFailed,
    RecipientRequired,
    ServerTokenRequired,
    SmtpHostRequired,
    SuppressionNotFound,
)
from api.features.mail_settings.letters import test_letter
from api.features.mail_settings.queries import suppressions as every_suppression
from api.features.mail_settings.schemas import (
    MailChange,
    MailOut,
    MailTest,
    MailTested,
    SuppressionCleared,
    SuppressionList,
    SuppressionOut,
)
from api.features.mail_settings.sending import deliver
from api.outside.mail import MailFailed
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.rate_limits import limited
from api.web.transaction import Session
from shared.models.admin import Admin
from shared.models.mail_suppression import MailSuppression

router = APIRouter(prefix="/config/mail", tags=["Settings"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.MAIL_SETTINGS_READ)]
Writer = Annotated[Caller, needs(Permission.MAIL_SETTINGS_WRITE)]
Tester = Annotated[Caller, needs(Permission.MAIL_SETTINGS_WRITE, apart=True)]


@router.get("")
async def get_mail_settings(_: Reader, session: Session) -> MailOut:
    """How mail leaves; never a secret, only whether there is one."""
    return await service.show(session)


@router.post("", responses=problems(SmtpHostRequired, FromRequired, ServerTokenRequired))
async def change_mail_settings(
    wanted: MailChange, _: Writer, session: Session, request: Request
) -> MailOut:
    """Say how mail leaves, from the next letter on."""
    await service.save(session, request.state.settings, request.state.tenant_id, wanted)
    return await service.show(session)


@router.post(
    "/test",
    dependencies=[limited("mail-test", "10/minute")],
    responses=problems(RecipientRequired, MailTestFailed),
)
async def send_test_mail(
    tester: Tester, request: Request, wanted: MailTest | None = None
) -> MailTested:
    """Send a letter now, as invitations would leave, and say what the server answered."""
    state = request.state
    async with state.database.tenant_session(state.tenant_id, read_only=True) as session:
        to = wanted.to if wanted else None
        if to is None and tester.admin_id is not None:
            to = await session.scalar(select(Admin.email).where(Admin.id == tester.admin_id))
        if to is None:
            raise RecipientRequired(field="to")
        letter = test_letter(await look_of(session, state.settings), to)
    try:
        await deliver(
            state.database,
            state.settings,
            state.tenant_id,
            state.mailer,
            letter,
            state.outbound.policy,
        )
    except MailFailed as problem:
        raise MailTestFailed(detail=str(problem)) from problem
    return MailTested(ok=True, to=to)


@router.get("/suppressions", responses=problems(InvalidCursor))
async def list_mail_suppressions(
    _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> SuppressionList:
    """Addresses that a mail server refused for good."""
    rows, following = await fetch_page(session, every_suppression(), MailSuppression, wanted)
    return SuppressionList(
        suppressions=[SuppressionOut.model_validate(found) for (found,) in rows],
        next_cursor=following,
    )


@router.delete("/suppressions/{id}", responses=problems(SuppressionNotFound))
async def clear_mail_suppression(id: UUID, _: Writer, session: Session) -> SuppressionCleared:
    """Let an address be written to again."""
    await suppressions.clear(session, id)
    return SuppressionCleared(ok=True)
