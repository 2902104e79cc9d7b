"""Where others may send people back to us: our own portal, and nowhere else."""

from urllib.parse import urlsplit

from api.errors import BadRequest
from api.settings import Settings


class ReturnUrlAbroad(BadRequest, code="return_url_not_allowed"):
    """People can only be sent back to this installation's own pages; `field` names what leads elsewhere."""


def refuse_abroad(settings: Settings, **urls: str) -> None:
    """Raises ReturnUrlAbroad unless each of these, named as on the wire, is on an origin of ours."""
    for field, url in urls.items():
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}".lower() not in settings.origins:
            raise ReturnUrlAbroad(field=field)
