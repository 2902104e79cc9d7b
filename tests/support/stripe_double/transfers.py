"""Transfers to connected accounts, their reversals, and the balance that they come out of."""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import readable, route

readable("balance_transactions", "balance_transaction", listed=("type", "source"))


def fund(double: StripeDouble, amount: int, currency: str) -> None:
    """Until somebody says otherwise, the balance of every currency is bottomless."""
    double.store.put("balance", {"id": currency, "amount": amount})


def _book(double: StripeDouble, amount: int, currency: str, kind: str, source: str) -> str:
    balance = double.store.objects.get("balance", {}).get(currency)
    if balance is not None:
        if balance["amount"] + amount < 0:
            raise Refused("You have insufficient available funds.", code="balance_insufficient")
        balance["amount"] += amount
    booked = {
        "id": double.store.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "net": amount,
        "fee": 0,
        "currency": currency,
        "type": kind,
        "source": source,
        "status": "available",
        "created": double.now(),
        "available_on": double.now(),
    }
    double.store.put("balance_transaction", booked)
    return str(booked["id"])


@route("GET", "/v1/balance")
def read_balance(double: StripeDouble, _: Call) -> Json:
    funds = [
        {"amount": each["amount"], "currency": each["id"]} for each in double.store.all("balance")
    ]
    return {"object": "balance", "available": funds, "pending": [], "livemode": False}


@route("POST", "/v1/transfers")
def create_transfer(double: StripeDouble, call: Call) -> Json:
    amount, currency = call.whole("amount") or 0, call.text("currency") or ""
    if amount <= 0:
        raise Refused("This value must be greater than or equal to 1.", param="amount")
    account = double.store.get("account", call.text("destination") or "")
    if not account["payouts_enabled"]:
        raise Refused(
            "Your destination account needs to have at least one of the following capabilities"
            " enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )  # fmt: skip
    new_id = double.store.new_id("tr")
    made = {
        "id": new_id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "currency": currency,
        "created": double.now(),
        "description": call.text("description"),
        "destination": account["id"],
        "destination_payment": double.store.new_id("py"),
        "balance_transaction": _book(double, -amount, currency, "transfer", new_id),
        "livemode": False,
        "metadata": call.mapping("metadata"),
        "reversed": False,
        "reversals": {"object": "list", "data": [], "has_more": False,
                      "url": f"/v1/transfers/{new_id}/reversals"},
        "source_transaction": call.text("source_transaction"),
        "source_type": "card",
        "transfer_group": call.text("transfer_group"),
    }  # fmt: skip
    double.store.put("transfer", made)
    double.webhooks.event("transfer.created", made)
    return made


readable("transfers", "transfer", listed=("transfer_group", "destination"))


@route("POST", "/v1/transfers/{id}")
def update_transfer(double: StripeDouble, call: Call) -> Json:
    transfer = double.store.get("transfer", call.ids["id"])
    transfer["metadata"] |= call.mapping("metadata")
    double.webhooks.event("transfer.updated", transfer)
    return transfer


@route("POST", "/v1/transfers/{id}/reversals")
def reverse_transfer(double: StripeDouble, call: Call) -> Json:
    """Part of it, or what is left of it."""
    return reverse(double, call.ids["id"], call.whole("amount"), call.mapping("metadata"))


@route("GET", "/v1/transfers/{id}/reversals")
def list_reversals(double: StripeDouble, call: Call) -> Json:
    return double.store.page(
        "transfer_reversal", call, lambda made: made["transfer"] == call.ids["id"]
    )


def reverse(
    double: StripeDouble, id: str, amount: int | None = None, metadata: Json | None = None
) -> Json:
    """The reversal; its event is the last that happened."""
    transfer = double.store.get("transfer", id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise Refused("You cannot reverse more than the amount left.", param="amount")
    reversal_id = double.store.new_id("trr")
    made = {
        "id": reversal_id,
        "object": "transfer_reversal",
        "amount": amount,
        "currency": transfer["currency"],
        "created": double.now(),
        "transfer": id,
        "metadata": metadata or {},
        "balance_transaction": _book(
            double, amount, transfer["currency"], "transfer_reversal", reversal_id
        ),
    }
    double.store.put("transfer_reversal", made)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, made)
    double.webhooks.event("transfer.reversed", transfer)
    return made
