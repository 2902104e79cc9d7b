"""Whether mail leaves: how, and whether the server that should take it answers."""

import smtplib
import ssl
from collections.abc import Iterator
from json import loads
from typing import Any

import asyncpg

from api.settings import Settings
from cli.doctor.finding import Finding, fail, ok, warn
from shared.models.tenant import DEFAULT_TENANT_ID

AREA = "mail"
SECONDS = 5
IMPLICIT_TLS_PORT = 465
SET = "Set SMTP_HOST and MAIL_FROM (or POSTMARK_SERVER_TOKEN), or save mail settings in the portal."


async def stored_settings(there: asyncpg.Connection) -> dict[str, Any] | None:
    """What the first workspace has saved for itself; it wins over the environment."""
    async with there.transaction(readonly=True):
        await there.execute(f"set local app.tenant_id = '{DEFAULT_TENANT_ID}'")
        found = await there.fetchval("select value from settings where key = 'mail_settings'")
    value: dict[str, Any] | None = loads(found) if found else None
    return value


def examine_mail(settings: Settings, stored: dict[str, Any] | None) -> Iterator[Finding]:
    """Connects and logs in where that is possible, and sends nothing."""
    stored = stored or {}
    if smtp := stored.get("smtp"):
        # Its password is sealed, and unsealing it is the API's business alone.
        yield _smtp(smtp["host"], smtp["port"], implicit=smtp["secure"], login=None)
    elif stored.get("postmark"):
        yield ok(AREA, "The workspace sends by Postmark.")
    elif settings.smtp_host:
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
        login = (settings.smtp_user or "", password) if settings.smtp_user and password else None
        port = settings.smtp_port
        yield _smtp(settings.smtp_host, port, implicit=settings.smtp_secure, login=login)
    elif settings.postmark_server_token:
        yield ok(AREA, "Mail is sent by Postmark.")
    elif settings.openpartner_env == "production":
        yield fail(AREA, "There is no way to send mail, so nobody can sign in.", SET)
    else:
        where = settings.mail_console_file or "the log alone"
        yield ok(AREA, f"Mail is printed, and written to {where}.")
    if not stored and settings.smtp_host and "localhost" in settings.mail_from:
        yield warn(AREA, "MAIL_FROM is still the example.", "Set it to an address of yours.")


def _smtp(host: str, port: int, *, implicit: bool, login: tuple[str, str] | None) -> Finding:
    where = f"{host}:{port}"
    try:
        with _connected(host, port, implicit=implicit) as server:
            if login is not None:
                server.login(*login)
    except smtplib.SMTPAuthenticationError:
        says = f"{where} does not accept SMTP_USER with SMTP_PASSWORD."
        return fail(AREA, says, "Correct them; some providers want a password made for programs.")
    except smtplib.SMTPException as error:
        return fail(
            AREA, f"{where} answered badly: {type(error).__name__}.", "Check host and port."
        )
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        fix = "Check SMTP_HOST and SMTP_PORT, and whether this machine may connect out to it."
        return fail(AREA, f"{where} can't be reached: {reason}.", fix)
    return ok(AREA, f"{where} takes mail{' from us' if login else ''}.")


def _connected(host: str, port: int, *, implicit: bool) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if implicit or port == IMPLICIT_TLS_PORT:
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    return server
