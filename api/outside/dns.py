"""The domain name system: what stands in it about a host name, asked with short patience."""

from dataclasses import dataclass
from typing import Any, Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

SECONDS = 5.0


class ResolverAway(Exception):
    """Nobody answered, or badly: that says nothing about the name itself."""


class Resolver(Protocol):
    """Anything that looks names up. A name that doesn't exist has an empty list of everything."""

    async def texts(self, name: str) -> list[str]: ...

    async def aliases(self, name: str) -> list[str]: ...

    async def addresses(self, name: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class DnsResolver:
    """The machine's own resolvers. Raises ResolverAway."""

    seconds: float = SECONDS

    async def texts(self, name: str) -> list[str]:
        """TXT records, their pieces put together."""
        return [
            b"".join(found.strings).decode("utf-8", "replace")
            for found in await self._ask(name, "TXT")
        ]

    async def aliases(self, name: str) -> list[str]:
        """Where a CNAME leads, in lower case and without the last dot."""
        return [
            found.target.to_text(omit_final_dot=True).lower()
            for found in await self._ask(name, "CNAME")
        ]

    async def addresses(self, name: str) -> list[str]:
        """A and AAAA records."""
        return [found.address for kind in ("A", "AAAA") for found in await self._ask(name, kind)]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        resolver = dns.asyncresolver.Resolver()
        try:
            return list(await resolver.resolve(name, kind, lifetime=self.seconds, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as problem:
            raise ResolverAway(str(problem)[:200]) from problem
