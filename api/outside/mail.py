"""Mail: everything above speaks of letters, and how they travel is decided here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from anyio import to_thread

log = structlog.get_logger()


class MailFailed(Exception):
    """The letter was not accepted; the message says what the other side answered."""


class MailRefused(MailFailed):
    """The address itself was refused for good: to try again would only harm the sender's name."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person; `tag` groups letters of a kind in the provider's statistics."""

    to: str
    subject: str
    text: str
    tag: str
    html: str | None = None


class Mailer(Protocol):
    """Anything that can send a letter. Raises MailFailed."""

    async def send(self, letter: Letter) -> None: ...


@dataclass(frozen=True, slots=True)
class ConsoleMailer:
    """Prints letters instead of sending them, and appends them to a file where one is named."""

    sender: str
    file: Path | None

    async def send(self, letter: Letter) -> None:
        printed = (
            f"---- mail ----\nFrom: {self.sender}\nTo: {letter.to}\n"
            f"Subject: {letter.subject}\n\n{letter.text}\n---- end of mail ----\n"
        )
        print(printed, flush=True)  # noqa: T201  # printing is what this mailer is for
        if self.file is not None:
            try:
                await to_thread.run_sync(self._append, self.file, printed)
            except OSError as problem:
                raise MailFailed(str(problem)) from problem

    @staticmethod
    def _append(file: Path, printed: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(printed)
