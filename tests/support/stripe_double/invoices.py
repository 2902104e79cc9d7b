"""Invoices of a customer."""

from tests.support.stripe_double.call import Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.routing import readable

readable("invoices", "invoice", listed=("customer", "status"))


def new_invoice(
    double: StripeDouble, customer: str, amount: int, *, currency: str = "usd",
    subscription: str | None = None, **fields: object,
) -> Json:  # fmt: skip
    """One that was paid; its event is the last that happened."""
    made_id, now = double.store.new_id("in"), double.now()
    made: Json = {
        "id": made_id,
        "object": "invoice",
        "amount_due": amount,
        "amount_paid": amount,
        "created": now,
        "currency": currency,
        "customer": customer,
        "hosted_invoice_url": f"https://invoice.stripe.example/{made_id}",
        "invoice_pdf": f"https://invoice.stripe.example/{made_id}.pdf",
        "livemode": False,
        "metadata": {},
        "number": f"OP-{made_id[-4:]}",
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": subscription, "metadata": {}},
        },
        "period_start": now,
        "period_end": now,
        "status": "paid",
        **fields,
    }
    double.store.put("invoice", made)
    double.webhooks.event("invoice.paid", made)
    return made
