"""How long we go on trying to tell somebody something: ten attempts within 75 hours."""

from datetime import timedelta

MINUTE, HOUR = 60, 3600
# After the first attempt, nine more: a receiver may be down for a weekend without missing anything.
DELAYS = (
    5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
LONGEST_ASKED = timedelta(hours=10)


def is_last(attempt: int) -> bool:
    """Whether there is none after this one."""
    return attempt > len(DELAYS)


def usual_pause(attempt: int) -> timedelta:
    """Until the attempt after this one."""
    return timedelta(seconds=DELAYS[attempt - 1])


def asked_pause(attempt: int, asked: float | None) -> timedelta | None:
    """What the receiver asked for, but no less than usual, and at most twice that or ten hours."""
    if asked is None:
        return None
    usual = usual_pause(attempt)
    return max(usual, min(timedelta(seconds=asked), 2 * usual, LONGEST_ASKED))
