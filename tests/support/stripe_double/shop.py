"""A merchant's own business at Stripe: Checkouts, invoices, refunds and disputes, each with its events."""

from typing import Any

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.customers import new_customer
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.routing import readable, route

readable("charges", "charge", listed=("customer", "payment_intent"))
readable("payment_intents", "payment_intent", listed=("customer",))
readable("refunds", "refund", listed=("charge", "payment_intent"))
readable("disputes", "dispute", listed=("charge", "payment_intent"))
readable("coupons", "coupon")
readable("promotion_codes", "promotion_code", listed=("coupon", "customer"))


@route("GET", "/v1/invoice_payments")
def list_invoice_payments(double: StripeDouble, call: Call) -> Json:
    """By the payment intent that paid, or by the invoice."""
    intent, invoice = call.mapping("payment").get("payment_intent"), call.text("invoice")
    return double.store.page(
        "invoice_payment",
        call,
        lambda made: (
            intent in {None, made["payment"]["payment_intent"]}
            and invoice in {None, made["invoice"]}
        ),
    )


def pay(
    double: StripeDouble, amount: int, currency: str = "usd", *, customer: str | None = None,
    metadata: Json | None = None,
) -> Json:  # fmt: skip
    """A payment that went through; its charge."""
    intent_id, charge_id = double.store.new_id("pi"), double.store.new_id("ch")
    shared = {
        "amount": amount, "currency": currency, "customer": customer, "created": double.now(),
        "metadata": metadata or {},
    }  # fmt: skip
    intent = {
        **shared, "id": intent_id, "object": "payment_intent", "amount_received": amount,
        "latest_charge": charge_id, "status": "succeeded",
    }  # fmt: skip
    charge = {
        **shared, "id": charge_id, "object": "charge", "amount_captured": amount,
        "amount_refunded": 0, "refunded": False, "disputed": False, "paid": True,
        "payment_intent": intent_id, "status": "succeeded", "receipt_email": None,
    }  # fmt: skip
    double.store.put("payment_intent", intent)
    double.webhooks.event("payment_intent.succeeded", intent)
    return double.store.put("charge", charge)


def checkout(
    double: StripeDouble, cref: str | None = None, *, amount: int | None = None, tax: int = 0,
    customer: Json | None = None, guest: bool = False, **fields: Any,
) -> Json:  # fmt: skip
    """A Checkout that somebody has come through: for a subscription, or with an amount for a payment."""
    if customer is None and not guest:
        customer = new_customer(double)
    customer_id = customer["id"] if customer else None
    currency = str(fields.get("currency", "usd"))
    charge = None if amount is None else pay(double, amount, currency, customer=customer_id)
    made: Json = {
        "id": double.store.new_id("cs"),
        "object": "checkout.session",
        "amount_subtotal": None if amount is None else amount - tax,
        "amount_total": amount,
        "client_reference_id": cref,
        "created": double.now(),
        "currency": currency,
        "customer": customer_id,
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "mode": "subscription" if amount is None else "payment",
        "payment_intent": charge["payment_intent"] if charge else None,
        "payment_status": "paid",
        "status": "complete",
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": tax},
        **fields,
    }
    double.store.put("checkout_session", made)
    double.webhooks.event("checkout.session.completed", made)
    return made


def invoice_paid(
    double: StripeDouble, customer: str, amount: int, currency: str = "usd", *, tax: int = 0,
    **fields: Any,
) -> Json:  # fmt: skip
    """An invoice that was paid, in the shape of today: its payments are a list that events leave out."""
    charge = pay(double, amount, currency, customer=customer)
    invoice_id = double.store.new_id("in")
    made: Json = {
        "id": invoice_id,
        "object": "invoice",
        "amount_due": amount,
        "amount_paid": amount,
        "attempt_count": 1,
        "billing_reason": "subscription_cycle",
        "created": double.now(),
        "currency": currency,
        "customer": customer,
        "discounts": [],
        "lines": {"object": "list", "data": [], "has_more": False},
        "metadata": {},
        "parent": {"type": "subscription_details",
                   "subscription_details": {"subscription": double.store.new_id("sub"), "metadata": {}}},
        "status": "paid",
        "total": amount,
        "total_excluding_tax": amount - tax,
        "total_taxes": [{"amount": tax}] if tax else [],
        **fields,
    }  # fmt: skip
    paid_by = {"type": "payment_intent", "payment_intent": charge["payment_intent"]}
    payment = double.store.put("invoice_payment", {
        "id": double.store.new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": amount,
        "invoice": invoice_id,
        "payment": paid_by,
        "status": "paid",
    })  # fmt: skip
    double.webhooks.event("invoice.paid", made)
    payments = {"object": "list", "data": [payment], "has_more": False}
    return double.store.put("invoice", {**made, "payments": payments})


def charge_of(double: StripeDouble, paid: Json) -> Json:
    """The charge behind an invoice or a Checkout."""
    intent = paid.get("payment_intent")
    if paid["object"] == "invoice":
        intent = paid["payments"]["data"][0]["payment"]["payment_intent"]
    [charge] = [one for one in double.store.all("charge") if one["payment_intent"] == intent]
    return charge


def refund(
    double: StripeDouble, charge: Json, amount: int | None = None, status: str = "succeeded"
) -> Json:
    """Part of a charge, or what is left of it."""
    left = charge["amount"] - charge["amount_refunded"]
    made: Json = {
        "id": double.store.new_id("re"),
        "object": "refund",
        "amount": left if amount is None else amount,
        "charge": charge["id"],
        "created": double.now(),
        "currency": charge["currency"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "requested_by_customer",
        "status": status,
    }
    double.store.put("refund", made)
    double.webhooks.event("refund.created", made)
    if status == "succeeded":
        charge["amount_refunded"] += made["amount"]
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        double.webhooks.event("charge.refunded", charge)
    return made


def settle(double: StripeDouble, refund: Json, status: str) -> Json:
    """What became of a refund that was on its way, or thought to be done; the event of it."""
    refund["status"] = status
    kind = "refund.failed" if status == "failed" else "refund.updated"
    return double.webhooks.event(kind, refund)


def dispute(double: StripeDouble, charge: Json, amount: int | None = None) -> Json:
    """A customer's bank takes the money back, for the time being."""
    charge["disputed"] = True
    made: Json = {
        "id": double.store.new_id("du"),
        "object": "dispute",
        "amount": charge["amount"] if amount is None else amount,
        "charge": charge["id"],
        "created": double.now(),
        "currency": charge["currency"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }
    double.store.put("dispute", made)
    double.webhooks.event("charge.dispute.created", made)
    double.webhooks.event("charge.dispute.funds_withdrawn", made)
    return made


def close(double: StripeDouble, dispute: Json, status: str) -> Json:
    """It was won or lost; the event of it."""
    dispute["status"] = status
    if status == "won":
        double.webhooks.event("charge.dispute.funds_reinstated", dispute)
    return double.webhooks.event("charge.dispute.closed", dispute)
