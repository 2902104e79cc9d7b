"""The audit log."""

from tests.support.brand import Brand


async def test_every_change_says_who_did_what_to_whom_and_from_where(brand: Brand) -> None:
    campaign = await brand.campaign(name="Spring")
    changed = await brand.request("PATCH", f"/campaigns/{campaign['id']}", json={"name": "Summer"})
    assert changed.status_code == 200
    log = (await brand.get("/audit")).json()
    edit, create = log["entries"]
    assert (create["action"], create["subject"]) == ("create_campaign", campaign["id"])
    assert (edit["action"], edit["subject"]) == ("edit_campaign", campaign["id"])
    assert edit["actor"].startswith("key:")
    assert edit["address"] == "127.0.0.1"
    assert edit["requestId"] == changed.headers["x-request-id"]
    assert edit["details"] == {"body": {"name": "Summer"}}


async def test_what_was_refused_is_not_written_down_as_done(brand: Brand) -> None:
    refused = await brand.post("/campaigns", {"name": "No rule"})
    assert refused.status_code == 400
    assert (await brand.get("/audit")).json()["entries"] == []


async def test_the_log_is_filtered_and_paged(brand: Brand) -> None:
    made = [await brand.campaign() for _ in range(5)]
    first = (await brand.get("/audit", params={"limit": 2})).json()
    rest = (await brand.get("/audit", params={"cursor": first["nextCursor"]})).json()
    seen = [entry["subject"] for entry in first["entries"] + rest["entries"]]
    assert seen == [campaign["id"] for campaign in reversed(made)]
    one = (await brand.get("/audit", params={"subject": made[2]["id"]})).json()
    assert len(one["entries"]) == 1
    none = (await brand.get("/audit", params={"since": "2100-01-01T00:00:00Z"})).json()
    assert none == {"entries": [], "nextCursor": None}


async def test_another_brand_sees_nothing_of_it(brand: Brand, other_brand: Brand) -> None:
    await brand.campaign()
    assert (await other_brand.get("/audit")).json()["entries"] == []


async def test_secrets_never_reach_the_log(brand: Brand) -> None:
    token = {"name": "Spring", "metadata": {"apiKey": "hush", "api_key": "hush", "note": "fine"}}
    made = await brand.made(
        "/partners", {**token, "email": "audited@example.com", "sendInvite": False}
    )
    [entry] = (await brand.get("/audit", params={"subject": made["id"]})).json()["entries"]
    assert entry["details"]["body"]["metadata"] == {
        "apiKey": "[hidden]", "api_key": "[hidden]", "note": "fine",
    }  # fmt: skip
