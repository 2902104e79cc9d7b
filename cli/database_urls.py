"""Turns any PostgreSQL URL into the spelling that its reader understands."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from cli.errors import CommandError

DATABASE = "openpartner"
# Databases that servers come with; ours gets a name of its own beside them.
_SERVERS_OWN = {None, "", "postgres", "template0", "template1"}
# Given as files, these have no spelling in an SQLAlchemy URL for asyncpg.
_AS_ENVIRONMENT = {"sslrootcert", "sslcert", "sslkey", "sslcrl"}


def parse(url: str) -> URL:
    """Reads `postgres://`, `postgresql://` and `postgresql+asyncpg://`; never repeats the URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise CommandError("DATABASE_URL can't be read as postgresql://user@host/name.") from error
    if parsed.drivername.partition("+")[0] not in {"postgres", "postgresql"}:
        raise CommandError(f"DATABASE_URL names {parsed.drivername}; only PostgreSQL will do.")
    files = sorted(_AS_ENVIRONMENT & set(parsed.query))
    if files:
        message = f"Take {files[0]} out of DATABASE_URL and set PG{files[0].upper()} instead."
        raise CommandError(message)
    return parsed.set(drivername="postgresql")


def for_driver(url: URL) -> str:
    """What asyncpg itself reads: it calls TLS `sslmode`, and sends what it doesn't know onwards."""
    return _spelled(url, "postgresql", "sslmode")


def for_engine(url: URL) -> str:
    """What SQLAlchemy reads on asyncpg's behalf: it calls TLS `ssl`."""
    return _spelled(url, "postgresql+asyncpg", "ssl")


def database_of(url: str) -> str:
    """The database that a privileged URL means: the one it names, unless that is the server's."""
    named = parse(url).database
    return DATABASE if named in _SERVERS_OWN else str(named)


def shown(url: URL) -> str:
    """Where it leads, without the password: for sentences."""
    host = url.host or url.query.get("host") or "localhost"
    return f"{host}:{url.port or url.query.get('port') or 5432}"


def _spelled(url: URL, driver: str, tls: str) -> str:
    query = {name: url.query[name] for name in ("host", "port") if name in url.query}
    mode = url.query.get("sslmode") or url.query.get("ssl")
    if mode:
        query[tls] = mode
    return url.set(drivername=driver, query=query).render_as_string(hide_password=False)
