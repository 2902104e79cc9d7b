"""Connected accounts, and the links by which their owners tell Stripe who they are."""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import readable, route

LINK_SECONDS = 300

readable("accounts", "account")


@route("POST", "/v1/accounts")
def create_account(double: StripeDouble, call: Call) -> Json:
    made = {
        "id": double.store.new_id("acct"),
        "object": "account",
        "type": call.text("type"),
        "business_type": call.text("business_type"),
        "country": call.text("country") or "US",
        "default_currency": "usd",
        "email": call.text("email"),
        "created": double.now(),
        "charges_enabled": False,
        "payouts_enabled": False,
        "details_submitted": False,
        "capabilities": {},
        "requirements": {
            "currently_due": ["external_account", "tos_acceptance.date"],
            "past_due": [],
            "eventually_due": ["external_account", "tos_acceptance.date"],
            "pending_verification": [],
            "disabled_reason": "requirements.past_due",
        },
        "metadata": call.mapping("metadata"),
    }
    return double.store.put("account", made)


@route("POST", "/v1/accounts/{id}")
def update_account(double: StripeDouble, call: Call) -> Json:
    account = double.store.get("account", call.ids["id"])
    account["metadata"] |= call.mapping("metadata")
    if email := call.text("email"):
        account["email"] = email
    return account


@route("DELETE", "/v1/accounts/{id}")
def delete_account(double: StripeDouble, call: Call) -> Json:
    account = double.store.get("account", call.ids["id"])
    del double.store.objects["account"][account["id"]]
    return {"id": account["id"], "object": "account", "deleted": True}


@route("POST", "/v1/account_links")
def create_account_link(double: StripeDouble, call: Call) -> Json:
    account = double.store.get("account", call.text("account") or "")
    if call.text("type") not in {"account_onboarding", "account_update"}:
        raise Refused("Invalid type", param="type")
    return {
        "object": "account_link",
        "created": double.now(),
        "expires_at": double.now() + LINK_SECONDS,
        "url": f"https://connect.stripe.com/setup/s/{account['id']}/{double.store.new_id('lnk')}",
    }


def onboard(double: StripeDouble, id: str, *, payouts: bool = True) -> Json:
    """Its owner has told Stripe everything, or all but what payouts need; the event of it."""
    account = double.store.get("account", id)
    account |= {"charges_enabled": True, "payouts_enabled": payouts, "details_submitted": True}
    due = [] if payouts else ["external_account"]
    disabled = None if payouts else "requirements.past_due"
    account["requirements"] |= {"currently_due": due, "disabled_reason": disabled}
    account["capabilities"] = {"transfers": "active" if payouts else "inactive"}
    return double.webhooks.event("account.updated", account, account=id)
