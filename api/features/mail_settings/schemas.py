"""The wire of mail settings."""

from email.utils import parseaddr
from typing import Annotated, Literal, Self
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, SecretStr, model_validator

from api.fields import Email, In, Out, UtcTime


def _sender(value: str) -> str:
    """`a@b.example`, or `Name <a@b.example>`; empty where none is wanted."""
    if not value:
        return value
    if any(not character.isprintable() for character in value):
        raise ValueError("must be one line")
    try:
        validate_email(parseaddr(value)[1], check_deliverability=False)
    except EmailNotValidError as problem:
        raise ValueError(str(problem)) from problem
    return value


Sender = Annotated[str, Field(max_length=254), AfterValidator(_sender)]
Host = Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$")]
Secret = Annotated[SecretStr, Field(max_length=500)]


class Smtp(In):
    """A mail server. `secure`: TLS from the first byte; otherwise it is upgraded where offered."""

    host: Host = ""
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = 587
    secure: bool = False
    user: Annotated[str, Field(max_length=254)] | None = None
    password: Secret | None = None


class Postmark(In):
    """An account at Postmark."""

    server_token: Secret | None = None
    message_stream: Annotated[str, Field(min_length=1, max_length=120)] = "outbound"


class MailChange(In):
    """`none` means: as the environment says. A secret that is omitted or empty stays as it is."""

    kind: Literal["smtp", "postmark", "none"]
    sender: Annotated[Sender | None, Field(alias="from")] = None
    smtp: Smtp | None = None
    postmark: Postmark | None = None


class MailSettings(MailChange):
    """The first settings, which find no secret to keep."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind != "none" and not self.sender:
            raise ValueError(f"{self.kind} needs `from`")
        if self.kind == "smtp" and not (self.smtp and self.smtp.host):
            raise ValueError("smtp needs `smtp.host`")
        token = self.postmark.server_token if self.postmark else None
        if self.kind == "postmark" and not (token and token.get_secret_value()):
            raise ValueError("postmark needs `postmark.serverToken`")
        return self


class SmtpOut(Out):
    """A mail server, without its password."""

    host: str
    port: int
    secure: bool
    user: str | None
    has_password: bool


class PostmarkOut(Out):
    """An account, without its token."""

    message_stream: str
    has_token: bool


class MailOut(Out):
    """How mail leaves. Of the two ways only the chosen one has something stored."""

    kind: Literal["smtp", "postmark", "none"]
    sender: Annotated[str | None, Field(alias="from")]
    smtp: SmtpOut | None
    postmark: PostmarkOut | None


class MailTest(In):
    """Whom to write to; without it the admin who asks."""

    to: Email | None = None


class MailTested(Out):
    """The server took the letter."""

    ok: Literal[True]
    to: str


class SuppressionOut(Out):
    """An address that a mail server refused for good, and what it said."""

    id: UUID
    address: str
    reason: str
    created_at: UtcTime


class SuppressionList(Out):
    """One page of refused addresses, newest first."""

    suppressions: list[SuppressionOut]
    next_cursor: str | None


class SuppressionCleared(Out):
    """The address may be written to again."""

    ok: Literal[True]
