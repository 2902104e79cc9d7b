"""Which rules judge a program's clicks."""

import asyncio

import pytest

from shared.visit_rules import VERSIONS
from tests.support.brand import Brand, Json
from tests.support.figures import shown
from tests.support.refusals import refusal


async def rules(brand: Brand) -> Json:
    found: Json = (await shown(brand, "/config/fraud"))["rules"]
    return found


async def test_every_rule_is_shown_with_its_version_and_sentence(brand: Brand) -> None:
    found = await rules(brand)
    assert set(found) == set(VERSIONS)
    assert {name for name, rule in found.items() if not rule["enabled"]} == {"datacenter"}
    assert {name for name, rule in found.items() if not rule["canBeSwitched"]} == {
        "manual", "revoked",
    }  # fmt: skip
    assert found["velocity"]["settings"] == {"max": 20, "windowSeconds": 60}
    assert "DATACENTER_RANGES_FILE" in found["datacenter"]["note"]


async def test_what_is_named_changes_and_the_rest_stays(brand: Brand, other_brand: Brand) -> None:
    await brand.made("/config/fraud", {"velocity": {"max": 5}})
    await brand.made("/config/fraud", {"velocity": {"enabled": False}, "bot": {"enabled": False}})
    await brand.made("/config/fraud", {"banned_referrer": {"hosts": ["B\u00fccher.example"]}})
    found = await rules(brand)
    assert found["velocity"]["settings"] == {"max": 5, "windowSeconds": 60}
    assert [name for name in found if not found[name]["enabled"]] == [
        "bot", "datacenter", "velocity",
    ]  # fmt: skip
    assert found["banned_referrer"]["settings"] == {"hosts": ["xn--bcher-kva.example"]}
    assert (await rules(other_brand))["velocity"]["enabled"] is True


async def test_two_changes_at_once_both_stay(brand: Brand) -> None:
    wanted = [{"velocity": {"max": 5}}, {"velocity": {"windowSeconds": 30}}]
    await asyncio.gather(*(brand.made("/config/fraud", one) for one in wanted * 3))
    assert (await rules(brand))["velocity"]["settings"] == {"max": 5, "windowSeconds": 30}


@pytest.mark.parametrize(
    "wanted",
    [
        {"velocity": {"max": 0}},
        {"revoked": {"enabled": False}},
        {"paid_traffic": {"parameters": ["utm_source"]}},
        {"banned_referrer": {"hosts": ["https://spam.example/"]}},
        {"duplicate": {"seconds": 10, "minutes": 1}},
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused(brand: Brand, wanted: Json) -> None:
    assert refusal(await brand.post("/config/fraud", wanted)) == (400, "invalid_body")
