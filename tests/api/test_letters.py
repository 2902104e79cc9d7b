"""What every letter looks like: text, the same as HTML, and nothing of a stranger's in either."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from api.features.campaigns.letters import ending_for_admins, ending_for_partners
from api.features.letters.colors import ink_on
from api.features.letters.for_others import Look
from api.features.mail_settings.letters import test_letter as letter_of_a_test
from api.features.partners.letters import application_letter, revocation_notice
from api.features.sign_in.letters import invitation, set_up_letter, sign_in_letter
from api.features.sign_in.queries import Person
from api.features.webhooks.letters import delivery_failed, endpoint_disabled
from api.outside.mail import Letter
from shared.ids import new_id

TO, LINK = "pat@example.com", "https://acme.example/auth/magic?token=opml_abc&x=1"
EVIL = 'Eve <script>alert("x")</script>\r\nBcc: all@example.com'
ENDS = datetime(2026, 12, 5, 23, 59, tzinfo=UTC)
LOOK = Look(EVIL, "#facc15", "https://api.example/uploads/l.png?a=1&b=2", "help@acme.example")


def person(kind: str) -> Person:
    return Person("admin" if kind == "admin" else "partner", new_id(), TO, EVIL)


LETTERS = {
    "partner_invite": invitation(LOOK, person("partner"), LINK),
    "admin_invite": invitation(LOOK, person("admin"), LINK),
    "sign_in": sign_in_letter(LOOK, person("partner"), LINK),
    "set_up": set_up_letter(LOOK, person("admin"), LINK),
    "partner_revoked": revocation_notice(LOOK, TO, EVIL, f"Spam.\n{EVIL}"),
    "partner_applied": application_letter(LOOK, TO, EVIL),
    "webhook-disabled": endpoint_disabled(LOOK, TO, "https://hooks.example/in", EVIL),
    "webhook-failing": delivery_failed(LOOK, TO, "https://hooks.example/in", EVIL),
    "campaign_ending_admin": ending_for_admins(LOOK, TO, EVIL, EVIL, ENDS),
    "campaign_ending_partner": ending_for_partners(LOOK, TO, EVIL, EVIL, ENDS),
    "test": letter_of_a_test(LOOK, TO),
}
each_letter = pytest.mark.parametrize("letter", list(LETTERS.values()), ids=list(LETTERS))


class Reader(HTMLParser):
    """What a mail program would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attributes if name in {"href", "src", "action"}
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(letter: Letter) -> Reader:
    reader = Reader()
    assert letter.html is not None
    reader.feed(letter.html)
    return reader


@each_letter
def test_nothing_that_somebody_typed_becomes_markup_or_a_header(letter: Letter) -> None:
    seen = read(letter)
    assert {"script", "form", "iframe", "link", "object"} & set(seen.tags) == set()
    known = (LINK, LOOK.logo_url, "mailto:help@acme.example")
    assert [address for address in seen.addresses if address not in known] == []
    assert "\r" not in letter.subject
    assert "\n" not in letter.subject


@each_letter
def test_the_text_says_what_the_html_says(letter: Letter) -> None:
    shown = " ".join(" ".join(read(letter).words).split())
    paragraphs = letter.text.partition("\n-- \n")[0].split("\n\n")
    for paragraph in paragraphs:
        assert " ".join(paragraph.split()) in shown
    assert letter.text.endswith("questions? help@acme.example\n")
    assert ("opml_abc" in letter.text) == ("opml_abc" in shown)


@each_letter
def test_a_letter_looks_like_the_program_and_good_in_the_dark(letter: Letter) -> None:
    assert letter.html is not None
    assert "#facc15" in letter.html
    assert "l.png?a=1&amp;b=2" in letter.html
    assert "prefers-color-scheme: dark" in letter.html
    assert letter.tag
    assert len(letter.html.encode()) < 20_000


def test_without_a_logo_the_name_stands_there() -> None:
    letter = letter_of_a_test(Look("Acme"), TO)
    assert "img" not in read(letter).tags
    assert "Acme" in read(letter).words


@pytest.mark.parametrize(
    ("color", "ink"),
    [("#ffffff", "#0b0d10"), ("#000000", "#ffffff"), ("#facc15", "#0b0d10"),
     ("#0f766e", "#ffffff"), ("#1d4ed8", "#ffffff")],
)  # fmt: skip
def test_a_button_can_be_read_on_any_color(color: str, ink: str) -> None:
    assert ink_on(color) == ink
