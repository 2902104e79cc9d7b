"""Where links may lead: where their campaign does or allows, and never elsewhere."""

import pytest

from tests.support.brand import Brand
from tests.support.campaigns import ask_for_link
from tests.support.refusals import refusal


@pytest.mark.parametrize(
    "destination",
    [
        "https://shop.example",
        "https://shop.example/a?b=c&d=%20#e",
        "https://www.shop.example/",
        "https://SHOP.example./",
        "https://a.b.shop.example:443/",
        "https://bücher.example/neu",
        "https://shop.example/" + "x" * 2000,
    ],
)
async def test_a_link_leads_where_its_campaign_allows(brand: Brand, destination: str) -> None:
    campaign = await brand.campaign(deepLinkAllowedDomains="shop.example, xn--bcher-kva.example")
    answer = await ask_for_link(brand, await brand.partner(), campaign, destinationUrl=destination)
    assert answer.status_code == 201, answer.text
    assert answer.json()["destinationUrl"] == destination


@pytest.mark.parametrize(
    "destination",
    [
        "https://evil.example/",
        "https://notshop.example/",
        "https://shop.example.evil.example/",
        "https://shop.example-evil.example/",
        "https://evil.example/shop.example",
        "https://evil.example/?shop.example",
        "https://evil.example#shop.example",
        "https://shop.examplе/",  # noqa: RUF001  # a Cyrillic look-alike is the point
        "https://shop.example:8443/",
        "http://shop.example/",
    ],
)
async def test_s15_a_link_leads_nowhere_else(brand: Brand, destination: str) -> None:
    campaign = await brand.campaign(deepLinkAllowedDomains="shop.example")
    partner = await brand.partner()
    refused = await ask_for_link(brand, partner, campaign, destinationUrl=destination)
    assert refusal(refused) == (400, "destination_override_not_allowed")


@pytest.mark.parametrize(
    "destination",
    [
        "javascript:alert(1)//shop.example",
        "data:text/html,shop.example",
        "ftp://shop.example/",
        "//shop.example/",
        "shop.example",
        "/welcome",
        "https:///shop.example",
        "https:shop.example",
        "https://shop.example@evil.example/",
        "https://evil.example\\@shop.example/",
        "https://evil.example\\.shop.example/",
        "https://user:secret@shop.example/",
        "https://evil.example%2f.shop.example/",
        "https://shop.example:99999/",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https://shop.example/\nb",
        "https://shop.example/\tb",
        "https://shop.example/a b",
        "https://shop.example/\x00",
        "https://shop.example/" + "x" * 2048,
    ],
)
async def test_s15_an_address_that_browsers_could_read_otherwise_is_refused(
    brand: Brand, destination: str
) -> None:
    campaign = await brand.campaign(deepLinkAllowedDomains="shop.example")
    partner = await brand.partner()
    refused = await ask_for_link(brand, partner, campaign, destinationUrl=destination)
    assert refusal(refused) == (400, "invalid_body")
    listed = (await brand.get(f"/partners/{partner['id']}/links")).json()
    assert listed["links"] == []


async def test_s15_a_campaign_on_a_port_of_its_own_has_deep_links_there(brand: Brand) -> None:
    campaign = await brand.campaign(
        destinationUrl="http://localhost:3000/", deepLinkAllowedDomains="localhost"
    )
    partner = await brand.partner()
    made = await ask_for_link(brand, partner, campaign, destinationUrl="http://localhost:3000/deep")
    assert made.status_code == 201
    refused = await ask_for_link(
        brand, partner, campaign, "other", destinationUrl="http://localhost:6379/"
    )
    assert refusal(refused) == (400, "destination_override_not_allowed")


async def test_without_an_allowlist_no_link_leads_elsewhere(brand: Brand) -> None:
    campaign = await brand.campaign(destinationUrl="https://shop.example/")
    partner = await brand.partner()
    refused = await ask_for_link(
        brand, partner, campaign, destinationUrl="https://shop.example/deep"
    )
    assert refusal(refused) == (400, "destination_override_not_allowed")


async def test_p8_long_addresses_fit(brand: Brand) -> None:
    long = "https://shop.example/?" + "q" * 2000
    campaign = await brand.campaign(
        destinationUrl=long, deepLinkAllowedDomains=", ".join(f"s{n}.example" for n in range(50))
    )
    assert campaign["destinationUrl"] == long
    assert len(campaign["deepLinkAllowedDomains"]) > 500
    destination = "https://s49.example/?" + "q" * 2000
    link = await ask_for_link(brand, await brand.partner(), campaign, destinationUrl=destination)
    assert link.json()["destinationUrl"] == destination
