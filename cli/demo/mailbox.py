"""The file that mail is printed to, read as the people read their mail."""

import re
import time
from pathlib import Path

from cli.errors import CommandError

PATIENCE = 30.0
_PAUSE = 0.05
_LETTER = re.compile(
    r"^To: (\S+)\nSubject: [^\n]*\n\n(.*?)^---- end of mail", re.MULTILINE | re.DOTALL
)
_TOKEN = re.compile(r"https?://\S+[?&]token=(\S+)")


class Mailbox:
    """Everybody's letters, oldest first."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def letters(self, to: str) -> list[str]:
        """Their texts."""
        try:
            printed = self.file.read_text()
        except FileNotFoundError:
            return []
        return [text for address, text in _LETTER.findall(printed) if address == to]

    def next_token(self, to: str, *, after: int) -> str:
        """Waits for a letter beyond the first `after`, and takes the token out of its link."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.letters(to)) <= after:
            if time.monotonic() > deadline:
                message = f"No mail for {to} arrived in {self.file} within {PATIENCE:.0f} s."
                raise CommandError(f"{message} Is mail sent elsewhere, or the worker stopped?")
            time.sleep(_PAUSE)
        link = _TOKEN.search(found[-1])
        if link is None:
            raise CommandError(f"The newest mail for {to} has no sign-in link in it.")
        return link[1]
