"""Asks, before anything is started, whether our ports are free."""

import errno
import socket

from cli.errors import CommandError


def check_free(port: int, variable: str) -> None:
    """Both addresses, as a listener on either would be in our way, or answer in our place."""
    for address in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - tried and closed, never listened on.
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                what = "is in use" if error.errno == errno.EADDRINUSE else f"({error.strerror})"
                message = f"Port {port} {what}; stop what listens there, or set {variable}."
                raise CommandError(message) from error
