"""The rules of setting up: one wins, and a mail that fails leaves nothing behind."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.audit import record
from api.features.install.errors import AlreadyInstalled, InstallMailFailed
from api.features.install.queries import every_admin, set_up_admin, settings_now
from api.features.install.schemas import Install
from api.features.mail_settings import for_others as mail_settings
from api.features.program_settings import for_others as program_settings
from api.features.sign_in.for_others import first_letter, forget_links, has_open_link
from api.outside.destinations import Policy
from api.outside.mail import Letter, Mailer, MailFailed
from api.settings import Settings
from shared.database import Database
from shared.ids import new_id
from shared.models.admin import Admin
from shared.models.setting import Setting
from shared.models.tenant import DEFAULT_TENANT_ID

ONE_AT_A_TIME = text("select pg_advisory_xact_lock(4910924719)")
# Which admin the last set-up was for, so that one whose mail was never answered can be replaced.
NOTE = "install"
WRITTEN = (NOTE, program_settings.KEY, mail_settings.KEY)


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was written, and what stood there before."""

    admin: Admin
    before: dict[str, Any]


async def install(
    database: Database,
    settings: Settings,
    environment_mailer: Mailer,
    policy: Policy,
    wanted: Install,
) -> None:
    """Makes the first admin and mails their link; takes all of it back where the mail fails.

    It opens its own transactions, because the mail goes out between them: at this point nobody
    can yet look for a job that failed.
    """
    async with database.tenant_session(DEFAULT_TENANT_ID) as session:
        await session.execute(ONE_AT_A_TIME)
        await _make_room(session)
        set_up, letter = await _set_up(session, settings, wanted)
    try:
        await mail_settings.deliver(
            database, settings, DEFAULT_TENANT_ID, environment_mailer, letter, policy
        )
    except MailFailed as problem:
        async with database.tenant_session(DEFAULT_TENANT_ID) as session:
            await session.execute(ONE_AT_A_TIME)
            await _take_back(session, set_up)
        raise InstallMailFailed(detail=str(problem)) from problem


async def _make_room(session: AsyncSession) -> None:
    """Raises AlreadyInstalled, but for a set-up whose link ran out before anybody came.

    Otherwise a typing error in the address would lock everybody out for ever.
    """
    noted = await set_up_admin(session, NOTE)
    for admin in await every_admin(session):
        untouched = admin.activated_at is None and admin.revoked_at is None
        if admin.id != noted or not untouched or await has_open_link(session, "admin", admin.id):
            raise AlreadyInstalled
        await _remove(session, admin)


async def _set_up(
    session: AsyncSession, settings: Settings, wanted: Install
) -> tuple[SetUp, Letter]:
    before = {setting.key: setting.value for setting in await settings_now(session, *WRITTEN)}
    admin = Admin(id=new_id(), email=wanted.admin_email, name=wanted.admin_name)
    session.add(admin)
    await session.flush()
    await program_settings.write_setting(session, NOTE, {"adminId": str(admin.id)})
    await program_settings.save(session, wanted.program_name, wanted.support_email)
    if wanted.mail is not None:
        await mail_settings.save(session, settings, DEFAULT_TENANT_ID, wanted.mail)
    letter = await first_letter(session, settings, admin)
    record(session, "install", "install", str(admin.id), program=wanted.program_name)
    return SetUp(admin, before), letter


async def _take_back(session: AsyncSession, set_up: SetUp) -> None:
    await _remove(session, set_up.admin)
    for key in WRITTEN:
        if key in set_up.before:
            await program_settings.write_setting(session, key, set_up.before[key])
        else:
            await session.execute(delete(Setting).where(Setting.key == key))
    record(session, "install", "install_mail_failed", str(set_up.admin.id))


async def _remove(session: AsyncSession, admin: Admin) -> None:
    await forget_links(session, "admin", admin.id)
    await session.execute(delete(Admin).where(Admin.id == admin.id))
