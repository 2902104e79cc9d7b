"""What the router is told by its environment, read once and checked before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.logs import LEVELS
from shared.master_key import read_master_key
from shared.proxies import Network, read_networks

_DOMAIN = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class SettingsError(Exception):
    """One line for the operator: which variable, and what it should have been."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every environment variable of the router."""

    database_url: str
    master_key: bytes
    host: str
    port: int
    workers: int
    single_tenant: bool
    cookie_domain: str | None
    secure_cookie: bool
    velocity_max: int
    velocity_seconds: float
    address_cap_max: int
    address_cap_seconds: float
    trusted_proxies: tuple[Network, ...]
    journal_dir: Path
    journal_bytes: int
    slow_seconds: float
    log_level: str
    metrics_token: str | None
    datacenter_ranges: Path | None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from the environment; an empty variable counts as absent."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    tenancy = _choice(given, "OPENPARTNER_TENANCY", ("single", "multi"), "single")
    return Settings(
        database_url=_database_url(given),
        master_key=_master_key(given),
        # Containers and networks of their own say 0.0.0.0; by default nobody outside can call.
        host=given.get("ROUTER_HOST", "127.0.0.1"),
        port=_number(given, "ROUTER_PORT", 4701, 0, 65535),
        workers=_number(given, "ROUTER_WORKERS", 1, 1, 256),
        single_tenant=tenancy == "single",
        cookie_domain=_cookie_domain(given),
        secure_cookie=_is_https(given),
        velocity_max=_number(given, "VELOCITY_MAX", 20, 1, 1000),
        velocity_seconds=_number(given, "VELOCITY_WINDOW_MS", 60_000, 1, 86_400_000) / 1000,
        address_cap_max=_number(given, "ROUTER_IP_CAP_MAX", 300, 1, 10**9),
        address_cap_seconds=_number(given, "ROUTER_IP_CAP_WINDOW_MS", 60_000, 1, 86_400_000) / 1000,
        trusted_proxies=_networks(given),
        journal_dir=Path(given.get("ROUTER_JOURNAL_DIR", ".openpartner/router")),
        journal_bytes=_number(given, "ROUTER_JOURNAL_MAX_MB", 1024, 1, 10**6) * 1_000_000,
        slow_seconds=_number(given, "ROUTER_SLOW_FLUSH_MS", 250, 1, 60_000) / 1000,
        log_level=_choice(given, "LOG_LEVEL", LEVELS, "INFO"),
        metrics_token=given.get("METRICS_TOKEN"),
        datacenter_ranges=_path(given, "DATACENTER_RANGES_FILE"),
    )


def _path(given: Mapping[str, str], name: str) -> Path | None:
    return Path(given[name]) if name in given else None


def _database_url(given: Mapping[str, str]) -> str:
    url = given.get("DATABASE_URL_ROUTER", "")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgresql+asyncpg", "postgresql", "postgres"}:
        raise SettingsError(
            "DATABASE_URL_ROUTER must be set: postgresql://openpartner_router:…@host:5432/openpartner"
        )
    # SQLAlchemy calls it `ssl`, libpq and asyncpg call it `sslmode`; other parts are spelled alike.
    return "postgresql://" + re.sub(r"([?&])ssl=", r"\1sslmode=", rest)


def _master_key(given: Mapping[str, str]) -> bytes:
    try:
        return read_master_key(given.get("SECRETS_ENCRYPTION_KEY", ""))
    except ValueError as error:
        raise SettingsError(f"SECRETS_ENCRYPTION_KEY {error}") from error


def _number(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingsError(f"{name} must be a whole number from {low} to {high}, not {text!r}")
    return int(text)


def _choice(given: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    text = given.get(name, default)
    if text not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    return text


def _cookie_domain(given: Mapping[str, str]) -> str | None:
    domain = given.get("COOKIE_DOMAIN")
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise SettingsError(f"COOKIE_DOMAIN must be a domain such as .shop.example, not {domain!r}")
    return domain


def _is_https(given: Mapping[str, str]) -> bool:
    url = given.get("ROUTER_URL", "http://localhost:4701")
    scheme = urlsplit(url).scheme
    if scheme not in {"http", "https"}:
        raise SettingsError(f"ROUTER_URL must start with http:// or https://, not {url!r}")
    return scheme == "https"


def _networks(given: Mapping[str, str]) -> tuple[Network, ...]:
    try:
        return read_networks(given.get("TRUSTED_PROXIES", ""))
    except ValueError as error:
        raise SettingsError(f"TRUSTED_PROXIES: {error}") from error
