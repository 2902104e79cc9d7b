"""The link directory in memory: tenants by slug, their links by key, small and shared where it can be."""

import json
from collections.abc import Iterable, Mapping
from sys import intern
from typing import Any
from uuid import UUID

import structlog
from asyncpg.pgproto import pgproto

from shared.deep_links import UnusableUrlError, is_allowed
from shared.visit_rules import USUAL, Rules, read_rules
from shared.visitor import around_cref

log = structlog.get_logger("router.directory")

Halves = tuple[str, str]
"""A destination, cut where the cref goes."""


class Partner:
    """One for all links of a partner, so that a revocation is one assignment."""

    __slots__ = ("id", "revoked")

    def __init__(self, partner_id: UUID) -> None:
        self.id = pgproto.UUID(partner_id.bytes)
        self.revoked = False


class Campaign:
    """One for all links of a campaign, so that a new destination is one assignment."""

    __slots__ = ("cookies", "destination", "id", "paid_ads", "passing", "url")

    def __init__(self, campaign_id: UUID) -> None:
        self.id = pgproto.UUID(campaign_id.bytes)
        self.url = ""
        self.passing = "none"
        self.cookies = "always"
        self.paid_ads = True
        self.destination: Halves | None = None


class Link:
    """`override` only where the link leads elsewhere than its campaign, and still may."""

    __slots__ = ("campaign", "id", "override", "partner", "round")

    def __init__(self, link_id: bytes, partner: Partner, campaign: Campaign) -> None:
        self.id = link_id
        self.partner = partner
        self.campaign = campaign
        self.override: Halves | None = None
        self.round = 0

    @property
    def destination(self) -> Halves | None:
        """Decision 14: the link's own if its host is still allowed, otherwise the campaign's."""
        return self.override or self.campaign.destination


class Tenant:
    """One workspace and its links."""

    __slots__ = ("id", "key", "links", "rules", "slug")

    def __init__(self, tenant_id: UUID, slug: str, rules: Rules) -> None:
        self.id = pgproto.UUID(tenant_id.bytes)
        self.key = tenant_id.bytes
        self.slug = slug
        self.rules = rules
        self.links: dict[str, Link] = {}


class Directory:
    """What the view `link_directory` says, row by row; a row that comes again replaces itself."""

    def __init__(self) -> None:
        self._slugs: dict[str, Tenant] = {}
        self._tenants: dict[bytes, Tenant] = {}
        self._partners: dict[bytes, Partner] = {}
        self._campaigns: dict[bytes, Campaign] = {}
        self._rules: dict[bytes, Rules] = {}

    def __len__(self) -> int:
        return sum(len(tenant.links) for tenant in self._slugs.values())

    def find(self, slug: str, key: str) -> tuple[Tenant, Link] | None:
        tenant = self._slugs.get(slug)
        link = tenant.links.get(key) if tenant else None
        return (tenant, link) if tenant and link else None

    def put(self, row: Mapping[str, Any], seen_in: int = 0) -> None:
        """Add, renew or forget one link, and renew with it what it shares with others."""
        if not row["active"]:
            self._drop(row["tenant_id"], row["link_key"])
            return
        tenant = self._tenant(row["tenant_id"], row["slug"])
        partner = self._partners.get(row["partner_id"].bytes)
        if partner is None:
            partner = self._partners[row["partner_id"].bytes] = Partner(row["partner_id"])
        partner.revoked = row["revoked"]
        campaign = self._campaigns.get(row["campaign_id"].bytes)
        if campaign is None:
            campaign = self._campaigns[row["campaign_id"].bytes] = Campaign(row["campaign_id"])
        if campaign.url != row["campaign_url"]:
            campaign.url = row["campaign_url"]
            campaign.destination = _halves(campaign.url)
        campaign.passing = intern(row["pass_parameters"])
        campaign.cookies, campaign.paid_ads = intern(row["cookies"]), row["paid_ads"]
        link = tenant.links.get(row["link_key"])
        if link is None or link.id != row["link_id"].bytes:
            link = tenant.links[row["link_key"]] = Link(row["link_id"].bytes, partner, campaign)
        link.partner, link.campaign, link.round = partner, campaign, seen_in
        link.override = None
        if row["is_override"] and is_allowed(
            row["destination_url"], row["deep_link_allowed_domains"]
        ):
            link.override = _halves(row["destination_url"])

    def put_rules(self, tenant_id: UUID, stored: str) -> None:
        """What a tenant has set about rules, as JSON; one that can't be read changes nothing."""
        try:
            rules = read_rules(json.loads(stored))
        except (ValueError, TypeError, AttributeError) as error:
            log.warning("a tenant's rules can't be read", error=repr(error))
            return
        self._rules[tenant_id.bytes] = rules
        tenant = self._tenants.get(tenant_id.bytes)
        if tenant is not None:
            tenant.rules = rules

    def _drop(self, tenant_id: UUID, key: str) -> None:
        tenant = self._tenants.get(tenant_id.bytes)
        if tenant is not None:
            tenant.links.pop(key, None)

    def drop_tenants(self, tenant_ids: Iterable[UUID]) -> None:
        """Forget whole workspaces."""
        for tenant_id in tenant_ids:
            tenant = self._tenants.pop(tenant_id.bytes, None)
            if tenant is not None and self._slugs.get(tenant.slug) is tenant:
                del self._slugs[tenant.slug]

    def drop_unseen(self, round_number: int) -> None:
        """After everything was read once: forget the links that were not among it."""
        for tenant in list(self._tenants.values()):
            gone = [key for key, link in tenant.links.items() if link.round < round_number]
            for key in gone:
                del tenant.links[key]
            if not tenant.links:
                self.drop_tenants([UUID(bytes=tenant.key)])

    def _tenant(self, tenant_id: UUID, slug: str) -> Tenant:
        tenant = self._tenants.get(tenant_id.bytes)
        if tenant is None:
            rules = self._rules.get(tenant_id.bytes, USUAL)
            tenant = self._tenants[tenant_id.bytes] = Tenant(tenant_id, slug, rules)
        if tenant.slug != slug and self._slugs.get(tenant.slug) is tenant:
            del self._slugs[tenant.slug]
        tenant.slug = slug
        self._slugs[slug] = tenant
        return tenant


def _halves(url: str) -> Halves | None:
    try:
        return around_cref(url)
    except UnusableUrlError as error:
        # The API refuses such addresses; one that got in anyway must not take the router down.
        log.warning("a stored destination is unusable", reason=str(error))
        return None
