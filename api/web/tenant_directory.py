"""Remembers whose a slug or a host name is, so that most requests needn't ask for it first."""

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import ip_address
from time import monotonic
from uuid import UUID

from sqlalchemy import text

from shared.database import Database

MOST = 10_000
# A slug never moves to another workspace. A host name may, when its owner takes it elsewhere, and
# may be proved at any moment, so neither answer about it is trusted for long.
SLUG_SECONDS = 300.0
HOST_SECONDS = 15.0

SLUG = text("select id, status from tenant_by_slug(:wanted)")
HOST = text("select tenant_id, slug, purpose from tenant_of_domain(:wanted)")


class SlugRetired(Exception):
    """A workspace of this name was there once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose a proved host name is, and what it is for: `portal` or `links`."""

    tenant_id: UUID
    slug: str
    purpose: str


@dataclass(slots=True)
class TenantDirectory:
    """Names alone: whether a workspace may be used is asked in each request's own transaction."""

    database: Database
    slugs: OrderedDict[str, tuple[float, UUID]] = field(default_factory=OrderedDict)
    hosts: OrderedDict[str, tuple[float, Claim | None]] = field(default_factory=OrderedDict)

    async def by_slug(self, slug: str) -> UUID | None:
        """The workspace's id. Raises SlugRetired. What isn't there is looked up each time."""
        known = self.slugs.get(slug)
        if known is not None and known[0] > monotonic():
            return known[1]
        async with self.database.unpinned_session() as session:
            row = (await session.execute(SLUG, {"wanted": slug})).one_or_none()
        if row is None:
            return None
        if row.status == "deleted":
            raise SlugRetired
        found: UUID = row.id
        self.slugs[slug] = (monotonic() + SLUG_SECONDS, found)
        if len(self.slugs) > MOST:
            self.slugs.popitem(last=False)
        return found

    async def by_host(self, host: str) -> Claim | None:
        """Who has proved that this host name is theirs."""
        known = self.hosts.get(host)
        if known is not None and known[0] > monotonic():
            return known[1]
        async with self.database.unpinned_session() as session:
            row = (await session.execute(HOST, {"wanted": host})).one_or_none()
        found = Claim(row.tenant_id, row.slug, row.purpose) if row else None
        self.hosts[host] = (monotonic() + HOST_SECONDS, found)
        if len(self.hosts) > MOST:
            self.hosts.popitem(last=False)
        return found

    def forget_host(self, host: str) -> None:
        """Its owner has just changed something about it."""
        self.hosts.pop(host, None)


def plain_host(header: str) -> str | None:
    """A Host header's name without its port; None for what can be nobody's domain."""
    host = header.strip().lower().rstrip(".")
    if host.startswith("["):
        return None
    host = host.partition(":")[0].rstrip(".")
    if "." not in host or host.endswith(".localhost"):
        return None
    try:
        ip_address(host)
    except ValueError:
        return host
    return None
