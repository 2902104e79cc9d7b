"""The wire of setting up."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from api.features.mail_settings.for_others import MailSettings
from api.fields import Email, In, Name, Out


def _none_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class Install(In):
    """Who runs the program, what it is called, and how mail leaves."""

    admin_name: Name
    admin_email: Email
    program_name: Name
    support_email: Annotated[Email | None, BeforeValidator(_none_if_empty)] = None
    mail: MailSettings | None = None


class Installed(Out):
    """The first admin has mail."""

    ok: Literal[True]


class InstallStatus(Out):
    """Whether nobody runs this installation yet."""

    needs_setup: bool


class InstallElsewhere(Out):
    """Workspaces of a hosted installation begin with a sign-up."""

    needs_setup: Literal[False]
    reason: Literal["multi_tenant"]


Status = InstallStatus | InstallElsewhere
