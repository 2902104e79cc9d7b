"""The page from which a coordinator can be built, held against the coordinator that our tests use."""

import re
from pathlib import Path

from tests.support.coordinator.table import TABLE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guides" / "network.md"
COORDINATOR = ROOT / "tests" / "support" / "coordinator"
# Answered before it is known who asks, and so in no table.
AT_THE_DOOR = {
    "POST /vendors/signup", "POST /vendors/verify-and-issue-token", "POST /creators/signup",
    "POST /creators/signin", "POST /creators/verify", "POST /creators/signout",
}  # fmt: skip


def protocol() -> str:
    """The second part of the page, without what the coordinator calls."""
    part = PAGE.read_text().partition("\n# The protocol")[2]
    return part.partition("\n## What the coordinator may call")[0]


def test_the_page_and_the_coordinator_have_the_same_addresses() -> None:
    named = re.findall(r"`((?:GET|POST|PATCH|DELETE) /[^ `?]*)", protocol())
    assert {re.sub(r"\{\w+\}", "*", one) for one in named} == AT_THE_DOOR | set(TABLE)


def test_the_page_names_every_no_of_the_coordinator_with_its_status() -> None:
    said = "".join(one.read_text() for one in COORDINATOR.glob("*.py"))
    codes = set(re.findall(r'Problem\((\d{3}), "(\w+)"', said)) | {("403", "creator_only")}
    page = " ".join(protocol().split())
    assert len(codes) >= 9
    assert {code for code in codes if f"{code[0]} `{code[1]}`" not in page} == set()


def test_the_coordinator_knows_nothing_of_ours_but_the_page() -> None:
    for file in COORDINATOR.glob("*.py"):
        imports = re.findall(r"^\s*(?:from|import) (\S+)", file.read_text(), re.MULTILINE)
        ours = {one for one in imports if one.split(".")[0] in {"api", "router", "shared", "cli"}}
        assert ours == set(), file.name
