"""Mail by SMTP: over TLS from the first byte, or upgraded to it."""

import asyncio
import re
import socket
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

import aiosmtplib

from api.outside.destinations import DestinationRefused, Policy
from api.outside.http import resolve
from api.outside.mail import Letter, MailFailed, MailRefused

STEP_SECONDS = 10
TOTAL_SECONDS = 25
IMPLICIT_TLS_PORT = 465
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MAIL_PORTS = frozenset({25, 465, 587, 2525})
# Of the permanent refusals of a recipient, those that are about us: our log-in, or a policy.
ABOUT_US = re.compile(r"5\.7\.\d+")
LOG_IN_FIRST = 530


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """A connection for each letter, so that new settings count at once.

    `guard` is for hosts that somebody typed who must not reach into the operator's network.
    """

    sender: str
    host: str
    port: int = 587
    secure: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    guard: Policy | None = None

    async def send(self, letter: Letter) -> None:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await self._send(letter)
        except DestinationRefused as problem:
            raise MailFailed(f"{self.host}:{self.port} may not be called: {problem}") from problem
        except TimeoutError as problem:
            raise MailFailed(f"{self.host}:{self.port} took too long to answer") from problem
        except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
            family = MailRefused if _is_about_the_address(problem) else MailFailed
            said = _said(problem).replace("\x00", "")
            raise family(f"{self.host}:{self.port}: {said}"[:300]) from problem

    async def _send(self, letter: Letter) -> None:
        implicit = self.secure or self.port == IMPLICIT_TLS_PORT
        known = bool(self.user and self.password)
        # A password crosses the network only under TLS; a relay without one may do as it likes.
        upgrade = True if known and self.host not in LOOPBACK else None
        await aiosmtplib.send(
            self.compose(letter),
            **await self._place(),
            hostname=self.host,
            use_tls=implicit,
            start_tls=False if implicit else upgrade,
            timeout=STEP_SECONDS,
            username=self.user if known else None,
            password=self.password if known else None,
        )

    async def _place(self) -> dict[str, Any]:
        """Where to call; under guard a socket to the very address that was checked.

        TLS keeps to the name, so that the certificate is still asked for it.
        """
        if self.guard is None:
            return {"port": self.port}
        if self.port not in MAIL_PORTS | self.guard.ports:
            raise DestinationRefused("port_not_allowed")
        addresses = await resolve(self.host, self.port)
        for address in addresses:
            self.guard.refuse_address(address)
        family = socket.AF_INET6 if ":" in addresses[0] else socket.AF_INET
        dialled = socket.socket(family, socket.SOCK_STREAM)
        dialled.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(dialled, (addresses[0], self.port))
        except BaseException:
            dialled.close()
            raise
        return {"sock": dialled}

    def compose(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=self.host if "." in self.host else None)
        message["X-Tag"] = letter.tag
        # Nobody's out-of-office answer should come back for a sign-in link.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        if letter.html is not None:
            message.add_alternative(letter.html, subtype="html")
        return message


def _answer(problem: Exception) -> Exception:
    """Of a refused recipient's list the one that matters: there is one recipient."""
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return problem.recipients[0]
    return problem


def _is_about_the_address(problem: Exception) -> bool:
    """A permanent refusal of the recipient, and not of us who send."""
    refused = _answer(problem)
    return (
        isinstance(refused, aiosmtplib.SMTPRecipientRefused)
        and refused.code // 100 == 5  # noqa: PLR2004  # RFC 5321: permanent
        and refused.code != LOG_IN_FIRST
        and not ABOUT_US.match(refused.message)
    )


def _said(problem: Exception) -> str:
    """The server's own words where there are any."""
    problem = _answer(problem)
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        return f"{problem.code} {problem.message}"
    return str(problem)
