"""The only place that asks the machine what time it is; expiry and maturity ask PostgreSQL instead."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
