"""The settings our own PostgreSQL runs with: decent on a small machine with two cores."""

from pathlib import Path

# Beside the data folder, not in it: whoever PostgreSQL runs as can't lead root's pen astray there.
SETTINGS = "postgresql.conf"
ACCESS = "pg_hba.conf"
# Read after ours and never changed by us, so that an operator's settings win and stay.
LOCAL = "local.conf"

_ALWAYS = {
    # 200 leaves room for a pool per process, the router's own connections and a psql.
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    # This build has no lz4; pglz still halves the full-page images.
    "wal_compression": "pglz",
    # Clicks are partitioned by month: a query over all of them locks them all.
    "max_locks_per_transaction": "256",
    # Ours are short; one that idles is a bug, and holds back vacuum and other people's locks.
    "idle_in_transaction_session_timeout": "60s",
    "log_lock_waits": "on",
    "jit": "off",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "iso, ymd",
    "lc_messages": "C",
    # Seven files that overwrite each other: bounded without anybody's logrotate.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # Statements and their details carry people's addresses; our own logs say what failed.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def server_settings(root: Path, socket: Path, tcp_port: int | None, *, fsync: bool) -> str:
    """The text of `postgresql.conf`, rewritten at every start."""
    switch = "on" if fsync else "off"
    settings = _ALWAYS | {
        "hba_file": str(root / ACCESS),
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "listen_addresses": "127.0.0.1" if tcp_port else "",
        "port": str(tcp_port or 5432),
        "fsync": switch,
        "full_page_writes": switch,
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    head = (
        f"# Written by OpenPartner at every start. Your own settings go into {LOCAL} beside it.\n"
    )
    return head + "\n".join(lines) + f"\ninclude '{LOCAL}'\n"


def access_rules(tcp_port: int | None) -> str:
    """The text of `pg_hba.conf`: a password for everybody, the superuser included."""
    rules = ["# Written by OpenPartner at every start.", "local all all scram-sha-256"]
    if tcp_port:
        rules.append("host all all 127.0.0.1/32 scram-sha-256")
    return "\n".join(rules) + "\n"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
