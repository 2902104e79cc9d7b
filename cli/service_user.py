"""Who runs PostgreSQL when we are root, as PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

NAME = "openpartner"


def service_user(data: Path) -> pwd.struct_passwd | None:
    """The user that PostgreSQL runs as, or None for "as ourselves" when we aren't root.

    The owner of data that is already there comes first, whoever that is: another user could
    not open it. Then a user of our own, made when missing. Where users can't be made (no
    `useradd`, a read-only /etc), the one of a system PostgreSQL; and as the last resort
    `nobody`, which other daemons may share, so that they could read the data.
    """
    if os.geteuid() != 0:
        return None
    owner = _owner(data)
    if owner is not None:
        return owner
    for name in (NAME, None, "postgres", "_postgres", "nobody"):
        if name is None:
            _make_user()
        found = _find(name or NAME)
        if found is not None and found.pw_uid != 0:
            return found
    return None


def _owner(data: Path) -> pwd.struct_passwd | None:
    try:
        uid = data.stat().st_uid
        return pwd.getpwuid(uid) if uid != 0 else None
    except (FileNotFoundError, KeyError):
        return None


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_user() -> None:
    # A failure is no news: the caller looks for the user and goes on to the next.
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return
    options = "--system --user-group --no-create-home --home-dir /nonexistent"
    subprocess.run(
        [program, *options.split(), "--shell", "/usr/sbin/nologin", NAME],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def reaches(user: pwd.struct_passwd | None, path: Path) -> bool:
    """Whether that user can enter the folder: asked of the system, which knows ACLs and mounts."""
    if user is None:
        return os.access(path, os.X_OK)
    asked = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)],
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
    )
    return asked.returncode == 0
