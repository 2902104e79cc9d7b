"""The wire of uploads."""

from api.fields import Out


class LogoUploaded(Out):
    """Where the logo is shown from now on."""

    logo_url: str
