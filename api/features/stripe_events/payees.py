"""Partners' own accounts at Stripe, and the money that was sent there: each event is a reason to look."""

from dataclasses import dataclass
from datetime import datetime

from api.features.connect.for_others import account_changed
from api.features.payouts.for_others import transfer_changed
from api.features.stripe_events.books import Books
from api.features.stripe_events.facts import Outcome
from api.features.stripe_events.heard import Heard, Json
from api.features.stripe_events.looking import Look
from shared.clock import now


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """The account, and the moment at which it was so."""

    account: Json
    at: datetime


async def look_at_account(look: Look, heard: Heard) -> SeenAccount:
    """As it is by now, where that can be asked: events may come late, and in any order."""
    asked_at = now()
    shown = await look.account(heard.object_id or "")
    if shown is None:
        return SeenAccount(heard.subject, heard.happened_at)
    return SeenAccount(shown, asked_at)


async def account_updated(books: Books, _: Heard, seen: SeenAccount) -> Outcome:
    known = await account_changed(books.session, seen.account, seen.at)
    return Outcome("account_updated") if known else Outcome("nobodys_account", ignored=True)


async def account_left(books: Books, heard: Heard, _: None) -> Outcome:
    """Whoever owns the account has cut it off from us: nothing can be sent there any more."""
    known = await account_changed(books.session, {"id": heard.account}, heard.happened_at)
    return Outcome("account_left") if known else Outcome("nobodys_account", ignored=True)


async def transfer_moved(books: Books, heard: Heard, _: None) -> Outcome:
    known = await transfer_changed(books.session, heard.subject)
    return Outcome("payout_checked") if known else Outcome("no_payout_of_ours", ignored=True)
