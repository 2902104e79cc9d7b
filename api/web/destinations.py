"""Refuses addresses that we would never call, as soon as somebody types one."""

from fastapi import Request

from api.errors import BadRequest
from api.outside.destinations import DestinationRefused


class UrlRefused(BadRequest, code="invalid_body"):
    """We don't call that address; `reason` says why."""


def refuse_url(request: Request, url: str) -> None:
    """What can be told from the address alone; what its name leads to is checked at every call."""
    try:
        request.state.outbound.policy.refuse_url(url)
    except DestinationRefused as refusal:
        fields = {"url": [f"we don't call this address ({refusal.code})"]}
        detail = {"formErrors": [], "fieldErrors": fields}
        raise UrlRefused(detail=detail, reason=refusal.code) from refusal
