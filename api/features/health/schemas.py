"""What health checks answer."""

from typing import Literal

from api.fields import Out


class Health(Out):
    """Alive."""

    ok: bool
    service: Literal["api"]
    mode: str


class Readiness(Out):
    """Ready, at this migration."""

    ok: bool
    migration: str
