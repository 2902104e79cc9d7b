"""Turns words into a letter, purely: text, and the same as HTML in the program's colors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.features.letters.colors import ink_on
from api.features.program_settings.for_others import Look
from api.outside.mail import Letter

FOLDER = Path(__file__).parent / "templates"
OPTIONS: dict[str, Any] = {
    "loader": FileSystemLoader(FOLDER),
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
}
pages = Environment(autoescape=True, **OPTIONS)
# Plain text has nothing to escape: what stands in it is all that it can do.
texts = Environment(autoescape=False, **OPTIONS)  # noqa: S701  # for text/plain alone


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing that the letter asks for."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a letter says, paragraph by paragraph: the button follows `before`, the quote closes it.

    `tag` groups letters of a kind in a mail provider's statistics.
    """

    subject: str
    tag: str
    name: str | None
    before: tuple[str, ...]
    button: Button | None = None
    after: tuple[str, ...] = ()
    quoted: str | None = None
    quote: str | None = None


def write(look: Look, to: str, words: Words) -> Letter:
    """The letter. Names are free text: folded to one line, they can't add headers or paragraphs."""
    subject = _one_line(words.subject)
    values = {
        "look": look,
        "program": _one_line(look.program),
        "ink": ink_on(look.color),
        "subject": subject,
        "name": _one_line(words.name) if words.name else None,
        "before": [_one_line(paragraph) for paragraph in words.before],
        "button": words.button,
        "after": [_one_line(paragraph) for paragraph in words.after],
        "quoted": words.quoted,
        "quote": words.quote,
    }
    text = texts.get_template("letter.txt").render(**values).rstrip() + "\n"
    html = pages.get_template("letter.html").render(**values)
    return Letter(to, subject, text, words.tag, html)


def _one_line(text: str) -> str:
    return " ".join(text.split())
