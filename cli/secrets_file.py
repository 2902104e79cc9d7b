"""The secrets that one installation makes for itself, kept in `secrets.json` (0600)."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import CommandError
from cli.project import make_folder, unwritable

NAME = "secrets.json"


class SecretsFile:
    """Each secret is made when first asked for, and then stays."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def get(self, name: str) -> str | None:
        return self._read().get(name)

    def get_or_create(self, name: str) -> str:
        """64 hex digits: safe in any URL, and 32 bytes when read as an encryption key."""
        known = self.get(name)
        if known is not None:
            return known
        make_folder(self.path.parent)
        try:
            with self._locked():
                everything = self._read()
                value = everything.setdefault(name, secrets.token_hex(32))
                self._write(everything)
        except OSError as error:
            raise unwritable(self.path.parent, error) from error
        return value

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            message = f"{self.path} is damaged ({error}); restore it from a backup."
            raise CommandError(message) from error
        return {str(key): str(value) for key, value in dict(found).items()}

    def _write(self, everything: dict[str, str]) -> None:
        # Written beside and renamed, so that a crash leaves the old file or the new, never half;
        # synced, because data encrypted with a lost key is lost too.
        beside = self.path.with_name(f".{NAME}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(everything, file, indent=2, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
