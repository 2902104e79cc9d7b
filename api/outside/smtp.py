"""Mail by SMTP: over TLS from the first byte, or upgraded to it."""

import asyncio
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import aiosmtplib

from api.outside.mail import Letter, MailFailed

STEP_SECONDS = 10
TOTAL_SECONDS = 25
IMPLICIT_TLS_PORT = 465
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """A connection for each letter, so that new settings count at once."""

    sender: str
    host: str
    port: int = 587
    secure: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    async def send(self, letter: Letter) -> None:
        implicit = self.secure or self.port == IMPLICIT_TLS_PORT
        known = bool(self.user and self.password)
        # A password crosses the network only under TLS; a relay without one may do as it likes.
        upgrade = True if known and self.host not in LOOPBACK else None
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await aiosmtplib.send(
                    self.compose(letter),
                    hostname=self.host,
                    port=self.port,
                    use_tls=implicit,
                    start_tls=False if implicit else upgrade,
                    timeout=STEP_SECONDS,
                    username=self.user if known else None,
                    password=self.password if known else None,
                )
        except TimeoutError as problem:
            raise MailFailed(f"{self.host}:{self.port} took too long to answer") from problem
        except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
            raise MailFailed(f"{self.host}:{self.port}: {_said(problem)}"[:300]) from problem

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
        return message


def _said(problem: Exception) -> str:
    """The server's own words where there are any."""
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        problem = problem.recipients[0]
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        return f"{problem.code} {problem.message}"
    return str(problem)
