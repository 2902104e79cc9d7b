"""Keeps mail settings with their secrets sealed, and sends as they say."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer, Unreadable
from api.features.mail_settings.schemas import MailSettings
from api.features.program_settings.for_others import write_setting
from api.outside.mail import Letter, Mailer, MailFailed
from api.outside.postmark import PostmarkMailer
from api.outside.smtp import SmtpMailer
from api.settings import Settings
from shared.database import Database
from shared.models.setting import Setting

KEY = "mail_settings"
PASSWORD = "mail_settings.smtp.password"  # noqa: S105  # the field's name, to which the secret is bound
SERVER_TOKEN = "mail_settings.postmark.serverToken"  # noqa: S105  # the same


async def save(
    session: AsyncSession, settings: Settings, tenant_id: UUID, wanted: MailSettings
) -> None:
    """Replaces everything; of the two kinds only the chosen one's secrets are kept."""
    value: dict[str, Any] = {
        "kind": wanted.kind,
        "from": wanted.sender or None,
        "smtp": None,
        "postmark": None,
    }
    if wanted.kind == "smtp" and wanted.smtp:
        password = wanted.smtp.password.get_secret_value() if wanted.smtp.password else ""
        value["smtp"] = {
            "host": wanted.smtp.host,
            "port": wanted.smtp.port,
            "secure": wanted.smtp.secure,
            "user": wanted.smtp.user or None,
            "passwordCiphertext": (
                Sealer.of(settings).seal(password, tenant_id, PASSWORD) if password else None
            ),
        }
    if wanted.kind == "postmark" and wanted.postmark:
        token = wanted.postmark.server_token.get_secret_value()
        value["postmark"] = {
            "serverTokenCiphertext": Sealer.of(settings).seal(token, tenant_id, SERVER_TOKEN),
            "messageStream": wanted.postmark.message_stream,
        }
    await write_setting(session, KEY, value)


async def mailer_of(
    session: AsyncSession, settings: Settings, tenant_id: UUID, otherwise: Mailer
) -> Mailer:
    """As the workspace says, else `otherwise`: asked before every send, so that a change counts at once."""
    stored = await session.scalar(select(Setting.value).where(Setting.key == KEY))
    try:
        return (_mailer(stored, settings, tenant_id) if stored else None) or otherwise
    except Unreadable as problem:
        raise MailFailed("The stored mail secret can't be read; save it anew") from problem


async def deliver(
    database: Database, settings: Settings, tenant_id: UUID, otherwise: Mailer, letter: Letter
) -> None:
    """Sends one letter, for whoever has no transaction open."""
    async with database.tenant_session(tenant_id, read_only=True) as session:
        mailer = await mailer_of(session, settings, tenant_id, otherwise)
    await mailer.send(letter)


def _mailer(stored: dict[str, Any], settings: Settings, tenant_id: UUID) -> Mailer | None:
    sender = stored.get("from")
    if sender and (smtp := stored.get("smtp")):
        sealed = smtp.get("passwordCiphertext")
        return SmtpMailer(
            sender,
            smtp["host"],
            smtp["port"],
            smtp["secure"],
            smtp.get("user"),
            Sealer.of(settings).unseal(sealed, tenant_id, PASSWORD) if sealed else None,
        )
    if sender and (postmark := stored.get("postmark")):
        sealed = postmark["serverTokenCiphertext"]
        token = Sealer.of(settings).unseal(sealed, tenant_id, SERVER_TOKEN)
        return PostmarkMailer(sender, token, postmark["messageStream"])
    return None
