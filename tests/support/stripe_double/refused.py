"""How Stripe says no."""

from typing import Any


class Refused(Exception):
    """Raised by a resource; answered as Stripe answers: `{"error": {…}}` with a status."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None,
        kind: str = "invalid_request_error", param: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code:
            self.error["code"] = code
        if param:
            self.error["param"] = param


def missing(kind: str, id: str) -> Refused:
    """No such object."""
    return Refused(f"No such {kind}: '{id}'", status=404, code="resource_missing", param="id")
