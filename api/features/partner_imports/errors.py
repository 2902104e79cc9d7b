"""What can go wrong with a list of partners as a whole; what is wrong with a row stands in the report."""

from api.errors import BadRequest


class EmptyBody(BadRequest, code="empty_body"):
    """There is nothing in this body."""


class InvalidCsv(BadRequest, code="invalid_csv"):
    """This can't be read as CSV with the columns `email` and `name`; `reason` says why."""


class NoRows(BadRequest, code="no_rows"):
    """There is a header and nothing below it."""
