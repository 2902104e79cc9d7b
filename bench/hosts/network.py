"""Hosts of their own on one machine: network namespaces on a bridge, each of which can fall silent.

All of it lies in a namespace of the bench's own, which ends with its last process: nothing is left
behind, however the bench ends, and no address of it can be reached from elsewhere.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.processes import end_with_parent

INSIDE = "OPENPARTNER_BENCH_HOSTS"
OURSELVES = "10.88.0.1"
NAMES = {
    "database": 2, "router 1": 11, "router 2": 12, "api 1": 21, "api 2": 22,
    "worker 1": 31, "worker 2": 32,
}  # fmt: skip
_NEWNET = 0x40000000
_DISABLED, _FORWARDING = 0, 3


def go_inside(module: str) -> int:
    """This program once more, in namespaces of its own; every process in them ends with it."""
    apart = ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"]
    again = [sys.executable, "-m", module, *sys.argv[1:]]
    with subprocess.Popen(
        [*apart, *again],
        env=os.environ | {INSIDE: "1"},
        preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509  # it only calls prctl
    ) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # It has heard it, too, and tidies up.


@dataclass(frozen=True, slots=True)
class Host:
    """One network namespace, with an interface on the bridge."""

    name: str
    number: int

    @property
    def address(self) -> str:
        return f"10.88.0.{self.number}"

    @property
    def space(self) -> str:
        return self.name.replace(" ", "")

    @property
    def port(self) -> str:
        """Its end at the bridge."""
        return f"port{self.number}"

    @property
    def mac(self) -> str:
        return f"02:00:00:00:00:{self.number:02x}"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """What this thread starts meanwhile, lives on that host. Not for code that awaits."""
        setns, before = ctypes.CDLL(None, use_errno=True).setns, os.open(_own(), os.O_RDONLY)
        there = os.open(f"/run/netns/{self.space}", os.O_RDONLY)
        try:
            _checked(setns(there, _NEWNET))
            yield
            _checked(setns(before, _NEWNET))
        finally:
            os.close(there)
            os.close(before)

    def fall_silent(self) -> None:
        """No packet gets in or out, and nobody is told: connections hang instead of breaking."""
        _run("bridge", "link", "set", "dev", self.port, "state", str(_DISABLED))

    def speak_again(self) -> None:
        _run("bridge", "link", "set", "dev", self.port, "state", str(_FORWARDING))


def make_hosts() -> dict[str, Host]:
    """All of them, joined by a bridge at which this process sits itself."""
    hosts = {name: Host(name, number) for name, number in NAMES.items()}
    Path("/run/netns").mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "hosts", "address", _mac(1), "type", "bridge", "stp_state", "0")
    _run("ip", "address", "add", f"{OURSELVES}/24", "dev", "hosts")
    _run("ip", "link", "set", "hosts", "up")
    for host in hosts.values():
        _plug_in(host)
    for host in hosts.values():
        _introduce(host, hosts)
    return hosts


def _plug_in(host: Host) -> None:
    space = host.space
    _run("ip", "netns", "add", space)
    _run(
        "ip", "link", "add", host.port, "type", "veth",
        "peer", "name", "eth0", "address", host.mac, "netns", space,
    )  # fmt: skip
    _run("ip", "link", "set", host.port, "master", "hosts", "up")
    _run("ip", "-n", space, "link", "set", "lo", "up")
    _run("ip", "-n", space, "address", "add", f"{host.address}/24", "dev", "eth0")
    _run("ip", "-n", space, "link", "set", "eth0", "up")


def _introduce(host: Host, hosts: dict[str, Host]) -> None:
    """Everybody knows everybody's place for good: a question in vain would tell that one is gone."""
    lines = [
        f"neigh replace {other.address} lladdr {other.mac} dev eth0 nud permanent"
        for other in hosts.values()
        if other is not host
    ]
    lines.append(f"neigh replace {OURSELVES} lladdr {_mac(1)} dev eth0 nud permanent")
    _run("ip", "-n", host.space, "-batch", "-", given="\n".join(lines) + "\n")
    _run(
        "ip", "neigh", "replace", host.address, "lladdr", host.mac,
        "dev", "hosts", "nud", "permanent",
    )  # fmt: skip


def _mac(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"


def _own() -> str:
    return f"/proc/self/task/{ctypes.CDLL(None).gettid()}/ns/net"


def _checked(failed: int) -> None:
    if failed:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _run(*command: str, given: str | None = None) -> None:
    subprocess.run(command, check=True, input=given, text=True, capture_output=given is not None)
