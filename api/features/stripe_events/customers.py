"""A customer by two names: Stripe's, and the merchant's own where they wrote one down."""

from collections.abc import Iterable

from api.features.conversions.for_others import ClickNotFound, stitch
from api.features.stripe_events import queries
from api.features.stripe_events.books import Books
from api.features.stripe_events.names import user_of


async def name(
    books: Books, customer: str, stated: str | None, *, now_called: str | None = None
) -> str:
    """The user id under which a customer's events are filed, the same whatever arrives first.

    `now_called` is what the customer's own metadata says, and wins; `stated` is what a Checkout or a
    subscription says, and counts where nothing was known. Both names get the other's clicks.
    """
    known = await books.session.scalar(queries.user_of(customer))
    if now_called is not None:
        user = now_called
    elif known is None or known == customer:
        user = stated or customer
    else:
        user = known
    if user != known:
        await books.session.execute(queries.renamed(customer, user))
    if user != customer:
        await _stitch(books, customer, user)
        await _stitch(books, user, customer)
    return user


async def _stitch(books: Books, source: str, target: str) -> None:
    clicks = await books.session.scalars(queries.clicks_of(source, target))
    for click in sorted(clicks.all()):
        await stitch(books.session, str(click), target, books.settings)


async def stitch_click(books: Books, cref: str, names: Iterable[str]) -> bool:
    """A click became this customer, under each of the names; False where there is no such click."""
    try:
        for each in sorted(set(names)):
            await stitch(books.session, cref, each, books.settings)
    except ClickNotFound:
        return False
    return True


async def known_user(books: Books, references: Iterable[str]) -> str | None:
    """Whose any of these objects at Stripe is."""
    for reference in references:
        found: str | None = await books.session.scalar(queries.user_of(reference))
        if found is not None:
            return found
    return None


async def remember(books: Books, references: Iterable[str | None], user: str) -> None:
    """Whose these objects are, for events that name nothing else."""
    known = sorted({one for one in references if one is not None})
    if known:
        await books.session.execute(queries.remembered(known, user))


def called(metadata: dict[str, str]) -> str | None:
    """What a customer's own metadata calls them."""
    return user_of(metadata)
