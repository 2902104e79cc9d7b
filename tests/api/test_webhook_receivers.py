"""Receivers made from other people's code verify us, also while a secret is being rotated."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import svix

from api.features.webhooks.signing import signed_headers
from shared.clock import now
from tests.support.brand import Brand
from tests.support.javascript import run_script
from tests.support.receiver import Heard, receiving

Verify = Callable[[str, Heard], bool]
VERIFY = """
const { Webhook } = require(process.argv[2]);
const { secret, body, headers } = JSON.parse(process.argv[3]);
let verified = true;
try { new Webhook(secret).verify(body, headers); } catch (problem) { verified = false; }
console.log(JSON.stringify(verified));
"""


def by_standardwebhooks(secret: str, heard: Heard) -> bool:
    try:
        standardwebhooks.Webhook(secret).verify(heard.body, heard.headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def by_svix(secret: str, heard: Heard) -> bool:
    try:
        svix.Webhook(secret).verify(heard.body, heard.headers)
    except svix.WebhookVerificationError:
        return False
    return True


def by_node(package: str) -> Verify:
    def verify(secret: str, heard: Heard) -> bool:
        told = json.dumps({"secret": secret, "body": heard.body, "headers": heard.headers})
        return bool(run_script(VERIFY, package, told))

    return verify


RECEIVERS = {
    "python standardwebhooks": by_standardwebhooks,
    "python svix": by_svix,
    "node standardwebhooks": by_node("standardwebhooks"),
}
each_receiver = pytest.mark.parametrize("verify", RECEIVERS.values(), ids=RECEIVERS)


async def heard_by(brand: Brand) -> tuple[str, str, list[Heard]]:
    """The old secret, the new one, and what came before, during and after the overlap."""
    async with receiving() as receiver:
        made = await brand.made("/webhooks", {"url": receiver.url, "events": ["*"]})
        path = f"/webhooks/{made['endpoint']['id']}"
        await brand.made(f"{path}/test?event=commission.paid")
        rotated = await brand.made(f"{path}/rotate-secret")
        await brand.made(f"{path}/test?event=commission.paid")
        await brand.execute(
            "update webhook_endpoints set secrets = jsonb_set(secrets, '{1,until}',"
            " to_jsonb($2::text)) where tenant_id = $1",
            brand.tenant_id, (now() - timedelta(seconds=1)).isoformat(),
        )  # fmt: skip
        await brand.made(f"{path}/test?event=commission.paid")
    return made["secret"], rotated["secret"], receiver.heard


@each_receiver
async def test_a_receiver_verifies_us_through_a_rotation(brand: Brand, verify: Verify) -> None:
    old, new, (before, during, after) = await heard_by(brand)
    assert [verify(old, heard) for heard in (before, during, after)] == [True, True, False]
    assert [verify(new, heard) for heard in (before, during, after)] == [False, True, True]


@each_receiver
async def test_a_receiver_refuses_what_was_changed_on_the_way(brand: Brand, verify: Verify) -> None:
    _, new, (_, _, heard) = await heard_by(brand)
    changed = Heard(heard.method, heard.url, heard.headers, heard.body + " ")
    assert not verify(new, changed)


@pytest.mark.parametrize(
    "secret",
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
)
def test_the_known_answer_of_standard_webhooks(secret: str) -> None:
    moment = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(
        [secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, '{"test": 2432232314}', "test"
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"
