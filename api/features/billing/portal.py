"""Stripe's customer portal, and the invoices that it shows, for brands that pay."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.access.standing import standing_of
from api.features.billing.customer import account_of
from api.features.billing.errors import NoCustomer, NoPortal
from api.features.billing.schemas import InvoiceList, InvoiceOut
from api.outside.stripe import Stripe, plain
from api.settings import Settings
from shared.database import Database
from shared.ids import new_id
from shared.money import to_major

LATEST = 12


async def open_portal(
    database: Database, settings: Settings, stripe: Stripe, tenant_id: UUID, return_url: str
) -> str:
    """The address of a page on which cards, plans and addresses are changed."""
    async with database.tenant_session(tenant_id, read_only=True) as session:
        standing = await standing_of(session, settings.openpartner_mode)
    if standing.mode == "selfhost" or standing.plan == "enterprise":
        raise NoPortal
    account = await account_of(database, tenant_id)
    if account is None or account.stripe_customer_id is None:
        raise NoCustomer
    customer = account.stripe_customer_id
    made = await stripe.write(
        lambda v1, options: v1.billing_portal.sessions.create_async(
            {"customer": customer, "return_url": return_url}, options
        ),
        key=f"portal_{new_id()}",
    )
    return made.url


async def invoices(
    database: Database, settings: Settings, stripe: Stripe, tenant_id: UUID
) -> InvoiceList:
    """None for who never paid us."""
    account = await account_of(database, tenant_id)
    customer = account.stripe_customer_id if account else None
    if customer is None or settings.openpartner_mode == "selfhost":
        return InvoiceList(invoices=[])
    found = await stripe.read(
        lambda v1, options: v1.invoices.list_async({"customer": customer, "limit": LATEST}, options)
    )
    return InvoiceList(invoices=[_shown(plain(each)) for each in found.data])


def _shown(invoice: dict[str, Any]) -> InvoiceOut:
    currency = invoice["currency"].upper()
    return InvoiceOut(
        id=invoice["id"],
        number=invoice.get("number"),
        status=invoice.get("status"),
        amount_due=to_major(invoice["amount_due"], currency),
        amount_paid=to_major(invoice["amount_paid"], currency),
        currency=currency,
        created=_moment(invoice["created"]),
        period_start=_moment(invoice["period_start"]),
        period_end=_moment(invoice["period_end"]),
        hosted_invoice_url=invoice.get("hosted_invoice_url"),
        invoice_pdf=invoice.get("invoice_pdf"),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
