"""Where others may send people back to us: our own portal, or the brand's, and nowhere else."""

from urllib.parse import urlsplit

from fastapi import Request

from api.errors import BadRequest


class ReturnUrlAbroad(BadRequest, code="return_url_not_allowed"):
    """People can only be sent back to pages of ours or of this brand's own; `field` leads elsewhere."""


def refuse_abroad(request: Request, **urls: str) -> None:
    """Raises ReturnUrlAbroad unless each of these, named as on the wire, is on an origin of ours,

    or on the brand's own domain, when that is where this request was sent.
    """
    state = request.state
    allowed = {*state.settings.origins, getattr(state, "own_origin", None)}
    for field, url in urls.items():
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}".lower() not in allowed:
            raise ReturnUrlAbroad(field=field)
