"""Every environment variable of the API and the worker, checked once at start."""

from decimal import Decimal
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.master_key import read_master_key
from shared.money import decimals_of

# Two thirds of a lease are for the work, and a call outside may take 15 seconds of them.
SHORTEST_LEASE = 45

Networks = tuple[IPv4Network | IPv6Network, ...]


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _lowered(value: object) -> object:
    listed = _listed(value)
    return tuple(part.lower() for part in listed) if isinstance(listed, tuple) else value


def _networks(value: object) -> object:
    listed = _listed(value)
    return tuple(ip_network(part) for part in listed) if isinstance(listed, tuple) else value


def _rates(value: object) -> object:
    """`EUR=1.08,JPY=0.0067`: US dollars for one unit of each currency."""
    listed = _listed(value)
    if not isinstance(listed, tuple):
        return value
    pairs = [part.partition("=") for part in listed]
    return {name.strip().upper(): rate.strip() for name, _, rate in pairs}


def _known_currencies(rates: dict[str, Decimal]) -> dict[str, Decimal]:
    for currency in rates:
        decimals_of(currency)
    if rates.get("USD", 1) != 1:
        raise ValueError("a US dollar is worth one US dollar")
    return rates


def _origin(value: str) -> str:
    return value.rstrip("/")


def _http_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return _origin(value)


def _master_key(value: SecretStr) -> SecretStr:
    read_master_key(value.get_secret_value())
    return value


MasterKey = Annotated[SecretStr, AfterValidator(_master_key)]
MasterKeyList = Annotated[tuple[MasterKey, ...], NoDecode, BeforeValidator(_listed)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
EmailList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_lowered)]
NetworkList = Annotated[Networks, NoDecode, BeforeValidator(_networks)]
PortList = Annotated[
    tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode, BeforeValidator(_listed)
]
RateList = Annotated[
    dict[str, Annotated[Decimal, Field(gt=0, lt=10**9, max_digits=20, decimal_places=10)]],
    NoDecode,
    BeforeValidator(_rates),
    AfterValidator(_known_currencies),
]
SecretList = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_listed)]
Address = Annotated[str, AfterValidator(_origin)]
HttpAddress = Annotated[str, AfterValidator(_http_address)]


class Settings(BaseSettings):
    """Read from the environment only; a value that cannot work stops the process with its name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    # Who we are
    openpartner_env: Literal["development", "production"] = "production"
    openpartner_tenancy: Literal["single", "multi"] = "single"
    openpartner_mode: Literal["selfhost", "flat", "revshare"] = "selfhost"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # Whether a hosted brand can let partners in while it evaluates, or only once it pays
    openpartner_evaluation_admits_partners: bool = True

    # Where we are reached
    api_host: str = "127.0.0.1"
    api_port: int = Field(4601, ge=1, le=65535)
    api_url: Address = "http://localhost:4601"
    portal_url: Address | None = None
    router_url: Address = "http://localhost:4701"
    cors_extra_origins: CommaList = ()
    trusted_proxies: NetworkList = ()

    # Whom this installation lets run it, and which brands it lets in
    platform_admin_emails: EmailList = ()
    openpartner_brand_review: bool = False

    # What we stand on
    database_url_app: SecretStr
    database_pool: int = Field(20, ge=2, le=200)

    # What routers are told, too: the worker settles their flags by it
    velocity_max: int = Field(20, ge=1, le=1000)
    velocity_window_ms: int = Field(60_000, ge=1, le=86_400_000)
    datacenter_ranges_file: Path | None = None
    # Months after which clicks are forgotten; none unless somebody says so
    click_retention_months: int | None = Field(None, ge=13, le=1200)

    # Rate limits: counted in memory unless Redis is named; off only where load is measured
    openpartner_rate_limits: bool = True
    redis_url: SecretStr | None = None

    # Secrets
    admin_api_key: SecretStr | None = None
    metrics_token: SecretStr | None = None
    secrets_encryption_key: MasterKey
    # Only for reading what they sealed, until it is sealed anew.
    secrets_encryption_keys_old: MasterKeyList = ()

    # Mail, where a workspace has no settings of its own; printed in development when nothing is set
    mail_from: str = "OpenPartner <no-reply@localhost>"
    mail_console_file: Path | None = None
    smtp_host: str | None = None
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_secure: bool = False
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    postmark_server_token: SecretStr | None = None
    postmark_message_stream: str = "outbound"

    # Stripe; without a secret key nothing of ours calls it, and without a webhook secret it can't call us
    stripe_secret_key: SecretStr | None = None
    stripe_api_base: HttpAddress | None = None
    # On hosted installations partners aren't sent money that no brand has paid in, unless this is set.
    openpartner_allow_unfunded_connect_payouts: bool = False
    # Each may list several: a secret that is being replaced, or those of several endpoints.
    stripe_webhook_secret: SecretList = ()
    stripe_webhook_secret_platform: SecretList = ()
    stripe_webhook_secret_connect: SecretList = ()

    # Hosted plans: what `openpartner setup-stripe` printed, who is told of brands' subscriptions, and
    # what other currencies are worth in US dollars, for the bill
    stripe_flat_price_id: str | None = None
    stripe_flat_usage_price_id: str | None = None
    stripe_revshare_usage_price_id: str | None = None
    platform_ops_email: str | None = None
    billing_usd_rates: RateList = {}

    # What we may call when others typed the address: the public web, unless a self-hoster says more
    openpartner_outbound_allow_private_cidrs: NetworkList = ()
    openpartner_outbound_allowed_ports: PortList = (80, 443)

    # The creator network, where there is one; the admin key only where we run both
    network_url: Address | None = None
    network_admin_api_key: SecretStr | None = None

    # The worker
    openpartner_enable_scheduler: bool = True
    openpartner_ready_file: Path | None = None
    # How many jobs a worker has under way at once; most of them wait for somebody's server.
    worker_slots: int = Field(256, ge=1, le=10_000)
    # A dead worker's jobs are taken over after this long, so it outlasts the longest attempt.
    worker_lease_seconds: int = Field(60, ge=1, le=3600)
    worker_metrics_host: str = "127.0.0.1"
    worker_metrics_port: int | None = Field(None, ge=1, le=65535)

    @model_validator(mode="after")
    def _hard_to_guess(self) -> Self:
        if self.admin_api_key and len(self.admin_api_key.get_secret_value()) < 16:  # noqa: PLR2004  # a guessable admin key is no key
            raise ValueError("ADMIN_API_KEY must have at least 16 characters")
        return self

    @model_validator(mode="after")
    def _longer_than_an_attempt(self) -> Self:
        if self.openpartner_env == "production" and self.worker_lease_seconds < SHORTEST_LEASE:
            raise ValueError(f"WORKER_LEASE_SECONDS must be at least {SHORTEST_LEASE}")
        return self

    @model_validator(mode="after")
    def _only_ones_own_network(self) -> Self:
        alone = self.openpartner_mode == "selfhost" and self.openpartner_tenancy == "single"
        if self.openpartner_outbound_allow_private_cidrs and not alone:
            raise ValueError(
                "OPENPARTNER_OUTBOUND_ALLOW_PRIVATE_CIDRS is for self-hosters with one workspace:"
                " tenants must not reach into the operator's network"
            )
        return self

    @property
    def is_multi(self) -> bool:
        """Whether a request must say which tenant it means."""
        return self.openpartner_tenancy == "multi"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us over TLS, and cookies can be Secure."""
        return self.api_url.startswith("https://")

    @property
    def people_url(self) -> str:
        """Where links in mail lead: the portal, or the pages that the API serves itself."""
        return self.portal_url or self.api_url

    def base_url(self, slug: str) -> str:
        """The one address of a workspace's API that we show everywhere."""
        return f"{self.api_url}/api/t/{slug}" if self.is_multi else f"{self.api_url}/api"

    @cached_property
    def own_hosts(self) -> frozenset[str]:
        """The host names of the installation itself, which can be no brand's own."""
        addresses = (self.api_url, self.people_url, self.router_url, *self.cors_extra_origins)
        return frozenset(filter(None, (urlsplit(address).hostname for address in addresses)))

    @cached_property
    def origins(self) -> frozenset[str]:
        """The browser origins that may call with cookies."""
        ours = {self.api_url, self.people_url, *self.cors_extra_origins}
        if self.openpartner_env == "development":
            ours |= {"http://localhost:5673", "http://127.0.0.1:5673"}
            ours |= {f"http://{host}:{self.api_port}" for host in ("localhost", "127.0.0.1")}
        return frozenset(ours)
