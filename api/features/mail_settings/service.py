"""Keeps mail settings with their secrets sealed, and builds the mailer that they describe."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer, Unreadable
from api.features.mail_settings.errors import FromRequired, ServerTokenRequired, SmtpHostRequired
from api.features.mail_settings.queries import KEY, stored_settings
from api.features.mail_settings.schemas import MailChange, MailOut, PostmarkOut, SmtpOut
from api.features.mail_settings.suppressions import clear_all
from api.features.program_settings.for_others import write_setting
from api.outside.destinations import Policy
from api.outside.mail import Mailer, MailFailed
from api.outside.postmark import PostmarkMailer
from api.outside.smtp import SmtpMailer
from api.settings import Settings

PASSWORD = "mail_settings.smtp.password"  # noqa: S105  # the field's name, to which the secret is bound
SERVER_TOKEN = "mail_settings.postmark.serverToken"  # noqa: S105  # the same


async def save(
    session: AsyncSession, settings: Settings, tenant_id: UUID, wanted: MailChange
) -> None:
    """Replaces everything but a secret that wasn't sent; the other kind's secrets go.

    What another server refused may be welcome at this one, so refused addresses are forgotten.
    """
    stored = await stored_settings(session, for_update=True)
    sealer = Sealer.of(settings)
    value: dict[str, Any] = {
        "kind": wanted.kind,
        "from": wanted.sender or None,
        "smtp": _smtp(wanted, stored, sealer, tenant_id) if wanted.kind == "smtp" else None,
        "postmark": (
            _postmark(wanted, stored, sealer, tenant_id) if wanted.kind == "postmark" else None
        ),
    }
    if wanted.kind != "none" and not wanted.sender:
        raise FromRequired(field="from")
    await write_setting(session, KEY, value)
    await clear_all(session)


def _smtp(
    wanted: MailChange, stored: dict[str, Any], sealer: Sealer, tenant_id: UUID
) -> dict[str, Any]:
    smtp = wanted.smtp
    if smtp is None or not smtp.host:
        raise SmtpHostRequired(field="smtp.host")
    password = smtp.password.get_secret_value() if smtp.password else ""
    kept = (stored.get("smtp") or {}).get("passwordCiphertext")
    return {
        "host": smtp.host,
        "port": smtp.port,
        "secure": smtp.secure,
        "user": smtp.user or None,
        "passwordCiphertext": sealer.seal(password, tenant_id, PASSWORD) if password else kept,
    }


def _postmark(
    wanted: MailChange, stored: dict[str, Any], sealer: Sealer, tenant_id: UUID
) -> dict[str, Any]:
    postmark, before = wanted.postmark, stored.get("postmark") or {}
    given = postmark.server_token if postmark else None
    token = given.get_secret_value() if given else ""
    kept = before.get("serverTokenCiphertext")
    if not token and not kept:
        raise ServerTokenRequired(field="postmark.serverToken")
    return {
        "serverTokenCiphertext": sealer.seal(token, tenant_id, SERVER_TOKEN) if token else kept,
        "messageStream": postmark.message_stream if postmark else before["messageStream"],
    }


async def show(session: AsyncSession) -> MailOut:
    """What is saved, with a yes or no in place of each secret."""
    stored = await stored_settings(session)
    smtp, postmark = stored.get("smtp"), stored.get("postmark")
    return MailOut(
        kind=stored.get("kind", "none"),
        sender=stored.get("from"),
        smtp=smtp
        and SmtpOut(**_plain(smtp), has_password=smtp.get("passwordCiphertext") is not None),
        postmark=postmark
        and PostmarkOut(
            message_stream=postmark["messageStream"],
            has_token=postmark.get("serverTokenCiphertext") is not None,
        ),
    )


def _plain(smtp: dict[str, Any]) -> dict[str, Any]:
    return {name: smtp[name] for name in ("host", "port", "secure", "user")}


def guard_of(settings: Settings, policy: Policy) -> Policy | None:
    """Whoever has the installation to themselves may name a server in their own network."""
    alone = settings.openpartner_mode == "selfhost" and not settings.is_multi
    return None if alone else policy


async def mailer_of(
    session: AsyncSession,
    settings: Settings,
    tenant_id: UUID,
    otherwise: Mailer,
    guard: Policy | None,
) -> Mailer:
    """As the workspace says, else `otherwise`: asked before every send, so that a change counts at once."""
    stored = await stored_settings(session)
    try:
        return _mailer(stored, settings, tenant_id, guard) or otherwise
    except Unreadable as problem:
        raise MailFailed("The stored mail secret can't be read; save it anew") from problem


def _mailer(
    stored: dict[str, Any], settings: Settings, tenant_id: UUID, guard: Policy | None
) -> Mailer | None:
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
            guard,
        )
    if sender and (postmark := stored.get("postmark")):
        sealed = postmark["serverTokenCiphertext"]
        token = Sealer.of(settings).unseal(sealed, tenant_id, SERVER_TOKEN)
        return PostmarkMailer(sender, token, postmark["messageStream"])
    return None
