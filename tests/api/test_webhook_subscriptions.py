"""Who may subscribe which address to which events."""

from typing import Any

from tests.support.brand import Brand


async def test_a_private_address_is_refused_when_subscribing(empty_install: Any) -> None:
    key = "an-admin-key-of-a-test"
    http, _, _ = await empty_install(admin_api_key=key)
    refused = await http.post(
        "/api/webhooks",
        json={"url": "http://169.254.169.254/latest", "events": ["*"]},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_body")
    assert refused.json()["reason"] == "destination_not_public"


async def test_a_scoped_key_subscribes_and_unsubscribes_and_nothing_more(brand: Brand) -> None:
    headers = await brand.scoped_headers("webhooks:write")
    body = {"url": "https://hooks.example.com/1", "events": ["commission.accrued"]}
    made = await brand.made("/webhooks", body, headers=headers)
    path = f"/webhooks/{made['endpoint']['id']}"
    assert (await brand.post(f"{path}/test", headers=headers)).status_code == 403
    assert (await brand.request("DELETE", path, headers=headers)).status_code == 200


async def test_unknown_events_are_refused_by_name(brand: Brand) -> None:
    refused = await brand.post("/webhooks", {"url": "https://x.example.com", "events": ["nope"]})
    assert refused.status_code == 400
    assert "nope is no event of ours" in refused.text
