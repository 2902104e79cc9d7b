"""What can go wrong in setting up."""

from api.errors import BadGateway, BadRequest, Conflict


class InstallNotAvailable(BadRequest, code="install_not_available_in_multi_tenant"):
    """This installation carries many workspaces; each begins with a sign-up."""


class AlreadyInstalled(Conflict, code="already_installed"):
    """Somebody has set this installation up."""


class InstallMailFailed(BadGateway, code="install_mail_failed"):
    """The first mail could not be sent, so nothing was kept; correct the mail settings and try again."""
