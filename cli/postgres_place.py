"""Where our own PostgreSQL keeps its data, its socket and its programs, and as whom it runs."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CommandError
from cli.postgres_programs import programs
from cli.service_user import reaches, service_user

# Used by root only, when the project lies where no other user can go (below /root, say).
ELSEWHERE = Path("/var/lib/openpartner")
# Written into the project's folder then, so that the data is found again after a move.
MARKER = "postgres-place"
# What the kernel allows in a socket's path, without the closing zero.
SOCKET_PATH_LIMIT = 107
SOCKET_NAME = ".s.PGSQL.65535.lock"


@dataclass(frozen=True)
class Place:
    """Everything that depends on where we are and who we are."""

    root: Path
    socket: Path
    programs: Path
    user: pwd.struct_passwd | None
    elsewhere: bool = False

    @property
    def data(self) -> Path:
        return self.root / "postgres"

    def own(self, path: Path) -> None:
        """Gives a path of ours to the service user."""
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def make_private(self, path: Path) -> None:
        """A folder for the server alone: 0700, and its own."""
        path.mkdir(mode=0o700, exist_ok=True)
        self.own(path)
        path.chmod(0o700)


def find_place(folder: Path) -> Place:
    """Decides where the server of this folder lives; makes only folders of our own."""
    folder = folder.resolve()
    marker = folder / MARKER
    if os.geteuid() != 0:
        return _place(folder, None)
    if marker.exists():
        return _elsewhere(Path(marker.read_text().strip()))
    user = service_user(folder / "postgres")
    if user is None:
        message = "PostgreSQL refuses to run as root, and no other user exists or can be made here."
        raise CommandError(message)
    if reaches(user, folder):
        return _place(folder, user)
    if (folder / "postgres").exists():
        message = (
            f"The user {user.pw_name}, who owns {folder}/postgres, can't enter {folder} any more."
        )
        raise CommandError(message)
    # Opening the project's parents to others is not ours to do, so the data goes elsewhere.
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    marker.write_text(f"{ELSEWHERE / name}\n")
    return _elsewhere(ELSEWHERE / name)


def _elsewhere(root: Path) -> Place:
    ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    root.mkdir(mode=0o711, exist_ok=True)
    user = service_user(root / "postgres")
    if not reaches(user, root):
        message = f"Nobody but root can enter {root}, so PostgreSQL can't keep its data there."
        raise CommandError(message)
    return _place(root, user, elsewhere=True)


def _place(root: Path, user: pwd.struct_passwd | None, *, elsewhere: bool = False) -> Place:
    found = programs(user, ELSEWHERE)
    return Place(root, _socket_folder(root, user), found, user, elsewhere)


def _socket_folder(root: Path, user: pwd.struct_passwd | None) -> Path:
    """Beside the data; where that path is too long, in a private folder with a short one."""
    usual = root / "socket"
    if len(os.fsencode(usual / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return usual
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    if user is not None:
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        return ELSEWHERE / f"socket-{name}"
    # Not the user's own temporary folder, which on macOS is long itself.
    short = Path("/tmp", f"openpartner-{os.geteuid()}-{name}")  # noqa: S108 - checked to be ours.
    _check_ours(short)
    return short


def _check_ours(path: Path) -> None:
    """The temporary folder is everybody's: refuses what somebody else put there under our name."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError as error:
        found = path.lstat()
        private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
        if not private or found.st_uid != os.geteuid():
            message = f"PostgreSQL's socket should go into {path}, which isn't ours; remove it."
            raise CommandError(message) from error
