"""What customers get back: refunds, whole and in part, and disputes, opened, won and lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.features.corrections.for_others import (
    Amount,
    Payment,
    dispute_lost,
    dispute_opened,
    dispute_won,
    refund,
    refunded_in_total,
)
from api.features.stripe_events.amounts import currency_of, minor, whole
from api.features.stripe_events.books import Books
from api.features.stripe_events.customers import called, known_user, name
from api.features.stripe_events.facts import SOURCE, Fact, Outcome, write
from api.features.stripe_events.heard import Heard, Json, id_of, listed, metadata_of, moment
from api.features.stripe_events.looking import Look
from api.features.stripe_events.names import customer_of
from api.features.stripe_events.sales import Seen

# An inquiry takes no money; one that is closed was never more.
INQUIRY = "warning_"
ENDED_WELL = frozenset(("won", "prevented"))


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment by its names at Stripe, how much it was in all, in Stripe's units, and whose it is.

    `currency` is that of the total: a bank may dispute a payment in one of its own.
    """

    references: tuple[str, ...]
    total: int | None
    currency: str
    customer: str | None
    seen: Seen


@dataclass(frozen=True, slots=True)
class SeenRefunds:
    """`refunds` None: they can't be looked up, and the charge carries none."""

    paid: Paid
    refunds: Sequence[Json] | None


@dataclass(frozen=True, slots=True)
class SeenDispute:
    """The dispute as it is by now."""

    paid: Paid
    dispute: Json


async def _paid(look: Look, subject: Json) -> Paid:
    """The payment behind a charge, a refund or a dispute."""
    is_charge = subject.get("object") == "charge"
    charge_id = id_of(subject) if is_charge else id_of(subject.get("charge"))
    charge = subject if is_charge else (await look.charge(charge_id) or {})
    intent = id_of(subject.get("payment_intent")) or id_of(charge.get("payment_intent"))
    invoices = await look.invoices_of(intent) if intent else []
    if not invoices and (old := id_of(charge.get("invoice"))) is not None:
        invoices = [old]
    total = whole(charge, "amount") or None
    if len(invoices) == 1 and (invoice := await look.invoice(invoices[0])) is not None:
        # An invoice may be paid in parts, of which this is one, and of which some are yet to come.
        due = 0 if invoice.get("status") == "paid" else whole(invoice, "amount_due")
        total = max(whole(invoice, "amount_paid"), due) or total
    named = [*invoices, intent, charge_id]
    customer = customer_of(charge) or customer_of(subject)
    shown = await look.customer(customer)
    seen = Seen(shown, await look.stated_of(shown))
    references = tuple(one for one in named if one is not None)
    return Paid(references, total, currency_of(charge or subject), customer, seen)


async def look_at_charge(look: Look, heard: Heard) -> SeenRefunds:
    refunds = await look.refunds_of(heard.object_id or "")
    if refunds is None:
        refunds = listed(heard.subject.get("refunds")) or None
    return SeenRefunds(await _paid(look, heard.subject), refunds)


async def look_at_refund(look: Look, heard: Heard) -> SeenRefunds:
    shown = await look.refund(heard.object_id or "") or heard.subject
    return SeenRefunds(await _paid(look, shown), [shown])


async def look_at_dispute(look: Look, heard: Heard) -> SeenDispute:
    shown = await look.dispute(heard.object_id or "") or heard.subject
    return SeenDispute(await _paid(look, shown), shown)


def _amount(subject: Json, name: str, paid: Paid) -> Amount:
    currency = currency_of(subject)
    total = paid.total if paid.currency == currency else None
    whole_payment = None if total is None else minor(total, currency)
    return Amount(minor(whole(subject, name), currency), currency, whole_payment)


async def refunded(books: Books, heard: Heard, seen: SeenRefunds) -> Outcome:
    """Every refund that Stripe shows, each once."""
    if seen.refunds is None:
        return await _refunded_in_total(books, heard, seen.paid)
    outcome = Outcome("not_settled_yet", ignored=True)
    for each in seen.refunds:
        outcome = await _refund(books, heard, each, seen.paid) or outcome
    return outcome


async def _refund(books: Books, heard: Heard, each: Json, paid: Paid) -> Outcome | None:
    """None while its money is on its way."""
    refund_id, status = id_of(each), each.get("status")
    if refund_id is None or status not in {"succeeded", "failed", "canceled"}:
        return None
    payment, amount = Payment(SOURCE, paid.references), _amount(each, "amount", paid)
    ts, made = moment(each.get("created")), status == "succeeded"
    await refund(
        books.session, payment, refund_id, amount, status="succeeded" if made else "failed", ts=ts
    )
    # Also of one that failed: whether we heard of it in between is a matter of chance.
    told = await _trail(books, heard, paid, Trail("refund", refund_id, -amount.minor, ts), each)
    if made:
        return told
    back = Trail("refund_failed", f"{refund_id}:failed", amount.minor, None)
    return await _trail(books, heard, paid, back, each)


async def _refunded_in_total(books: Books, heard: Heard, paid: Paid) -> Outcome:
    """A charge that says how much was refunded by now, and not in which refunds."""
    charge = heard.subject
    amount, charge_id = _amount(charge, "amount_refunded", paid), str(heard.object_id)
    await refunded_in_total(books.session, Payment(SOURCE, paid.references), charge_id, amount)
    known = Trail("refund", f"{charge_id}:{amount.minor}", -amount.minor, None)
    return await _trail(books, heard, paid, known, charge)


async def disputed(books: Books, heard: Heard, seen: SeenDispute) -> Outcome:
    """What the dispute has come to; whichever of its events arrives, in whatever order."""
    dispute, status = seen.dispute, str(seen.dispute.get("status"))
    dispute_id = str(id_of(dispute))
    payment, amount = Payment(SOURCE, seen.paid.references), _amount(dispute, "amount", seen.paid)
    opened = Trail("dispute_created", dispute_id, 0, moment(dispute.get("created")))
    if not status.startswith(INQUIRY):
        await dispute_opened(books.session, payment, dispute_id, amount, ts=opened.ts)
    outcome = await _trail(books, heard, seen.paid, opened, dispute)
    if status in ENDED_WELL:
        await dispute_won(books.session, payment, dispute_id, amount)
        return await _ended(books, heard, seen, "dispute_won", 0)
    if status == "lost":
        await dispute_lost(books.session, payment, dispute_id, amount)
        return await _ended(books, heard, seen, "dispute_lost", -amount.minor)
    return outcome


async def _ended(books: Books, heard: Heard, seen: SeenDispute, kind: str, value: int) -> Outcome:
    key = f"{id_of(seen.dispute)}:{kind.removeprefix('dispute_')}"
    return await _trail(books, heard, seen.paid, Trail(kind, key, value, None), seen.dispute)


@dataclass(frozen=True, slots=True)
class Trail:
    """What is kept among the customer's events, for people: what it changes is the ledger's business."""

    kind: str
    key: str
    value_minor: int
    ts: datetime | None


async def _trail(books: Books, heard: Heard, paid: Paid, what: Trail, subject: Json) -> Outcome:
    """Waits for the payment where nothing else says whose it was; the correction itself is made."""
    user = await _payer(books, paid)
    if user is None:
        return Outcome("payment_not_known", waits=True)
    named = {one.partition("_")[0]: one for one in paid.references}
    details = {
        "stripeInvoiceId": named.get("in"),
        "stripePaymentIntentId": named.get("pi"),
        "stripeChargeId": named.get("ch") or named.get("py"),
        "reason": subject.get("reason"),
    }
    currency = currency_of(subject)
    fact = Fact(what.kind, what.key, user, what.value_minor, currency, what.ts, details)
    return Outcome("recorded", await write(books, heard, fact))


async def _payer(books: Books, paid: Paid) -> str | None:
    if paid.customer is None:
        return await known_user(books, paid.references)
    theirs = called(metadata_of(paid.seen.customer))
    return await name(books, paid.customer, paid.seen.stated, now_called=theirs)
