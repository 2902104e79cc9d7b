"""The rules of signing a brand up: the database decides who gets a name; the mail follows."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.audit import record
from api.features.mail_settings.for_others import deliver
from api.features.sign_in.for_others import (
    first_letter,
    forget_links,
    has_mail_enough,
    invite_admin,
)
from api.features.signup.errors import SignupUnavailable, SlugReserved, SlugTaken
from api.features.signup.queries import abandoned_by
from api.features.signup.reserved import RESERVED
from api.features.signup.schemas import SignUp
from api.features.signup_blocks.for_others import is_blocked
from api.features.subscriptions.for_others import start_evaluation
from api.jobs.enqueue import enqueue
from api.outside.destinations import Policy
from api.outside.mail import Mailer, MailFailed
from api.settings import Settings
from shared.database import Database
from shared.ids import new_id
from shared.models.admin import Admin
from shared.models.tenant import Tenant

BY_SLUG = text("select id from tenant_by_slug(:slug) where status = 'active'")
RETIRED = text("select 1 from tenant_by_slug(:slug) where status = 'deleted'")


@dataclass(frozen=True, slots=True)
class NewBrand:
    """What was made, or is still to be entered by whoever made it before."""

    tenant: Tenant
    admin: Admin


async def refuse(database: Database, wanted: SignUp) -> None:
    """Raises SlugReserved or SignupUnavailable."""
    if wanted.slug in RESERVED:
        raise SlugReserved
    async with database.platform_session() as session:
        if await is_blocked(session, wanted.admin_email):
            raise SignupUnavailable


async def found(database: Database, settings: Settings, wanted: SignUp) -> NewBrand:
    """A new workspace, or the one that the same address signed up and never entered.

    Raises SlugTaken: for everybody else the name is gone, entered or not. Nobody takes over what
    another address began.
    """
    tenant_id = new_id()
    # Pinned to what is about to be made: even this transaction could write nothing of another's.
    async with database.tenant_session(tenant_id) as session:
        made = await _make(session, settings, tenant_id, wanted)
    if made is not None:
        return made
    async with database.unpinned_session() as session:
        before: UUID | None = await session.scalar(BY_SLUG, {"slug": wanted.slug})
    if before is not None:
        async with database.tenant_session(before) as session:
            mine = await abandoned_by(session, wanted.admin_email)
        if mine is not None:
            return NewBrand(*mine)
    raise SlugTaken


async def _make(
    session: AsyncSession, settings: Settings, tenant_id: UUID, wanted: SignUp
) -> NewBrand | None:
    """None where the name is taken, or was: of many who want it at once, one gets it."""
    approval = "pending" if settings.openpartner_brand_review else "approved"
    if await session.scalar(RETIRED, {"slug": wanted.slug}) is not None:
        return None
    fresh = insert(Tenant).values(
        id=tenant_id,
        slug=wanted.slug,
        display_name=wanted.display_name,
        approval_status=approval,
    )
    tenant: Tenant | None = await session.scalar(
        fresh.on_conflict_do_nothing(index_elements=["slug"]).returning(Tenant)
    )
    if tenant is None:
        return None
    admin = Admin(id=new_id(), email=wanted.admin_email, name=wanted.admin_name)
    session.add(admin)
    record(session, "signup", "sign_up", str(admin.id), slug=wanted.slug, plan=wanted.plan)
    await session.flush()
    await start_evaluation(session, wanted.plan)
    if settings.network_url is not None:
        await enqueue(session, "signup.enroll", email=admin.email, contact=admin.name)
    return NewBrand(tenant, admin)


async def greet(
    database: Database, settings: Settings, mailer: Mailer, policy: Policy, brand: NewBrand
) -> str | None:
    """Mails the first admin their link; what went wrong, if anything, and then a job goes on trying.

    No transaction is open while the mail server thinks.
    """
    tenant_id, admin = brand.tenant.id, brand.admin
    async with database.tenant_session(tenant_id) as session:
        if await has_mail_enough(session, admin):
            return None
        letter = await first_letter(session, settings, admin)
    try:
        await deliver(database, settings, tenant_id, mailer, letter, policy)
    except MailFailed as problem:
        async with database.tenant_session(tenant_id) as session:
            await forget_links(session, "admin", admin.id)
            await invite_admin(session, admin.id)
        return str(problem)[:300]
    return None
