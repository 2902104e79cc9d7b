"""How many exports run at once: each holds a connection for as long as somebody reads it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from api.errors import TooManyRequests

RETRY_SECONDS = 15


@dataclass(slots=True)
class Lanes:
    """So many for one brand and so many for all, in this process; the next is asked to come back."""

    for_one: int = 2
    for_all: int = 4
    taken_by: Counter[UUID] = field(default_factory=Counter)

    @contextmanager
    def one_for(self, tenant_id: UUID) -> Iterator[None]:
        full = self.taken_by.total() >= self.for_all
        if full or self.taken_by[tenant_id] >= self.for_one:
            raise TooManyRequests(retryAfter=RETRY_SECONDS)
        self.taken_by[tenant_id] += 1
        try:
            yield
        finally:
            self.taken_by[tenant_id] -= 1
            self.taken_by += Counter()  # Drops those that are at zero.
