"""The letters that the console mailer wrote, as the people they are for would find them."""

import re
from dataclasses import dataclass
from pathlib import Path

LETTER = re.compile(
    r"^---- mail ----\nFrom: (?P<sender>[^\n]*)\nTo: (?P<to>[^\n]*)\nSubject: (?P<subject>[^\n]*)\n\n"
    r"(?P<text>.*?)^---- end of mail ----$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Received:
    """One letter."""

    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """The one address that it names."""
        [address] = re.findall(r"https?://\S+", self.text)
        return str(address)

    @property
    def token(self) -> str:
        return self.link.partition("token=")[2]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Everybody's; each test writes to people of its own."""

    file: Path

    def letters(self, to: str) -> list[Received]:
        text = self.file.read_text() if self.file.exists() else ""
        found = (
            Received(match["to"], match["subject"], match["text"])
            for match in LETTER.finditer(text)
        )
        return [letter for letter in found if letter.to == to]

    def newest(self, to: str) -> Received:
        return self.letters(to)[-1]
