"""Starting processes as we want them: apart from our terminal, as whom we say, never left over."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from cli.errors import CommandError

_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc/self")
_PAUSE = 0.02


def bare_environment() -> dict[str, str]:
    """What PostgreSQL's programs need of ours: no secrets, no settings, no language."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"LC_ALL": "C", "TZ": "UTC"} | kept


def end_with_parent(number: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends that signal when we die, however we die (Linux only).

    It follows the starting thread, not the process; so only the main thread may ask for it.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, number) and None


def start(
    command: Sequence[str],
    *,
    user: pwd.struct_passwd | None,
    output: IO[bytes] | int,
    end_with_us: signal.Signals,
) -> subprocess.Popen[bytes]:
    """Starts a PostgreSQL program in a session of its own, so that Ctrl-C isn't for it."""
    try:
        return subprocess.Popen(
            command,
            cwd="/",
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent(end_with_us),  # noqa: PLW1509 - it only calls prctl.
            umask=0o077,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        )
    except OSError as error:
        who = "" if user is None else f" as {user.pw_name}"
        raise CommandError(f"{command[0]} can't be started{who}: {error.strerror}.") from error


def run(command: Sequence[str], *, user: pwd.struct_passwd | None) -> str:
    """Runs one to its end and returns what it printed; its last line becomes ours if it fails."""
    process = start(command, user=user, output=subprocess.PIPE, end_with_us=signal.SIGINT)
    try:
        printed = process.communicate()[0].decode(errors="replace")
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        said = printed.strip().splitlines()[-1:] or ["no word"]
        raise CommandError(f"{Path(command[0]).name} failed: {said[0]}")
    return printed


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and its direct children, and waits until all of them are gone."""
    process.send_signal(signal.SIGSTOP)  # It must not start new ones, nor see the old ones die.
    children = [pid for pid, parent in parents().items() if parent == process.pid]
    process.kill()
    for child in children:
        _signal(child, signal.SIGKILL)
    process.wait()
    while any(is_alive(child) for child in children):
        time.sleep(_PAUSE)


def end_leftover(data: Path, socket: Path) -> None:
    """Stops a server whose starter died, and removes what a dead one left in the way.

    Only for who holds the folder's lock. PostgreSQL would refuse to start for the sake of a pid
    that exists: of a zombie that nobody waits for, or after a reboot of any process at all.
    Whether parts of the old server still use its memory, it finds out by other means.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        pid = None
    if pid is not None and is_alive(pid) and f"postgres -D {data} " in command_line(pid):
        _signal(pid, signal.SIGINT)
        while is_alive(pid):
            time.sleep(_PAUSE)
    pid_file.unlink(missing_ok=True)
    for lock in socket.glob(".s.PGSQL.*.lock"):
        lock.unlink()


def is_alive(pid: int) -> bool:
    """Whether it still runs; a zombie that nobody has waited for doesn't."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not _PROC.exists():
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command_line(pid: int) -> str:
    if not _PROC.exists():
        return _ps("-o", "command=", "-p", str(pid))
    try:
        found = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""  # Gone meanwhile.
    return found.replace(b"\0", b" ").decode(errors="replace")


def parents() -> dict[int, int]:
    """Of every process, its parent; from /proc where there is one, as small images have no ps."""
    if not _PROC.exists():
        pairs = (line.split() for line in _ps("-A", "-o", "pid=,ppid=").splitlines())
        return {int(pid): int(parent) for pid, parent in pairs}
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # After the name, which may hold anything: the state, then the parent.
            found[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    return found


def _ps(*options: str) -> str:
    return subprocess.run(["ps", *options], check=False, capture_output=True, text=True).stdout


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
