"""The guides name nothing that doesn't exist: addresses of the API, variables, pages and headings."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
METHODS = "GET|POST|PUT|PATCH|DELETE"
NAMED = re.compile(rf"\b({METHODS})(?:`)? `?(?:/api)?(/[a-zA-Z][^\s`?'\"…]*)")
CALLED = re.compile(r"^\s*curl (?:\\\n|[^\n])*", re.MULTILINE)


def text_of(guide: Path) -> str:
    """What it says of us; the protocol of the network is somebody else's."""
    return guide.read_text().partition("\n# The protocol")[0]


def template(path: str) -> str:
    """`/partners/$PARTNER/links` and `/partners/{id}/links` alike, with a star for what varies."""
    path = re.sub(r"\$\w+|\{\w+\}", "*", path.rstrip(".,;:)/"))
    return re.sub(r"^/t/(?:acme|\*|<\w+>)(?=/)", "", path)


def called(text: str) -> set[tuple[str, str]]:
    """What the `curl` commands of a guide ask for."""
    found = set()
    for command in CALLED.findall(text):
        words = command.replace("\\\n", " ")
        address = re.search(r"(?:\$API|https?://[^/\s]+/api)(/[^\s\"'?]+)", words)
        if address is None:
            continue
        method = re.search(rf"-X ({METHODS})", words)
        body = re.search(r"\s(?:-d|--data\S*)\s", words)
        found.add((method[1] if method else "POST" if body else "GET", address[1]))
    return found


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_address_that_a_guide_names_exists(guide: Path, app: FastAPI) -> None:
    ours = {
        (method.upper(), re.sub(r"\{\w+\}", "*", path.removeprefix("/api")))
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }
    text = text_of(guide)
    wanted = {(method, path) for method, path in NAMED.findall(text)} | called(text)
    missing = {
        (method, path)
        for method, path in wanted
        if not any(
            method == known and re.fullmatch(re.escape(way).replace(r"\*", "[^/]+"), template(path))
            for known, way in ours
        )
    }
    assert missing == set()


def slug(heading: str) -> str:
    """A heading as GitHub links to it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", [*GUIDES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_every_page_and_heading_that_is_linked_exists(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        name, _, heading = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert heading in {slug(one) for one in headings}, target


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_variable_that_a_guide_sets_is_known(guide: Path) -> None:
    known = set(
        re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    for other in ("compose.yaml", "deploy/Caddyfile"):
        known |= set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", (ROOT / other).read_text()))
    named = re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", text_of(guide))
    assert {one for one in named if one not in known} == set()
