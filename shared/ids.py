"""New ids: UUIDv7, so that keys sort by time and indexes grow at one end."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7. Not a secret: its first 48 bits are the time."""
    return uuid7()


def read_id(text: str) -> UUID | None:
    """The id that a client wrote; None where it can't be one of ours, and so names nothing."""
    try:
        return UUID(text)
    except ValueError:
        return None
