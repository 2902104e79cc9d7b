"""What the DNS has to say about a domain, and whether it does; knows no database."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from api.outside.dns import Resolver, ResolverAway
from api.settings import Settings

TXT_LABEL = "_openpartner"
PREFIX = "openpartner-verification="


@dataclass(frozen=True, slots=True)
class Wanted:
    """`text` at `_openpartner.<host>` proves the name; the name itself leads to `target`."""

    host: str
    text: str
    target: str

    @property
    def text_name(self) -> str:
        return f"{TXT_LABEL}.{self.host}"


def wanted(settings: Settings, host: str, purpose: str, token: str) -> Wanted:
    """Portals lead to where people's pages are, links to the router."""
    address = settings.people_url if purpose == "portal" else settings.router_url
    return Wanted(host, PREFIX + token, urlsplit(address).hostname or "")


async def missing(resolver: Resolver, proof: Wanted) -> list[str]:
    """In sentences, what is not there; empty where all is. Raises ResolverAway."""
    texts, leads = await asyncio.gather(resolver.texts(proof.text_name), _leads(resolver, proof))
    problems = []
    if proof.text not in [text.strip().strip('"') for text in texts]:
        problems.append(f"There is no TXT record {proof.text} at {proof.text_name}.")
    if not leads:
        problems.append(f"{proof.host} doesn't lead to {proof.target}: make it a CNAME of that.")
    return problems


async def _leads(resolver: Resolver, proof: Wanted) -> bool:
    """By a CNAME; or by the same addresses, as names without sub-domain have to."""
    if proof.target in await resolver.aliases(proof.host):
        return True
    theirs, ours = await asyncio.gather(
        resolver.addresses(proof.host), resolver.addresses(proof.target)
    )
    return bool(theirs) and set(theirs) <= set(ours)


__all__ = ["ResolverAway", "Wanted", "missing", "wanted"]
