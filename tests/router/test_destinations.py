"""Where links lead: the order of destinations, and that nobody else has a say in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.deep_links import UnusableUrlError, host_of, is_allowed, normalize_host
from shared.visitor import around_cref, with_cref
from tests.router.running import Running, cref_of
from tests.router.shop import Shop, eventually, open_shop
from tests.support.databases import Scratch

CREF = "01a204f9-5d48-7b3c-bf02-0a818ef66b3c"


async def target(router: Running, path: str) -> str:
    response = await router.get(path)
    return str(response.headers["location"]).replace(cref_of(response), "")


async def test_a_link_leads_to_its_own_destination_while_its_host_is_allowed(
    router: Running, scratch: Scratch
) -> None:
    shop = await open_shop(scratch, "shop.example")
    path = await shop.link("https://www.shop.example/deep?x=1")
    assert await target(router, path) == "https://www.shop.example/deep?x=1&cref="
    await shop.redirect_to("https://shop.example/sale", "other.example")

    async def seen() -> bool:
        return await target(router, path) == "https://shop.example/sale?cref="

    await eventually(seen)


async def test_without_a_list_every_link_leads_to_the_campaign(router: Running, shop: Shop) -> None:
    path = await shop.link("https://shop.example/deep")
    assert await target(router, path) == "https://shop.example/welcome?cref="


async def test_a_stored_address_that_is_unusable_is_a_page_and_not_a_500(
    router: Running, scratch: Scratch
) -> None:
    for stored in ["javascript:alert(1)", "//evil.example", "", "https://shop.example/\r\nx: y"]:
        shop = await open_shop(scratch, destination=stored)
        assert (await router.get(await shop.link())).status_code == 404


async def test_fault_18_nothing_in_the_request_chooses_the_destination(
    router: Running, shop: Shop
) -> None:
    path = await shop.link()
    for extra in [
        "?url=https://evil.example", "?next=//evil.example", "?cref=https://evil.example",
        "//evil.example", "/https://evil.example", "/..%2f..%2fevil.example", "%0d%0aLocation:%20//evil",
        "?%0d%0aSet-Cookie:%20a=b", ";@evil.example", "\\evil.example", "#@evil.example",
    ]:  # fmt: skip
        reply = await router.raw(
            f"GET {path}{extra} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        head = reply.partition(b"\r\n\r\n")[0].decode()
        locations = [line for line in head.split("\r\n") if line.lower().startswith("location:")]
        assert all(
            line.startswith("location: https://shop.example/welcome?cref=") for line in locations
        )
        assert b" 500 " not in reply
        assert head.lower().count("set-cookie:") == len(locations)


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ("https://shop.example", "https://shop.example?cref=*"),
        ("https://shop.example/?", "https://shop.example/?cref=*"),
        ("https://shop.example/a?x=1&cref=old&y=%20+&z", "https://shop.example/a?x=1&y=%20+&z&cref=*"),
        ("https://shop.example/a?%63ref=old#/r?cref=x", "https://shop.example/a?cref=*#/r?cref=x"),
        ("https://shop.example/a?a=1&&b#f", "https://shop.example/a?a=1&&b&cref=*#f"),
        ("https://bücher.example:8443/über?q=ä#ö",
         "https://xn--bcher-kva.example:8443/%C3%BCber?q=%C3%A4&cref=*#%C3%B6"),
        ("HTTPS://Shop.Example/A", "HTTPS://Shop.Example/A?cref=*"),
        ("https://[2001:db8::1]:8080/x", "https://[2001:db8::1]:8080/x?cref=*"),
        ("https://shop.example/a'b\"c<d>", "https://shop.example/a'b\"c<d>?cref=*"),
    ],
)  # fmt: skip
def test_the_cref_is_added_and_all_else_stays(stored: str, sent: str) -> None:
    assert with_cref(stored, CREF) == sent.replace("*", CREF)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "ftp://shop.example/", "//shop.example", "/path",
        "https:shop.example", "https:/shop.example", "https:///shop.example", "https://", "https://:80",
        "https://user@shop.example", "https://shop.example@evil.example", "https://a:b@shop.example/",
        "https://shop.example\\@evil.example", "https:\\\\evil.example", "https://shop%2eexample/",
        "https://shop.example:0/", "https://shop.example:99999/", "https://shop.example:x/",
        "https://shop .example/", " https://shop.example/", "https://shop.example/\r\nX: y",
        "https://shop.example/\x00", "https://shop.example/\t", "https://shop.example/\u2028",
        "https://[::1/", "https://[shop.example]/", "https://-/\u202e", "https://..", "https://a..b/",
        "java\nscript:alert(1)", "h\tttps://shop.example/",
    ],
)  # fmt: skip
def test_fault_17_and_18_doubtful_addresses_are_unusable(url: str) -> None:
    with pytest.raises(UnusableUrlError):
        around_cref(url)
    assert not is_allowed(url, ["shop.example", "evil.example", "a"])


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://shop.example/", True), ("http://SHOP.example./x", True),
        ("https://www.shop.example:8443/", True), ("https://a.b.shop.example", True),
        ("https://shop.example.evil.example/", False), ("https://evilshop.example/", False),
        ("https://shop.example-evil.com/", False), ("https://example/", False),
        ("https://evil.example/?shop.example", False), ("https://evil.example#.shop.example", False),
        ("https://evil.example/.shop.example", False), ("https://\u0455hop.example/", False),
        ("https://shop.example\u3002evil.example/", False),
        ("https://\uff53\uff48\uff4f\uff50.example/", True),
        ("https://xn--bcher-kva.example/", True), ("https://BÜCHER.example/", True),
    ],
)  # fmt: skip
def test_a_host_is_an_entry_or_below_it_and_never_looks_like_it(url: str, allowed: bool) -> None:
    assert is_allowed(url, ["Shop.Example.", "bücher.example"]) is allowed


def test_entries_may_be_written_with_a_dot_or_a_star() -> None:
    for entry in [".shop.example", "*.shop.example", " shop.example "]:
        assert is_allowed("https://www.shop.example/", [entry])
    for entry in ["", "*", ".", "*.", "https://shop.example", "shop.example/path"]:
        assert not is_allowed("https://www.shop.example/", [entry])


def test_hosts_have_one_spelling() -> None:
    assert normalize_host("WWW.Shop.Example.") == "www.shop.example"
    assert normalize_host("[2001:DB8:0::1]") == "[2001:db8::1]"
    assert host_of("https://bücher.example:443/") == "xn--bcher-kva.example"


@given(st.text(), st.text(), st.text(max_size=30))
def test_whatever_is_stored_never_breaks_a_header(path: str, query: str, fragment: str) -> None:
    url = f"https://shop.example/{path}?{query}#{fragment}"
    try:
        before, after = around_cref(url)
    except UnusableUrlError:
        return
    location = before + CREF + after
    assert all(0x21 <= ord(letter) <= 0x7E for letter in location)
    assert location.startswith("https://shop.example/")
    assert around_cref(location) == (before, after)
