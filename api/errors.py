"""What can go wrong, in our own words; api/web/problems.py gives it HTTP clothes."""

from typing import Any, ClassVar


class ApiError(Exception):
    """Something went wrong."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init_subclass__(cls, code: str = "", status: int = 0) -> None:
        if code:
            cls.code = code
        if status:
            cls.status = status

    def __init__(self, **details: Any) -> None:
        """`details` are added to the answer's body, in camelCase as they should appear there."""
        super().__init__(self.__doc__)
        self.details = details


class BadRequest(ApiError, status=400):
    """What was sent does not fit."""


class InvalidBody(BadRequest, code="invalid_body"):
    """The body does not fit; `detail` names the fields."""


class InvalidQuery(BadRequest, code="invalid_query"):
    """The query does not fit; `detail` names the parameters."""


class Unauthorized(ApiError, status=401, code="unauthorized"):
    """A valid key or session is needed."""


class PaymentRequired(ApiError, status=402):
    """A paid plan is needed for that."""


class Forbidden(ApiError, status=403, code="forbidden"):
    """You may not do that."""


class NotFound(ApiError, status=404, code="not_found"):
    """There is no such thing here."""


class MethodNotAllowed(ApiError, status=405, code="method_not_allowed"):
    """This address does not take that method."""


class Conflict(ApiError, status=409):
    """That clashes with what is already there."""


class Gone(ApiError, status=410):
    """This was here once."""


class TooLarge(ApiError, status=413, code="payload_too_large"):
    """The body is larger than this address takes: 1 MiB, where nothing else is said."""


class Unprocessable(ApiError, status=422):
    """What was sent can't be carried out."""


class TooManyRequests(ApiError, status=429, code="rate_limited"):
    """Too many requests; try again after the seconds in `Retry-After`."""


class Internal(ApiError, status=500, code="internal_error"):
    """Something broke on our side; the request id finds it in our logs."""


class BadGateway(ApiError, status=502):
    """A service that we need answered badly."""


class Unavailable(ApiError, status=503, code="database_unavailable"):
    """The database does not answer just now; try again shortly."""
