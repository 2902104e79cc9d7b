"""What a program is called and how it looks: who may see it, who may change it."""

import asyncio

from tests.support.brand import Brand
from tests.support.refusals import refusal

EVERYTHING = {
    "programName": "Acme Partners",
    "supportEmail": "Help@acme.example",
    "brandColor": "#16a34a",
    "termsUrl": "https://acme.example/terms",
}


async def test_a_program_is_called_like_its_workspace_until_somebody_says(brand: Brand) -> None:
    assert (await brand.get("/config/program")).json() == {
        "programName": brand.slug.title(),
        "supportEmail": None,
        "logoUrl": None,
        "brandColor": None,
        "termsUrl": None,
    }
    changed = await brand.made("/config/program", EVERYTHING)
    assert changed == {**EVERYTHING, "supportEmail": "help@acme.example", "logoUrl": None}


async def test_everybody_of_the_program_sees_it_and_admins_alone_change_it(brand: Brand) -> None:
    await brand.made("/config/program", EVERYTHING)
    partner = await brand.partner_headers(await brand.partner())
    for headers in (partner, await brand.scoped_headers("events:write")):
        seen = await brand.get("/config/program", headers=headers)
        assert seen.json()["programName"] == "Acme Partners"
        refused = await brand.post("/config/program", EVERYTHING, headers=headers)
        assert refused.status_code == 403


async def test_omitted_or_empty_clears_what_every_client_knows(brand: Brand) -> None:
    for without in ({}, {"programName": "", "supportEmail": ""}, {"programName": None}):
        await brand.made("/config/program", EVERYTHING)
        cleared = await brand.made("/config/program", without)
        assert cleared["programName"] == brand.slug.title()
        assert cleared["supportEmail"] is None
        # What older clients don't know, they can't wipe by leaving it out.
        assert cleared["brandColor"] == "#16a34a"
        assert cleared["termsUrl"] == "https://acme.example/terms"
    wiped = await brand.made("/config/program", {"brandColor": "", "termsUrl": ""})
    assert (wiped["brandColor"], wiped["termsUrl"]) == (None, None)


async def test_only_a_color_is_a_color_and_only_an_address_an_address(brand: Brand) -> None:
    for body in (
        {"brandColor": "red"},
        {"brandColor": "#fff"},
        {"brandColor": "#ffffff;background:url(https://evil.example)"},
        {"termsUrl": "javascript:alert(1)"},
        {"supportEmail": "nobody"},
        {"programName": "x" * 121},
        {"logoUrl": "https://evil.example/pixel.gif"},
    ):
        assert refusal(await brand.post("/config/program", body)) == (400, "invalid_body")


async def test_changes_at_the_same_moment_lose_nothing(brand: Brand) -> None:
    await asyncio.gather(
        *(brand.made("/config/program", {"brandColor": "#123456"}) for _ in range(4)),
        *(brand.made("/config/program", {"termsUrl": "https://a.example/t"}) for _ in range(4)),
    )
    seen = (await brand.get("/config/program")).json()
    assert (seen["brandColor"], seen["termsUrl"]) == ("#123456", "https://a.example/t")
