"""Where the project is, and the folder that its local installation lives in."""

import os
from pathlib import Path

from cli.errors import CommandError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".openpartner"


def make_folder(folder: Path) -> None:
    """Makes it, if it's missing; for us alone, save that root's PostgreSQL user may pass through."""
    try:
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: OSError) -> CommandError:
    reason = f"{folder} can't be written ({error.strerror})"
    return CommandError(f"{reason}; make it yours, or name another with --folder.")
