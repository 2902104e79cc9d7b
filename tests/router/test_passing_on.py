"""What stands behind a link's question mark: kept with the click, and passed on by the campaign's rule."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.parameters import PASSED_BYTES, passed_on, read, utm_of
from shared.visitor import around_cref
from tests.router.running import Running, cref_of
from tests.router.shop import Shop, eventually

STORED = "https://shop.example/a?utm_source=ours&x=1#frag"


async def campaign_says(shop: Shop, router: Running, **columns: str | bool) -> None:
    """Edit the campaign, and wait until this router has heard of it."""
    for name, value in columns.items():
        await shop.execute(
            f"update campaigns set {name} = $2 where tenant_id = $1",  # noqa: S608  # a name of our own
            shop.tenant, value,
        )  # fmt: skip

    keys = await shop.fetch("select link_key from links where tenant_id = $1", shop.tenant)

    async def heard() -> bool:
        found = router.router.links.find(shop.slug, keys[0]["link_key"])
        if found is None:
            return False
        known = found[1].campaign
        shown = {
            "pass_parameters": known.passing,
            "cookies": known.cookies,
            "paid_ads": known.paid_ads,
            "destination_url": known.url,
        }
        return all(shown[name] == value for name, value in columns.items())

    await eventually(heard)


def query_of(location: str) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in parse_qsl(urlsplit(location).query, keep_blank_values=True)
        if name != "cref"
    ]


async def test_nothing_is_passed_on_unless_the_campaign_says_so(
    router: Running, shop: Shop
) -> None:
    path = await shop.link()
    response = await router.get(f"{path}?utm_source=mail&a=1")
    assert response.headers["location"] == f"https://shop.example/welcome?cref={cref_of(response)}"


@pytest.mark.parametrize(
    ("mode", "passed"),
    [
        ("utm", [("utm_medium", "b c")]),
        ("all", [("utm_medium", "b c"), ("a", "\u00fc"), ("empty", "")]),
    ],
)
async def test_a_campaigns_rule_says_what_goes_along(
    router: Running, shop: Shop, mode: str, passed: list[tuple[str, str]]
) -> None:
    path = await shop.link()
    await campaign_says(shop, router, pass_parameters=mode, destination_url=STORED)
    response = await router.get(
        f"{path}?utm_source=theirs&utm_medium=b%20c&x=2&cref=evil&%63ref=evil&consent=1&a=%C3%BC&empty="
    )
    location = response.headers["location"]
    # What is stored stays, ours stays, and the fragment stays at the end.
    assert query_of(location) == [("utm_source", "ours"), ("x", "1"), *passed]
    assert location.endswith("#frag")
    assert re.findall("evil", location) == []
    [click] = await shop.clicks()
    assert click["landing_url"] == location


async def test_campaign_tags_are_kept_with_the_click_whatever_goes_along(
    router: Running, shop: Shop
) -> None:
    path = await shop.link()
    long = "t" * 300
    await router.get(
        f"{path}?utm_source=a%00b&utm_source=second&utm_term={long}&utm_content=%ff&other=1"
    )
    [click] = await shop.clicks()
    assert json.loads(click["utm"]) == {
        "utm_source": "ab", "utm_term": "t" * 255, "utm_content": "\ufffd",
    }  # fmt: skip


async def test_no_line_break_and_no_other_host_gets_into_an_answer(
    router: Running, shop: Shop
) -> None:
    path = await shop.link()
    await campaign_says(shop, router, pass_parameters="all")
    for query in [
        "a=%0d%0aset-cookie:%20x=1", "url=https://evil.example/", "//evil.example/", "@evil.example",
        "javascript:alert(1)", "a=%23x", "\\evil.example",
    ]:  # fmt: skip
        response = await router.get(f"{path}?{query}")
        location = response.headers["location"]
        assert location.startswith("https://shop.example/welcome?cref=")
        assert urlsplit(location).hostname == "shop.example"
        assert urlsplit(location).fragment == ""
        assert "x" not in response.headers["set-cookie"].partition(";")[0].removeprefix("_cref=")


@given(st.binary(max_size=400), st.sampled_from(["utm", "all"]))
def test_whatever_is_asked_the_destination_keeps_its_own_parameters(
    query: bytes, mode: str
) -> None:
    before, after = around_cref(STORED)
    more = passed_on(read(query.replace(b"#", b"")), mode, before)
    assert more.isascii()
    assert more.isprintable()
    assert " " not in more
    assert len(more) <= PASSED_BYTES
    location = f"{before}CREF{more}{after}"
    assert urlsplit(location).hostname == "shop.example"
    assert urlsplit(location).fragment == "frag"
    named = parse_qsl(urlsplit(location).query)
    assert named[:3] == [("utm_source", "ours"), ("x", "1"), ("cref", "CREF")]
    assert [name for name, _ in named].count("cref") == 1


def test_a_query_without_end_is_cut_at_whole_parameters() -> None:
    query = "&".join(f"p{number}={'v' * 50}" for number in range(90)).encode()
    more = passed_on(read(query), "all", "https://shop.example/?cref=")
    assert 0 < len(more) <= PASSED_BYTES
    assert all(part.endswith("v" * 50) for part in more.split("&")[1:])
    assert utm_of(read(query)) is None
