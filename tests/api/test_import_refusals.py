"""What is no bundle is refused with a sentence, and leaves nothing behind."""

import pytest

from shared.ids import new_id
from shared.models.tenant import DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG
from tests.conftest import Install
from tests.support.brand import Brand
from tests.support.bundles import ADMIN_KEY, a_partner, bundle, put_back
from tests.support.estate import rows
from tests.support.refusals import refusal

MISFITS = {
    "no JSON": b'{"schemaVersion":1,"tables":{"Partner":[{]}}',
    "cut off": b'{"schemaVersion":1,"tables":{"Partner":[{"id":"x"',
    "nothing": b"",
    "not UTF-8": b'{"schemaVersion":1,"tables":{"Partner":[{"id":"\xff"}]}}',
    "a list": b"[]",
    "a number": b"1",
    "no tables": b'{"schemaVersion":1}',
    "tables in a list": b'{"schemaVersion":1,"tables":[]}',
    "rows in an object": b'{"schemaVersion":1,"tables":{"Partner":{}}}',
    "a row that is none": b'{"schemaVersion":1,"tables":{"Partner":["x"]}}',
    "an empty row": b'{"schemaVersion":1,"tables":{"Partner":[{}]}}',
    "no such table": b'{"schemaVersion":1,"tables":{"Nothing":[]}}',
    "a table twice": b'{"schemaVersion":1,"tables":{"Partner":[],"partners":[]}}',
    "a table of credentials": b'{"schemaVersion":1,"tables":{"api_keys":[{"id":"x"}]}}',
    "no such field": b'{"schemaVersion":1,"tables":{"Partner":[{"emial":"x"}]}}',
    "a field in snake case": b'{"schemaVersion":1,"tables":{"Partner":[{"created_at":"x"}]}}',
    "no id": b'{"schemaVersion":1,"tables":{"Partner":[{"id":"1","email":"a","name":"b"}]}}',
    "a NUL": b'{"schemaVersion":1,"tables":{"Config":[{"key":"\\u0000","value":1}]}}',
    "a NUL inside": b'{"schemaVersion":1,"tables":{"Config":[{"key":"k","value":"\\u0000"}]}}',
    "too deep": b'{"schemaVersion":1,"tables":{"Config":[{"key":"k","value":%s}]}}'
    % (b"[" * 5000 + b"]" * 5000),
    "something missing": b'{"schemaVersion":1,"tables":{"Partner":[{"email":"a@example.com"}]}}',
    "huge": b'{"schemaVersion":1,"x":"%s","tables":{}}' % (b"x" * 17 * 1024 * 1024),
}


@pytest.mark.parametrize("what", MISFITS)
async def test_what_is_no_bundle_is_refused_with_a_sentence(brand: Brand, what: str) -> None:
    refused = await put_back(brand, MISFITS[what])
    assert refusal(refused) == (400, "invalid_body")
    assert refused.json()["detail"]["formErrors"][0]


@pytest.mark.parametrize("version", ["2", "0", '"1"', "null", "true", "1.5", "{}", "[1]"])
@pytest.mark.parametrize("first", [True, False])
async def test_another_version_is_refused(brand: Brand, version: str, first: bool) -> None:
    members = [f'"schemaVersion":{version}', '"tables":{"Partner":[]}']
    body = "{" + ",".join(members if first else reversed(members)) + "}"
    refused = await put_back(brand, body.encode())
    assert refusal(refused) == (400, "unsupported_schema_version")
    assert refused.json()["supported"] == [1]
    missing = await put_back(brand, b'{"tables":{"Partner":[]}}')
    assert refusal(missing) == (400, "unsupported_schema_version")


async def test_one_wrong_row_keeps_the_others_out(brand: Brand) -> None:
    fine = [a_partner(email=f"p{number}@example.com") for number in range(2500)]
    wrong = {"id": str(new_id()), "linkKey": "k", "partnerId": fine[0]["id"]}
    nowhere = {**wrong, "campaignId": str(new_id())}
    refused = await put_back(brand, bundle(Partner=fine, Link=[nowhere]))
    assert refusal(refused) == (400, "invalid_body")
    assert "Link" in refused.json()["detail"]["formErrors"][0]
    assert await rows(brand, "partners") == []


async def test_what_only_the_whole_can_show_is_refused_too(brand: Brand) -> None:
    """A campaign's terms are checked at the end, since each names the other."""
    campaign = {
        "id": str(new_id()), "name": "Spring", "termsId": str(new_id()),
        "destinationUrl": "https://shop.example",
    }  # fmt: skip
    refused = await put_back(brand, bundle(Campaign=[campaign]))
    assert refusal(refused) == (400, "invalid_body")
    assert "fk_campaigns_tenant_id_terms_id" in refused.json()["detail"]["formErrors"][0]


async def test_a_hosted_installation_takes_no_bundles(empty_install: Install) -> None:
    for mode in ("flat", "revshare"):
        http, scratch, _ = await empty_install(admin_api_key=ADMIN_KEY, openpartner_mode=mode)
        hosted = Brand(http, scratch, DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG, ADMIN_KEY)
        refused = await put_back(hosted, bundle(Partner=[a_partner()]))
        assert refusal(refused) == (403, "import_disabled_on_hosted")
