"""Lines on the terminal, each with the name of the process that said it."""

import io
import os
import sys
import threading


class Console:
    """Whole lines from many threads; when nobody reads any more, it falls silent."""

    def __init__(self, names: list[str]) -> None:
        self._width = max(map(len, names))
        self._lock = threading.Lock()
        # A terminal that lacks a letter must not silence whoever wrote it.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")

    def line(self, name: str, text: str) -> None:
        """One line of a child, or of `up` itself."""
        self.plain(f"{name:<{self._width}} | {text}")

    def plain(self, text: str) -> None:
        with self._lock:
            try:
                print(text, flush=True)
            except OSError:
                # `| head`, or a terminal that closed: going on matters more than being heard.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
