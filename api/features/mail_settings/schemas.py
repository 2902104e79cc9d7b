"""The wire of mail settings."""

from email.utils import parseaddr
from typing import Annotated, Literal, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, SecretStr, model_validator

from api.fields import In


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

    server_token: Annotated[SecretStr, Field(min_length=1, max_length=500)]
    message_stream: Annotated[str, Field(min_length=1, max_length=120)] = "outbound"


class MailSettings(In):
    """`none` means: as the environment says."""

    kind: Literal["smtp", "postmark", "none"]
    sender: Annotated[Sender | None, Field(alias="from")] = None
    smtp: Smtp | None = None
    postmark: Postmark | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind != "none" and not self.sender:
            raise ValueError(f"{self.kind} needs `from`")
        if self.kind == "smtp" and not (self.smtp and self.smtp.host):
            raise ValueError("smtp needs `smtp.host`")
        if self.kind == "postmark" and not self.postmark:
            raise ValueError("postmark needs `postmark.serverToken`")
        return self
