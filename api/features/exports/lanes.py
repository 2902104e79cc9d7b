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
    """So many for one brand and so many for all, in this process; the next is asked to come back.

    And never more than a quarter of the connections, where there are few: exports take their time.
    """

    for_one: int = 2
    for_all: int = 4
    taken_by: Counter[UUID] = field(default_factory=Counter)

    @contextmanager
    def one_for(self, tenant_id: UUID, connections: int) -> Iterator[None]:
        full = self.taken_by.total() >= min(self.for_all, max(1, connections // 4))
        if full or self.taken_by[tenant_id] >= self.for_one:
            raise TooManyRequests(retryAfter=RETRY_SECONDS)
        self.taken_by[tenant_id] += 1
        try:
            yield
        finally:
            self.taken_by[tenant_id] -= 1
            self.taken_by += Counter()  # Drops those that are at zero.
