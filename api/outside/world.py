"""The real services outside, put together from the settings; tests bring some of their own."""

from dataclasses import dataclass, field

from api.outside.destinations import Policy
from api.outside.dns import DnsResolver, Resolver
from api.outside.http import OutboundClient
from api.outside.mail import Mailer
from api.outside.mailers import environment_mailer
from api.outside.stripe import Stripe
from api.settings import Settings


@dataclass(slots=True)
class World:
    """Mail as the environment says, calls to addresses that others typed, Stripe, and the DNS."""

    mailer: Mailer
    outbound: OutboundClient
    stripe: Stripe
    resolver: Resolver = field(default_factory=DnsResolver)

    @classmethod
    def of(cls, settings: Settings) -> "World":
        """What the API and the worker both use."""
        policy = Policy(
            ports=frozenset(settings.openpartner_outbound_allowed_ports),
            private=settings.openpartner_outbound_allow_private_cidrs,
        )
        return cls(environment_mailer(settings), OutboundClient(policy), Stripe.of(settings))
