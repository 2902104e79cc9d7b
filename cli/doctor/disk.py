"""Whether what we write to files can be written, and whether there is room."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from cli.doctor.finding import Finding, fail, ok, warn

AREA = "disk"
MEGABYTE = 1024 * 1024
SCARCE = 1024 * MEGABYTE
NONE_LEFT = 100 * MEGABYTE


def examine_disk(variables: Mapping[str, str], folder: Path | None) -> Iterator[Finding]:
    """The installation's folder, the router's journal, and the file that mail is printed to."""
    places = {"The folder": folder, "The journal": _path(variables, "ROUTER_JOURNAL_DIR")}
    if mail := _path(variables, "MAIL_CONSOLE_FILE"):
        places["The folder of printed mail"] = mail.parent
    for what, place in places.items():
        if place is not None:
            yield from _examine(what, place)


def _path(variables: Mapping[str, str], name: str) -> Path | None:
    return Path(variables[name]) if variables.get(name) else None


def _examine(what: str, place: Path) -> Iterator[Finding]:
    try:
        # Written and synced, because a read-only or full disk lets everything else pass.
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"openpartner")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        says = f"{what} {place} can't be written: {error.strerror}."
        yield fail(
            AREA, says, "Make the folder, give it to the user that runs us, or free the disk."
        )
        return
    free = shutil.disk_usage(place).free
    left = f"{what} {place} has {free // MEGABYTE} MB left"
    if free < NONE_LEFT:
        yield fail(AREA, f"{left}.", "Free some, before PostgreSQL has to stop.")
    elif free < SCARCE:
        yield warn(AREA, f"{left}.", "Free some soon.")
    else:
        yield ok(AREA, f"{what} {place} can be written.")
