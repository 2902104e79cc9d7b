"""Ports for servers that tests start: outside the range from which the system gives clients theirs."""

import socket
from random import SystemRandom


def free_port() -> int:
    """One that nobody listens on, and that no client beside us can be given before it is used."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
